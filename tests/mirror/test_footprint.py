"""What a plan says that the disk will lose, and what a real registry then takes of it."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest

from bootstrap.mirror.disk import Disk
from bootstrap.mirror.plan import make_plan
from bootstrap.mirror.survey import Surveyor
from bootstrap.store.remote import RemoteStore
from tests.fakes import distribution
from tests.fakes.images import make_image, multi_arch, push
from tests.mirror.world import REGISTRY, Upstream, collect, mirror

MOST_WRONG = 0.02
PLATFORM = "platform: {channels: [{name: stable-4.20}]}"
COMPONENTS = [f"component-{number}" for number in range(6)]


def used(directory: Path) -> int:
    """Bytes of blocks of all files and directories below ``directory``."""
    return sum(path.lstat().st_blocks * 512 for path in (directory, *directory.rglob("*")))


@pytest.mark.skipif(not distribution.is_installed(), reason="docker-registry is not installed")
def test_the_prediction_is_within_2_percent_of_what_a_real_registry_then_writes(tmp_path):
    upstream = Upstream()
    upstream.release("4.20.1", components=COMPONENTS)
    # The same image at two places, one with several platforms, and one with more than a few blocks.
    push(upstream.store, "team/app", make_image("app"), tag="v1")
    push(upstream.store, "other/deep/down/app", make_image("app"), tag="v1")
    push(upstream.store, "team/many", multi_arch("many"), tag="v1")
    push(
        upstream.store,
        "team/big",
        make_image("big", layers=[{"file": random.Random(1).randbytes(3_000_001)}]),
        tag="v1",
    )
    names = ", ".join(
        f"{{name: 'quay.io/{name}:v1'}}" for name in ("team/app", "other/deep/down/app", "team/many")
    )
    with distribution.distribution(tmp_path) as registry, registry.client() as client:
        registry.data.mkdir(exist_ok=True)
        destination, disk = RemoteStore(client), Disk(REGISTRY, data_dir=str(registry.data))

        def compare(body, *versions):
            """Plan, run, and return by how much of it the plan was wrong."""
            graph = upstream.graph(*versions)
            surveyor = Surveyor(workers=3, stop=threading.Event())
            read = surveyor.read(collect(upstream, body, graph).wanted, upstream, destination)
            seen = surveyor.look(read.images, destination, whole=read.whole)
            planned = disk.footprint(make_plan(REGISTRY, read.images, seen))
            before = used(registry.data)
            assert not mirror(upstream, destination, body, graph).moved.failures
            written = used(registry.data) - before
            return (planned - written) / written if written else planned

        assert abs(compare(f"mirror: {{{PLATFORM}, additionalImages: [{names}]}}", "4.20.1")) < MOST_WRONG
        upstream.release("4.20.2", components=COMPONENTS)
        more = f"{names}, {{name: 'quay.io/team/big:v1'}}"
        body = f"mirror: {{{PLATFORM}, additionalImages: [{more}]}}"
        assert abs(compare(body, "4.20.1", "4.20.2")) < MOST_WRONG
        assert compare(body, "4.20.1", "4.20.2") == 0  # nothing new: nothing planned, nothing written
