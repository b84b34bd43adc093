"""How long it takes to read four packages out of a catalog as large as Red Hat's, and with how much memory.

    .venv/bin/python -m bench.catalog [PACKAGES [BUNDLES]]

The catalog is an OCI layout on disk; once with a file of JSON for each package, as Red Hat builds it, once as
one file, as oc-mirror makes it anew, and once of YAML.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from pathlib import Path

from bootstrap.catalog.read import read_catalog
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import Manifest, parse_manifest
from bootstrap.store.layout import LayoutStore
from tests.fakes.catalogs import Object, as_json, as_yaml, bundle, catalog_image, channel, package
from tests.fakes.images import noise, push

_WANTED = [f"operator-{number:03}" for number in (0, 7, 40, 99)]


def operator(name: str, bundles: int) -> list[Object]:
    """A package whose bundles have 50 KB each, most of it text that nobody asks for."""
    versions = [f"4.20.{number}" for number in range(bundles)]
    images = [f"registry.redhat.io/{name}/image-{number}@sha256:{number:064x}" for number in range(10)]
    text = [
        {
            "type": "olm.csv.metadata",
            "value": {f"key-{at}": noise((name, at), 12).hex() for at in range(1100)},
        }
    ]
    return [
        package(name),
        channel(name, "stable", versions),
        *(bundle(name, each, images, properties=text) for each in versions),
    ]


def main(packages: int, bundles: int) -> None:
    """Make each catalog, read it in a process of its own, and print what that took."""
    made = {name: operator(name, bundles) for name in (f"operator-{number:03}" for number in range(packages))}
    shapes = {
        "a file for each package": {
            f"configs/{name}/catalog.json": as_json(each) for name, each in made.items()
        },
        "one file": {"configs/index.json": as_json([item for each in made.values() for item in each])},
    }
    few = list(made.items())[:: 10 if packages >= 100 else 1]  # it takes minutes to write YAML
    shapes["YAML, a tenth of it"] = {f"configs/{name}/catalog.yaml": as_yaml(each) for name, each in few}
    for shape, files in shapes.items():
        with tempfile.TemporaryDirectory() as name:
            store = LayoutStore(Path(name))
            image = catalog_image(files)
            push(store, "index", image, tag="latest")
            size = sum(map(len, files.values()))
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                seconds, worked, memory, found = pool.apply(_read, (name, str(image.digest)))
        print(  # noqa: T201  # its purpose
            f"{shape}: {size / 1e6:.0f} MB, {found} packages found: {seconds:.2f} s "
            f"({worked:.2f} s of work), {memory:.0f} MiB more"
        )


def _read(directory: str, digest: str) -> tuple[float, float, float, int]:
    store = LayoutStore(Path(directory))
    before, begin, worked = _peak(), time.perf_counter(), time.process_time()
    image = parse_manifest(*store.manifest("index", Digest(digest)))
    assert isinstance(image, Manifest)
    catalog = read_catalog(store, "index", image, _WANTED, name="a catalog")
    seconds, worked = time.perf_counter() - begin, time.process_time() - worked
    return seconds, worked, _peak() - before, len(catalog.packages)


def _peak() -> float:
    """Return the most memory that this process ever had, MiB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    given_packages, given_bundles, *_ = (*map(int, sys.argv[1:]), *(130, 30)[len(sys.argv) - 1 :])
    main(given_packages, given_bundles)
