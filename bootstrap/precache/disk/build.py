"""Filling a disk: look, fetch what is missing, make what nodes read, and the lists last."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from bootstrap.cluster.given import Given
from bootstrap.credentials.files import read
from bootstrap.errors import BootstrapError, HostError
from bootstrap.mirror.disk import gigabytes
from bootstrap.mirror.image import Image
from bootstrap.mirror.plan import make_plan
from bootstrap.mirror.survey import Seen
from bootstrap.mirror.transfer import Transfer
from bootstrap.precache.disk import hold, lists, names
from bootstrap.precache.disk.apart import apart
from bootstrap.precache.disk.archives import ArchiveForm
from bootstrap.precache.disk.files import Files, refuse_poor, sync
from bootstrap.precache.disk.form import Form, Found
from bootstrap.precache.disk.layout import LayoutForm
from bootstrap.precache.disk.names import Format
from bootstrap.precache.disk.registries import Registries
from bootstrap.precache.disk.resolve import REPOSITORY, resolve
from bootstrap.precache.disk.stale import OURS, Stale, refuse_foreign, remove, stale_of, tidy
from bootstrap.precache.disk.store import DiskStore, as_full
from bootstrap.precache.disk.told import Built, failed
from bootstrap.precache.disk.view import DiskImage
from bootstrap.precache.images.chosen import Choice

_SPARE_SHARE = 0.01  # of what is needed: what the file system takes for itself
_LISTS_BYTES = 1024 * 1024


class Progress(Protocol):
    """Who is told; ``workflow/progress.py`` has it whole."""

    def phase(self, title: str) -> None:
        """A new part of the story begins."""

    def mirror(self, event: Mapping[str, Any]) -> None:
        """How far it is, as the mirror agent tells it."""

    def note(self, text: str) -> None:
        """Something that the user should know and that is no failure."""


@dataclass(frozen=True)
class Options:
    """How a disk is filled.

    Attributes:
        parallel: Most transfers at once, >= 1.
        verify: Read what is there already, and fetch again what is not right.
        rm_stale: Remove what no list names any more.
        dry_run: Look, and write nothing.
    """

    form: Format = Format.LAYOUT
    parallel: int = 4
    verify: bool = False
    rm_stale: bool = False
    dry_run: bool = False


def build(directory: Path, choice: Choice, given: Given, options: Options, progress: Progress) -> Built:
    """Fill ``directory`` with the images of a choice.

    Whatever ends it: what has its name is whole, the same call goes on from there, and the lists are as
    before until all that they name is there.

    Args:
        directory: Made when missing.
        choice: What it is to have.
        given: Of the site: registries, trust and credentials.
        options: How.
        progress: Told what is being done.

    Raises:
        ConfigError: Something that is not ours is in the way; nothing was written.
        HostError: It does not fit, or cannot be written.
        RegistryError, TransferError: (several as ``Problems``) Images cannot be read.
        Busy: Another one writes there.
        KeyboardInterrupt: As it came, once nothing is written any more.
    """
    stop = threading.Event()
    held = hold.alone(directory) if directory.is_dir() else contextlib.nullcontext()
    with Registries(given, workers=options.parallel, stop=stop) as registries:
        for location, error in registries.silent.items():
            progress.note(f"{location} is left out: {error.why}")
        with held, _as_ours(directory):
            return _Build(directory, choice, registries, options, progress, stop).run()


class _Build:
    def __init__(
        self,
        directory: Path,
        choice: Choice,
        registries: Registries,
        options: Options,
        progress: Progress,
        stop: threading.Event,
    ) -> None:
        self._directory, self._choice, self._registries = directory, choice, registries
        self._options, self._progress, self._stop = options, progress, stop
        self._left = hold.unfinished(directory)

    def run(self) -> Built:
        refuse_foreign(self._directory, OURS)
        if self._left is not None:
            self._progress.note("an earlier run did not finish; what it has fetched is used")
        images = self._resolved()
        form = self._form(images)
        if not self._options.dry_run:
            tidy(self._directory)
            form.store.tidy()
        refuse_foreign(self._directory, [name for name in form.own if "/" not in name])
        # After a power cut a file may have its name and its size, and not its bytes.
        verify = self._options.verify or (self._left is not None and self._left.has_restarted)
        if verify:
            self._progress.phase("read what is there already")
        found = apart(lambda: form.look(verify=verify, stop=self._stop), self._stop)
        # What a killed run has fetched for archives is used, and gone at the end.
        used = {names.SPOOL} if self._options.form is Format.TGZ else set[str]()
        stale = stale_of(self._directory, {*form.own, *names.LISTS, *used}, self._left)
        built = Built.of(self._directory, self._choice, self._options, images, found, stale, self._free())
        self._tell_plan(found)
        problem = self._problem(built, found, stale)
        built = replace(
            built, was_unfinished=self._left is not None, problems=(problem,) if problem is not None else ()
        )
        if self._options.dry_run:
            return built
        if problem is not None:
            raise problem
        return self._write(form, images, found, stale, built)

    def _resolved(self) -> tuple[DiskImage, ...]:
        near = DiskStore(self._directory).near
        self._progress.phase(f"look at {len(self._choice.images)} images")
        return apart(
            lambda: resolve(
                self._choice.images,
                self._registries,
                self._choice.architecture,
                near,
                workers=self._options.parallel,
                stop=self._stop,
            ),
            self._stop,
        )

    def _form(self, images: tuple[DiskImage, ...]) -> Form:
        kind = LayoutForm if self._options.form is Format.LAYOUT else ArchiveForm
        return kind(self._directory, images, workers=self._options.parallel)

    def _write(
        self, form: Form, images: tuple[DiskImage, ...], found: Found, stale: Stale, built: Built
    ) -> Built:
        is_new = not self._directory.is_dir()
        self._directory.mkdir(parents=True, exist_ok=True)
        with hold.alone(self._directory) if is_new else contextlib.nullcontext():
            if found.todo:
                refuse_poor(self._directory, needs_links=self._options.form is Format.LAYOUT)
            is_early = self._options.rm_stale and found.needed > built.bytes_free
            if found.todo or found.damaged or self._left is not None or self._has_other_lists(images):
                archives = [name for name in form.own if name.endswith(names.ARCHIVE_SUFFIX)]
                hold.begin(self._directory, archives)
            for path in found.damaged:
                path.unlink(missing_ok=True)
            if is_early:
                remove(self._directory, stale)
            moved = self._fetch(form, found)
            sums, files = self._finish(form, found), Files()
            written = self._put_lists(images, sums, files, found.size)
            self._progress.phase("see that all of it has reached the disk")
            before = [self._directory / name for name in form.own] if self._left is not None else []
            apart(lambda: sync([*form.written(), *files.written, *before], self._stop), self._stop)
            form.clean()
            hold.end(self._directory)
            if self._options.rm_stale and not is_early:
                remove(self._directory, stale)
        return built.done(*moved, removed=self._options.rm_stale, is_changed=bool(written or found.todo))

    def _fetch(self, form: Form, found: Found) -> tuple[int, int]:
        """Fetch the blobs that are missing; returns how many, and their bytes."""
        todo = [image.image for image in found.todo]
        if not todo:
            return 0, 0
        self._progress.phase(f"fetch into {self._directory}")
        by_wanted = {image.image.wanted: image.chosen for image in found.todo}
        whole: set[Image] = set()
        seen = Seen(frozenset(), frozenset((REPOSITORY, digest) for digest in found.present))
        transfer = Transfer(
            make_plan(str(self._directory), todo, seen),
            lambda wanted: self._registries.source(by_wanted[wanted].places),
            form.store,
            workers=self._options.parallel,
            stop=self._stop,
            on_image=whole.add,
            disk_full=form.store.full,
        )

        def tick() -> None:
            event = {"event": "progress", "registry": str(self._directory), **transfer.progress.numbers()}
            self._progress.mirror(event)

        failures = apart(lambda: transfer.run(lambda: None), self._stop, tick)
        counts = transfer.progress.end()
        if failures:
            raise failed(failures, self._directory)
        return counts.blobs_copied, counts.bytes_copied

    def _finish(self, form: Form, found: Found) -> Mapping[str, str]:
        is_long = self._options.form is Format.TGZ
        self._progress.phase("make the archives" if is_long else "make the views")
        written: list[int] = []
        started = time.monotonic()

        def tick() -> None:
            if is_long:
                event: dict[str, Any] = {"event": "progress", "registry": str(self._directory)}
                event |= {"bytes_done": sum(written), "bytes_total": found.size - found.size_there}
                event |= {"images_done": len(written), "images_total": len(found.todo)}
                self._progress.mirror({**event, "seconds": time.monotonic() - started})

        return apart(lambda: form.finish(found, self._stop, written.append), self._stop, tick)

    def _put_lists(
        self, images: tuple[DiskImage, ...], sums: Mapping[str, str], files: Files, size: int
    ) -> list[Path]:
        """Write the lists where they are other than before, the checksums and what they are of last."""
        form = self._options.form
        made = lists.lists_of(images, form)
        made[names.ABOUT] = lists.about(self._choice, form, images=len(images), size=size)
        sums = {**sums}
        for name, content in made.items():
            if name != names.ABOUT:
                sums[name] = files.put(self._directory / name, content)
        sums[names.ABOUT] = files.put(self._directory / names.ABOUT, made[names.ABOUT])
        files.put(self._directory / names.SUMS, lists.sums(sums))
        return files.written

    def _has_other_lists(self, images: tuple[DiskImage, ...]) -> bool:
        made = lists.lists_of(images, self._options.form)
        return any(read(self._directory / name) != content for name, content in made.items())

    def _tell_plan(self, found: Found) -> None:
        self._progress.mirror(
            {
                "event": "planned",
                "registry": str(self._directory),
                "images": len(self._choice.images),
                "blobs": found.files,
                "bytes": found.size,
                "blobs_missing": found.files - found.files_there,
                "bytes_missing": found.size - found.size_there,
            }
        )

    def _free(self) -> int:
        for place in (self._directory, *self._directory.absolute().parents):
            with contextlib.suppress(OSError):
                status = os.statvfs(place)
                return status.f_bavail * status.f_frsize
        return 0

    def _problem(self, built: Built, found: Found, stale: Stale) -> HostError | None:
        """Return the error that it does not fit; None when it does."""
        needed = int(found.needed * (1 + _SPARE_SHARE)) + (_LISTS_BYTES if found.needed else 0)
        free = built.bytes_free + sum(path.lstat().st_size for path in found.damaged)
        if needed <= free + (stale.size if self._options.rm_stale else 0):
            return None
        is_help = stale.size and not self._options.rm_stale
        more = f", or --rm-stale, which frees {gigabytes(stale.size)}" if is_help else ""
        return HostError(
            f"the images do not fit into {self._directory}",
            why=f"they need {gigabytes(needed)} more, and {gigabytes(free)} are free",
            fix=f"give a larger partition, or leave images out (exclude){more}",
        )


@contextlib.contextmanager
def _as_ours(directory: Path) -> Iterator[None]:
    """Let errors of the file system be ours."""
    try:
        yield
    except OSError as error:
        full: BootstrapError | None = as_full(directory, error)
        raise full or HostError(
            f"cannot write {directory}",
            why=f"{error.filename or directory}: {error.strerror or error}",
            fix="see its rights and its disk, and run the same command again",
        ) from error
