"""What a tool that is not ours is given: our settings in its words, files of its own, and nothing else.

The environment is made anew, so that nothing of ours leaks in. A proxy's password is in the tool's
environment and nowhere else: not in its arguments, which every user of the machine can read, and not in a
file. Only root can read the environment of a process of root.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Dict, List, Mapping, Optional, Sequence, Tuple

from bootstrap.errors import HostError
from bootstrap.release import keys
from bootstrap.release.armor import armored

if TYPE_CHECKING:
    from bootstrap.registry.proxy import Proxy
    from bootstrap.registry.redirects import Redirect

# crypto/x509/root_linux.go: where Linux systems keep what they trust; the first that is there counts.
_SYSTEM_CAS = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
DEFAULT_UPDATE_URL = "https://api.openshift.com/api/upgrades_info/v1/graph"
DEFAULT_SIGNATURE_URL = "https://mirror.openshift.com/pub/openshift-v4/signatures/openshift/release"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Surroundings:
    """The mirror host, as far as tools need to know it.

    Attributes:
        imageset: The file.
        auth_file: Credentials for sources and destination.
        workspace: Below it every tool has a directory of its own.
        ca_files: PEM certificates to trust besides the system's, of sources and destinations.
        has_signatures: Whether release signatures are required.
        parallel: Most blobs in flight at once.
        tools: Paths of the programs by name (``oc``, ``oc-mirror``); others are looked for.
    """

    imageset: Path
    auth_file: Optional[Path]
    workspace: Path
    ca_files: Tuple[str, ...] = ()
    redirects: Tuple[Redirect, ...] = ()
    update_url: str = DEFAULT_UPDATE_URL
    signature_url: str = DEFAULT_SIGNATURE_URL
    signature_key: Optional[str] = None
    has_signatures: bool = True
    proxy: Optional[Proxy] = None
    parallel: int = 4
    tools: Mapping[str, str] = field(default_factory=dict)

    def find(self, name: str) -> Optional[str]:
        """Return the path of the program ``name``; None when it is not there."""
        configured = self.tools.get(name)
        if configured:
            return configured if os.access(configured, os.X_OK) else None
        for directory in (*_PATH.split(":"), *os.environ.get("PATH", "").split(":")):
            path = os.path.join(directory, name)  # noqa: PTH118  # as a shell looks for it
            if directory and os.path.isfile(path) and os.access(path, os.X_OK):  # noqa: PTH113  # likewise
                return path
        return None

    def directory(self, name: str) -> Path:
        """Return the directory of the tool ``name``, after making it.

        Raises:
            HostError: It cannot be made.
        """
        path = self.workspace / name
        try:
            (path / "tmp").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _cannot_write(path, error) from error
        return path

    def environment(self, name: str) -> Dict[str, str]:
        """Return the whole environment for the tool ``name``, after writing the files that it names.

        ``REGISTRY_AUTH_FILE`` is not in it: the registry that oc-mirror has inside (distribution) takes every
        ``REGISTRY_`` variable for a setting of its own, and dies of this one. Tools get the path by option.

        Raises:
            ConfigError: A CA file or the key of the signatures cannot be used.
            HostError: A file cannot be written.
        """
        directory = self.directory(name)
        found = {
            "PATH": _PATH,
            "HOME": str(directory),
            "TMPDIR": str(directory / "tmp"),  # else /var/tmp, and /tmp
            "XDG_RUNTIME_DIR": str(directory / "tmp"),
            "LC_ALL": "C.UTF-8",
            "CONTAINERS_REGISTRIES_CONF": self._write(directory / "registries.conf", self._registries_conf()),
            "SSL_CERT_FILE": self._write(directory / "ca-bundle.pem", self._ca_bundle()),
        }
        if self.update_url != DEFAULT_UPDATE_URL:  # oc-mirror makes no graph-data image when it is set
            found["UPDATE_URL_OVERRIDE"] = self.update_url
        if self.signature_url != DEFAULT_SIGNATURE_URL:
            found["OCP_SIGNATURE_URL"] = self.signature_url.rstrip("/") + "/"
        if self.signature_key:
            key = armored(keys.keyring(Path(self.signature_key)))
            found["OCP_SIGNATURE_VERIFICATION_PK"] = self._write(directory / "release-key.asc", key)
        return {**found, **self._proxy()}

    def _proxy(self) -> Dict[str, str]:
        if self.proxy is None:
            return {}
        url = self.proxy.url if "://" in self.proxy.url else f"http://{self.proxy.url}"
        bypass = [entry.lstrip(".") for entry in self.proxy.bypass]
        if self.proxy.uses_environment:
            bypass += [os.environ.get("NO_PROXY") or os.environ.get("no_proxy", "")]
        return {"HTTPS_PROXY": url, "HTTP_PROXY": url, "NO_PROXY": ",".join(filter(None, bypass))}

    def _registries_conf(self) -> str:
        """Return our redirects as containers-registries.conf(5); the host's own does not count."""
        return "\n".join(line for each in self.redirects for line in _registry(each))

    def _ca_bundle(self) -> str:
        """Return the certificates of the system and ours: Go reads one file, or the system's."""
        system = next((path for path in _SYSTEM_CAS if os.path.exists(path)), None)  # noqa: PTH110  # a name
        parts = []
        for path in (*([system] if system else []), *dict.fromkeys(self.ca_files)):
            try:
                parts.append(Path(path).read_text(encoding="utf-8", errors="replace").rstrip("\n") + "\n")
            except OSError as error:
                raise HostError(
                    f"cannot read the CA file {path}",
                    why=str(error),
                    fix="run `bootstrap-registry up`, which writes it",
                ) from error
        return "".join(parts)

    def _write(self, path: Path, text: str) -> str:
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise _cannot_write(path, error) from error
        return str(path)


def _registry(redirect: Redirect) -> List[str]:
    """Return the lines of one ``[[registry]]``."""
    found = ["[[registry]]", f'prefix = "{redirect.prefix}"']
    found += [f'location = "{redirect.location}"'] if redirect.location else []
    found += ["blocked = true"] if redirect.is_blocked else []
    for mirror in redirect.mirrors:
        found += ["[[registry.mirror]]", f'location = "{mirror.location}"']
        found += [f'pull-from-mirror = "{mirror.pull}"']
    return [*found, ""]


def tail(lines: Sequence[str], most: int = 5) -> str:
    """Return the last words of a tool, for a message."""
    return " / ".join(lines[-most:]) or "it printed nothing"


def _cannot_write(path: Path, error: OSError) -> HostError:
    return HostError(
        f"cannot write {path}",
        why=error.strerror or str(error),
        fix="see the free space and mode of its directory",
    )
