"""What a verification found broken is mirrored again, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bootstrap.agent.mirroring import Mirroring
from bootstrap.agent.verifying import Verdict, Verifying
from bootstrap.errors import BootstrapError
from bootstrap.imageset.model import ImageSet, Platform
from bootstrap.mirror.collected import Collected
from bootstrap.mirror.engines.native import NativeEngine
from bootstrap.mirror.image import Kind, Wanted
from bootstrap.oci.digest import Digest
from bootstrap.oci.reference import Reference

if TYPE_CHECKING:
    from bootstrap.agent.toolbox import Toolbox
    from bootstrap.mirror.ledger import Entry, Ledger


class Repair:
    """Of what ``found`` has broken.

    The bytes that the registries on this machine have of these images are read first, and what is damaged is
    removed: a registry keeps what it has. Then the images are moved as any run moves them, by the native
    engine, for only what is missing has to be copied; and looked at again.

    Args:
        run: Its id, for the ledger.

    Attributes:
        mirroring: What moves.
    """

    def __init__(self, tools: Toolbox, ledger: Ledger, found: Verifying, *, run: str, deep: bool) -> None:
        self._tools, self._ledger, self._found, self._deep = tools, ledger, found, deep
        self._entries = list(dict.fromkeys(_mendable(found.broken, tools.locations[0])))
        self.mirroring = Mirroring(
            tools,
            ImageSet(Platform()),
            NativeEngine(),
            run=run,
            before=ledger,
            given=Collected(wanted=[_wanted(entry) for entry in self._entries]),
            reads_all=True,
        )

    def execute(self) -> None:
        """Do it; what could not be mended stays broken in what was found.

        Raises:
            BootstrapError: Nothing could be moved: a registry does not answer, or has no room.
            Stopped: We were asked to stop.
        """
        if not self._entries:
            return
        try:
            self.mirroring.execute()
        except BootstrapError as error:
            if not self.mirroring.counts:
                raise
            self._tools.report("warning", what=error.what, why=error.why, fix=error.fix)
        again = Verifying(self._tools, deep=self._deep)
        again.run(replace(self._ledger, images=tuple(self._entries)))
        self._found.again(again)


def _mendable(broken: list[Verdict], first: str) -> list[Entry]:
    """Leave out what was made here and has no source, but for the first registry, and is broken there."""
    lost = {each.entry for each in broken if each.registry == first and each.entry.kind == Kind.GRAPH.value}
    return [each.entry for each in broken if each.entry not in lost]


def _wanted(entry: Entry) -> Wanted:
    """Return an image of the ledger as one that is to be mirrored; by its digest where it has no tag."""
    return Wanted(
        Kind(entry.kind),
        Reference.parse(entry.source),
        Digest(entry.digest),
        entry.destination,
        entry.tag or entry.digest,
        entry.release,
        entry.architecture,
        entry.component,
        entry.platforms,
    )
