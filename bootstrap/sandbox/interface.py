"""What boots a host: a container (`container`) or a virtual machine (`vm`), the same to everybody else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bootstrap.sandbox.cgroup import Cgroup
    from bootstrap.sandbox.names import Addresses, Names
    from bootstrap.sandbox.state import HostState


class Guest(Protocol):
    """One guest; nothing of it need exist yet."""

    @property
    def root(self) -> Path:
        """Its root directory, as the controller sees it, also while it is off.

        Raises:
            HostError: It has none that can be seen from here.
        """

    @property
    def console(self) -> Path:
        """What it printed while it booted and stopped, the last time."""

    @property
    def cgroup(self) -> Cgroup:
        """The control group of all of its processes; empty when it is off."""

    @property
    def host_key(self) -> str:
        """Its public host key, once it is made."""

    def make(self, image: Path, authorized_key: str, prepare: Callable[[Path], None] | None = None) -> None:
        """Make its file system of the image; does nothing when that is done already.

        Args:
            image: A tar compressed with zstd.
            authorized_key: The public key that root and admin may log in with.
            prepare: Given the tree before it counts as made, to make a special host of it.
        """

    def set_hosts(self, content: str) -> None:
        """Replace its ``/etc/hosts``, running or not."""

    def plug(self, names: Names, addresses: Addresses, state: HostState) -> None:
        """Put it into its networks, with its addresses; may be called again."""

    def is_running(self) -> bool:
        """Return whether any of its processes lives."""

    def boot(self) -> bool:
        """Start it and return at once; False when it runs already, and nothing was done."""

    def wait_running(self, address: str, *, may_be_degraded: bool) -> None:
        """Return when systemd says ``running`` and sshd answers at ``address``.

        Args:
            address: Of the host.
            may_be_degraded: A failed unit is somebody else's affair.

        Raises:
            HostError: A unit failed (they are named), it stopped, or it took too long.
        """

    def stop(self) -> None:
        """Shut it down in order, and kill what is left after a while; it need not run."""

    def kill(self) -> None:
        """End it at once, as if its power was cut; it need not run."""

    def remove(self) -> None:
        """Remove its files; it must not run."""
