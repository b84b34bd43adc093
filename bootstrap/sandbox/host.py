"""One host of a sandbox, as tests and the driver's commands use it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap.errors import HostError
from bootstrap.sandbox import network, ssh
from bootstrap.sandbox.container import Container

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bootstrap.process import Completed
    from bootstrap.sandbox.interface import Guest
    from bootstrap.sandbox.names import Addresses, Names
    from bootstrap.sandbox.state import HostState


@dataclass(frozen=True, slots=True)
class SandboxHost:
    """A host that was created; it may be running or not.

    Args:
        state: Its name, number and networks.
        names: The sandbox's names.
        addresses: The sandbox's addresses.
        guest: What boots it.
        key: The private key that root and admin accept.
        known_hosts: Holds its host key.
    """

    state: HostState
    names: Names
    addresses: Addresses
    guest: Guest
    key: Path
    known_hosts: Path

    @property
    def name(self) -> str:
        """Its name in the inventory."""
        return self.state.name

    @property
    def fqdn(self) -> str:
        """Its full name; resolves on every host of the sandbox and on the controller."""
        return self.names.fqdn(self.name)

    @property
    def address4(self) -> str:
        """Its IPv4 address in the first network, "" if it has none."""
        return "" if self.state.is_ipv6_only else self.addresses.address4(self.state.number)

    @property
    def address6(self) -> str:
        """Its IPv6 address in the first network."""
        return self.addresses.address6(self.state.number)

    @property
    def own_addresses(self) -> tuple[str, ...]:
        """Those in the first network, by which it is known to the others; IPv4 first if it has that."""
        return tuple(filter(None, (self.address4, self.address6)))

    @property
    def second_address4(self) -> str:
        """Its IPv4 address in the second network, on ``eth1``, if it was created in that."""
        return self.addresses.address4(self.state.number, 1)

    @property
    def second_address6(self) -> str:
        """Its IPv6 address in the second network, on ``eth1``, if it was created in that."""
        return self.addresses.address6(self.state.number, 1)

    @property
    def root(self) -> Path:
        """Its root directory, as the controller sees it: for looking at files, also while it is off.

        Raises:
            HostError: It is a virtual machine: its files are in its disk.
        """
        return self.guest.root

    @property
    def container(self) -> Container:
        """What boots it, if that is a container.

        Raises:
            HostError: It is a virtual machine.
        """
        if isinstance(self.guest, Container):
            return self.guest
        raise HostError(
            f"{self.name} is no container",
            why="it is a virtual machine, and the controller sees none of its processes and files",
            fix="use what both have: run, start, poweroff, kill",
        )

    def is_running(self) -> bool:
        """Return whether it is on."""
        return self.guest.is_running()

    def run(
        self, argv: Sequence[str], *, user: str = "root", timeout_seconds: float = 120, check: bool = True
    ) -> Completed:
        """Run ``argv`` on it over SSH.

        Args:
            argv: Program and arguments; quoted for the shell at the other end.
            user: ``root``, or ``admin`` who may use sudo without a password.
            timeout_seconds: After this long the connection is cut.
            check: Raise when it ends with anything but 0.

        Raises:
            TransferError: It cannot be reached, or the command failed (with ``check``).
        """
        return ssh.run(
            user,
            self.own_addresses[0],
            self.key,
            self.known_hosts,
            argv,
            timeout_seconds=timeout_seconds,
            check=check,
        )

    def start(self, *, may_be_degraded: bool = False) -> None:
        """Switch it on and wait until it is up; does nothing when it is.

        Args:
            may_be_degraded: Failed units are none of our business, as on a host that was on already.

        Raises:
            HostError: It does not come up, or a unit of it fails.
        """
        self.guest.plug(self.names, self.addresses, self.state)
        was_on = not self.guest.boot()
        self.guest.wait_running(self.own_addresses[0], may_be_degraded=may_be_degraded or was_on)

    def poweroff(self) -> None:
        """Shut it down in order; then nothing answers at its addresses. It may be off already."""
        self.guest.stop()
        network.unplug(self.names, self.state.number)

    def kill(self) -> None:
        """Cut its power: no process of it gets another instruction. It may be off already."""
        network.unplug(self.names, self.state.number)
        self.guest.kill()
