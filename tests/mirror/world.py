"""A small quay.io in memory, an update graph for it, and a run of everything between image set and ledger."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field

from bootstrap.imageset.read import read_text
from bootstrap.mirror.collect import Collector
from bootstrap.mirror.engines.interface import Job
from bootstrap.mirror.engines.native import NativeEngine
from bootstrap.mirror.plan import make_plan
from bootstrap.mirror.survey import Surveyor
from bootstrap.mirror.verify import Target, Verification
from bootstrap.oci.digest import Digest
from bootstrap.release.graph import parse_graph
from bootstrap.store.memory import MemoryStore
from tests.fakes.images import make_image, push
from tests.release.releases import release_image

HEAD = "kind: ImageSetConfiguration\napiVersion: mirror.openshift.io/v2alpha1\n"
RELEASES = "openshift-release-dev/ocp-release"
CONTENT = "openshift-release-dev/ocp-v4.0-art-dev"
REGISTRY = "registry.example.com:5000"
SHARED = {"base": b"shared by every component" * 400}


class Upstream:
    """Plays every registry: ``store_for("quay.io/a/b")`` is the repository ``a/b`` of one store."""

    def __init__(self, store=None) -> None:
        self.store = store or MemoryStore("upstream")
        self.asked: list[str] = []

    def store_for(self, name):
        self.asked.append(name)
        return self.store, name.partition("/")[2]

    def release(self, version, components=("etcd", "installer"), **options):
        """Publish a release; gives its release image's digest."""
        listed = {}
        for name in components:
            image = make_image((version, name), layers=[SHARED, {name: name.encode() * 300}], docker=True)
            push(self.store, CONTENT, image)
            listed[name] = f"quay.io/{CONTENT}@{image.digest}"
        image = release_image(version, listed, base=[SHARED], **options)
        push(self.store, RELEASES, image, tag=f"{version}-x86_64")
        return image.digest

    def graph(self, *versions):
        """A graph client for releases published before."""
        return Graphs(parse_graph(self.graph_bytes(*versions)))

    def graph_bytes(self, *versions):
        """What an update service answers."""
        nodes = []
        for version in versions:
            digest = self.store.resolve(RELEASES, f"{version}-x86_64").digest
            nodes.append({"version": version, "payload": f"quay.io/{RELEASES}@{digest}"})
        return json.dumps({"nodes": nodes}).encode()


@dataclass
class Graphs:
    found: object

    def graph(self, channel, architecture):  # the same for all of them
        return self.found


@dataclass
class Result:
    collected: object
    plan: object
    moved: object
    broken: tuple
    images: list[str] = field(default_factory=list)
    progress: list[dict] = field(default_factory=list)


def collect(upstream, body, graph=None, verifier=None, graph_image=None):
    collector = Collector(
        upstream,
        graph or Graphs(None),
        verifier,
        graph_image=graph_image,
        registry=REGISTRY,
        report=lambda _: None,
        workers=2,
        stop=threading.Event(),
    )
    return collector.collect(read_text(HEAD + body))


def mirror(
    upstream,
    destination,
    body,
    graph=None,
    *,
    workers=3,
    stop=None,
    engine=None,
    wanted=None,
    disk_full=lambda _size: None,
):
    stop = stop or threading.Event()
    collected = collect(upstream, body, graph)
    surveyor = Surveyor(workers=workers, stop=stop)
    read = surveyor.read(wanted or collected.wanted, upstream, destination)
    plan = make_plan(REGISTRY, read.images, surveyor.look(read.images, destination, whole=read.whole))
    result = Result(collected, plan, None, ())
    result.moved = (engine or NativeEngine()).move(
        Job(
            plan,
            lambda image: upstream.store_for(image.source.name),
            destination,
            workers,
            stop,
            lambda image: result.images.append(str(image.wanted)),
            result.progress.append,
            disk_full,
        )
    )
    collected.failures += read.failures
    result.broken = verify(destination, read.images, stop)
    return result


def verify(destination, images, stop=None):
    targets = [
        Target(str(image.wanted), image.wanted.repository, image.wanted.tag, image.wanted.digest)
        for image in images
    ]
    return Verification(destination, workers=3, stop=stop or threading.Event()).run(targets)


def digest(text):
    return Digest.of(text.encode())
