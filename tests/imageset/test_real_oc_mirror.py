"""The table against the real oc-mirror: what it would mirror of the same update graphs, in a dry run."""

from __future__ import annotations

import shutil

import pytest

from bootstrap.release.architecture import SUFFIXES
from tests.fakes.registry import FakeRegistry
from tests.imageset.cases import ARCHITECTURES, ONE_CHANNEL, SEVERAL, SHORTEST
from tests.imageset.oc_mirror import Upstream
from tests.release.signer import Signer

pytestmark = [
    pytest.mark.real_oc_mirror,
    pytest.mark.skipif(
        not (shutil.which("oc-mirror") and shutil.which("gpg")), reason="needs oc-mirror and gpg on PATH"
    ),
]

CASES = (*ONE_CHANNEL, *SHORTEST, *SEVERAL, *ARCHITECTURES)


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    signer = Signer(tmp_path_factory.mktemp("gpg"), "publisher")
    with (
        FakeRegistry(auth=None) as registry,
        Upstream(tmp_path_factory.mktemp("upstream"), registry, signer) as running,
    ):
        yield running
    signer.stop()


class Careless(Signer):
    """Whose messages lose a bit on the way."""

    def sign(self, message, **options):
        content = bytearray(super().sign(message, **options))
        content[-20] ^= 1
        return bytes(content)


def test_oc_mirror_takes_a_release_whose_signature_was_changed_which_we_refuse(tmp_path):
    signer = Careless(tmp_path, "careless")
    (tmp_path / "upstream").mkdir()
    try:
        with (
            FakeRegistry(auth=None) as registry,
            Upstream(tmp_path / "upstream", registry, signer) as running,
        ):
            found, said = running.resolve(ONE_CHANNEL[0].name, ONE_CHANNEL[0].body)
    finally:
        signer.stop()
    assert found == tags(ONE_CHANNEL[0].releases), said


def tags(releases: str) -> list[str]:
    """``4.20.1 4.20.1/arm64`` as tags."""
    pairs = [each.partition("/") for each in releases.split()]
    return sorted(f"{version}-{SUFFIXES[architecture or 'amd64']}" for version, _, architecture in pairs)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_oc_mirror_resolves_it_to_the_same_releases(upstream, case):
    found, said = upstream.resolve(case.name, case.body)
    if case.differs:
        assert found != tags(case.releases), "the table says that it differs"
    else:
        assert found == tags(case.releases), said
