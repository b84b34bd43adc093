"""A site as plain values: what the inventory says, checked and typed; made by ``site/load.py``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from bootstrap.site.state import State

ConnectionKind = Literal["ssh", "local"]


class Secret:
    """A text that no repr, log or traceback shows; :meth:`reveal` is the only way to it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


@dataclass(frozen=True)
class Connection:
    """How Ansible would reach a host, and how it would become root there.

    Attributes:
        address: Host name, alias of an ssh configuration, or IP literal (no brackets).
        port: None leaves it to the ssh configuration; likewise ``user`` and ``private_key_file``.
        ssh_args: ``ansible_ssh_args``, as written; ``common_args`` and ``extra_args`` likewise.
        has_own_ssh_args: ``ansible_ssh_args`` is a variable of the host, not a setting of Ansible's.
        become: Our playbooks ask for root; False when ``ansible_become`` says no.
        become_program: ``ansible_become_exe``, where it is set.
        python_interpreter: ``ansible_python_interpreter``, or None.
        known_hosts: The site's own file of known host keys.
        accepted_host_keys: Fingerprints (``SHA256:…``) of keys that may be added to it.
    """

    kind: ConnectionKind
    address: str
    port: int | None = None
    user: str | None = None
    private_key_file: str | None = None
    ssh_args: str = ""
    has_own_ssh_args: bool = False
    common_args: str = ""
    extra_args: str = ""
    password: str | None = field(default=None, repr=False)
    become: bool = True
    become_method: str = "sudo"
    become_program: str | None = None
    become_password: str | None = field(default=None, repr=False)
    python_interpreter: str | None = None
    known_hosts: Path | None = None
    accepted_host_keys: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Host:
    """One machine of the site.

    Attributes:
        groups: Its groups, sorted.
        values: Every setting that is the user's, by name: effective, of the declared type; secrets wrapped.
        chosen: Names of settings that the inventory or ``-e`` sets; the rest are defaults.
    """

    name: str
    groups: tuple[str, ...]
    values: Mapping[str, object]
    connection: Connection
    chosen: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))

    def __hash__(self) -> int:
        return hash(self.name)

    def setting(self, name: str) -> object:
        """Return a setting's value.

        Raises:
            KeyError: No role declares it, or it is handed on by a playbook. A bug in us.
        """
        return self.values[name]

    def text(self, name: str) -> str:
        """Return a setting that is a text; null is ""."""
        value = self.values[name]
        assert value is None or isinstance(value, str), f"{name} is not a text"
        return value or ""

    def number(self, name: str) -> int:
        """Return a setting that is a whole number."""
        value = self.values[name]
        assert isinstance(value, int), f"{name} is not a number"
        return value

    def flag(self, name: str) -> bool:
        """Return a setting that is true or false."""
        value = self.values[name]
        assert isinstance(value, bool), f"{name} is not a boolean"
        return value

    def items(self, name: str) -> tuple[object, ...]:
        """Return a setting that is a list; null is ()."""
        value = self.values[name]
        assert value is None or isinstance(value, list | tuple), f"{name} is not a list"
        return tuple(value or ())

    def path(self, name: str) -> Path | None:
        """Return a setting that is a path on the controller, ``~`` expanded; None when it is not set."""
        text = self.text(name)
        return Path(text).expanduser() if text else None

    def secret(self, name: str) -> Secret:
        """Return a setting that is a secret; one that is not set is false."""
        value = self.values[name]
        assert isinstance(value, Secret), f"{name} is not declared as a secret"
        return value

    @property
    def location(self) -> str:
        """``host:port`` by which clients reach the registry on this host; an IPv6 address in brackets."""
        name = self.text("registry_service_hostname")
        return f"{f'[{name}]' if ':' in name else name}:{self.number('registry_service_port')}"


@dataclass(frozen=True)
class Site:
    """An inventory directory, read and found good.

    Attributes:
        name: Of the directory; also that of its artefacts.
        source: What Ansible is given as its inventory, absolute: the directory, or a file in it.
        inventory: The directory, absolute.
        registries: In the order of the group: the first is filled from the source, the others from the first.
        mirror_host: Moves the content; the first registry host when the group ``mirror`` is empty.
        web_servers: Serve boot images, in the order of the group; mostly there is none.
        limit: The user's host pattern, for Ansible; the site is always read and checked whole.
        selected: Names of the hosts that ``limit`` matches; all of them without one.
        ansible_arguments: Vault arguments and ``-e``, for every later ``ansible-playbook``.
        warnings: What Ansible warned of, that is no error to us.
    """

    name: str
    source: Path
    inventory: Path
    state: State
    registries: tuple[Host, ...]
    mirror_host: Host
    limit: str | None = None
    selected: frozenset[str] = frozenset()
    ansible_arguments: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    web_servers: tuple[Host, ...] = ()

    @property
    def hosts(self) -> tuple[Host, ...]:
        """Every host once: the registries in their order, then the mirror host and the web servers."""
        every = (*self.registries, self.mirror_host, *self.web_servers)
        return tuple({host.name: host for host in every}.values())

    def selects(self, host: Host) -> bool:
        """Return whether the limit leaves ``host`` in; True for every one without a limit."""
        return not self.selected or host.name in self.selected

    @property
    def registries_set_up(self) -> tuple[Host, ...]:
        """The registries whose CA this site knows: those that ``up`` has been to, in their order."""
        return tuple(host for host in self.registries if self.state.trust(host.name).exists())

    @property
    def artifacts(self) -> Path:
        """Where what users take away is written: ``artifacts/<name>`` beside the inventory directory."""
        return self.inventory.parent / "artifacts" / self.name
