"""The operation ``from-disk``: registries filled from archives, where no source can be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from bootstrap.agent.mirroring import Mirroring
from bootstrap.errors import BootstrapError, Problems, VerificationError
from bootstrap.imageset.read import read_file
from bootstrap.mirror import checksums, packed
from bootstrap.mirror.collected import Collected
from bootstrap.mirror.image import Kind

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.agent.toolbox import Toolbox
    from bootstrap.mirror import ledger
    from bootstrap.mirror.engines.interface import Archiver


def reading(
    tools: Toolbox, directory: Path, archiver: Archiver, *, run: str, before: ledger.Ledger
) -> Mirroring:
    """Return the operation: mirroring from the archives in ``directory``, asking no source.

    Raises:
        HostError: There are no archives.
        VerificationError: They are not what was written, or a release in them is not signed as it has to be.
    """
    tools.report("resolving", what=f"the checksums of the archives in {directory}")
    checksums.check(directory, archiver.files(directory), tools.stop)
    contents = packed.load(directory / packed.NAME)
    verifier = tools.verifier() if contents.releases else None
    if verifier is not None:
        check_signatures(contents, verifier.verify_content)
    source = packed.Packed(contents)
    for image in contents.images:
        tools.sources.add(image.wanted.source.name, source, image.wanted.source.repository)
    return Mirroring(
        tools,
        read_file(directory / checksums.IMAGESET),
        archiver,
        run=run,
        before=before,
        given=Collected([image.wanted for image in contents.images], list(contents.releases)),
        unpacks=sum({blob.digest: blob.size for each in contents.images for blob in each.blobs}.values()),
    )


def check_signatures(contents: packed.Contents, verify: Callable[..., object]) -> None:
    """See that every release image that will be mirrored is signed: what travelled can have been exchanged.

    Raises:
        VerificationError: One is not; ``Problems`` for several.
    """
    signed = {each.digest: each for each in contents.releases}
    problems: list[BootstrapError] = []
    for image in contents.images:
        wanted = image.wanted
        if wanted.kind is not Kind.RELEASE:
            continue
        release = signed.get(wanted.digest)
        if release is None or release.signature is None:
            problems.append(
                VerificationError(
                    f"release {wanted.source} is not signed",
                    why="there is no signature with the archives",
                    fix="write them with mirror_content_signature_policy: require, or set it to skip here",
                )
            )
            continue
        try:
            verify(release.signature, wanted.digest, name=release.version)
        except VerificationError as error:
            problems.append(error)
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)
