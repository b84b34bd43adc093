"""An image set and what it comes to on the recorded update graphs."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path

from bootstrap.imageset.model import ImageSet
from bootstrap.imageset.read import read_text
from bootstrap.release.graph import parse_graph
from bootstrap.release.resolve import resolve

HEAD = "kind: ImageSetConfiguration\napiVersion: mirror.openshift.io/v2alpha1\n"
NO_GRAPH = {"version": 1, "nodes": [], "edges": [], "conditionalEdges": []}

# Made for these tests in the form of an update service's answers, by "<channel>/<architecture>": five minors,
# the kinds of channels, four architectures, updates with risks. Not one of the service's own.
GRAPHS = json.loads(Path(__file__).with_name("update_graphs.json").read_text())


@dataclass(frozen=True)
class Case:
    """One image set.

    Attributes:
        name: What it shows.
        body: The document without its head.
        releases: What it resolves to: versions; for another architecture than amd64 with ``/<architecture>``.
        images: Where its additional images go.
        needs: What of it only oc-mirror can do.
        refused: Part of the problem that reading finds.
        fails: Part of the error that resolving finds.
        warns: Part of the one warning.
        differs: How oc-mirror does it instead.
    """

    name: str
    body: str
    releases: str = ""
    images: str = ""
    needs: str = ""
    refused: str = ""
    fails: str = ""
    warns: str = ""
    differs: str = ""

    def read(self) -> ImageSet:
        return read_text(HEAD + self.body)


def resolved(image_set: ImageSet) -> tuple[list[str], list[str]]:
    """The releases as ``Case.releases`` writes them, in their order, and the warnings."""
    found: list[str] = []
    warnings: list[str] = []
    platform = image_set.platform
    for architecture in platform.effective_architectures if platform.channels else ():
        suffix = "" if architecture == "amd64" else f"/{architecture}"
        result = resolve(platform.channels, functools.partial(graph, architecture=architecture))
        found += [f"{node.version}{suffix}" for node in result.nodes]
        warnings += result.warnings
    return found, warnings


@functools.cache
def graph(channel: str, architecture: str):
    return parse_graph(json.dumps(GRAPHS.get(f"{channel}/{architecture}", NO_GRAPH)).encode())
