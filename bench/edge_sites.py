"""How long it takes to render and validate edge sites: the median of several times.

    .venv/bin/python -m bench.edge_sites [SITES [TIMES]]

From a user's file of each to all its files as text, held against every rule that a user's ClusterInstance is
held against, too; and then to the disk.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import yaml

from bootstrap.cluster.take_away import write
from bootstrap.precache.instance.bundle import bundle
from bootstrap.precache.instance.judge import judged
from bootstrap.precache.read import read_file
from tests.cluster.hosted.site import of_site
from tests.precache.edge_site import document, node, written


def main(sites: int, times: int) -> None:
    """Render, validate and write, ``times`` times, and print the medians."""
    rendering, writing = [], []
    with tempfile.TemporaryDirectory() as name:
        paths = [_written(Path(name), number) for number in range(sites)]
        given = of_site()
        for number in range(times):
            begin = time.perf_counter()
            made = []
            for path in paths:
                taken = bundle(read_file(path), given)
                item = yaml.load(taken.files["06-cluster-instance.yaml"], yaml.CSafeLoader)
                assert not judged(item), path
                made.append(taken)
            rendering.append(time.perf_counter() - begin)
            for path, taken in zip(paths, made, strict=True):
                write(path.parent / str(number), taken, "precache instance")
            writing.append(time.perf_counter() - begin)
    objects = sum(text.startswith("---\n") for taken in made for text in taken.files.values())
    print(f"{sites} sites, {objects} files of objects, medians of {times}")  # noqa: T201  # its purpose
    print(f"rendered and validated: {statistics.median(rendering):.2f} s ({_all(rendering)}); bound 5 s")  # noqa: T201
    print(f"with the files written: {statistics.median(writing):.2f} s ({_all(writing)})")  # noqa: T201


def _written(directory: Path, number: int) -> Path:
    """Write the file of one site, with a name, a host and networks of its own."""
    place = directory / f"edge{number}"
    place.mkdir()
    machines = f"10.{number // 256 + 1}.{number % 256}"
    data = document(
        nodes=[node(number)],
        name=f"edge{number}",
        machineNetwork=[f"{machines}.0/24"],
        additionalNTPSources=[f"{machines}.1"],
    )
    return written(place, data)


def _all(seconds: list[float]) -> str:
    return ", ".join(f"{each:.2f}" for each in sorted(seconds))


if __name__ == "__main__":
    given_sites, given_times, *_ = (*map(int, sys.argv[1:]), *(100, 5)[len(sys.argv) - 1 :])
    main(given_sites, given_times)
