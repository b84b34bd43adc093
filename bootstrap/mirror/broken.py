"""What a verification has found, and how it is told: what is not there is one thing, no answer another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Iterator, Sequence, Union

from bootstrap.errors import BootstrapError, Denied, ExitCode, Problems, RegistryError, VerificationError
from bootstrap.oci.digest import Digest

_MOST_NAMED = 20  # images that one message lists

# What a question about an image came to: None for well, a text for what is wrong, an error for no answer.
Answer = Union[str, BootstrapError, None]


@dataclass(frozen=True)
class Target:
    """An image that has to be there.

    Attributes:
        source: What people call it.
        tag: None for one that is there by digest only.
        platforms: Only these of its index have to be there; empty for all.
    """

    source: str
    repository: str
    tag: str | None
    digest: Digest
    platforms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Broken:
    """A target that was not seen to be as it has to be, and in what way.

    Attributes:
        error: Why it could not be looked at; None where it is wrong for certain.
        is_new: No run has ever brought it there.
    """

    target: Target
    why: str
    error: BootstrapError | None = None
    is_new: bool = False


def worst(answers: Iterable[Answer]) -> Answer:
    """Return what is wrong for certain, else why something is not known, else None.

    A registry that says no has answered; one that does not answer, or that keeps us out, has told nothing.
    """
    unknown: BootstrapError | None = None
    for answer in answers:
        if answer is None:
            continue
        if isinstance(answer, str):
            return answer
        if isinstance(answer, RegistryError) and not isinstance(answer, Denied):
            return told(answer)
        unknown = unknown or answer
    return unknown


def told(error: BootstrapError) -> str:
    """Return an error as the reason of another one."""
    return f"{error.what}: {error.why}"


def as_broken(target: Target, answer: str | BootstrapError) -> Broken:
    """Return the finding of ``target`` for an answer that :func:`worst` gave."""
    if isinstance(answer, BootstrapError):
        return Broken(target, told(answer), answer)
    return Broken(target, answer)


def as_error(registry: str, found: Sequence[Broken]) -> BootstrapError:
    """Return the error for one or more findings at ``registry``: what is wrong, then what is not known."""
    known = [one for one in found if one.error is None]
    errors = [
        *_damaged(registry, [one for one in known if not one.is_new]),
        *_lacking(registry, [one for one in known if one.is_new]),
        *_unknown(registry, [one for one in found if one.error is not None]),
    ]
    return errors[0] if len(errors) == 1 else Problems(errors)


def _damaged(registry: str, found: Sequence[Broken]) -> Iterator[BootstrapError]:
    fix = (
        "run `bootstrap-registry verify --repair`, which brings what is missing; what it cannot mend "
        "is damaged on the registry's disk (distribution keeps a damaged blob): remove it there first"
    )
    for one in found[:_MOST_NAMED]:
        yield VerificationError(
            f"{registry} does not hold {one.target.source} as {_name(one.target)}", why=one.why, fix=fix
        )
    if len(found) > _MOST_NAMED:
        yield VerificationError(
            f"{registry} does not hold {len(found) - _MOST_NAMED} more images",
            why="the first of them are listed above",
            fix=fix,
        )


def _lacking(registry: str, found: Sequence[Broken]) -> Iterator[BootstrapError]:
    if found:
        yield VerificationError(
            f"{registry} lacks {_count(found)} that the ledger has",
            why=f"no run has brought them there, and mirror sets name every registry: {_listed(found)}",
            fix="run `bootstrap-registry verify --repair`, which copies all of them from the first registry; "
            "`bootstrap-registry mirror` brings what the image set names",
        )


def _unknown(registry: str, found: Sequence[Broken]) -> Iterator[BootstrapError]:
    """Yield one error for each way in which images could not be looked at, with its exit code."""
    by_code: dict[ExitCode, list[Broken]] = {}
    errors: dict[ExitCode, BootstrapError] = {}
    for one in found:
        if one.error is not None:
            by_code.setdefault(one.error.exit_code, []).append(one)
            errors.setdefault(one.error.exit_code, one.error)
    for code, error in errors.items():
        yield type(error)(
            f"{registry}: {_count(by_code[code])} could not be checked",
            why=f"{told(error)}; so of {_listed(by_code[code])} nothing is known",
            fix=f"{error.fix}; then run `bootstrap-registry verify` again",
        )


def _count(found: Sequence[Broken]) -> str:
    return "1 image" if len(found) == 1 else f"{len(found)} images"


def _listed(found: Sequence[Broken]) -> str:
    names = [f"{one.target.source} as {_name(one.target)}" for one in found[:_MOST_NAMED]]
    rest = len(found) - len(names)
    return ", ".join(names) + (f" and {rest} more" if rest else "")


def _name(target: Target) -> str:
    return f"{target.repository}:{target.tag}" if target.tag else f"{target.repository}@{target.digest}"
