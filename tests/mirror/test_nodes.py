"""Where nodes look for the images of a ledger, and what no node would find."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bootstrap.mirror.ledger import Entry, Ledger
from bootstrap.mirror.mirror_sets import Mirror, mirrors_of
from bootstrap.mirror.nodes import sought
from tests.mirror.world import digest

HERE, THERE = "registry1.example.com:5000", "registry2.example.com:5000"
DIGEST = digest("an image")
SIGNATURE_TAG = f"sha256-{DIGEST.hex}.sig"


def entry(kind, source, destination, tag="v1", **options):
    given = {"source_tag": None, "release": None, "architecture": None, "component": None, **options}
    return Entry(
        kind,
        source,
        destination=destination,
        tag=tag,
        digest=str(DIGEST),
        size=1,
        registries=(HERE, THERE),
        run="",
        mirrored_at="",
        **given,
    )


def look(*entries, mirrors=None, location=HERE, is_signed=False, releases=()):
    ledger = Ledger(images=entries, releases=releases)
    known = mirrors_of(ledger.to_json(), (HERE, THERE)) if mirrors is None else mirrors
    return sought(ledger, known, location, is_signed=is_signed)


def places(found):
    return [(target.repository, target.tag) for target in found.targets]


@pytest.mark.parametrize(
    ("image", "where"),
    [
        (entry("additional", f"quay.io/team/app@{DIGEST}", "team/app"), [("team/app", "v1")]),
        (entry("additional", "quay.io/team/app:v1", "team/app", source_tag="v1"), [("team/app", "v1")]),
        (entry("additional", "quay.io/team/app:v1", "else/where", source_tag="v1"), [("else/where", "v1")]),
        (entry("additional", "quay.io/team/app:v1", "team/app", tag=None), [("team/app", None)]),
        (entry("graph", "oci:graph", "openshift/graph-image"), [("openshift/graph-image", "v1")]),
        (
            entry("signature", f"quay.io/r/r:{SIGNATURE_TAG}", "openshift/release-images", SIGNATURE_TAG),
            [("openshift/release-images", SIGNATURE_TAG)],
        ),
    ],
)  # fmt: skip
def test_an_image_is_looked_for_where_its_mirror_set_leads(image, where):
    (found,) = look(image)
    assert (places(found), found.problem) == (where, None)


def test_the_mirror_set_decides_and_not_where_the_run_has_put_it():
    image = entry("additional", f"quay.io/team/app@{DIGEST}", "team/app")
    wrong = Mirror("quay.io/team", (f"{HERE}/other", f"{THERE}/other"), "digest", "generic")
    (found,) = look(image, mirrors=[wrong])
    assert places(found) == [("other/app", None), ("team/app", "v1")]


def test_an_image_that_no_mirror_set_leads_to_is_broken_wherever_it_is():
    image = entry("additional", f"quay.io/team/app@{DIGEST}", "team/app")
    for mirrors in (
        [],
        [Mirror("quay.io/tea", (f"{HERE}/tea",), "digest", "generic")],  # a name is whole, or it is another
        [Mirror("quay.io/team", (f"{THERE}/team",), "digest", "generic")],  # the other registry alone
        [Mirror("quay.io/team", (f"{HERE}/team",), "tag", "generic")],
        # The longest source hides the shorter one, though that is for digests and it is not.
        [
            Mirror("quay.io/team", (f"{HERE}/team",), "digest", "generic"),
            Mirror("quay.io/team/app", (f"{HERE}/team/app",), "tag", "generic"),
        ],
    ):
        (found,) = look(image, mirrors=mirrors)
        assert found.problem == f"no mirror set leads nodes from quay.io/team/app to {HERE}"


def test_what_is_asked_for_by_tag_needs_a_mirror_set_for_tags():
    image = entry("additional", "quay.io/team/app:v1", "team/app", source_tag="v1")
    digests = [Mirror("quay.io/team", (f"{HERE}/team",), "digest", "generic")]
    (found,) = look(image, mirrors=digests)
    assert found.problem == f"no mirror set for tags leads nodes from quay.io/team/app:v1 to {HERE}"


def test_an_image_is_looked_for_in_a_registry_that_no_run_has_brought_it_to():
    image = replace(entry("additional", "quay.io/team/app:v1", "team/app"), registries=(HERE,))
    (found,) = look(image, location=THERE)
    assert (places(found), found.problem) == ([("team/app", "v1")], None)


@pytest.mark.parametrize(
    ("version", "gpg", "is_sigstore", "problem"),
    [
        ("4.20.9", "c2ln", False, None),
        ("4.20.9", None, False, "the ledger has no GPG signature of release 4.20.9"),
        ("4.21.0", "c2ln", True, None),
        (
            "4.21.0",
            "c2ln",
            False,
            "release 4.21.0 was mirrored without its Sigstore signature, which clusters from 4.21.0 on want",
        ),
    ],
)
def test_a_release_has_its_signatures(version, gpg, is_sigstore, problem):
    images = [entry("release", f"quay.io/ocp/release@{DIGEST}", "openshift/release-images", source_tag="v1")]
    if is_sigstore:
        source = f"quay.io/ocp/release:{SIGNATURE_TAG}"
        images.append(entry("signature", source, "openshift/release-images", SIGNATURE_TAG))
    release = {"version": version, "digest": str(DIGEST), "signature_base64": gpg}
    assert look(*images, is_signed=True, releases=(release,))[0].problem == problem
    assert look(*images, is_signed=False, releases=(release,))[0].problem is None
