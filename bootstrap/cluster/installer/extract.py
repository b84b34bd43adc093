"""Extracting the installers of a mirrored release: by ``oc`` where there is one, else by ourselves."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bootstrap.cluster.given import Given, MirroredRelease
from bootstrap.cluster.installer.images import MirroredImages, image_for
from bootstrap.cluster.installer.layers import write_program
from bootstrap.cluster.installer.macho import sign_again
from bootstrap.cluster.installer.markers import Values, check, fill
from bootstrap.cluster.installer.oc import Oc
from bootstrap.cluster.installer.programs import Program, platform_of, programs
from bootstrap.errors import HostError
from bootstrap.oci.platform import Platform
from bootstrap.oci.reference import Reference
from bootstrap.release.architecture import DEFAULT
from bootstrap.release.payload import Payload, read_payload

OURS, OC = "bootstrap-registry", "oc"
_PROGRAM_MODE = 0o755
_PRIVATE = ".bootstrap-registry-extract-"


@dataclass(frozen=True)
class Extracted:
    """A program that is ready to run.

    Attributes:
        release_image: What it installs, by digest.
        platform: Where it runs: ``linux/amd64``.
        by: ``oc`` or ``bootstrap-registry``: who extracted it.
    """

    path: Path
    version: str
    release_image: str
    platform: str
    by: str


@dataclass(frozen=True)
class _Release:
    """What was read of the release image."""

    payload: Payload
    architecture: str
    values: Values


def extract(
    given: Given,
    release: MirroredRelease,
    directory: Path,
    *,
    platform: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Extracted, ...]:
    """Write the installers of ``release`` into ``directory``, each replaced as a whole.

    Args:
        given: Of the site.
        release: Which.
        directory: Made when missing.
        platform: Where they are to run; None is the machine that this runs on.
        progress: Told what is being done.

    Raises:
        ConfigError: There is no installer for that platform.
        RegistryError: The mirror does not hold what it should.
        VerificationError: A program does not have each marker once.
        TransferError: The registry does not answer, or oc failed.
        HostError: The directory cannot be written.
    """
    wanted = platform_of(platform)
    program = shutil.which("oc")
    with MirroredImages(given) as images:
        read = _read(images, release, wanted)
        names = {each.name for each in read.payload.components}
        chosen = programs(wanted, read.architecture, names, release.version)
        try:
            directory.mkdir(parents=True, exist_ok=True)
            with _alone(directory), tempfile.TemporaryDirectory(dir=directory, prefix=_PRIVATE) as private:
                oc = None if program is None else Oc(program, Path(private), given)
                for each in chosen:
                    progress(f"extract {each.name} of {release.version} for {wanted}")
                    if oc is not None:
                        path = oc.extract(release.source, each, wanted, read.architecture)
                    else:
                        path = _ours(images, read, each, wanted, Path(private))
                    check(path, read.values, each.name)
                    _put(path, directory / each.name)
        except OSError as error:
            raise HostError(
                f"cannot write into {directory}",
                why=error.strerror or str(error),
                fix="free some 2 GB there, or make it writable to you",
            ) from error
    by = OURS if program is None else OC
    return tuple(
        Extracted(directory / each.name, release.version, release.source, str(wanted), by) for each in chosen
    )


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Hold ``directory``, waiting for who extracts there now; what a killed run left goes."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        for left in directory.glob(f"{_PRIVATE}*"):
            shutil.rmtree(left)
        yield
    finally:
        os.close(descriptor)


def _read(images: MirroredImages, release: MirroredRelease, wanted: Platform) -> _Release:
    """Read the release image; of a release for several architectures the one that runs where we want it."""
    store, repository, digest = images.find(Reference.parse(release.source))
    name = f"{release.version} ({release.architecture})"
    payload = read_payload(store, repository, digest, name=name)
    order = (wanted.architecture, DEFAULT) if wanted.os == "linux" else (DEFAULT, wanted.architecture)
    _, found = image_for(store, repository, digest, order)
    architecture = found or payload.architecture
    told = f"multi (linux/{architecture})" if found else f"linux/{architecture}"
    return _Release(payload, architecture, Values(release.source, str(payload.version), told))


def _ours(
    images: MirroredImages, release: _Release, program: Program, wanted: Platform, directory: Path
) -> Path:
    component = next(each for each in release.payload.components if each.name == program.component)
    store, repository, digest = images.find(component.image)
    image, _ = image_for(store, repository, digest, (release.architecture,))
    path = directory / program.name
    write_program(store, repository, image, program, path)
    times = path.stat()
    fill(path, release.values, program.name)
    if wanted == Platform("darwin", "arm64"):
        sign_again(path, program.name)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    return path


def _put(partial: Path, path: Path) -> None:
    """Let ``path`` be the program, with all its bytes on the disk."""
    partial.chmod(_PROGRAM_MODE)
    descriptor = os.open(partial, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    partial.replace(path)
