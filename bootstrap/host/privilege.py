"""How a command becomes root's: what ``ansible_become*`` says, for our own connections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Privilege:
    """A way to become root.

    Attributes:
        method: ``"none"`` (we are root already, or no one asked) or ``"sudo"``.
        password: What sudo asks for, or None when it must not ask.
    """

    method: str
    password: str | None = field(default=None, repr=False)

    @classmethod
    def none(cls) -> Privilege:
        """Return the privilege of a user who is root."""
        return cls("none")

    @classmethod
    def sudo(cls, password: str | None = None) -> Privilege:
        """Return the privilege of a user who may sudo."""
        return cls("sudo", password)

    def wrap(self, argv: Sequence[str]) -> tuple[list[str], str]:
        """Return the command line and what its standard input must begin with.

        The password goes through standard input, never into an argument that others can read.
        """
        if self.method == "none":
            return list(argv), ""
        if self.password is None:
            return ["sudo", "-n", "--", *argv], ""
        return ["sudo", "-S", "-p", "", "--", *argv], self.password + "\n"
