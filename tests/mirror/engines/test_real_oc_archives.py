"""The real oc to disk, and from disk where no source answers."""

from __future__ import annotations

import json
import shutil

import pytest

from bootstrap.errors import ExitCode
from tests.mirror.engines.plain import publish

pytestmark = [
    pytest.mark.real_oc,
    pytest.mark.skipif(shutil.which("oc") is None, reason="oc is not on PATH"),
]


def failed(events):
    return [event for event in events if event["event"] == "failed"]


@pytest.fixture
def site(real_site):
    """Has a signed release that names its components where they are, its ``.sig``, and an index."""
    release = publish(real_site)
    real_site.sign(release.digest, f"{real_site.upstream.location}/ocp/release:4.20.7-x86_64")
    return real_site


def run(site, operation, engine="oc"):
    key = str(site.directory / "key.gpg")
    site.configure(engine=engine, redirects=[], signature_policy="require", signature_key=key)
    return site.run(operation, directory="first")


def test_what_oc_wrote_fills_a_registry_by_oc_where_no_source_answers_signatures_and_all(site):
    code, events = run(site, "to-disk")
    assert code == 0, failed(events)
    assert site.uploads() == 0
    warnings = [event["what"] for event in events if event["event"] == "warning"]
    assert any("deprecated" in what for what in warnings)
    assert "the native engine writes 2 images that oc leaves out" in warnings
    contents = json.loads((site.state / "archives" / "first" / "contents.json").read_text())
    assert contents["written_by"].startswith("oc ")
    before = len(site.upstream.log)
    site.web.files.clear()
    code, events = run(site, "from-disk", engine="auto")
    assert code == 0, failed(events)
    assert len(site.upstream.log) == before
    assert site.uploads() > 0
    warnings = [event["what"] for event in events if event["event"] == "warning"]
    assert "the native engine mirrors 1 images that oc leaves out" in warnings
    ledger = site.ledger()
    assert [(each["operation"], each["engine"], each["outcome"]) for each in ledger["runs"]] == [
        ("to-disk", "oc", "ok"),
        ("from-disk", "oc", "ok"),
    ]
    kinds = sorted(image["kind"] for image in ledger["images"])
    assert kinds == ["additional", "component", "component", "release", "signature"]
    assert ledger["releases"][0]["signature_base64"]
    assert site.run("verify")[0] == 0
    before = site.uploads()
    code, events = run(site, "from-disk", engine="auto")
    assert (code, site.uploads()) == (0, before), failed(events)


def test_what_the_real_oc_cannot_find_is_named_and_there_are_no_finished_archives(site):
    place = next(key for key in site.upstream.contents.blobs if key[0] == "ocp/art")
    del site.upstream.contents.blobs[place]
    code, events = run(site, "to-disk")
    assert code == ExitCode.REGISTRY, failed(events)
    named = " ".join(error["what"] for error in failed(events))
    assert f"{site.upstream.location}/ocp/art@sha256:" in named
    assert not (site.state / "archives" / "first" / "SHA256SUMS").exists()
