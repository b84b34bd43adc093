"""A machine over SSH: paramiko, going where OpenSSH goes."""

from __future__ import annotations

import logging
import shlex
import time
from collections.abc import Iterator, Sequence

import paramiko

from bootstrap.errors import BootstrapError, HostError, TransferError
from bootstrap.host.local import command_failed
from bootstrap.host.privilege import Entrance, Privilege
from bootstrap.host.ssh_config import SshSettings
from bootstrap.host.ssh_session import HostKeys, Session
from bootstrap.process import Completed

_ENTER_SECONDS = 60.0  # for the log-in shell and sudo; PAM waits a few after a wrong password
_PIECE = 65536
_MOMENT_SECONDS = 0.1  # what is said on standard error alone is heard this much later at most

# What goes wrong we tell in our own words; without a handler, Python prints paramiko's tracebacks.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


class SshConnection:
    """Runs programs on one machine; connects on first use, and again when the connection is gone.

    A host that is silent is asked whether it is there, so a cable that was pulled is noticed, too.

    Args:
        host: The inventory name, for messages.
        settings: Where and how, see :func:`bootstrap.host.ssh_config.ask_ssh`.
        privilege: How a command becomes root's.
        password: For password log-in (``ansible_password``); None tries keys and agent only.
        host_keys: Which host keys are good, besides those in the files of ``settings``.
    """

    def __init__(
        self,
        host: str,
        settings: SshSettings,
        privilege: Privilege,
        password: str | None = None,
        host_keys: HostKeys | None = None,
    ) -> None:
        self._host = host
        self._settings = settings
        self._privilege = privilege if settings.user != "root" else Privilege.none()
        self._password = password
        self._host_keys = host_keys or HostKeys()
        self._session: Session | None = None

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
    ) -> Completed:
        """See :class:`bootstrap.host.interface.Connection`."""
        channel, begun = self._start(argv, as_root=as_root, stdin=stdin)
        out, err = [begun[0]], [begun[1]]
        try:
            for some_out, some_err in self._heard(channel, timeout_seconds):
                out.append(some_out)
                err.append(some_err)
            returncode = self._ended(channel)
        except TimeoutError as error:
            raise _silent(self.host, argv[0], timeout_seconds) from error
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise self._lost(error) from error
        finally:
            channel.close()
        done = Completed(tuple(argv), returncode, _text(*out), _text(*err))
        if check and done.returncode != 0:
            raise command_failed(self.host, argv, done.returncode, done.stderr or done.stdout)
        return done

    def lines(self, argv: Sequence[str], *, as_root: bool = False) -> Iterator[str]:
        """See :class:`bootstrap.host.interface.Connection`."""
        channel, (pending, said) = self._start(argv, as_root=as_root, stdin="")
        try:
            *whole, pending = pending.split(b"\n")
            yield from map(_text, whole)
            for some_out, some_err in self._heard(channel, None):
                said += some_err
                *whole, pending = (pending + some_out).split(b"\n")
                yield from map(_text, whole)
            returncode = self._ended(channel)
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise self._lost(error) from error
        finally:
            channel.close()
        yield from map(_text, pending.splitlines())
        if returncode != 0:
            raise command_failed(self.host, argv, returncode, _text(said))

    def close(self) -> None:
        """Let go of the machine; the next use connects again."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _start(
        self, argv: Sequence[str], *, as_root: bool, stdin: str
    ) -> tuple[paramiko.Channel, tuple[bytes, bytes]]:
        """Start a program, give it its input, and return its channel and what it has said on both streams."""
        entrance = Entrance(self.host, argv, self._privilege if as_root else Privilege.none())
        channel = self._channel()
        try:
            channel.exec_command(shlex.join(entrance.command))
            self._enter(channel, entrance)
            channel.sendall(stdin.encode())
            channel.shutdown_write()
        except BaseException as error:
            channel.close()
            if isinstance(error, TimeoutError):
                raise _silent(self.host, "the log-in", _ENTER_SECONDS) from error
            if isinstance(error, paramiko.SSHException | OSError | EOFError):
                raise self._lost(error) from error
            raise
        return channel, entrance.rest

    def _enter(self, channel: paramiko.Channel, entrance: Entrance) -> None:
        for out, err in self._heard(channel, _ENTER_SECONDS):
            if typed := entrance.hear(out, err):
                channel.sendall(typed)
            if entrance.is_open:
                return
        raise entrance.refused(self._ended(channel))

    def _channel(self) -> paramiko.Channel:
        """Open a channel; a connection that has died since its last use is made again."""
        if self._session is not None:
            try:
                return self._session.open_channel()
            except (paramiko.SSHException, OSError, EOFError):
                self.close()
        self._session = Session(self.host, self._settings, self._password, self._host_keys)
        try:
            return self._session.open_channel()
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise self._lost(error) from error

    def _heard(self, channel: paramiko.Channel, limit: float | None) -> Iterator[tuple[bytes, bytes]]:
        """Yield what comes on both streams, until both have ended.

        Raises:
            TimeoutError: The program said nothing for ``limit`` seconds, though the host is there.
        """
        heard = asked = time.monotonic()
        while True:
            out, is_over = _received(channel)
            err = channel.recv_stderr(_PIECE) if channel.recv_stderr_ready() else b""
            now = time.monotonic()
            if out or err:
                heard = asked = now
                yield out, err
            elif is_over:
                return
            elif limit is not None and now - heard >= limit:
                raise TimeoutError
            elif now - asked >= self._settings.alive_seconds:
                assert self._session is not None, "nothing is heard without a session"
                self._session.ask_whether_alive()
                asked = time.monotonic()

    def _ended(self, channel: paramiko.Channel) -> int:
        returncode = channel.recv_exit_status()
        if returncode == -1:  # paramiko: the channel closed without an exit status
            raise EOFError("the connection ended before the program did")
        return returncode

    def _lost(self, error: BaseException) -> BootstrapError:
        self.close()
        if isinstance(error, BootstrapError):
            return error
        return TransferError(
            f"{self.host}: the connection broke",
            why=str(error) or type(error).__name__,
            fix="run the same command again: what runs on the host goes on without us",
            is_temporary=True,
        )


def _received(channel: paramiko.Channel) -> tuple[bytes, bool]:
    """Return what came on standard output within a moment, and whether that was its end.

    Not by select: paramiko's one pipe for both streams is set and cleared by two threads without a lock.
    """
    channel.settimeout(_MOMENT_SECONDS)
    try:
        out = channel.recv(_PIECE)
    except TimeoutError:
        return b"", False
    finally:
        channel.settimeout(None)
    return out, not out


def _silent(host: str, who: str, seconds: float) -> HostError:
    return HostError(
        f"{host}: {who} did not end",
        why=f"it said nothing for {seconds:.0f} s",
        fix=f"look at {host}: is it overloaded or out of disk?",
    )


def _text(*pieces: bytes) -> str:
    return b"".join(pieces).decode(errors="replace")
