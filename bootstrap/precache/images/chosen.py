"""The images of a disk, each with the name that nodes ask for, and where the mirror has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from bootstrap.errors import BootstrapError, ConfigError, HostError, Problems
from bootstrap.oci.digest import Digest
from bootstrap.oci.reference import Reference
from bootstrap.precache.images.classify import Stages
from bootstrap.precache.images.exclude import Exclude

T = TypeVar("T")

_MOST_PROBLEMS = 50  # that are told; more are counted


@dataclass(frozen=True)
class Chosen:
    """One image.

    Attributes:
        source: As nodes ask for it: by digest, or by a tag that the user named.
        digest: None where only the mirror can say what the tag names.
        places: ``host:port/repository`` in which to look for it, in this order.
        destination: Its own place in the mirror, with tag or digest.
        tag: What to ask the mirror for where there is no digest.
    """

    source: Reference
    digest: Digest | None
    places: tuple[str, ...]
    destination: str
    stages: Stages
    tag: str | None = None

    @property
    def pull_spec(self) -> str:
        """The source as text."""
        return str(self.source)


@dataclass(frozen=True)
class Choice:
    """All of a disk.

    Attributes:
        images: By pull spec, each once.
        excluded: Pull specs that a pattern leaves out.
        release: Version and digest of the release that it is for; None where a list was taken instead.
        architecture: Of the nodes, in Go's words.
    """

    images: tuple[Chosen, ...]
    excluded: tuple[str, ...]
    release: tuple[str, str] | None
    architecture: str


def asked(source: Reference) -> Reference:
    """Return how nodes ask for ``source``: where it has a digest, its tag says nothing, and goes."""
    return replace(source, tag=None) if source.digest is not None else source


def choice_of(
    found: Iterable[Chosen], exclude: Exclude, release: tuple[str, str] | None, architecture: str
) -> Choice:
    """Return a choice: each pull spec once, with the stages of all who want it, and without the excluded.

    Raises:
        ConfigError: None is left.
    """
    chosen: dict[str, Chosen] = {}
    for each in found:
        before = chosen.get(each.pull_spec, each)
        stages = Stages(*(a or b for a, b in zip(before.stages, each.stages, strict=True)))
        chosen[each.pull_spec] = replace(before, stages=stages)
    excluded = {name for name, each in chosen.items() if exclude.matches(name, each.destination)}
    images = tuple(chosen[name] for name in sorted(chosen.keys() - excluded))
    if not images:
        raise ConfigError(
            "no image is left for the disk",
            why=f"patterns leave out all {len(excluded)}" if excluded else "nothing is asked for",
            fix="correct the site's `exclude`, and what --filter and --mapping name",
        )
    return Choice(images, tuple(sorted(excluded)), release, architecture)


def noted(problems: list[BootstrapError], make: Callable[[], T]) -> T | None:
    """Return what ``make`` gives; None, and the failure on the list, when it fails."""
    try:
        return make()
    except BootstrapError as error:
        problems.extend(error.problems if isinstance(error, Problems) else (error,))
        return None


def raise_all(problems: Iterable[BootstrapError]) -> None:
    """Raise what was found, together; nothing when there is nothing.

    Raises:
        BootstrapError: The only problem, or several as ``Problems``.
    """
    found = list({(each.what, each.why): each for each in problems}.values())
    if len(found) > _MOST_PROBLEMS:
        more = len(found) - _MOST_PROBLEMS
        last = found[_MOST_PROBLEMS]
        found[_MOST_PROBLEMS:] = [HostError(f"and {more} more like these", why=last.why, fix=last.fix)]
    if found:
        raise found[0] if len(found) == 1 else Problems(found)
