"""What is attached to images comes along, once, and nothing of it is lost."""

from __future__ import annotations

import json

import pytest

from bootstrap.mirror.layout import digest_tag
from bootstrap.oci.digest import Digest
from bootstrap.store.remote import RemoteStore
from tests.fakes.images import make_artefact, make_image, make_index, push

APP = make_image("app")
SBOM = make_artefact(APP.descriptor, "application/spdx+json", b'{"packages": []}')
SIGNED_SBOM = make_artefact(SBOM.descriptor, "application/vnd.dev.sigstore.bundle.v0.3+json", b"signature")
COSIGN = make_image("sig", layers=1)
ATTESTED = make_image("att", layers=1)
BODY = "mirror: {additionalImages: [{name: 'quay.io/team/app:v1'}]}"


@pytest.fixture
def published(site):
    """An image with all that there is: cosign's tags, a bill of materials, and its signature."""
    store = site.content.store
    for image, tag in (
        (APP, "v1"),
        (SBOM, None),
        (SIGNED_SBOM, None),
        (COSIGN, f"{digest_tag(APP.digest)}.sig"),
        (ATTESTED, f"{digest_tag(APP.digest)}.att"),
    ):
        push(store, "team/app", image, tag=tag)
    site.imageset(BODY)
    return store


def listed(registry, digest, repository="team/app"):
    """What a registry's index lists for an image."""
    held = registry.contents.tags.get((repository, digest_tag(digest)))
    if held is None:
        return []
    return json.loads(registry.contents.manifests[repository, held][0])["manifests"]


def list_by_tag(store, image, *artefacts):
    """Publish the index of the referrers tag schema."""
    value = json.loads(make_index(artefacts).raw)
    for entry, artefact in zip(value["manifests"], artefacts, strict=True):
        del entry["platform"]
        entry["artifactType"] = json.loads(artefact.raw)["artifactType"]
    store.push_manifest(
        "team/app", json.dumps(value).encode(), value["mediaType"], tag=digest_tag(image.digest)
    )


@pytest.mark.parametrize("has_api", [True, False])
def test_everything_attached_comes_along_however_the_source_lists_it(site, published, has_api):
    site.upstream.contents.has_referrers = has_api
    site.upstream.contents.referrers_page = 1
    if not has_api:
        list_by_tag(published, APP, SBOM)
        list_by_tag(published, SBOM, SIGNED_SBOM)
    code, _ = site.run()
    assert code == 0
    for registry in site.registries:
        (sbom,) = listed(registry, APP.digest)
        assert (sbom["digest"], sbom["artifactType"]) == (str(SBOM.digest), "application/spdx+json")
        (signature,) = listed(registry, SBOM.digest)
        assert signature["digest"] == str(SIGNED_SBOM.digest)
        assert registry.contents.manifests["team/app", str(SIGNED_SBOM.digest)][0] == SIGNED_SBOM.raw
        for suffix, image in ((".sig", COSIGN), (".att", ATTESTED)):
            assert registry.contents.tags["team/app", digest_tag(APP.digest) + suffix] == str(image.digest)
    assert site.run("verify")[0] == 0
    entries = {each["tag"]: each for each in site.ledger()["images"]}
    app = entries.pop("v1")
    assert {each["kind"] for each in entries.values()} == {"attached"}
    assert set(app["attached"]) == set(entries)
    assert len(entries) == 4


def test_the_next_run_asks_the_source_for_the_tag_and_for_nothing_attached(site, published):
    site.upstream.contents.has_referrers = True
    assert site.run()[0] == 0
    site.upstream.log.clear()
    assert site.run()[0] == 0
    assert [str(each) for each in site.upstream.log if each.status == 200] == [
        "HEAD /v2/team/app/manifests/v1"
    ]
    entries = {each["tag"]: each for each in site.ledger()["images"]}
    assert len(entries["v1"]["attached"]) == 4


def test_an_image_without_anything_is_probed_once(site):
    push(site.content.store, "team/app", APP, tag="v1")
    site.imageset(BODY)
    assert site.run()[0] == 0
    probes = [each for each in site.upstream.log if "sha256-" in each.path or "/referrers/" in each.path]
    assert len([each for each in probes if each.status == 404]) == 5  # .sig .att .sbom, no API, no index
    site.upstream.log.clear()
    assert site.run()[0] == 0
    assert site.upstream.count("sha256-|referrers") == 0
    assert site.ledger()["images"][0]["attached"] == []


def test_what_the_destination_lists_already_is_kept(site, published):
    site.upstream.contents.has_referrers = True
    ours = make_artefact(APP.descriptor, "application/vnd.example.scan", b"scanned here")
    with site.registries[0].client() as client:
        store = RemoteStore(client)
        push(store, "team/app", APP, tag="v1")
        push(store, "team/app", ours)
        list_by_tag(store, APP, ours)
    assert site.run()[0] == 0
    for registry in site.registries:
        assert [each["digest"] for each in listed(registry, APP.digest)] == [
            str(ours.digest),
            str(SBOM.digest),
        ]
    held = site.registries[0].contents.tags["team/app", digest_tag(APP.digest)]
    assert site.run()[0] == 0
    assert site.registries[0].contents.tags["team/app", digest_tag(APP.digest)] == held


def test_an_artefact_that_cannot_be_read_is_named_and_the_rest_is_mirrored(site, published):
    site.upstream.contents.has_referrers = True
    other = make_artefact(APP.descriptor, "application/vnd.example.other", b"other")
    push(published, "team/app", other)
    good = site.upstream.contents.manifests["team/app", str(SBOM.digest)]
    site.upstream.contents.manifests["team/app", str(SBOM.digest)] = (good[0] + b" ", good[1])
    code, events = site.run()
    assert code != 0
    (failed,) = [each for each in events if each["event"] == "failed"]
    assert f"quay.io/team/app@{SBOM.digest}" in failed["what"]
    assert [each["digest"] for each in listed(site.registries[0], APP.digest)] == [str(other.digest)]
    site.upstream.contents.manifests["team/app", str(SBOM.digest)] = good
    assert site.run()[0] == 0
    assert {each["digest"] for each in listed(site.registries[0], APP.digest)} == {
        str(other.digest),
        str(SBOM.digest),
    }


def test_what_was_lost_at_the_destination_comes_again(site, published):
    site.upstream.contents.has_referrers = True
    assert site.run()[0] == 0
    contents = site.registries[0].contents
    held = contents.tags.pop(("team/app", digest_tag(APP.digest)))
    assert site.run()[0] == 0
    assert contents.tags["team/app", digest_tag(APP.digest)] == held


def test_an_image_by_digest_alone_keeps_its_tag_and_its_index_is_warned_of(site, published):
    site.upstream.contents.has_referrers = True
    site.imageset(f"mirror: {{additionalImages: [{{name: 'quay.io/team/app@{APP.digest}'}}]}}")
    code, events = site.run()
    assert code == 0
    assert site.registries[0].contents.tags["team/app", digest_tag(APP.digest)] == str(APP.digest)
    assert site.registries[0].contents.tags["team/app", f"{digest_tag(APP.digest)}.sig"] == str(COSIGN.digest)
    assert site.run("verify")[0] == 0
    assert any("give it a targetTag" in each["what"] for each in events if each["event"] == "warning")


def test_blocked_images_may_be_artefacts(site, published):
    site.upstream.contents.has_referrers = True
    site.imageset(BODY.replace("}]}", r"}], blockedImages: [{name: 'sha256-[0-9a-f]{64}'}]}"))
    assert site.run()[0] == 0
    assert [each["tag"] for each in site.ledger()["images"]] == ["v1"]


def test_the_images_of_an_index_have_theirs_too(site, published):
    both = make_index([APP, make_image("arm", architecture="arm64")])
    push(published, "team/app", both, tag="v1")
    assert site.run()[0] == 0
    tags = {tag for _, tag in site.registries[0].contents.tags}
    assert f"{digest_tag(APP.digest)}.sig" in tags
    assert Digest(site.registries[0].contents.tags["team/app", "v1"]) == both.digest
