"""How fast a disk for an edge site is filled, and how large it is.

    .venv/bin/python -m bench.disk [--pairs N] [PART …]

Parts: `limit` (a release of 190 images, against reading the mirror to nowhere), `naive` (the sandbox's sample
release, against an archive an image, one after the other, as telco-ran-tools makes them on a machine of two
cores). The mirror is Debian's docker-registry on the loopback, with TLS and a password. Each line has the
bound that it is held to.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import content as contents
from bench.content import MEGABYTE, Release
from bench.pairs import Measured, by_turns
from bench.registry import CREDENTIALS, Registry, auth_file, registry
from bench.room import CACHE, ROOT
from bootstrap.cluster.given import Given
from bootstrap.oci.digest import Digest
from bootstrap.precache.disk.build import Options
from bootstrap.precache.disk.names import Format
from bootstrap.precache.images.naming import artifact_name
from bootstrap.release.payload import read_payload
from bootstrap.sandbox.release import COMPONENTS, RELEASES
from bootstrap.store.remote import RemoteStore
from bootstrap.workflow.precache_disk import Asked, precache_disk
from bootstrap.workflow.progress import Silent
from tests.fakes.tls import Authority

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bootstrap.precache.disk.told import Built


@dataclass(frozen=True)
class Sizes:
    """What is on the disks: ``large`` against the limit, ``sample`` against the naive way."""

    large: Release
    sample: Release


USUAL = Sizes(
    Release(190, 4 * MEGABYTE, (60 * MEGABYTE, 40 * MEGABYTE)),
    Release(12, 3 * 1024 * 1024, (8 * 1024 * 1024, 4 * 1024 * 1024)),  # the sandbox's own
)
TINY = Sizes(Release(3, 3_000, (10_000,)), Release(2, 3_000, (10_000,)))


def _say(text: str = "") -> None:
    print(text, flush=True)  # noqa: T201  # its purpose


@dataclass(frozen=True)
class _Bench:
    """A mirror that is running, and a directory to write to."""

    directory: Path
    mirror: Registry
    auth: Path
    _turns: list[int] = field(default_factory=lambda: [0])

    @property
    def disk(self) -> Path:
        return self.directory / f"disk-{self._turns[0]}"

    def reset(self) -> None:
        """Have a new disk, and nothing that was put off: nobody pays for who was before.

        The old ones stay until the end: ext4 looks for a while for what was deleted (``recently_deleted``).
        """
        self._turns[0] += 1
        os.sync()

    def given(self, content: Release) -> Given:
        """Return what a site with this mirror gives; has it serve ``content``."""
        data = contents.prepare(content, CACHE)
        if self.mirror.data != data:
            self.mirror.serve(data)
        with self.mirror.client() as client:
            store = RemoteStore(client)
            digest = store.resolve(RELEASES, f"{content.version}-x86_64").digest
            payload = read_payload(store, RELEASES, digest, name=content.image)
        images = [_entry("release", content.image, RELEASES, str(digest), self.mirror.name)]
        images += [
            _entry("component", str(each.image), COMPONENTS, str(each.image.digest), self.mirror.name)
            for each in payload.components
        ]
        release = {"version": content.version, "architecture": "amd64", "digest": str(digest)}
        return Given(
            site="bench",
            registries=(self.mirror.name,),
            ledger={"images": images, "releases": [release], "resources": []},
            trust={self.mirror.name: self.mirror.ca_file.read_text()},
            auths=json.loads(self.auth.read_text())["auths"],
        )


def _entry(kind: str, source: str, repository: str, digest: str, location: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "source": source,
        "source_tag": None,
        "destination": repository,
        "tag": f"sha256-{Digest(digest).hex}",
        "digest": digest,
        "registries": [location],
        "mirrored_at": "2026-11-21T10:00:00Z",
    }


class _Filler:
    """We; ``seconds`` has the whole of it, but for the start of Python."""

    def __init__(self, bench: _Bench, given: Given, form: Format = Format.LAYOUT) -> None:
        self.name = f"precache disk ({form})"
        self._bench, self._given, self._form = bench, given, form
        self.processor: list[float] = []

    def seconds(self) -> float:
        """Do it once."""
        started, mine, mirrors = time.monotonic(), time.process_time(), self._bench.mirror.processor()
        self.fill()
        seconds = time.monotonic() - started
        self.processor.append(time.process_time() - mine + self._bench.mirror.processor() - mirrors)
        return seconds

    def fill(self) -> Built:
        """Do it, and say what was done."""
        return precache_disk(self._given, Asked(self._bench.disk), Options(form=self._form), Silent())


class _Limit:
    """Raw connections that read every blob and every manifest; see `bench.limit`."""

    def __init__(self, bench: _Bench, given: Given, what: str, name: str) -> None:
        self.name, self._what, self._job = name, what, bench.directory / "job.json"
        data = bench.mirror.data
        job = {
            "source": bench.mirror.name,
            "destination": bench.mirror.name,
            "authorization": CREDENTIALS.basic,
            "ca_file": str(bench.mirror.ca_file),
            "workers": Options().parallel,
            "blobs": [(name, digest, str(file)) for name, digest, file in contents.blobs(data)],
            "manifests": [(each["destination"], each["digest"]) for each in given.ledger["images"]],
        }
        self._job.write_text(json.dumps(job))
        self._mirror = bench.mirror
        self.processor: list[float] = []

    def seconds(self) -> float:
        """Do it once; making ready is not counted."""
        before = self._mirror.processor()
        done = subprocess.run(
            [sys.executable, "-m", "bench.limit", self._what, str(self._job)],
            check=True,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        found = json.loads(done.stdout)
        self.processor.append(found["processor"] + self._mirror.processor() - before)
        return float(found["seconds"])


class _Naive:
    """``skopeo copy`` and ``tar czf`` for each image, one after the other.

    Source: openshift-kni/telco-ran-tools at ecd9e26, ``cmd/download.go``: half of the cores at once.
    """

    name = "skopeo copy and tar czf"

    def __init__(self, bench: _Bench, given: Given) -> None:
        self._bench, self._given = bench, given

    def seconds(self) -> float:
        """Do it once."""
        scratch, started = self._bench.directory / "scratch", time.monotonic()
        self._bench.disk.mkdir()
        environment = {**os.environ, "SSL_CERT_FILE": str(self._bench.mirror.ca_file)}
        copy = ["skopeo", "copy", "--all", "-q", "--retry-times", "10", "--authfile", str(self._bench.auth)]
        for image in self._given.ledger["images"]:
            name = artifact_name(f"{str(image['source']).partition('@')[0]}@{image['digest']}")
            spec = f"{self._bench.mirror.name}/{image['destination']}@{image['digest']}"
            scratch.mkdir()
            subprocess.run([*copy, f"docker://{spec}", f"dir:{scratch / name}"], check=True, env=environment)
            archive = self._bench.disk / f"{name}.tgz"
            subprocess.run(["/usr/bin/tar", "czf", archive, "--force-local", "-C", scratch, name], check=True)
            shutil.rmtree(scratch)
        os.sync()
        return time.monotonic() - started


def _size(directory: Path) -> int:
    return sum(
        path.lstat().st_size for path in directory.rglob("*") if path.is_file() and not path.is_symlink()
    )


def _limit(bench: _Bench, sizes: Sizes, pairs: int) -> None:
    """A release of 190 images, 0.9 GB."""
    given = bench.given(sizes.large)
    ours = _Filler(bench, given)
    raw = _Limit(bench, given, "get", "limit: reading to nowhere")
    hashed = _Limit(bench, given, "hash", "limit: reading and hashing")
    measured = by_turns([raw, hashed, ours], pairs, bench.reset, lambda: None)
    for each in (raw, hashed, ours):
        _say(f"  {measured.tell(each.name)}")
    _say(f"  limit / ours: {measured.ratio(raw.name, ours.name)}; bound 0.8")
    _say(f"  limit with hashing / ours: {measured.ratio(hashed.name, ours.name)}")
    # What else the machine does makes all of it slower, and this hardly.
    used = Measured({each.name: each.processor for each in (raw, hashed, ours)})
    _say("  seconds of processors, the mirror's included:")
    for each in (raw, hashed, ours):
        _say(f"    {used.tell(each.name)}")
    _say(f"    limit / ours: {used.ratio(raw.name, ours.name)}")
    _say(f"    limit with hashing / ours: {used.ratio(hashed.name, ours.name)}")
    bench.reset()
    ours.fill()
    again = Measured({"again": [ours.seconds() for _ in range(pairs)]})
    _say(f"  nothing new: {again.tell('again')}")


def _naive(bench: _Bench, sizes: Sizes, pairs: int) -> None:
    """The sandbox's sample release, 12 images."""
    given = bench.given(sizes.sample)
    ours, archives = _Filler(bench, given), _Filler(bench, given, Format.TGZ)
    movers: list[Any] = [ours, archives]
    if shutil.which("skopeo"):
        movers.append(_Naive(bench, given))
    else:
        _say("  skopeo is not on PATH: left out")
    found: dict[str, int] = {}

    def check() -> None:
        if len(found) < len(movers):
            found[movers[len(found)].name] = _size(bench.disk)

    measured = by_turns(movers, pairs, bench.reset, check)
    for each in movers:
        _say(f"  {measured.tell(each.name)}, {found[each.name] / MEGABYTE:.1f} MB")
    for each in movers[1:]:
        bound = "; bound 2" if isinstance(each, _Naive) else ""
        _say(f"  {each.name} / ours: {measured.ratio(each.name, ours.name)}{bound}")
        smaller = "; bound: above 1" if bound else ""
        _say(f"  its size / ours: {found[each.name] / found[ours.name]:.2f}{smaller}")


PARTS = {"limit": _limit, "naive": _naive}


@contextlib.contextmanager
def _bench() -> Iterator[_Bench]:
    CACHE.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="run-", dir=CACHE))
    try:
        with registry(directory / "mirror", Authority("Bench CA"), host="127.0.0.1") as mirror:
            yield _Bench(directory, mirror, auth_file(directory / "auth.json", mirror.name))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def main(arguments: Sequence[str] | None = None, sizes: Sizes = USUAL) -> None:
    """Measure, and print what is found."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.disk", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=7, metavar="N", help="how often each is measured (7)")
    parser.add_argument(
        "parts", nargs="*", choices=[*PARTS, []], metavar="PART", help="all, when none is named"
    )
    asked = parser.parse_args(arguments)
    with _bench() as here:
        for name in asked.parts or PARTS:
            _say(f"{name}: {PARTS[name].__doc__}")
            PARTS[name](here, sizes, asked.pairs)


if __name__ == "__main__":
    main()
