"""The controller itself as the machine (``ansible_connection: local``)."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from bootstrap import process
from bootstrap.errors import HostError, TransferError
from bootstrap.host.privilege import Entrance, Privilege

_ENTER_SECONDS = 60.0  # for sudo; PAM waits a few after a wrong password
_PIECE = 65536
_Child = subprocess.Popen[bytes]


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
        if as_root and self._privilege.method != "none":
            done = self._run_as_root(argv, stdin, timeout_seconds)
        else:
            try:
                done = process.run(argv, stdin=stdin, timeout_seconds=timeout_seconds, check=False)
            except TransferError as error:
                raise HostError(f"{self.host}: {error.what}", why=error.why, fix=error.fix) from error
        if check and done.returncode != 0:
            raise command_failed(self.host, argv, done.returncode, done.stderr or done.stdout)
        return done

    def lines(self, argv: Sequence[str], *, as_root: bool = False) -> Iterator[str]:
        """See :class:`bootstrap.host.interface.Connection`."""
        with self._started(argv, as_root=as_root) as (child, begun):
            pending, said = begun
            assert child.stdin is not None
            child.stdin.close()
            for out, err in _heard(child):
                said += err
                *whole, pending = (pending + out).split(b"\n")
                yield from (line.decode(errors="replace") for line in whole)
            yield from (line.decode(errors="replace") for line in pending.splitlines())
            if child.wait() != 0:
                raise command_failed(self.host, argv, child.returncode, said.decode(errors="replace"))

    def close(self) -> None:
        """Nothing is held."""

    def _run_as_root(self, argv: Sequence[str], stdin: str, timeout_seconds: float) -> process.Completed:
        with self._started(argv, as_root=True) as (child, begun):
            try:
                out, err = child.communicate(stdin.encode(), timeout=timeout_seconds)
            except subprocess.TimeoutExpired as error:
                raise HostError(
                    f"{self.host}: {argv[0]} did not end",
                    why=f"it was still running after {timeout_seconds:.0f} s and was killed",
                    fix=f"run it here by hand: {' '.join(argv)}",
                ) from error
        said = (begun[0] + out).decode(errors="replace"), (begun[1] + err).decode(errors="replace")
        return process.Completed(tuple(argv), child.returncode, *said)

    @contextmanager
    def _started(self, argv: Sequence[str], *, as_root: bool) -> Iterator[tuple[_Child, tuple[bytes, bytes]]]:
        """Start a program, and end it afterwards; gives it and what it has said on both streams."""
        entrance = Entrance(self.host, argv, self._privilege if as_root else Privilege.none())
        pipe = subprocess.PIPE
        child = subprocess.Popen(
            entrance.command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        )  # its own session: sudo asks us, not the terminal
        with child:
            try:
                self._enter(child, entrance)
                yield child, entrance.rest
            finally:
                if child.poll() is None:
                    with suppress(
                        ProcessLookupError, PermissionError
                    ):  # what is root's, ends with its streams
                        os.killpg(child.pid, signal.SIGTERM)

    def _enter(self, child: _Child, entrance: Entrance) -> None:
        assert child.stdin is not None
        for out, err in _heard(child, _ENTER_SECONDS):
            if typed := entrance.hear(out, err):
                child.stdin.write(typed)
                child.stdin.flush()
            if entrance.is_open:
                return
        raise entrance.refused(child.wait())


def _heard(child: _Child, seconds: float | None = None) -> Iterator[tuple[bytes, bytes]]:
    """Yield what comes on both streams, until both have ended, or nothing came for ``seconds``."""
    assert child.stdout is not None
    assert child.stderr is not None
    streams = [child.stdout.fileno(), child.stderr.fileno()]
    left = list(streams)
    until = None if seconds is None else time.monotonic() + seconds
    while left:
        ready = select.select(left, [], [], None if until is None else max(0.0, until - time.monotonic()))[0]
        if not ready:
            return
        said = {stream: os.read(stream, _PIECE) for stream in ready}
        left = [stream for stream in left if said.get(stream) != b""]
        out, err = (said.get(stream, b"") for stream in streams)
        if out or err:
            yield out, err


def command_failed(host: str, argv: Sequence[str], returncode: int, said: str) -> HostError:
    """Return the error for a program that ended badly on ``host``."""
    return HostError(
        f"{host}: {argv[0]} failed",
        why=f"exit code {returncode}: {said.strip()[-2000:] or 'it printed nothing'}",
        fix=f"run it on {host} by hand: {' '.join(argv)}",
    )
