"""The operation ``from-disk``: registries filled from archives, where no source can be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap.agent.archiving import trust
from bootstrap.agent.mirroring import Mirroring
from bootstrap.imageset.read import read_file
from bootstrap.mirror import checksums, packed
from bootstrap.mirror.collected import Collected
from bootstrap.mirror.layout import RELEASE_IMAGES

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
    files = archiver.files(directory)
    checksums.check(directory, files, tools.stop)
    contents, image_set = packed.load(directory / packed.NAME), read_file(directory / checksums.IMAGESET)
    held, releases = archiver.held(directory, tools.stop), contents.releases
    verifier = tools.verifier() if trust.has_releases(contents, image_set, held) else None
    if verifier is not None:
        releases = trust.signed_releases(contents, verifier.verify_content)
        known = [(each.tag, each.digest) for each in before.images if each.destination == RELEASE_IMAGES]
        trust.check_places(image_set, held, releases, known)
    source = packed.Packed(contents)
    for image in contents.images:
        tools.sources.add(image.wanted.source.name, source, image.wanted.source.repository)
    return Mirroring(
        tools,
        image_set,
        archiver,
        run=run,
        before=before,
        given=Collected([image.wanted for image in contents.images], list(releases)),
        unpacks=sum((directory / name).stat().st_size for name in files) if archiver.keeps_cache else 0,
    )
