"""What a site gives its clusters."""

from bootstrap.mirror.ledger import Ledger
from tests.cluster.ledgers import DIGESTS, entry, given, release

SOURCE = "quay.io/openshift-release-dev/ocp-release"


def test_releases_are_named_by_digest_the_newest_first():
    images = [
        entry("release", f"{SOURCE}:4.9.1-x86_64", "openshift/release-images", digest=DIGESTS[0]),
        entry("release", f"{SOURCE}@{DIGESTS[1]}", "openshift/release-images", tag="b", digest=DIGESTS[1]),
    ]
    ledger = Ledger().with_images(images)
    ledger = ledger.with_releases([release("4.9.1", DIGESTS[0]), release("4.20.1", DIGESTS[1])])
    found = given(ledger).releases
    assert [each.version for each in found] == ["4.20.1", "4.9.1"]
    assert [each.source for each in found] == [f"{SOURCE}@{DIGESTS[1]}", f"{SOURCE}@{DIGESTS[0]}"]
    assert found[1].at("r:5000") == f"r:5000/openshift/release-images@{DIGESTS[0]}"


def test_no_secret_is_in_its_repr():
    assert "auth" not in repr(given())
