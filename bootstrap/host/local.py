"""The controller itself as the machine (``ansible_connection: local``)."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence

from bootstrap import process
from bootstrap.errors import HostError, TransferError
from bootstrap.host.privilege import Privilege


class LocalConnection:
    """Runs programs here.

    Args:
        host: The inventory name, for messages.
        privilege: How a command becomes root's.
    """

    def __init__(self, host: str, privilege: Privilege) -> None:
        self._host = host
        self._privilege = privilege if os.geteuid() != 0 else Privilege.none()

    @property
    def host(self) -> str:
        """The inventory name."""
        return self._host

    def run(
        self,
        argv: Sequence[str],
        *,
        as_root: bool = False,
        stdin: str = "",
        timeout_seconds: float = 60.0,
        check: bool = True,
    ) -> process.Completed:
        """See :class:`bootstrap.host.interface.Connection`."""
        command, prefix = self._privilege.wrap(argv) if as_root else (list(argv), "")
        try:
            done = process.run(command, stdin=prefix + stdin, timeout_seconds=timeout_seconds, check=False)
        except TransferError as error:
            raise HostError(f"{self.host}: {error.what}", why=error.why, fix=error.fix) from error
        if check and done.returncode != 0:
            raise command_failed(self.host, argv, done.returncode, done.stderr or done.stdout)
        return done

    def lines(self, argv: Sequence[str], *, as_root: bool = False) -> Iterator[str]:
        """See :class:`bootstrap.host.interface.Connection`."""
        command, prefix = self._privilege.wrap(argv) if as_root else (list(argv), "")
        with (
            tempfile.TemporaryFile() as stderr,  # not a pipe: nobody reads it before the program ends
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True
            ) as child,
        ):
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write(prefix)
            child.stdin.close()
            try:
                yield from (line.rstrip("\n") for line in child.stdout)
            finally:
                if child.poll() is None:
                    child.terminate()
            if child.wait() not in (0, -15):
                stderr.seek(0)
                said = stderr.read().decode(errors="replace")
                raise command_failed(self.host, argv, child.returncode, said)

    def close(self) -> None:
        """Nothing is held."""


def command_failed(host: str, argv: Sequence[str], returncode: int, said: str) -> HostError:
    """Return the error for a program that ended badly on ``host``."""
    return HostError(
        f"{host}: {argv[0]} failed",
        why=f"exit code {returncode}: {said.strip()[-2000:] or 'it printed nothing'}",
        fix=f"run it on {host} by hand: {' '.join(argv)}",
    )
