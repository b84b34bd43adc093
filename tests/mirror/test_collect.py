from __future__ import annotations

import pytest

from bootstrap.errors import NotFound, RegistryError, VerificationError
from bootstrap.oci.digest import Digest
from bootstrap.oci.reference import Reference
from bootstrap.release.signature import Signature
from tests.fakes.images import make_image, make_index, push
from tests.mirror.world import CONTENT, RELEASES, Upstream, collect
from tests.release.releases import release_image

CHANNEL = "mirror: {platform: {channels: [{name: stable-4.20}]}}"


class Signed:
    """A verifier that finds every release signed under ``identity``."""

    def __init__(self, identity="quay.io/openshift-release-dev/ocp-release:as-signed", error=None):
        self.identity, self.error = identity, error

    def verify(self, *_, **__):
        if self.error:
            raise self.error
        return Signature(b"signed", self.identity and Reference.parse(self.identity), "F" * 40)


def rows(found):
    return [(each.kind.value, f"{each.repository}:{each.tag}", each.component) for each in found.wanted]


def test_a_release_of_a_channel_is_itself_its_components_and_what_is_known_of_it():
    upstream = Upstream()
    digest = upstream.release("4.20.1")
    found = collect(upstream, CHANNEL, upstream.graph("4.20.1"))
    assert rows(found) == [
        ("release", "openshift/release-images:4.20.1-x86_64", None),
        ("component", "openshift/release:4.20.1-x86_64-etcd", "etcd"),
        ("component", "openshift/release:4.20.1-x86_64-installer", "installer"),
    ]
    assert str(found.wanted[0].source) == f"quay.io/{RELEASES}@{digest}"
    assert {(each.release, each.architecture) for each in found.wanted} == {("4.20.1", "amd64")}
    (release,) = found.releases
    assert (release.version, release.architecture, release.digest, release.signature) == (
        "4.20.1",
        "amd64",
        digest,
        None,
    )
    assert found.warnings == []


def test_the_tag_is_that_of_the_signature():
    upstream = Upstream()
    upstream.release("4.20.1")
    found = collect(upstream, CHANNEL, upstream.graph("4.20.1"), Signed())
    assert found.wanted[0].tag == "as-signed"
    assert found.wanted[1].tag == "as-signed-etcd"
    assert (found.releases[0].signature, found.releases[0].signed_by) == (b"signed", "F" * 40)


@pytest.mark.parametrize(
    ("release", "tag"),
    [
        ("quay.io/openshift-release-dev/ocp-release:4.20.1-x86_64", "4.20.1-x86_64"),
        ("digest", "4.20.1-x86_64"),
    ],
)
def test_a_release_by_name_keeps_its_tag_or_gets_the_published_one(release, tag):
    upstream = Upstream()
    digest = upstream.release("4.20.1")
    name = release if release != "digest" else f"quay.io/{RELEASES}@{digest}"
    found = collect(upstream, f"mirror: {{platform: {{release: '{name}'}}}}", verifier=Signed(identity=None))
    assert found.wanted[0].tag == tag
    assert str(found.wanted[0].source) == name
    assert found.wanted[0].digest == digest
    assert found.releases[0].channels == ()


def test_a_bad_signature_keeps_the_release_back_and_nothing_else():
    upstream = Upstream()
    upstream.release("4.20.1")
    push(upstream.store, "team/app", make_image("app"), tag="v1")
    body = CHANNEL.replace("]}}", "]}, additionalImages: [{name: 'quay.io/team/app:v1'}]}")
    error = VerificationError("no signature is good", why="w", fix="f")
    found = collect(upstream, body, upstream.graph("4.20.1"), Signed(error=error))
    assert rows(found) == [("additional", "team/app:v1", None)]
    assert [(str(each.wanted), each.error) for each in found.failures] == [
        (f"quay.io/{RELEASES}@{upstream.store.resolve(RELEASES, '4.20.1-x86_64').digest}", error)
    ]


SIGSTORE = "mirror: {platform: {channels: [{name: stable-4.21, full: true}]}}"


def test_the_sigstore_signature_comes_along():
    upstream = Upstream()
    digest = upstream.release("4.20.1")
    tag = f"sha256-{digest.hex}.sig"
    push(upstream.store, RELEASES, make_image("sig"), tag=tag)
    found = collect(upstream, CHANNEL, upstream.graph("4.20.1"))
    (signature,) = [each for each in found.wanted if each.kind.value == "signature"]
    assert (signature.repository, signature.tag, signature.release) == (
        "openshift/release-images",
        tag,
        "4.20.1",
    )
    assert str(signature.source) == f"quay.io/{RELEASES}:{tag}"


def test_from_4_21_on_a_release_without_sigstore_signature_is_mirrored_and_the_run_fails():
    upstream = Upstream()
    digests = [upstream.release(version) for version in ("4.20.1", "4.21.0-rc.1", "4.21.0", "4.21.1")]
    push(upstream.store, RELEASES, make_image("sig"), tag=f"sha256-{digests[3].hex}.sig")
    graph = upstream.graph("4.20.1", "4.21.0-rc.1", "4.21.0", "4.21.1")
    found = collect(upstream, SIGSTORE, graph, Signed(identity=None))
    assert [each.version for each in found.releases] == ["4.20.1", "4.21.0-rc.1", "4.21.0", "4.21.1"]
    assert ("component", "openshift/release:4.21.0-x86_64-etcd", "etcd") in rows(found)
    (failure,) = found.failures
    assert str(failure.wanted) == f"quay.io/{RELEASES}:sha256-{digests[2].hex}.sig"
    assert failure.error.what == "release 4.21.0 (amd64) has no Sigstore signature"
    assert "clusters from 4.21.0 on refuse" in failure.error.why
    assert found.warnings == []


def test_where_signatures_are_skipped_a_missing_sigstore_signature_is_a_warning():
    upstream = Upstream()
    upstream.release("4.21.0")
    found = collect(upstream, SIGSTORE, upstream.graph("4.21.0"))
    (warning,) = found.warnings
    assert warning.startswith("release 4.21.0 (amd64) has no Sigstore signature: there is no quay.io/")
    assert found.failures == []


def test_of_a_multi_release_the_signatures_of_all_that_it_lists_come_along():
    upstream = Upstream()
    images = []
    for architecture in ("amd64", "arm64"):
        image = release_image(
            "4.21.0", {"etcd": f"quay.io/{CONTENT}@{Digest.of(b'e')}"}, architecture=architecture
        )
        images.append(image)
    index = make_index(images, docker=True)
    push(upstream.store, RELEASES, index, tag="4.21.0-x86_64")
    signed = [index.digest, images[0].digest]
    for digest in signed:
        push(upstream.store, RELEASES, make_image(digest), tag=f"sha256-{digest.hex}.sig")
    found = collect(upstream, SIGSTORE, upstream.graph("4.21.0"), Signed(identity=None))
    tags = [each.tag for each in found.wanted if each.kind.value == "signature"]
    assert tags == [f"sha256-{digest.hex}.sig" for digest in signed]
    assert found.failures == []
    (warning,) = found.warnings
    assert f"sha256-{images[1].digest.hex}.sig" in warning


def test_the_disk_image_is_a_component():
    upstream = Upstream()
    disk = make_image("disk")
    push(upstream.store, CONTENT, disk)
    upstream.release("4.20.1", kubevirt={"x86_64": f"quay.io/{CONTENT}@{disk.digest}"})
    body = "mirror: {platform: {channels: [{name: stable-4.20}], kubeVirtContainer: true}}"
    found = collect(upstream, body, upstream.graph("4.20.1"))
    assert rows(found)[-1] == (
        "component",
        "openshift/release:4.20.1-x86_64-kube-virt-container",
        "kube-virt-container",
    )


def test_a_disk_image_that_the_release_has_not_is_an_error():
    upstream = Upstream()
    upstream.release("4.20.1")
    body = "mirror: {platform: {channels: [{name: stable-4.20}], kubeVirtContainer: true}}"
    (failure,) = collect(upstream, body, upstream.graph("4.20.1")).failures
    assert "has no disk image" in failure.error.what


def test_a_payload_of_another_version_than_the_graph_says_is_refused():
    upstream = Upstream()
    upstream.release("4.20.1")
    upstream.store._tags[RELEASES, "4.20.2-x86_64"] = upstream.store._tags[RELEASES, "4.20.1-x86_64"]
    (failure,) = collect(upstream, CHANNEL, upstream.graph("4.20.2")).failures
    assert isinstance(failure.error, RegistryError)
    assert "its own metadata says 4.20.1" in failure.error.why


def test_additional_images_by_tag_are_pinned_and_by_digest_not_even_asked_for():
    upstream = Upstream()
    image = make_image("app")
    push(upstream.store, "team/app", image, tag="v1")
    other = Digest.of(b"never pushed")
    body = (
        f"mirror: {{additionalImages: [{{name: 'quay.io/team/app:v1'}}, {{name: 'quay.io/team/b@{other}'}},"
        " {name: 'quay.io/team/gone:v1'}, {name: 'quay.io/team/app:v1'}]}"
    )
    found = collect(upstream, body)
    assert [(str(each.source), each.digest) for each in found.wanted] == [
        ("quay.io/team/app:v1", image.digest),
        (f"quay.io/team/b@{other}", other),
    ]
    (failure,) = found.failures
    assert isinstance(failure.error, NotFound)
    assert str(failure.wanted) == "quay.io/team/gone:v1"
