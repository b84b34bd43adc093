"""What the driver needs of a way to reach a machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from bootstrap.errors import HostError
from bootstrap.process import Completed


class Unreachable(HostError):
    """Nobody answers at the machine's address, or it has none at the moment; that may be over soon."""


class UnknownHostKey(HostError):
    """The machine shows a host key that nobody has accepted yet.

    Attributes:
        host: The inventory name.
        kind: Type of the key (``ssh-ed25519``).
        fingerprint: ``SHA256:…``.
    """

    def __init__(
        self, what: str, *, why: str, fix: str, host: str = "", kind: str = "", fingerprint: str = ""
    ) -> None:
        super().__init__(what, why=why, fix=fix)
        self.host, self.kind, self.fingerprint = host, kind, fingerprint


class Connection(Protocol):
    """Runs programs on one machine, as root where asked; closed by whoever opened it."""

    @property
    def host(self) -> str:
        """The inventory name, for messages."""
        ...

    def run(
        self,
        argv: Sequence[str],
        *,
        as_root: bool = False,
        stdin: str = "",
        timeout_seconds: float = 60.0,
        check: bool = True,
    ) -> Completed:
        """Run ``argv`` to its end; no shell of ours interprets it.

        Raises:
            Unreachable: Nobody answers there.
            UnknownHostKey: It shows a host key that nobody has accepted.
            HostError: The machine lets us not in or not be root, or (with ``check``) the program failed.
        """
        ...

    def lines(self, argv: Sequence[str], *, as_root: bool = False) -> Iterator[str]:
        """Yield the lines that ``argv`` prints as they come; ends when it ends.

        Raises:
            TransferError: The connection broke in the middle (temporary).
            Unreachable: Nobody answers there.
            HostError: The program failed; its stderr says why.
        """
        ...

    def close(self) -> None:
        """Let go of the machine; may be called twice."""
        ...
