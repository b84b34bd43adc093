"""The graph-data image among the images of a run: ``graph: true`` of an image set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap.mirror import layout
from bootstrap.mirror.image import Kind, Wanted
from bootstrap.oci.digest import Digest
from bootstrap.oci.reference import Reference
from bootstrap.release import graph_data
from bootstrap.release.graph_image import build

if TYPE_CHECKING:
    from bootstrap.mirror.built import WithBuilt
    from bootstrap.release.download import Downloader

# It is made here and comes from nowhere: podman's name for such images is localhost, too.
SOURCE = Reference("localhost", layout.GRAPH_IMAGE, layout.GRAPH_TAG)


@dataclass(frozen=True)
class GraphImage:
    """Makes the image.

    Attributes:
        url: Of the graph data.
        base: The image to put them on.
    """

    url: str
    base: Reference
    downloader: Downloader
    sources: WithBuilt

    def make(self) -> Wanted:
        """Return the image, which ``sources`` has from now on."""
        store, repository = self.sources.store_for(self.base.name)
        digest = self.base.digest or store.resolve(repository, str(self.base.tag)).digest
        layer = graph_data.download(self.url, self.downloader)
        built, digest = build(store, repository, digest, layer, name=str(self.base))
        self.sources.add(SOURCE.name, built, repository)
        return wanted(digest)


def wanted(digest: Digest) -> Wanted:
    """Return the image ``digest`` as it is wanted at the destination."""
    return Wanted(Kind.GRAPH, SOURCE, digest, layout.GRAPH_IMAGE, layout.GRAPH_TAG)
