"""The same by ``oc``: how it is called, what is made of its failures; the real one gives the same bytes."""

import json
import shutil
import ssl

import pytest

from bootstrap.cluster.installer.extract import extract
from bootstrap.cluster.installer.markers import marker
from bootstrap.cluster.installer.oc import Oc
from bootstrap.errors import TransferError, VerificationError
from tests.cluster.installer.test_extract import names, told
from tests.cluster.installer.world import ALL, program
from tests.cluster.ledgers import REGISTRIES, given
from tests.fakes.tls import Authority
from tests.fakes.tools import FakeTool

REAL = shutil.which("oc")
needs_oc = [pytest.mark.real_oc, pytest.mark.skipif(REAL is None, reason="oc is not on PATH")]


@pytest.fixture
def oc(tmp_path, monkeypatch):
    tool = FakeTool(tmp_path, "oc", versions_asked=0)
    monkeypatch.setenv("PATH", str(tool.directory))
    return tool


def test_oc_is_told_of_the_mirror_its_trust_and_its_credentials_and_of_nothing_else(
    world, oc, tmp_path, monkeypatch
):
    release = world.release(components={"installer": world.usual["installer"]})
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    content = told(ALL, release, "linux/amd64")
    oc.will(files={"openshift-install": content.decode()})
    given = world.given()
    (found,) = extract(given, release, tmp_path / "to", platform="linux/amd64")
    assert (found.by, found.path.read_bytes()) == ("oc", content)
    (call,) = oc.calls
    words = dict(word.partition("=")[::2] for word in call["argv"])
    assert call["argv"][:4] == ["adm", "release", "extract", release.source]
    assert words["--command"] == "openshift-install"
    assert words["--command-os"] == "linux/amd64"
    assert words["--filter-by-os"] == "^linux/amd64(/.*)?$"
    assert words["--to"].startswith(f"{tmp_path}/to/.bootstrap-registry-extract-")
    secret = next(iter(given.auths.values()))["auth"]
    assert secret not in json.dumps(call)
    assert "hush" not in json.dumps(call)
    assert call["env"]["SSL_CERT_FILE"].startswith(words["--to"])
    assert names(tmp_path / "to") == ["openshift-install"]


def test_oc_trusts_all_registries_whatever_their_files_end_in(tmp_path):
    pems = [Authority(name).pem.rstrip("\n") for name in ("One CA", "Other CA")]
    Oc("oc", tmp_path, given(trust=dict(zip(REGISTRIES, pems, strict=True))))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(tmp_path / "ca.pem")
    assert context.cert_store_stats()["x509_ca"] == 2


@pytest.mark.parametrize(
    ("turn", "kind", "said"),
    [
        ({"says": "unauthorized\n", "code": 1}, TransferError, "unauthorized"),
        ({"says": "", "code": 3}, TransferError, "it ended with 3"),
        ({"says": ""}, TransferError, "it ended with 0"),
        ({"files": {"openshift-install": ""}}, VerificationError, "the file is empty"),
        ({"files": {"openshift-install": "of another release"}}, VerificationError, "does not hold quay.io"),
    ],
)
def test_what_oc_leaves_undone_is_an_error_and_nothing_is_left(world, oc, tmp_path, turn, kind, said):
    oc.will(**turn)
    release = world.release()
    with pytest.raises(kind, match=said):
        extract(world.given(), release, tmp_path / "to", platform="linux/amd64")
    assert names(tmp_path / "to") == []


def _both(world, release, tmp_path, monkeypatch, platform):
    """Extract by oc and by ourselves; return the programs' contents by name."""
    given, found = world.given(), []
    for path in (REAL.rpartition("/")[0], "/nothing"):
        monkeypatch.setenv("PATH", path)
        made = extract(given, release, tmp_path / str(len(found)), platform=platform)
        found.append({each.path.name: each.path.read_bytes() for each in made})
        assert {each.by for each in made} == {"oc" if path != "/nothing" else "bootstrap-registry"}
    return found


def _marked(test):
    for each in needs_oc:
        test = each(test)
    return test


@_marked
@pytest.mark.parametrize("architecture", ["amd64", "arm64", "multi"])
@pytest.mark.parametrize("platform", ["linux/amd64", "linux/arm64", "mac/amd64", "mac/arm64"])
def test_the_real_oc_gives_the_same_bytes(world, tmp_path, monkeypatch, architecture, platform):
    components = world.usual
    (artifacts,) = components["installer-artifacts"]
    other = {"usr/share/openshift/linux_amd64/openshift-install": program("amd64")}
    release = world.release(
        architecture=architecture, components={**components, "installer-artifacts": [{**artifacts, **other}]}
    )
    by_oc, by_us = _both(world, release, tmp_path, monkeypatch, platform)
    assert by_oc == by_us
    is_own = platform in (
        f"linux/{architecture}",
        *(("linux/amd64", "linux/arm64") if architecture == "multi" else ()),
    )
    assert len(by_us) == (2 if is_own else 1)


@_marked
@pytest.mark.parametrize("before", [3 * 4096 - 400, 3 * 4096 - 327, 3 * 4096 - 50, 3 * 4096 - 1])
def test_the_real_oc_finds_markers_across_its_buffers_where_we_do(world, tmp_path, monkeypatch, before):
    files = {"usr/bin/openshift-install": program(before, before=before)}
    release = world.release(components={"installer": [files]})
    by_oc, by_us = _both(world, release, tmp_path, monkeypatch, "linux/amd64")
    assert by_oc == by_us


@_marked
@pytest.mark.parametrize("markers", [ALL[:-100], ALL + marker("VERSION"), b""])
def test_what_the_real_oc_only_warns_of_or_passes_over_is_an_error(world, tmp_path, monkeypatch, markers):
    files = {"usr/bin/openshift-install": program(1, markers=markers)}
    release = world.release(components={"installer": [files]})
    for path in (REAL.rpartition("/")[0], "/nothing"):
        monkeypatch.setenv("PATH", path)
        with pytest.raises(VerificationError):
            extract(world.given(), release, tmp_path / "to", platform="linux/amd64")
        assert names(tmp_path / "to") == []
