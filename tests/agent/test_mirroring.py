"""Whole runs against registries over TLS, in this process."""

from __future__ import annotations

import base64
import json
import shutil

import pytest

from bootstrap.errors import ExitCode
from bootstrap.mirror.damaged import blob_file
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.sandbox.images import make_layer
from bootstrap.sandbox.upstream import PLAYED
from tests.agent.conftest import CHANNEL
from tests.fakes.data_directory import DataDirectory
from tests.fakes.images import make_image, multi_arch, push
from tests.fakes.registry import CREDENTIALS
from tests.release.signer import Signer, claim

BLOB_PUT = "PUT .*/blobs/uploads/"
BLOB_GET = "GET .*/blobs/"
MANIFEST_PUT = "PUT .*/manifests/"


def kinds(events):
    return [event["event"] for event in events]


def of(events, kind):
    return [event for event in events if event["event"] == kind]


@pytest.fixture
def filled(site):
    site.release("4.20.1")
    code, events = site.run()
    assert code == 0, of(events, "failed")
    return site, events


def test_a_run_tells_its_way_from_the_first_event_to_the_last(filled):
    site, events = filled
    assert [event["n"] for event in events] == list(range(1, len(events) + 1))
    assert {event["schema"] for event in events} == {1}
    seen = list(dict.fromkeys(kinds(events)))
    assert seen[:4] == ["run_started", "warning", "resolving", "planned"]
    assert kinds(events)[-1] == "run_finished"
    started, finished = events[0], events[-1]
    assert (started["operation"], started["engine"]) == ("mirror", "native")
    assert started["engine_reason"] == "it can mirror all of the image set"
    assert (finished["outcome"], finished["exit_code"]) == ("ok", 0)
    first, second = finished["registries"]
    assert [first["location"], second["location"]] == [each.location for each in site.registries]
    assert first["images"] == second["images"] == 3
    assert first["bytes_copied"] == second["bytes_copied"] == of(events, "planned")[0]["bytes_missing"]
    assert [event["images"] for event in of(events, "verified")] == [3, 3]
    assert len(of(events, "image_done")) == 6


def test_the_second_registry_is_filled_from_the_first(filled):
    site, _ = filled
    blobs = site.upstream.count(BLOB_GET)
    copied = site.registries[0].count(BLOB_PUT)
    # Layers of the payload are read once more, to know what it lists.
    assert copied < blobs <= copied + 2
    assert site.registries[0].count(BLOB_GET) == site.registries[1].count(BLOB_PUT) == copied


def wants_graph(site):
    site.release("4.20.1")
    site.configure(redirects=[{"prefix": name, "location": site.upstream.location} for name in PLAYED])
    site.imageset(CHANNEL.replace("}}", ", graph: true}}"))


def test_the_graph_data_image_is_built_mirrored_verified_and_then_left_alone(site):
    wants_graph(site)
    layer = make_layer({"channels/stable-4.20.yaml": b"name: stable-4.20\n"})
    site.web.files["/graph-data"] = layer.content
    base = multi_arch("ubi")
    push(site.content.store, "ubi9/ubi", base, tag="latest")
    code, events = site.run()
    assert code == 0, of(events, "failed")
    (entry,) = [each for each in site.ledger()["images"] if each["kind"] == "graph"]
    assert (entry["destination"], entry["tag"]) == ("openshift/graph-image", "latest")
    assert entry["registries"] == [each.location for each in site.registries]
    code, events = site.run()
    assert code == 0, of(events, "failed")
    assert [event["blobs_missing"] for event in of(events, "planned")] == [0, 0]


def test_a_graph_data_image_that_cannot_be_built_keeps_nothing_else_back(site):
    wants_graph(site)
    code, events = site.run()
    assert code == ExitCode.REGISTRY
    (failed,) = of(events, "failed")
    assert failed["what"] == "cannot mirror localhost/openshift/graph-image:latest"
    assert len(of(events, "image_done")) == 6


def test_a_second_run_sends_nothing_and_asks_little(filled):
    site, _ = filled
    for each in (site.upstream, *site.registries):
        each.log.clear()
    code, events = site.run()
    assert code == 0
    for each in site.registries:
        assert each.count("(PUT|POST|PATCH) ") == 0
    for each in site.registries:
        assert each.count("(HEAD|GET) .*/manifests/") == 3  # once for planning and verifying together
        assert each.count("HEAD .*/blobs/") == len(each.contents.blobs)
    assert site.upstream.count(BLOB_GET) == 2
    assert [each["blobs_copied"] for each in events[-1]["registries"]] == [0, 0]
    assert of(events, "planned")[0]["blobs_missing"] == 0
    assert of(events, "planned")[0]["bytes"] > 0


def test_with_nothing_new_an_image_costs_one_request_where_the_blobs_can_be_seen_on_the_disk(filled):
    site, _ = filled
    for place, content in site.registries[0].contents.blobs.items():
        on_disk(site).push_blob(place[0], Descriptor("", Digest(place[1]), len(content)), [content])
    for each in (site.upstream, *site.registries):
        each.log.clear()
    code, events = site.run()
    assert (code, of(events, "planned")[0]["blobs_missing"]) == (0, 0)
    for each in site.registries:
        rest = {entry.path for entry in each.log if "/manifests/" not in entry.path}
        assert rest <= {"/v2/", "/v2/_catalog"}
        assert each.count("/manifests/") == 3
    # The release image is resolved and read, with its files, whatever is there already.
    assert site.upstream.count("/manifests/") <= 3
    assert site.upstream.count("/blobs/") == 2


def test_a_blob_that_the_registry_lost_is_not_seen_on_its_disk(filled):
    site, _ = filled
    for place, content in site.registries[0].contents.blobs.items():
        on_disk(site).push_blob(place[0], Descriptor("", Digest(place[1]), len(content)), [content])
    lost = next(place for place in site.registries[0].contents.blobs if place[0] == "openshift/release")
    blob_file(str(site.directory / "data"), Digest(lost[1])).unlink()
    del site.registries[0].contents.blobs[lost]
    code, events = site.run()
    assert code == 0, of(events, "failed")
    assert [each["blobs_copied"] for each in events[-1]["registries"]] == [1, 0]


def on_disk(site):
    return DataDirectory(site.directory / "data")


def test_the_ledger_has_real_names_and_every_registry(filled):
    site, events = filled
    ledger = site.ledger()
    assert ledger["schema"] == 2
    (run,) = ledger["runs"]
    assert (run["run"], run["outcome"], run["engine"], run["images"]) == (events[0]["run"], "ok", "native", 3)
    assert run["bytes_copied"] == sum(each["bytes_copied"] for each in events[-1]["registries"])
    assert {image["kind"] for image in ledger["images"]} == {"release", "component"}
    for image in ledger["images"]:
        assert image["source"].startswith("quay.io/openshift-release-dev/")
        assert image["registries"] == [each.location for each in site.registries]
        assert image["release"] == "4.20.1"
    (release,) = ledger["releases"]
    assert (release["version"], release["architecture"], release["signature_base64"]) == (
        "4.20.1",
        "amd64",
        None,
    )


def test_a_newer_release_is_added_and_the_older_stays_known(filled):
    site, _ = filled
    site.release("4.20.2")
    code, _ = site.run()
    assert code == 0
    assert {image["release"] for image in site.ledger()["images"]} == {"4.20.1", "4.20.2"}
    assert [release["version"] for release in site.ledger()["releases"]] == ["4.20.1", "4.20.2"]
    assert site.run("verify")[0] == 0


def test_verify_names_what_is_missing_and_mirror_brings_it_back(filled):
    site, _ = filled
    registry = site.registries[1]
    held = [key[1] for key in registry.contents.blobs]  # one that no other repository has: it is not mounted
    place = next(
        key for key in registry.contents.blobs if key[0] == "openshift/release" and held.count(key[1]) == 1
    )
    del registry.contents.blobs[place]
    code, events = site.run("verify")
    assert code == ExitCode.VERIFICATION
    failed = of(events, "failed")
    assert failed
    assert all(str(place[1]) in event["why"] and registry.location in event["what"] for event in failed)
    assert of(events, "verified")[0]["images"] == 3
    code, events = site.run()
    assert code == 0
    assert [each["blobs_copied"] for each in events[-1]["registries"]] == [0, 1]
    assert site.run("verify")[0] == 0


def test_a_blob_of_the_wrong_size_is_not_taken_for_the_right_one(filled):
    site, _ = filled
    registry = site.registries[0]
    place = next(key for key in registry.contents.blobs if key[0] == "openshift/release")
    registry.contents.blobs[place] = registry.contents.blobs[place][:-1]
    assert site.run("verify")[0] == ExitCode.VERIFICATION
    assert site.run()[0] == 0
    assert site.run("verify")[0] == 0


def test_an_image_that_is_missing_fails_the_run_by_name_and_the_others_are_there(filled):
    site, _ = filled
    push(site.content.store, "team/app", make_image("app"), tag="v1")
    names = "[{name: 'quay.io/team/gone:v1'}, {name: 'quay.io/team/app:v1'}]"
    site.imageset(CHANNEL.replace("]}}", f"]}}, additionalImages: {names}}}"))
    code, events = site.run()
    assert code == ExitCode.REGISTRY
    (failed,) = of(events, "failed")
    assert failed["what"] == "cannot mirror quay.io/team/gone:v1"
    assert failed["exit_code"] == ExitCode.REGISTRY
    assert events[-1]["outcome"] == "failed"
    ledger = site.ledger()
    assert [image["destination"] for image in ledger["images"] if image["kind"] == "additional"] == [
        "team/app"
    ]
    assert ledger["runs"][-1]["outcome"] == "failed"


def test_what_the_first_registry_lacks_is_not_asked_of_it_for_the_second(site):
    site.release("4.20.1")
    image = make_image("app")
    push(site.content.store, "team/app", image, tag="v1")
    site.imageset(CHANNEL.replace("]}}", "]}, additionalImages: [{name: 'quay.io/team/app:v1'}]}"))
    lost = list(image.blobs)[-1]
    del site.upstream.contents.blobs["team/app", str(lost)]
    code, events = site.run()
    assert code == ExitCode.REGISTRY
    (failed,) = of(events, "failed")
    assert "quay.io/team/app:v1" in failed["what"]
    assert [each["images"] for each in events[-1]["registries"]] == [3, 3]


def test_too_small_a_disk_is_told_before_the_first_byte(site):
    site.release("4.20.1")
    locations = [each.location for each in site.registries]
    site.configure(
        registries=[{"location": each, "ca_file": str(site.directory / "ca.crt")} for each in locations]
    )
    code, events = site.run(**{locations[1]: 1000})
    assert code == ExitCode.HOST
    (failed,) = of(events, "failed")
    assert failed["what"] == f"cannot store the images in {locations[1]}"
    assert sum(each.count("(PUT|POST) ") for each in site.registries) == 0
    code, events = site.run(**{locations[1]: 10**12})
    assert code == 0
    assert of(events, "warning")[1]["what"] == f"nobody knows the free disk of {locations[0]}"


def test_a_registry_that_refuses_us_is_told_before_anything_else(site):
    site.release("4.20.1")
    (site.directory / "auth.json").write_text('{"auths": {}}')
    code, events = site.run()
    assert code == ExitCode.REGISTRY
    assert "auth file" in of(events, "failed")[0]["fix"]
    assert of(events, "planned") == []


def test_a_wrong_image_set_is_a_run_that_failed(site):
    site.imageset("mirror: {operatos: []}")
    code, events = site.run()
    assert code == ExitCode.CONFIG
    assert kinds(events) == ["run_started", "failed", "run_finished"]
    assert "mirror.operatos" in events[1]["why"]


def test_a_signature_is_required_unless_the_policy_says_otherwise(site):
    site.release("4.20.1")
    key = site.directory / "key.gpg"
    key.write_bytes(b"\x99\x00\x00")
    site.configure(signature_policy="require", signature_key=str(key))
    code, events = site.run()
    assert code == ExitCode.REGISTRY
    assert "is not signed" in of(events, "failed")[0]["why"]
    assert sum(each.count("(PUT|POST) ") for each in site.registries) == 0


def test_where_signatures_are_skipped_every_run_and_plan_says_so(site):
    site.release("4.20.1")
    _, events = site.run()
    assert [each["what"] for each in of(events, "warning")] == ["release signatures are not checked"]
    assert site.ask("plan")["warnings"] == ["release signatures are not checked"]
    assert site.ledger()["releases"][0]["signed_by"] is None


@pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg makes the key of this test")
def test_a_signed_release_is_mirrored_and_its_signature_kept(site):
    site.release("4.20.1")
    digest = site.content.store.resolve("openshift-release-dev/ocp-release", "4.20.1-x86_64").digest
    signer = Signer(site.directory, "publisher")
    try:
        content = signer.sign(claim(digest, identity="quay.io/openshift-release-dev/ocp-release:signed"))
        (site.directory / "key.asc").write_bytes(signer.public(armor=True))
        fingerprint = signer.fingerprint()
    finally:
        signer.stop()
    site.web.files[f"/signatures/sha256={digest.hex}/signature-1"] = content
    site.configure(signature_policy="require", signature_key=str(site.directory / "key.asc"))
    assert site.ask("plan")["problems"] == []
    code, events = site.run()
    assert code == 0, of(events, "failed")
    (release,) = site.ledger()["releases"]
    assert base64.b64decode(release["signature_base64"]) == content
    assert release["signed_by"] == fingerprint
    assert of(events, "resolving")[0]["what"] == (
        f"release signatures, to be made by {fingerprint} ({site.directory / 'key.asc'})"
    )
    assert of(events, "warning") == []
    assert {image["tag"] for image in site.ledger()["images"]} == {
        "signed",
        "signed-etcd",
        "signed-installer",
    }


def test_a_temporary_refusal_in_the_middle_is_no_failure(site):
    site.release("4.20.1")
    for route in (BLOB_PUT, MANIFEST_PUT):
        site.registries[0].faults.add("status", route, status=503, headers={"Retry-After": "0"})
    site.upstream.faults.add("truncate", BLOB_GET, after=10)
    code, events = site.run()
    assert code == 0, of(events, "failed")
    # The one that broke may have been read while planning, before any transfer.
    assert site.ledger()["runs"][-1]["retries"] == sum(each["retries"] for each in events[-1]["registries"])
    assert events[-1]["registries"][0]["retries"] in (2, 3)
    last = [event for event in of(events, "progress") if event["registry"] == site.registries[0].location][-1]
    assert last["retries"] == events[-1]["registries"][0]["retries"]
    assert last["parallel"].keys() == {site.upstream.location, site.registries[0].location}


def test_a_plan_says_what_a_run_then_does_and_changes_nothing(site):
    site.release("4.20.1")
    plan = site.ask("plan")
    assert not site.state.exists()
    assert sum(each.count("(PUT|POST) ") for each in site.registries) == 0
    assert (plan["engine"], plan["problems"]) == ("native", [])
    assert [release["version"] for release in plan["releases"]] == ["4.20.1"]
    _, events = site.run()
    for planned, done in zip(plan["registries"], events[-1]["registries"], strict=True):
        assert planned["bytes_missing"] == done["bytes_copied"] > 0
        assert planned["blobs_missing"] == done["blobs_copied"]


def test_a_plan_names_registries_whose_disk_nobody_knows(site):
    site.release("4.20.1")
    first, second = json.loads(site.settings.read_text())["registries"]
    site.configure(registries=[first, {**second, "data_dir": None}])
    assert f"nobody knows the free disk of {second['location']}" in site.ask("plan")["warnings"]
    assert site.ask("plan", "--free", f"{second['location']}={10**12}")["warnings"] == [
        "release signatures are not checked"
    ]


def test_no_secret_is_in_anything_that_a_run_leaves_behind(filled):
    site, _ = filled
    login = json.loads((site.directory / "auth.json").read_text())["auths"][site.upstream.location]["auth"]
    files = [path for path in site.state.rglob("*") if path.is_file()]
    assert len(files) >= 4
    for path in files:
        text = path.read_text()
        assert CREDENTIALS.password not in text
        assert login not in text
