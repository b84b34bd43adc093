"""The one place that starts a child process.

Both of its streams are drained together (reading one to the end first deadlocks once the other's pipe is
full), no shell is ever used, and a child is killed, with all of its group, when we stop waiting for it.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from typing import IO, Callable, Mapping, Optional, Sequence, Tuple

from bootstrap.errors import TransferError


@dataclass(frozen=True)
class Completed:
    """A child that has ended.

    ``stdout`` and ``stderr`` are text (UTF-8, undecodable bytes replaced).
    """

    argv: Tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str


def run(
    argv: Sequence[str],
    *,
    timeout_seconds: float = 600.0,
    stdin: str = "",
    env: Optional[Mapping[str, str]] = None,
    cwd: Optional[str] = None,
    check: bool = True,
) -> Completed:
    """Run ``argv`` to its end and return what it said.

    Args:
        argv: Program and arguments; never secrets, for every user of the machine can read them.
        timeout_seconds: After this long the child and its group are killed.
        stdin: Text given to the child; it never inherits our standard input.
        env: The whole environment of the child; None hands on ours.
        cwd: The child's working directory; None is ours.
        check: Raise when the child exits with anything but 0.

    Raises:
        TransferError: The program is missing, was too slow, or failed (with ``check``).
    """
    try:
        child = subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=None if env is None else dict(env),
            cwd=cwd,
            start_new_session=True,
        )
    except OSError as error:
        raise TransferError(
            f"cannot run {argv[0]}", why=str(error), fix=f"install {argv[0]}, or put it on PATH"
        ) from error
    try:
        out, err = child.communicate(stdin.encode(), timeout=timeout_seconds)
    except subprocess.TimeoutExpired as error:
        _kill_group(child)
        raise TransferError(
            f"{argv[0]} did not end",
            why=f"it was still running after {timeout_seconds:.0f} s and was killed",
            fix="try again; if it happens again, run the command by hand: " + " ".join(argv),
            is_temporary=True,
        ) from error
    except BaseException:
        _kill_group(child)
        raise
    done = Completed(
        tuple(argv), child.returncode, out.decode(errors="replace"), err.decode(errors="replace")
    )
    if check and done.returncode != 0:
        raise failed(done)
    return done


_LOOK_SECONDS = 0.1
_GRACE_SECONDS = 5.0
# prctl(PR_SET_PDEATHSIG, SIGKILL), then be the program: in a child of its own, since what runs between fork
# and exec in a process with threads may deadlock.
_DIES_WITH_US = """
import ctypes, os, sys
ctypes.CDLL(None, use_errno=True).prctl(1, 9, 0, 0, 0)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[3:])
"""


def follow(
    argv: Sequence[str],
    on_line: Callable[[str], None],
    stop: threading.Event,
    *,
    env: Mapping[str, str],
    cwd: str,
    umask: int = 0o022,
) -> int:
    """Run ``argv`` to its end, hand on each line it says at once, and return its exit code.

    It ends with us: with ``stop`` it and its group are asked to, and after five seconds have to; when we are
    killed the kernel kills it.

    Args:
        argv: Program and arguments; never secrets.
        on_line: Called with each line of its two streams together, without the newline.
        stop: Ends it; the exit code is negative then.
        env: Its whole environment.
        cwd: Its working directory.
        umask: Its umask.

    Raises:
        TransferError: The program is missing.
    """
    program = shutil.which(argv[0])
    if program is None:
        raise TransferError(
            f"cannot run {argv[0]}",
            why="there is no such program",
            fix=f"install {argv[0]}, or put it on PATH",
        )
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _DIES_WITH_US, str(os.getpid()), program, *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(env),
        cwd=cwd,
        start_new_session=True,
        umask=umask,
    )
    assert child.stdout is not None, "it is a pipe"
    try:
        _hand_on(child.stdout.fileno(), on_line, stop)
        if stop.is_set():
            _end_group(child)
        else:
            child.wait()
    finally:
        _kill_group(child)
    return child.returncode


def _hand_on(stream: int, on_line: Callable[[str], None], stop: threading.Event) -> None:
    """Hand on the lines of ``stream`` until its end, or ``stop``."""
    rest = b""
    while not stop.is_set():
        if not select.select([stream], [], [], _LOOK_SECONDS)[0]:
            continue
        said = os.read(stream, 65536)
        *lines, rest = (rest + said).split(b"\n")
        for line in lines if said else [rest] if rest else []:
            on_line(line.decode(errors="replace").rstrip("\r"))
        if not said:
            return


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """Ask ``child`` and its group to end, and give them a moment."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_SECONDS
    while child.poll() is None and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)


@dataclass(frozen=True)
class Detached:
    """A child that is nobody's: it goes on when we end, and is not waited for."""

    pid: int
    _child: "subprocess.Popen[bytes]"

    def returncode(self) -> Optional[int]:
        """Return how it ended, None while it goes on."""
        return self._child.poll()

    def let_go(self) -> None:
        """Forget it, without a warning that it still runs."""
        if self._child.returncode is None:
            self._child.returncode = 0


def detach(argv: Sequence[str], *, output: str, cwd: str = "/") -> Detached:
    """Start ``argv`` in a session of its own, so that no terminal and no SSH session takes it along.

    Args:
        argv: Program and arguments; never secrets.
        output: Path of the file that both of its streams are added to.
        cwd: The child's working directory.

    Raises:
        TransferError: The program is missing, or the file cannot be written.
    """
    try:
        with open(output, "ab") as file:  # noqa: PTH123  # a path as text, like every argument here
            child = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                cwd=cwd,
                start_new_session=True,
            )
    except OSError as error:
        raise TransferError(
            f"cannot run {argv[0]}", why=str(error), fix=f"see the free space and mode of {output}"
        ) from error
    return Detached(child.pid, child)


class Way:
    """A child whose standard streams are a connection; ours is :attr:`socket`. Close it.

    Args:
        argv: Program and arguments; never secrets.

    Raises:
        TransferError: The program is missing.
    """

    def __init__(self, argv: Sequence[str]) -> None:
        self.socket, theirs = socket.socketpair()
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # close() does; a pipe could fill up
        try:
            # Its own session: without a terminal it cannot ask for what nobody is there to answer.
            self._child = subprocess.Popen(
                list(argv),
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=self._said,
                start_new_session=True,
            )
        except OSError as error:
            self.socket.close()
            self._said.close()
            raise TransferError(
                f"cannot run {argv[0]}", why=str(error), fix=f"install {argv[0]}, or put it on PATH"
            ) from error
        finally:
            theirs.close()

    def close(self) -> str:
        """End it, and return what it had said on standard error; may be called twice."""
        self.socket.close()
        if self._said.closed:
            return ""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(timeout=1)  # its last words, when it has failed by itself
        _kill_group(self._child)
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip()
        self._said.close()
        return said[-2000:]


def failed(done: Completed) -> TransferError:
    """Return the error that says how ``done`` went wrong, with the end of what it printed."""
    said = (done.stderr.strip() or done.stdout.strip() or "it printed nothing")[-2000:]
    return TransferError(
        f"{done.argv[0]} failed",
        why=f"exit code {done.returncode}: {said}",
        fix="see its message above; to repeat it: " + " ".join(done.argv),
    )


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.communicate()
