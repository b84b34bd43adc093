"""Every failure this package raises on purpose, and the exit code of each.

BootstrapError                 anything we can explain to the user      (exit 1)
├── ConfigError                the request itself is wrong              (exit 2)
├── HostError                  the host cannot do what we need          (exit 3)
├── RegistryError              a registry answered, and said no         (exit 4)
│   ├── NotFound
│   ├── Denied
│   └── DigestMismatch         the bytes are not what was asked for
├── TransferError              the network or a child process failed    (exit 5)
├── VerificationError          the mirror is not what the ledger says   (exit 6)
└── Busy                       another run holds what we need           (exit 7)
"""

from __future__ import annotations

import enum
from typing import ClassVar, NoReturn, Sequence, Tuple


class ExitCode(enum.IntEnum):
    """What the process tells its caller; the table in the docs is made from this."""

    OK = 0
    FAILED = 1
    CONFIG = 2
    HOST = 3
    REGISTRY = 4
    TRANSFER = 5
    VERIFICATION = 6
    BUSY = 7
    DIFFERENT = 8
    UNFINISHED = 9
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """One sentence for a person, used by the docs and by ``--help``."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.OK: "everything asked for is done, or was so already",
    ExitCode.FAILED: "something failed that no other code describes; a traceback means a bug in us",
    ExitCode.CONFIG: "the request is wrong: arguments, inventory, settings or image set; nothing was changed",
    ExitCode.HOST: "a host cannot be reached or cannot do what is needed",
    ExitCode.REGISTRY: "a registry answered, and said no",
    ExitCode.TRANSFER: "the network or a child process failed; the same command again resumes",
    ExitCode.VERIFICATION: "the mirror does not hold what the ledger says",
    ExitCode.BUSY: "another run holds what this one needs",
    ExitCode.DIFFERENT: "there are differences, where `--exit-code` asked for this",
    ExitCode.UNFINISHED: "what was asked about is on its way, and nothing is wrong with it",
    ExitCode.INTERRUPTED: "stopped by Ctrl-C; what goes on without us was said",
}


class BootstrapError(Exception):
    """A failure with something useful to say.

    Args:
        what: What could not be done, naming the object ("cannot push blob sha256:1f…").
        why: What was observed, with the value and its unit; never a secret.
        fix: The next thing to try, ideally a command the user can paste.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, what: str, *, why: str, fix: str) -> None:
        super().__init__(what, why, fix)
        self.what, self.why, self.fix = what, why, fix

    def __str__(self) -> str:
        return f"{self.what}\n  why: {self.why}\n  fix: {self.fix}"

    def __reduce__(self) -> Tuple[object, ...]:
        # Exception's own would call cls(*args), which keyword-only arguments refuse.
        return (_rebuild, (type(self), self.what, self.why, self.fix))


def _rebuild(kind: type, what: str, why: str, fix: str) -> BootstrapError:
    error = kind(what, why=why, fix=fix)
    assert isinstance(error, BootstrapError)
    return error


class ConfigError(BootstrapError):
    """The request itself is wrong; nothing was changed."""

    exit_code = ExitCode.CONFIG


class HostError(BootstrapError):
    """The host cannot be reached or cannot do what is needed."""

    exit_code = ExitCode.HOST


class RegistryError(BootstrapError):
    """A registry answered, and said no."""

    exit_code = ExitCode.REGISTRY


class NotFound(RegistryError):
    """The registry has no such repository, manifest or blob."""


class Denied(RegistryError):
    """The registry refuses these credentials, or wants some."""


class DigestMismatch(RegistryError):
    """The bytes received are not the bytes that were asked for."""


class TransferError(BootstrapError):
    """The network or a child process failed.

    Args:
        is_temporary: The same request may well succeed a moment later.
    """

    exit_code = ExitCode.TRANSFER

    def __init__(self, what: str, *, why: str, fix: str, is_temporary: bool = False) -> None:
        super().__init__(what, why=why, fix=fix)
        self.is_temporary = is_temporary


class VerificationError(BootstrapError):
    """The mirror does not hold what the ledger says."""

    exit_code = ExitCode.VERIFICATION


class Busy(BootstrapError):
    """Another run holds what this one needs."""

    exit_code = ExitCode.BUSY


class Problems(BootstrapError):
    """Several failures found together, reported together.

    Args:
        problems: One or more; the exit code is the first one's, in the order found.
    """

    def __init__(self, problems: Sequence[BootstrapError]) -> None:
        assert problems, "no problems is no failure"
        first = problems[0]
        super().__init__(first.what, why=first.why, fix=first.fix)
        self.problems: Tuple[BootstrapError, ...] = tuple(problems)
        self.exit_code = first.exit_code  # type: ignore[misc]  # this one class takes its members' code

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)

    def __reduce__(self) -> Tuple[object, ...]:
        return (Problems, (self.problems,))


def assert_never(value: NoReturn) -> NoReturn:  # noqa: PYI050  # typing.Never is not in 3.9
    """Prove to the type checker that every member was handled (``typing`` has it from 3.11)."""
    raise AssertionError(f"unhandled: {value!r}")
