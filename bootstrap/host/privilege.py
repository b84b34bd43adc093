"""How a command becomes root's: what ``ansible_become*`` says, for our own connections.

Every program is started through a small ``sh`` that first prints, on both streams, a line that nobody else
prints. What comes before that line is not the program's: what the log-in shell's start files say, sudo's
prompt, its refusal. So the password is typed when it is asked for, once, and never becomes the input of a
program that did not ask; and noise on standard output never gets into an answer.
"""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

from bootstrap.errors import HostError

METHODS = ("sudo", "su")
_LONGEST_SAID = 500


@dataclass(frozen=True)
class Privilege:
    """A way to become root.

    Attributes:
        method: ``"none"`` (we are root already, or no one asked), ``"sudo"`` or ``"su"``.
        password: What it asks for, or None when it must not ask.
        program: The program, where it is not the one of that name on ``PATH`` (``ansible_become_exe``).
    """

    method: str
    password: str | None = field(default=None, repr=False)
    program: str | None = None

    @classmethod
    def none(cls) -> Privilege:
        """Return the privilege of a user who is root."""
        return cls("none")

    @classmethod
    def sudo(cls, password: str | None = None) -> Privilege:
        """Return the privilege of a user who may sudo."""
        return cls("sudo", password)

    def wrap(self, argv: Sequence[str], prompt: str) -> list[str]:
        """Return the command line that runs ``argv`` as root; never with the password in it.

        Args:
            argv: Program and arguments.
            prompt: What sudo is to say when it wants the password; su says "Password: " whatever we want.
        """
        program = self.program or self.method
        if self.method == "none":
            return list(argv)
        if self.method == "su":
            return [program, "root", "-s", "/bin/sh", "-c", shlex.join(argv)]
        asking = ["-n"] if self.password is None else ["-S", "-p", prompt]
        return [program, *asking, "--", *argv]


class Entrance:
    """The way from the log-in shell to the program; one for each start.

    Args:
        host: The inventory name, for messages.
        argv: The program.
        privilege: How it becomes root's.

    Attributes:
        command: What to start. Its language is English, whatever the host's is: we have to understand it.
        is_open: The program runs; what is typed and heard from now on is its own.
        rest: What it had said when the entrance opened, on standard output and on standard error.
    """

    def __init__(self, host: str, argv: Sequence[str], privilege: Privilege) -> None:
        word = secrets.token_hex(8)
        self._host, self._privilege = host, privilege
        self._begin = f"bootstrap-registry begins {word}"
        self._prompt = "Password: " if privilege.method == "su" else f"bootstrap-registry asks {word}: "
        started = ["sh", "-c", f"echo {self._begin}; echo {self._begin} >&2; " + 'exec "$@"', "sh", *argv]
        self.command = ["env", "LC_ALL=C", *privilege.wrap(started, self._prompt)]
        self._out, self._err, self._typed = b"", b"", 0
        self.is_open = False
        self.rest = (b"", b"")

    def hear(self, out: bytes, err: bytes) -> bytes:
        """Take in what came, and return what has to be typed now.

        Raises:
            HostError: The password is wrong; asked again, we do not repeat it: accounts get locked that way.
        """
        self._out, self._err = self._out + out, self._err + err
        begin = self._begin.encode() + b"\n"
        if begin in self._out and begin in self._err:
            self.is_open = True
            self.rest = (self._out.partition(begin)[2], self._err.partition(begin)[2])
            return b""
        asked = self._err.count(self._prompt.encode())
        if asked <= self._typed:
            return b""
        if self._privilege.password is None:
            raise self._error("it asks for a password", _NO_PASSWORD.format(method=self._privilege.method))
        self._typed = asked
        if asked > 1:
            raise self._error("the password was refused", _WRONG_PASSWORD)
        return self._privilege.password.encode() + b"\n"

    def refused(self, returncode: int) -> HostError:
        """Return the error for a start that ended before the program began."""
        said = self._err.replace(self._prompt.encode(), b"") or self._out
        text = " ".join(said.decode(errors="replace").split())[-_LONGEST_SAID:]
        why = text or f"it ended with exit code {returncode} and said nothing"
        if self._typed and self._privilege.method == "su":
            return self._error(why, _WRONG_PASSWORD)
        for words, fix in _REFUSALS:
            if any(word in text for word in words):
                return self._error(why, fix.format(method=self._privilege.method))
        return self._error(why, f"log in by hand and try `{self._by_hand()}`")

    def _error(self, why: str, fix: str) -> HostError:
        doing = "run programs there" if self._privilege.method == "none" else "become root"
        return HostError(f"{self._host}: cannot {doing}", why=why, fix=fix)

    def _by_hand(self) -> str:
        return {"sudo": "sudo true", "su": "su -c true"}.get(self._privilege.method, "true")


_NO_PASSWORD = "set ansible_become_password (vaulted), or allow this user to {method} without a password"  # noqa: S105  # likewise
_WRONG_PASSWORD = "correct ansible_become_password (vaulted); it was tried once"  # noqa: S105  # a sentence
# What sudo, sudo-rs, su and log-in shells say in English, and what helps; the first that fits.
_REFUSALS = (
    (
        ("must have a tty",),
        "take `requiretty` out of sudoers for this user: Defaults:NAME !requiretty",
    ),
    (
        ("password is required", "terminal is required", "authentication is required", "no password was"),
        _NO_PASSWORD,
    ),
    (
        ("incorrect password", "Sorry, try again", "Authentication failed", "Authentication failure"),
        _WRONG_PASSWORD,
    ),
    (
        (
            "not in the sudoers",
            "may not run sudo",
            "is not allowed to",
            "Permission denied",
            "afraid I can't",
        ),
        "allow this user to {method}, or log in as one who may (ansible_user)",
    ),
    (
        ("expired", "account validation", "locked", "Password change required"),
        "log in by hand and renew the password, or unlock the account",
    ),
    (
        ("account is currently not available", "nologin"),
        "give the user a log-in shell, or log in as another one (ansible_user)",
    ),
    (
        ("not found", "No such file"),
        "install {method}, or log in as root (ansible_user: root)",
    ),
)
