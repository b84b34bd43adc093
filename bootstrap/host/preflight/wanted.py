"""What a host is to become, as far as its preflight needs to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# By package manager: packages, and the programs of which any one is enough. The roles' own tables say the
# same (container_host's vars, mirror_content's gpgv), and a test compares them.
_CONTAINERS = {"podman": ["podman"], "crun": ["crun", "runc"]}
_TRUST = {
    "apt-get": {"ca-certificates": ["update-ca-certificates"]},
    "dnf": {"ca-certificates": ["update-ca-trust"]},
}
_LABELS = {"policycoreutils-python-utils": ["semanage"]}
_SIGNATURES = {"apt-get": {"gpgv": ["gpgv"]}, "dnf": {"gnupg2": ["gpgv"]}}


@dataclass(frozen=True)
class Wanted:
    """What a host is to become.

    Attributes:
        is_registry: It will run the registry; a mirror host alone needs no podman and no port.
        paths: Directories that will be written, by the name of the setting that says so.
        port: The registry's TCP port.
        name: The registry's public host name.
        is_mirror: It will run the mirror agent.
        others: Names of all registries of the site, which the mirror host has to reach.
        root: Where the registry's files are; "" on a host without one.
        zones: Zones of firewalld that the site names.
        known_addresses: Addresses that lead to the host though it does not have them: those we reach it by,
            and those that the site says its certificate has to cover.
        checks_signatures: Release signatures are checked there.
        tools: Programs that mirroring needs there besides the agent.
        installs_packages: Missing packages may be installed.
        adopts: A registry that stands there already may be taken over.
        web_port: TCP port on which it will serve boot images, from a container; 0 for a host that does not.
    """

    is_registry: bool
    paths: Mapping[str, str]
    port: int
    name: str
    is_mirror: bool = False
    others: tuple[str, ...] = ()
    root: str = ""
    zones: tuple[str, ...] = ()
    known_addresses: frozenset[str] = field(default=frozenset())
    checks_signatures: bool = False
    tools: tuple[str, ...] = ()
    installs_packages: bool = True
    adopts: bool = False
    web_port: int = 0

    @property
    def is_web_server(self) -> bool:
        """Whether it will serve boot images."""
        return self.web_port != 0

    def packages(self) -> dict[str, dict[str, list[str]]]:
        """Return by package manager what has to be there, as ``probe_script.py`` takes it."""
        found: dict[str, dict[str, list[str]]] = {}
        for tool in ("apt-get", "dnf"):
            containers = _CONTAINERS if self.is_registry or self.is_web_server else {}
            signatures = _SIGNATURES[tool] if self.checks_signatures else {}
            found[tool] = {**containers, **_TRUST[tool], **signatures}
        return found

    def question(self, *, quick: bool = False) -> dict[str, object]:
        """Return what ``probe_script.py`` is asked; ``quick`` leaves out packages and names."""
        state_dir = self.paths.get("mirror_content_state_dir") if self.is_mirror else None
        return {
            "paths": dict(self.paths),
            "port": self.port,
            "name": self.name,
            "names": [] if quick else [name for name in self.others if name != self.name],
            "zones": list(self.zones),
            "packages": {} if quick else self.packages(),
            "packages_selinux": _LABELS if self.is_registry and not quick else {},
            "root": self.root,
            "tools": list(self.tools),
            "web_port": self.web_port,
            "lock": f"{state_dir}/lock" if state_dir else "",
        }
