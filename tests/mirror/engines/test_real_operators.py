"""Operators by the real oc-mirror: found, planned, moved, verified, and known to clusters."""

from __future__ import annotations

import shutil
import threading

import pytest

from bootstrap.agent import planning
from bootstrap.agent import settings as agent_settings
from bootstrap.cluster.catalogs import KINDS, catalogs, image_of
from tests.mirror.engines.catalogs import CATALOG, push_catalog

pytestmark = [
    pytest.mark.real_oc_mirror,
    pytest.mark.skipif(shutil.which("oc-mirror") is None, reason="oc-mirror is not on PATH"),
]


def failed(events):
    return [event for event in events if event["event"] == "failed"]


def test_a_catalog_and_its_bundles_are_mirrored_verified_and_once(real_site):
    digests = push_catalog(real_site.content.store)
    real_site.imageset(f"mirror: {{operators: [{{catalog: '{CATALOG}'}}]}}")
    code, events = real_site.mirror("auto")
    assert code == 0, failed(events)
    ledger = real_site.ledger()
    assert ledger["runs"][-1]["engine"] == "oc-mirror"
    entries = {(each["kind"], each["destination"]): each for each in ledger["images"]}
    assert set(entries) == {
        ("catalog", "team/catalog"),
        ("operator", "team/bundle-alpha"),
        ("operator", "team/bundle-beta"),
    }
    assert entries["operator", "team/bundle-beta"]["digest"] == str(digests["beta"])
    assert sorted(each["kind"] for each in ledger["resources"]) == ["CatalogSource", "ClusterCatalog"]
    location = real_site.registry.location
    for kind in KINDS:
        (rendered,), problems = catalogs(ledger, kind, [location])
        assert (image_of(rendered), problems) == (f"{location}/team/catalog:v4.20", [])
    (planned,) = [event for event in events if event["event"] == "planned"]
    assert planned["images"] == 3
    assert real_site.run("verify")[0] == 0
    workspace = {path: path.stat().st_mtime_ns for path in (real_site.state / "workspace").rglob("*")}
    found = planning.plan(agent_settings.read(real_site.settings), {}, threading.Event())
    assert found["content"][-1]["images"] == 3
    assert found["problems"] == []
    assert {path: path.stat().st_mtime_ns for path in (real_site.state / "workspace").rglob("*")} == workspace
    before = real_site.uploads()
    code, events = real_site.mirror("auto")
    assert (code, real_site.uploads()) == (0, before), failed(events)


def test_a_catalog_and_its_bundles_go_to_disk_and_from_disk(real_site):
    push_catalog(real_site.content.store)
    real_site.imageset(f"mirror: {{operators: [{{catalog: '{CATALOG}', packages: [{{name: beta}}]}}]}}")
    code, events = real_site.run("to-disk", directory="first")
    assert code == 0, failed(events)
    real_site.configure(redirects=[{"prefix": "quay.io", "location": "127.0.0.1:1"}])
    code, events = real_site.run("from-disk", directory="first")
    assert code == 0, failed(events)
    ledger = real_site.ledger()
    places = sorted((each["kind"], each["destination"]) for each in ledger["images"])
    assert places == [("catalog", "team/catalog"), ("operator", "team/bundle-beta")]
    assert sorted(each["kind"] for each in ledger["resources"]) == ["CatalogSource", "ClusterCatalog"]
    assert real_site.run("verify")[0] == 0
