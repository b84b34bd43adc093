"""What a sandbox remembers: which addresses it took, and which hosts it has. Everything else is looked up."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Literal

from bootstrap.errors import ConfigError
from bootstrap.sandbox.files import replace
from bootstrap.sandbox.names import FIRST_HOST, LAST_HOST

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = 1
Kind = Literal["container", "vm"]


@dataclass(frozen=True, slots=True)
class HostState:
    """One host.

    Args:
        name: As in the inventory.
        number: Its place in the networks' addresses.
        networks: Which networks it is in, ascending, the first always.
        is_bare: Made of the bare image; fixed when it was made.
        is_ipv6_only: Without IPv4 addresses; fixed when it was made.
        kind: What boots it.
    """

    name: str
    number: int
    networks: tuple[int, ...] = (0,)
    is_bare: bool = False
    is_ipv6_only: bool = False
    kind: Kind = "container"


@dataclass(slots=True)
class State:
    """A sandbox.

    Args:
        directory: Where it was made; its names come from there.
        range: Its range of addresses.
        hosts: By name, in the order they were made.
    """

    directory: str
    range: int
    hosts: dict[str, HostState] = field(default_factory=dict)

    def add(
        self,
        name: str,
        networks: tuple[int, ...],
        kind: Kind | None = None,
        *,
        is_bare: bool = False,
        is_ipv6_only: bool = False,
    ) -> HostState:
        """Return the host called ``name``, taken up when it is new, in these networks at least.

        Args:
            name: Of the host.
            networks: Ascending.
            kind: None is what it is already, or a container.
            is_bare: Of a new host.
            is_ipv6_only: Of a new host.

        Raises:
            ConfigError: There are too many hosts, or this one is of another kind.
        """
        known = self.hosts.get(name)
        if known is None:
            taken = {host.number for host in self.hosts.values()}
            free = next((n for n in range(FIRST_HOST, LAST_HOST) if n not in taken), None)
            if free is None:
                raise ConfigError(
                    f"cannot add the host {name} to the sandbox",
                    why=f"it has {len(self.hosts)} hosts, as many as it can",
                    fix="destroy the sandbox and create it with fewer",
                )
            known = HostState(
                name, free, is_bare=is_bare, is_ipv6_only=is_ipv6_only, kind=kind or "container"
            )
        if kind not in (None, known.kind):
            raise ConfigError(
                f"cannot make the sandbox host {name} a {kind}",
                why=f"it is a {known.kind} already",
                fix="destroy the sandbox and create it again, or choose another name",
            )
        merged = tuple(sorted({*known.networks, *networks}))
        self.hosts[name] = dataclasses.replace(known, networks=merged)
        return self.hosts[name]


def load(path: Path, directory: Path) -> State | None:
    """Return the state in ``path``, None when there is none.

    Raises:
        ConfigError: A newer version wrote it, or it is for another directory (the clone was copied or moved).
    """
    if not path.exists():
        return None
    data = json.loads(path.read_text())
    if data["schema"] != SCHEMA:
        raise ConfigError(
            f"cannot use the sandbox in {directory}",
            why=f"{path} has schema {data['schema']} and this version knows {SCHEMA}",
            fix="use the version that made it to destroy it",
        )
    if data["directory"] != str(directory):
        raise ConfigError(
            f"cannot use the sandbox in {directory}",
            why=f"it was made in {data['directory']}, and its names come from there",
            fix=f"destroy it there if that still exists, then remove {path.parent}",
        )
    hosts = {
        host["name"]: HostState(**{**host, "networks": tuple(host["networks"])}) for host in data["hosts"]
    }
    return State(data["directory"], data["range"], hosts)


def save(path: Path, state: State) -> None:
    """Write ``state`` to ``path``, at once."""
    data = {
        "schema": SCHEMA,
        "directory": state.directory,
        "range": state.range,
        "hosts": [asdict(host) for host in state.hosts.values()],
    }
    replace(path, json.dumps(data, indent=2) + "\n", mode=0o644)
