from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bootstrap.errors import HostError
from bootstrap.mirror.collected import Release
from bootstrap.mirror.engines.choose import filled_by
from bootstrap.mirror.image import Image, Kind, Wanted
from bootstrap.mirror.ledger import Ledger, Run, entry, load
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import parse_manifest
from bootstrap.oci.reference import Reference
from tests.fakes.images import make_image

RUN = Run("r1", "mirror", "t0", "t1", "ok", "native", "because", 3, 4, 5, 1.5, "0.1.0")


def image(seed="app", tag="v1", kind=Kind.ADDITIONAL, source=None):
    made = make_image(seed)
    manifest = parse_manifest(made.raw, made.media_type)
    name = Reference.parse(source or f"quay.io/team/app:{tag}")
    return Image(Wanted(kind, name, made.digest, "team/app", tag), (manifest,))


def entry_of(seed="app", *, run="r1", registries=("one:5000",), **options):
    return entry(image(seed, **options), registries=registries, run=run, at=f"at {run}")


def test_a_ledger_is_written_whole_and_read_back(tmp_path):
    path = tmp_path / "ledger" / "ledger.json"
    assert load(path) == Ledger()
    release = Release("4.20.1", "amd64", Digest.of(b"r"), ("stable-4.20",), b"\x00signature")
    ledger = Ledger().with_run(RUN).with_images([entry_of()]).with_releases([release])
    ledger.save(path)
    assert load(path) == ledger
    assert path.stat().st_mode & 0o777 == 0o644
    assert [each.name for each in path.parent.iterdir()] == ["ledger.json"]
    value = json.loads(path.read_text())
    assert value["schema"] == 2
    assert value["releases"][0]["signature_base64"] == "AHNpZ25hdHVyZQ=="
    made = make_image("app")
    assert value["images"] == [
        {
            "kind": "additional",
            "source": "quay.io/team/app:v1",
            "source_tag": "v1",
            "destination": "team/app",
            "tag": "v1",
            "digest": str(made.digest),
            "size": len(made.raw) + sum(map(len, made.blobs.values())),
            "release": None,
            "architecture": None,
            "component": None,
            "registries": ["one:5000"],
            "run": "r1",
            "mirrored_at": "at r1",
            "attached": None,
            "platforms": [],
        }
    ]


def test_an_image_seen_again_keeps_who_brought_it_and_gains_registries():
    ledger = Ledger().with_images([entry_of()]).with_images([entry_of(run="r2", registries=("two:5000",))])
    (found,) = ledger.images
    assert (found.run, found.mirrored_at, found.registries) == ("r1", "at r1", ("one:5000", "two:5000"))


def test_an_image_whose_tag_moved_on_stays_by_digest():
    old, new = entry_of("old"), entry_of("new", run="r2")
    ledger = Ledger().with_images([old]).with_images([new])
    assert set(ledger.images) == {replace(old, tag=None), new}
    back = ledger.with_images([replace(old, run="r3")])
    assert {(each.tag, each.digest) for each in back.images if each.tag} == {("v1", old.digest)}


def test_to_merge_an_image_takes_no_look_at_all_others(monkeypatch):
    """Counted, not timed: a look at all known images for each new one would be 400 * 400 of them."""
    looks = 0

    class Text(str):
        __slots__ = ()

        def __eq__(self, other):
            nonlocal looks
            looks += 1
            return str(self) == str(other)

        __hash__ = str.__hash__

    base = entry_of()
    entries = [replace(base, destination=Text(f"team/{number}")) for number in range(400)]
    ledger = Ledger().with_images(entries[:200]).with_images(entries[200:])
    assert len(ledger.images) == 400
    assert looks < 400 * 50  # hashing and sorting


def test_the_runs_of_a_timer_do_not_pile_up_and_what_decisions_go_by_stays():
    quiet = replace(RUN, operation="verify", engine="", bytes_copied=0)
    moved = replace(RUN, run="moved", outcome="failed")
    good = replace(RUN, run="good", bytes_copied=0, engine="oc-mirror")
    ledger = Ledger((quiet, moved, good))
    for number in range(300):
        ledger = ledger.with_run(replace(quiet, run=f"v{number}"))
    kept = [run.run for run in ledger.runs]
    assert kept == ["moved", "good", *(f"v{number}" for number in range(100, 300))]
    assert filled_by(ledger) == "oc-mirror"


def test_a_release_is_named_by_the_tag_it_is_published_under():
    made = entry_of(kind=Kind.RELEASE, tag="4.20.1-x86_64", source=f"quay.io/o/r@{Digest.of(b'')}")
    assert made.source_tag == "4.20.1-x86_64"


def test_releases_gather_channels_and_keep_a_signature():
    release = Release("4.20.1", "amd64", Digest.of(b"r"), ("stable-4.20",), b"s")
    ledger = Ledger().with_releases([release])
    merged = ledger.with_releases([replace(release, channels=("fast-4.20",), signature=None)])
    assert merged.releases[0]["channels"] == ["fast-4.20", "stable-4.20"]
    assert merged.releases[0]["signature_base64"] == "cw=="


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"schema": 3}', "with schema 3; this agent is"),
        ("{", "it is damaged"),
        ("[]", "it is damaged"),
        ('{"schema": 1}', "it is damaged"),
        ('{"schema": 1, "runs": [{"run": 1}], "images": [], "releases": []}', "it is damaged"),
    ],
)
def test_what_is_newer_or_damaged_is_refused(tmp_path, content, said):
    (tmp_path / "ledger.json").write_text(content)
    with pytest.raises(HostError, match=said):
        load(tmp_path / "ledger.json")


def test_a_ledger_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "ledger.json"
    Ledger().save(path)
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(HostError, match="No space left"):
        Ledger().with_run(RUN).save(path)
    assert load(path) == Ledger()
    assert [each.name for each in tmp_path.iterdir()] == ["ledger.json"]


def test_a_ledger_of_schema_1_is_read(tmp_path):
    path = tmp_path / "ledger.json"
    run = {"run": "r1", "operation": "mirror", "started": "t0", "finished": "t1", "outcome": "ok"}
    run |= {"engine": "native", "engine_reason": "because", "images": 3, "blobs_copied": 4, "bytes_copied": 5}
    run |= {"seconds": 1.5, "agent_version": "0.1.0"}
    path.write_text(json.dumps({"schema": 1, "runs": [run], "images": [], "releases": []}))
    assert load(path).runs == (RUN,)
    assert load(path).resources == ()


def test_a_resource_replaces_its_namesake(tmp_path):
    first, second = (
        {"kind": "CatalogSource", "metadata": {"name": "cs-a", "namespace": "m"}, "spec": {"n": number}}
        for number in (1, 2)
    )
    found = Ledger().with_resources([first]).with_resources([second])
    found.save(tmp_path / "ledger.json")
    assert load(tmp_path / "ledger.json").resources == (second,)
