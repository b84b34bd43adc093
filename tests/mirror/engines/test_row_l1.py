"""Row L1: what ``oc adm release mirror`` is told, and what it tells clusters."""

from pathlib import Path

import pytest

from bootstrap.mirror.engines.oc import OcEngine
from bootstrap.mirror.engines.oc_says import mirrors
from bootstrap.mirror.image import Kind, Wanted
from bootstrap.mirror.layout import RELEASE_IMAGES
from bootstrap.oci.digest import Digest
from bootstrap.oci.reference import Reference
from bootstrap.release.architecture import release_tag
from tests.fakes.tools import FakeTool

DIGEST = Digest.of(b"release")
SOURCE = Reference.parse("quay.io/openshift-release-dev/ocp-release:4.5.4-x86_64")
TRANSCRIPT = Path(__file__).parents[4] / "shared/reference/transcripts/oc-release-mirror-dry-run.txt"


@pytest.mark.parametrize(
    ("version", "architecture", "tag"),
    [
        ("4.5.4", "amd64", "4.5.4-x86_64"),
        ("4.5.40", "arm64", "4.5.40-aarch64"),
        ("4.21.0", "multi", "4.21.0-multi"),
    ],
)
def test_l1_the_command_has_the_architecture_in_its_tags_and_the_source_by_digest(
    surroundings, tmp_path, version, architecture, tag
):
    engine = OcEngine(surroundings, str(FakeTool(tmp_path, "oc").path))
    made = release_tag(version, architecture)
    wanted = Wanted(Kind.RELEASE, SOURCE, DIGEST, RELEASE_IMAGES, made, version, architecture)
    argv = engine.command(wanted, "r.example.com:5000", 4)
    assert argv[1:4] == ["adm", "release", "mirror"]
    assert f"--from=quay.io/openshift-release-dev/ocp-release@{DIGEST}" in argv
    assert "--to=r.example.com:5000/openshift/release" in argv
    assert f"--to-release-image=r.example.com:5000/openshift/release-images:{tag}" in argv
    assert ("--keep-manifest-list" in argv) == (architecture == "multi")
    assert not [word for word in argv if "*" in word]


@pytest.mark.skipif(not TRANSCRIPT.exists(), reason="the transcripts are not beside this clone")
def test_l1_what_a_dry_run_tells_clusters_is_read():
    found = dict(mirrors(TRANSCRIPT.read_text()))
    assert found == {
        f"quay.example:5001/openshift-release-dev/{name}": ("registry.example:5000/a/b",)
        for name in ("ocp-release", "ocp-v4.0-art-dev")
    }
