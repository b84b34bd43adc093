"""Archives that were exchanged on the way bring no release that is not signed, whatever they say of it."""

from __future__ import annotations

import json
import threading

import pytest

from bootstrap.errors import ExitCode, VerificationError
from bootstrap.mirror import checksums, packed
from bootstrap.mirror.collected import Release
from bootstrap.mirror.image import Image, Kind, Wanted
from bootstrap.mirror.layout import RELEASE_IMAGES, signature_tag
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import parse_manifest
from bootstrap.oci.reference import Reference
from tests.fakes.images import make_image, tar
from tests.fakes.tools import FakeTool
from tests.mirror.world import HEAD
from tests.release.signer import Signer, claim

SIGNED, EVIL = make_image("4.20.1"), make_image("evil")
SOURCE = "quay.io/openshift-release-dev/ocp-release:4.20.1-x86_64"
ADDITIONAL = "mirror: {additionalImages: [{name: 'quay.io/team/app:v1'}]}"


@pytest.fixture(scope="module")
def publisher(tmp_path_factory):
    signer = Signer(tmp_path_factory.mktemp("signer"), "publisher")
    yield signer
    signer.stop()


@pytest.fixture(scope="module")
def signature(publisher):
    return publisher.sign(claim(SIGNED.digest, identity=SOURCE))


def image(made, *, kind=Kind.RELEASE, repository=RELEASE_IMAGES, tag="4.20.1-x86_64", source=SOURCE) -> Image:
    wanted = Wanted(kind, Reference.parse(source), made.digest, repository, tag)
    return Image(wanted, (parse_manifest(made.raw, made.media_type),))


def release(made, signature):
    return Release("4.20.1", "amd64", made.digest, (), signature, "whoever they say")


def link(made, repository, tag):
    name = f"docker/registry/v2/repositories/{repository}/_manifests/tags/{tag}/current/link"
    return {name: str(made.digest).encode()}


def blob(made):
    name = made.digest.hex
    return {f"docker/registry/v2/blobs/sha256/{name[:2]}/{name}/data": made.raw}


@pytest.fixture
def arrive(site, publisher, tmp_path):
    """Have archives with this arrive, and be mirrored from."""
    (tmp_path / "key.gpg").write_bytes(publisher.public(armor=False))
    tool = FakeTool(tmp_path, "oc-mirror")
    tool.will("", code=0)

    def do(images, releases=(), *, imageset=ADDITIONAL, files=None, policy="require"):
        site.configure(
            tools={"oc_mirror": str(tool.path)},
            signature_policy=policy,
            signature_key=str(tmp_path / "key.gpg"),
        )
        directory = site.state / "archives" / "first"
        directory.mkdir(parents=True)
        (directory / "mirror_000001.tar").write_bytes(tar(files or {}))
        contents = packed.Contents("run", "oc-mirror v4", tuple(images), tuple(releases))
        (directory / packed.NAME).write_text(contents.text())
        (directory / checksums.IMAGESET).write_text(HEAD + imageset)
        sums = {"mirror_000001.tar": checksums.sum_of(directory / "mirror_000001.tar", threading.Event())}
        checksums.write(directory, sums, threading.Event())
        code, events = site.run("from-disk", directory="first")
        failed = [event for event in events if event["event"] == "failed"]
        return code, failed, tool.calls

    return do


AS_ADDITIONAL = {"kind": Kind.ADDITIONAL, "source": "quay.io/team/app:v1"}
APP = image(make_image("app"), **AS_ADDITIONAL, repository="team/app", tag="v1")


@pytest.mark.parametrize(
    "images",
    [
        [image(EVIL)],
        [image(EVIL, repository="somewhere/else")],
        [image(EVIL, **AS_ADDITIONAL)],
        [image(EVIL, kind=Kind.SIGNATURE)],
        [image(EVIL, kind=Kind.SIGNATURE, tag=signature_tag(EVIL.digest))],
    ],
    ids=["listed by no release", "in another place", "as additional", "as signature", "as its own signature"],
)
def test_a_release_that_no_signature_is_for_is_refused_before_anything_moves(arrive, images):
    code, failed, calls = arrive(images)
    assert code == ExitCode.VERIFICATION
    assert "is not signed" in failed[0]["what"]
    assert calls == []


def test_a_signature_that_is_for_another_release_or_missing_is_refused(arrive, signature):
    other = make_image("other")
    code, failed, calls = arrive([image(EVIL)], [release(EVIL, signature), release(other, None)])
    assert code == ExitCode.VERIFICATION
    assert [error["what"] for error in failed] == [
        "the signature of release 4.20.1 amd64 is not good",
        "release 4.20.1 amd64 is not signed",
    ]
    assert calls == []


@pytest.mark.parametrize(
    ("imageset", "files"),
    [
        (ADDITIONAL, {**link(EVIL, RELEASE_IMAGES, "4.20.2-x86_64"), **blob(EVIL)}),
        (ADDITIONAL, {**link(EVIL, f"x/..//{RELEASE_IMAGES}", "4.20.2-x86_64"), **blob(EVIL)}),
        (ADDITIONAL.replace("app:v1'", f"app:v1', targetRepo: {RELEASE_IMAGES}"), {}),
        (f"mirror: {{platform: {{release: 'quay.io/a/b@{EVIL.digest}'}}}}", {}),
    ],
    ids=["a tag", "a tag by a detour", "a target", "a digest"],
)
def test_what_the_engine_could_take_for_a_release_beside_those_listed_is_refused(arrive, imageset, files):
    code, failed, calls = arrive([APP], imageset=imageset, files=files)
    assert code == ExitCode.VERIFICATION
    assert failed[0]["what"] == "the archives would bring a release that is not signed"
    assert calls == []


def test_the_user_may_say_that_signatures_do_not_count(arrive):
    code, _, calls = arrive([image(EVIL, **AS_ADDITIONAL)], policy="skip")
    assert code == ExitCode.TRANSFER  # the fake brings nothing
    assert len(calls) == 1


def test_what_is_signed_goes_on_and_who_signed_it_is_seen_not_believed(arrive, site, signature, publisher):
    files = {
        **link(SIGNED, RELEASE_IMAGES, "4.20.1-x86_64"),
        **link(EVIL, RELEASE_IMAGES, "4.19.9-x86_64"),  # of an earlier archive; its image is not here
        **blob(SIGNED),
    }
    own = image(EVIL, kind=Kind.SIGNATURE, tag=signature_tag(SIGNED.digest))
    code, _, calls = arrive([image(SIGNED), own], [release(SIGNED, signature)], files=files)
    assert code == ExitCode.TRANSFER  # the fake brings nothing
    assert len(calls) == 1
    (told,) = site.ledger()["releases"]
    assert told["signed_by"] == publisher.fingerprint()


@pytest.mark.parametrize(("repository", "tag"), [("../../etc", "v1"), ("team/app", "../v1"), ("Team", "v1")])
def test_a_place_that_is_none_is_refused(tmp_path, repository, tag):
    value = json.loads(packed.Contents("run", "x", (APP,), ()).text())
    value["images"][0].update(repository=repository, tag=tag)
    (tmp_path / packed.NAME).write_text(json.dumps(value))
    with pytest.raises(VerificationError, match="cannot use"):
        packed.load(tmp_path / packed.NAME)


def test_links_and_names_with_a_way_out_are_refused_before_a_file_is_read(tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("")
    directory = tmp_path / "first"
    (directory / "working-dir").mkdir(parents=True)
    (directory / "working-dir" / "logs").symlink_to(tmp_path)
    names = [*checksums.BESIDE, "../outside", "/etc/passwd"]
    for name in checksums.BESIDE:
        (directory / name).write_text("")
    (directory / checksums.NAME).write_text("".join(f"{Digest.of(b'').hex}  {name}\n" for name in names))
    with pytest.raises(VerificationError) as caught:
        checksums.check(directory, [], threading.Event())
    assert "lines that are no checksums" in caught.value.why
    assert "working-dir/logs is a link" in caught.value.why
