"""``precache disk``: everything that an edge site's nodes need, from the mirror onto a disk."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bootstrap.catalog.model import related_images
from bootstrap.cluster.given import Given
from bootstrap.cluster.install_config.wanted import release_of
from bootstrap.cluster.installer.images import MirroredImages
from bootstrap.errors import BootstrapError, ConfigError, Problems
from bootstrap.host.playbook import TaskEvent
from bootstrap.oci.reference import Reference
from bootstrap.precache.catalogs import catalog_named, open_catalog
from bootstrap.precache.disk.build import Options, build
from bootstrap.precache.disk.target import opened
from bootstrap.precache.disk.told import Built
from bootstrap.precache.images.choose import Wishes, choose
from bootstrap.precache.images.chosen import Choice, noted, raise_all
from bootstrap.precache.images.classify import is_assisted
from bootstrap.precache.images.exclude import read_filter
from bootstrap.precache.images.listed import listed
from bootstrap.precache.partition.make import survey
from bootstrap.precache.partition.plan import Plan, Wanted, room
from bootstrap.precache.partition.tools import require
from bootstrap.precache.spec import Content, EdgeSite, Operators
from bootstrap.release.architecture import DEFAULT
from bootstrap.release.payload import read_payload
from bootstrap.workflow.progress import Progress, Silent

Open = Callable[[Path, Callable[[], int]], AbstractContextManager[Path]]


def _as_it_is(target: Path, _needed: Callable[[], int]) -> AbstractContextManager[Path]:
    return opened(target)


@dataclass(frozen=True)
class Asked:
    """What the user asked for.

    Attributes:
        target: Where to.
        site: The edge site; None for a release alone.
        release: Version; None takes the site's, else the newest.
        mapping: A list of images to be taken instead of a release.
        discovery: Pull specs of more images that nodes need while they are discovered.
        filter: File with patterns of what is left out.
    """

    target: Path
    site: EdgeSite | None = None
    release: str | None = None
    mapping: Path | None = None
    discovery: tuple[str, ...] = ()
    filter: Path | None = None


def precache_disk(
    given: Given, asked: Asked, options: Options, progress: Progress, *, open_target: Open = _as_it_is
) -> Built:
    """Fill a disk for an edge site.

    Args:
        given: Of the site that has the mirror.
        asked: What for.
        options: How.
        progress: Told what is being done.
        open_target: Gives the directory to fill, once it is known what is to go there; and may ask how many
            bytes that takes on an empty disk.

    Raises:
        BootstrapError: (several as ``Problems``) What is wanted is not mirrored, cannot be read, or not be
            written.
    """
    if asked.mapping is not None and asked.release is not None:
        raise ConfigError(
            "cannot use --mapping with --release",
            why="a mapping is the list of all images, those of its release among them",
            fix="leave one of them out",
        )
    choice = _choice(given, asked, progress)

    def needed() -> int:
        progress.phase("see how much room it takes")
        with tempfile.TemporaryDirectory() as empty:
            place = Path(empty) / "disk"
            return build(place, choice, given, replace(options, dry_run=True), Silent()).bytes_needed

    with open_target(asked.target, needed) as directory, _named(directory, asked.target):
        if directory == asked.target and _is_on_root(directory):
            progress.note(
                f"{directory} is on this machine's root file system, no partition is mounted there; nodes "
                "look for one: mount it first, or give --to the disk"
            )
        built = build(directory, choice, given, options, _Told(progress, str(directory), str(asked.target)))
    # Where it was mounted is gone by now.
    _rename(built.problems, directory, asked.target)
    damaged = tuple(asked.target / path.relative_to(directory) for path in built.damaged)
    return replace(built, directory=asked.target, damaged=damaged)


def rehearse(
    given: Given,
    asked: Asked,
    options: Options,
    progress: Progress,
    *,
    wanted: Wanted,
    tell: Callable[[Plan], None],
) -> Built | None:
    """Return what a dry run comes to on a disk whose partition is to be made first; None where it is there.

    Args:
        given: Of the site that has the mirror.
        asked: What for; its target is a disk.
        options: How.
        progress: Told what is being done.
        wanted: The partition.
        tell: Shown what would be done to the disk.

    Raises:
        BootstrapError: Making the partition, or filling it, would be refused.
    """
    require()
    found = survey(asked.target, wanted)
    if found.is_nothing:
        return None
    tell(found)
    with tempfile.TemporaryDirectory() as empty:
        place = Path(empty) / "disk"
        built = precache_disk(given, asked, options, progress, open_target=lambda *_: nullcontext(place))
    survey(asked.target, replace(wanted, needed=built.bytes_needed))  # refuses what is too small
    return replace(built, bytes_free=room(found.partition.size), problems=())


def _is_on_root(directory: Path) -> bool:
    there = next(each for each in (directory.absolute(), *directory.absolute().parents) if each.exists())
    return there.stat().st_dev == Path("/").stat().st_dev


@dataclass(frozen=True)
class _Told:
    """Progress that names what the user has: a disk, and not where that is mounted meanwhile."""

    progress: Progress
    directory: str
    target: str

    def phase(self, title: str) -> None:
        self.progress.phase(title.replace(self.directory, self.target))

    def task(self, event: TaskEvent) -> None:
        self.progress.task(event)

    def mirror(self, event: Mapping[str, Any]) -> None:
        place = {"registry": self.target} if event.get("registry") == self.directory else {}
        self.progress.mirror({**event, **place})

    def note(self, text: str) -> None:
        self.progress.note(text.replace(self.directory, self.target))


@contextmanager
def _named(directory: Path, target: Path) -> Iterator[None]:
    """Let errors name what the user has: a disk, and not where that is mounted meanwhile."""
    try:
        yield
    except BootstrapError as error:
        _rename(error.problems if isinstance(error, Problems) else (error,), directory, target)
        raise


def _rename(errors: Iterable[BootstrapError], directory: Path, target: Path) -> None:
    for each in errors:
        each.what, each.why, each.fix = (
            text.replace(str(directory), str(target)) for text in (each.what, each.why, each.fix)
        )


def _choice(given: Given, asked: Asked, progress: Progress) -> Choice:
    content = asked.site.content if asked.site is not None else Content()
    architecture = asked.site.architecture if asked.site is not None else DEFAULT
    exclude = (*content.exclude, *(read_filter(asked.filter) if asked.filter is not None else ()))
    if asked.mapping is not None:
        return listed(
            asked.mapping, given.registries, architecture, discovery=asked.discovery, exclude=exclude
        )
    version = asked.release or (asked.site.version if asked.site is not None else None)
    release = release_of(given, version, (architecture,))
    progress.phase(f"choose the images of {release.version} ({release.architecture})")
    with MirroredImages(given) as images:
        store, repository, digest = images.find(Reference.parse(release.source))
        payload = read_payload(store, repository, digest, name=release.source)
        operators = _operators(given, images, content.operators, architecture)
    wishes = Wishes(operators, content.additional, asked.discovery, exclude)
    choice = choose(given, release, payload.components, wishes, architecture)
    if not any(
        is_assisted(each.source.repository) or is_assisted(each.destination) for each in choice.images
    ):
        progress.note(
            "no image of the Assisted Installer is mirrored, so hosts that are discovered pull them; they "
            "come with the operator multicluster-engine in imageset.yaml"
        )
    return choice


def _operators(
    given: Given, images: MirroredImages, wanted: Iterable[Operators], architecture: str
) -> tuple[str, ...]:
    """Return the images of operators, and their catalogs, which the cluster runs, too.

    Raises:
        BootstrapError: (several as ``Problems``) A catalog or package is not there.
    """
    found: list[str] = []
    problems: list[BootstrapError] = []
    for each in wanted:
        names = [package.name for package in each.packages]
        named = noted(problems, lambda each=each: catalog_named(given, each.catalog))  # type: ignore[misc]  # bound now
        if named is None:
            continue
        found.append(named.source)
        catalog = noted(
            problems,
            lambda named=named, names=names: open_catalog(images, named, names, architecture),  # type: ignore[misc]
        )
        for package in each.packages if catalog is not None else ():
            related = noted(
                problems,
                lambda catalog=catalog, package=package: related_images(  # type: ignore[misc]  # likewise
                    catalog, package.name, package.channel
                ),
            )
            found += related or ()
    raise_all(problems)
    return tuple(dict.fromkeys(found))
