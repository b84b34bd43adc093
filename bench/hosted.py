"""How long it takes to render a hosted cluster of 200 bare-metal hosts: the median of several times.

    .venv/bin/python -m bench.hosted [HOSTS [TIMES]]

From the user's file to all files as text, and then to the disk.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from bootstrap.cluster.hosted.bundle import bundle
from bootstrap.cluster.hosted.read import read_file
from bootstrap.cluster.take_away import write
from tests.cluster.hosted.site import KEY, document, of_site, written


def main(hosts: int, times: int) -> None:
    """Render and write, ``times`` times, and print the medians."""
    rendering, writing = [], []
    with tempfile.TemporaryDirectory() as name:
        path, given = written(Path(name), document("dual", hosts=hosts)), of_site()
        for number in range(times):
            begin = time.perf_counter()
            made = bundle(read_file(path), given, lambda: KEY)
            rendering.append(time.perf_counter() - begin)
            write(Path(name) / str(number), made, "resources hosted-cluster")
            writing.append(time.perf_counter() - begin)
    objects = sum(text.count("\n---\n") + text.startswith("---\n") for text in made.files.values())
    print(f"{hosts} hosts, {objects} objects, medians of {times}")  # noqa: T201  # its purpose
    print(f"rendered: {statistics.median(rendering):.2f} s ({_all(rendering)}); bound 1 s")  # noqa: T201
    print(f"with the files written: {statistics.median(writing):.2f} s ({_all(writing)})")  # noqa: T201


def _all(seconds: list[float]) -> str:
    return ", ".join(f"{each:.2f}" for each in sorted(seconds))


if __name__ == "__main__":
    given_hosts, given_times, *_ = (*map(int, sys.argv[1:]), *(200, 5)[len(sys.argv) - 1 :])
    main(given_hosts, given_times)
