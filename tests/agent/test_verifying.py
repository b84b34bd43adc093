"""Verifications against registries over TLS: what they find, and what they mend."""

from __future__ import annotations

import json

import pytest

from bootstrap.errors import ExitCode
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.release.graph_data import make_layer
from tests.agent.conftest import CHANNEL
from tests.fakes import distribution
from tests.fakes.data_directory import DataDirectory
from tests.fakes.images import make_image, multi_arch, push

BLOB_PUT = "PUT .*/blobs/uploads/"
GZIP = b"\x1f\x8b"


def of(events, kind):
    return [event for event in events if event["event"] == kind]


def broken(events):
    """What was found broken: registry and source of each image."""
    found = of(events, "image_verified")
    return {(each["registry"], each["source"]) for each in found if each["outcome"] == "broken"}


@pytest.fixture
def filled(site):
    site.release("4.20.1")
    push(site.content.store, "team/app", make_image("app"), tag="v1")
    names = "[{name: 'quay.io/team/app:v1'}]"
    site.imageset(CHANNEL.replace("]}}", f"]}}, additionalImages: {names}}}"))
    code, events = site.run()
    assert code == 0, of(events, "failed")
    return site


def blob(registry, repository):
    """A place in `repository` whose bytes are only there."""
    places = registry.contents.blobs
    return next(key for key in places if key[0] == repository and len(places[key]) > 100)


def test_every_image_of_every_registry_is_told_with_its_group(filled):
    code, events = filled.run("verify")
    assert code == 0
    found = of(events, "image_verified")
    assert len(found) == 2 * 4
    assert {each["outcome"] for each in found} == {"ok"}
    assert {each["group"] for each in found} == {"release 4.20.1 amd64", "additional images"}
    assert [each["bytes_read"] for each in of(events, "verified")] == [0, 0]


def test_a_flipped_bit_is_found_by_reading_and_only_by_that(filled):
    registry = filled.registries[1]
    place = blob(registry, "team/app")
    content = bytearray(registry.contents.blobs[place])
    content[50] ^= 1
    registry.contents.blobs[place] = bytes(content)
    assert filled.run("verify")[0] == 0
    code, events = filled.run("verify", deep=True)
    assert code == ExitCode.VERIFICATION
    assert broken(events) == {(registry.location, "quay.io/team/app:v1")}
    (failed,) = of(events, "failed")
    assert f"blob {place[1]} has other bytes than its name says" in failed["why"]


def test_reading_takes_every_unique_blob_once(filled):
    registry = filled.registries[0]
    registry.log.clear()
    code, events = filled.run("verify", deep=True)
    assert code == 0
    unique = {digest for _, digest in registry.contents.blobs}
    assert len(unique) < len(registry.contents.blobs)
    assert registry.count("GET .*/blobs/") == len(unique)
    sizes = {digest: len(content) for (_, digest), content in registry.contents.blobs.items()}
    assert of(events, "verified")[0]["bytes_read"] == sum(sizes.values())
    assert of(events, "progress")[-1]["bytes_done"] == sum(sizes.values())


def test_a_repair_moves_what_is_missing_and_nothing_else(filled):
    first, second = filled.registries
    app = first.contents.tags["team/app", "v1"]
    del first.contents.manifests["team/app", app], first.contents.tags["team/app", "v1"]
    place = blob(second, "openshift/release")
    del second.contents.blobs[place]
    for each in (filled.upstream, first, second):
        each.log.clear()
    code, events = filled.run("verify", repairs=True)
    assert code == 0, of(events, "failed")
    assert not broken(events)
    assert filled.upstream.count("openshift-release-dev") == 0  # the release is whole in the first
    assert first.count("PUT .*/manifests/") == 1
    assert second.count(BLOB_PUT) == 1
    run = filled.ledger()["runs"][-1]
    assert (run["operation"], run["outcome"], run["images"], run["blobs_copied"]) == ("verify", "ok", 4, 1)
    assert filled.run("verify", deep=True)[0] == 0


def test_a_repair_keeps_what_the_ledger_knew(filled):
    before = filled.ledger()["images"]
    registry = filled.registries[0]
    del registry.contents.blobs[blob(registry, "team/app")]
    assert filled.run("verify", repairs=True)[0] == 0
    assert filled.ledger()["images"] == before


def test_an_image_whose_tag_has_moved_on_is_repaired_by_its_digest(filled):
    push(filled.content.store, "team/app", make_image("newer app"), tag="v1")
    assert filled.run()[0] == 0
    old = next(each for each in filled.ledger()["images"] if each["tag"] is None)
    registry = filled.registries[0]
    del registry.contents.manifests["team/app", old["digest"]]
    assert broken(filled.run("verify")[1]) == {(registry.location, old["source"])}
    before, tags = filled.ledger()["images"], dict(registry.contents.tags)
    code, events = filled.run("verify", repairs=True)
    assert code == 0, of(events, "failed")
    assert (filled.ledger()["images"], registry.contents.tags) == (before, tags)


def settings_of(site, registries):
    ca_file, data = str(site.directory / "ca.crt"), str(site.directory / "data")
    return [{"location": each.location, "ca_file": ca_file, "data_dir": data} for each in registries]


def test_a_registry_that_was_added_lacks_every_image_until_a_repair_brings_them(site):
    site.release("4.20.1")
    site.imageset(CHANNEL.replace("}}", ", graph: true}}"))
    push(site.content.store, "ubi9/ubi", multi_arch("ubi"), tag="latest")
    site.web.files["/graph-data"] = make_layer({"channels/stable-4.20.yaml": b"name: stable-4.20\n"}).content
    played = ("quay.io", "registry.access.redhat.com")
    redirects = [{"prefix": name, "location": site.upstream.location} for name in played]
    site.configure(registries=settings_of(site, site.registries[:1]), redirects=redirects)
    code, events = site.run()
    assert code == 0, of(events, "failed")
    site.configure(redirects=redirects)
    added = site.registries[1].location
    code, events = site.run("verify")
    assert code == ExitCode.VERIFICATION
    assert {registry for registry, _ in broken(events)} == {added}
    images = site.ledger()["images"]
    assert len(broken(events)) == len(images) == 4
    (failed,) = of(events, "failed")
    assert failed["what"].startswith(f"{added} lacks 4 images")
    assert all(image["source"] in failed["why"] for image in images)
    assert "verify --repair" in failed["fix"]
    code, events = site.run("verify", repairs=True)
    assert code == 0, of(events, "failed")
    assert all(added in image["registries"] for image in site.ledger()["images"])
    assert site.run("verify")[0] == 0


def test_a_registry_that_keeps_us_out_is_not_said_to_lack_anything(filled):
    first, second = filled.registries
    second.faults.add("status", "HEAD .*/blobs/", times=None, status=403)
    code, events = filled.run("verify")
    assert code == ExitCode.REGISTRY
    assert not broken(events)
    assert [each["unchecked"] for each in of(events, "verified")] == [0, 4]
    (failed,) = of(events, "failed")
    assert failed["what"] == f"{second.location}: 4 images could not be checked"
    del first.contents.blobs[blob(first, "team/app")]
    code, events = filled.run("verify")
    assert code == ExitCode.VERIFICATION
    assert [each["exit_code"] for each in of(events, "failed")] == [ExitCode.VERIFICATION, ExitCode.REGISTRY]
    assert broken(events) == {(first.location, "quay.io/team/app:v1")}


def test_what_was_found_is_told_though_the_repair_cannot_begin(filled):
    first, second = filled.registries
    del first.contents.blobs[blob(first, "team/app")]
    second.faults.add("status", "GET /v2/$", times=None, status=403)
    code, events = filled.run("verify", repairs=True)
    assert code == ExitCode.VERIFICATION
    assert broken(events) == {(first.location, "quay.io/team/app:v1")}


def test_what_cannot_be_repaired_stays_told_as_broken(filled):
    registry = filled.registries[0]
    place = blob(registry, "team/app")
    for each in (filled.upstream, *filled.registries):
        for key in [key for key in each.contents.blobs if key[1] == place[1]]:
            del each.contents.blobs[key]
    code, events = filled.run("verify", repairs=True)
    assert code == ExitCode.VERIFICATION
    locations = {each.location for each in filled.registries}
    assert broken(events) == {(location, "quay.io/team/app:v1") for location in locations}
    assert any("cannot mirror quay.io/team/app:v1" in each["what"] for each in of(events, "warning"))


def test_a_tag_that_nodes_ask_for_and_that_is_not_there_is_broken(filled):
    ledger = filled.ledger()
    image = next(each for each in ledger["images"] if each["kind"] == "additional")
    image["source_tag"] = image["tag"] = "v2"
    (filled.state / "ledger" / "ledger.json").write_text(json.dumps(ledger))
    code, events = filled.run("verify")
    assert code == ExitCode.VERIFICATION
    assert "the tag v2 is not there" in of(events, "failed")[0]["why"]


def test_releases_without_a_signature_are_broken_where_one_is_required(filled):
    key = filled.directory / "key.gpg"
    key.write_bytes(b"\x99\x00\x00")
    filled.configure(signature_policy="require", signature_key=str(key))
    code, events = filled.run("verify")
    assert code == ExitCode.VERIFICATION
    assert len(broken(events)) == 2  # the release image, in each registry
    assert "the ledger has no GPG signature of release 4.20.1" in of(events, "failed")[0]["why"]


def write_down(registry, directory):
    """What the registry has, as if `directory` were its data."""
    data = DataDirectory(directory)
    for (repository, digest), content in registry.contents.blobs.items():
        data.push_blob(repository, Descriptor("", Digest(digest), len(content)), [content])


def test_the_disk_is_believed_in_a_repository_once_the_registry_agrees_there(filled):
    first = filled.registries[0]
    write_down(first, filled.directory / "data")
    filled.configure(registries=settings_of(filled, [first]))
    first.log.clear()
    assert filled.run("verify")[0] == 0
    asked = sorted(entry.path.partition("/blobs/")[0] for entry in first.log if entry.method == "HEAD")
    assert asked == sorted({f"/v2/{repository}" for repository, _ in first.contents.blobs})


def test_a_disk_that_is_not_the_registry_s_is_not_believed(filled):
    first = filled.registries[0]
    write_down(first, filled.directory / "data")
    filled.configure(registries=settings_of(filled, [first]))
    manifest = json.loads(first.contents.manifests["team/app", first.contents.tags["team/app", "v1"]][0])
    for each in (manifest["config"], *manifest["layers"]):
        del first.contents.blobs["team/app", each["digest"]]
    code, events = filled.run("verify")
    assert code == ExitCode.VERIFICATION
    assert broken(events) == {(first.location, "quay.io/team/app:v1")}
    assert "is not the data of" in of(events, "warning")[0]["what"]


@pytest.mark.skipif(not distribution.is_installed(), reason="docker-registry is not installed")
def test_a_blob_that_is_damaged_on_this_machine_s_disk_is_removed_and_comes_back(site, tmp_path):
    site.release("4.20.1")
    with distribution.distribution(tmp_path / "real") as registry:
        registry.data.mkdir(exist_ok=True)
        auth = json.loads((site.directory / "auth.json").read_text())
        auth["auths"][registry.location] = {"auth": registry.credentials.basic.partition(" ")[2]}
        (site.directory / "auth.json").write_text(json.dumps(auth))
        here = {
            "location": registry.location,
            "ca_file": str(registry.ca_file),
            "data_dir": str(registry.data),
        }
        site.configure(registries=[here])
        assert site.run()[0] == 0
        files = [path for path in registry.data.rglob("blobs/*/*/*/data") if path.read_bytes()[:2] == GZIP]
        content = bytearray(files[-1].read_bytes())
        content[len(content) // 2] ^= 1
        files[-1].write_bytes(content)
        code, events = site.run("verify", deep=True)
        assert code == ExitCode.VERIFICATION
        assert files[-1].parent.name in of(events, "failed")[0]["why"]
        code, events = site.run("verify", deep=True, repairs=True)
        assert code == 0, of(events, "failed")
        assert of(events, "warning")[0]["what"].startswith("1 damaged blobs were on the disk of")
        assert site.ledger()["runs"][-1]["blobs_copied"] == 1
        assert site.run("verify", deep=True)[0] == 0
