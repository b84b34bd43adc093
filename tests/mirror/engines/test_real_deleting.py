"""The real oc-mirror deletes what it listed, and nothing that a release that stays needs."""

from __future__ import annotations

import shutil

import pytest

from bootstrap.errors import ExitCode
from tests.fakes import distribution
from tests.fakes.images import make_image, push
from tests.mirror.engines.catalogs import CATALOG, push_catalog
from tests.mirror.engines.test_deleting import DELETE_APP, DELETE_HEAD, event, failed, releases

pytestmark = [
    pytest.mark.real_oc_mirror,
    pytest.mark.skipif(shutil.which("oc-mirror") is None, reason="oc-mirror is not on PATH"),
]
APP, OTHER = "quay.io/team/app:v1", "quay.io/team/other:v1"


def delete(site, document):
    code, events = site.run("delete-list", document=document)
    assert code == 0, failed(events)
    listed = event(events, "run_started")["run"]
    return event(events, "to_delete"), site.run("delete", listed=listed)


def test_an_additional_image_is_deleted_and_forgotten_and_the_rest_verifies(real_site):
    site = real_site
    push(site.content.store, "team/app", make_image("app"), tag="v1")
    push(site.content.store, "team/other", make_image("other"), tag="v1")
    site.imageset(f"mirror: {{additionalImages: [{{name: '{APP}'}}, {{name: '{OTHER}'}}]}}")
    code, events = site.run()
    assert code == 0, failed(events)
    told, (code, events) = delete(site, DELETE_APP)
    assert [each["source"] for each in told["images"]] == [APP]
    assert told["bytes"] > 0
    assert code == 0, failed(events)
    assert APP not in {each["source"] for each in site.ledger()["images"]}
    assert OTHER in {each["source"] for each in site.ledger()["images"]}
    code, events = site.run("verify")
    assert code == 0, failed(events)


def test_a_release_is_deleted_whoever_brought_it_but_for_what_another_one_shares(real_site, monkeypatch):
    def one_etcd(name, **more):
        return make_image((name[0] if name[1] != "etcd" else "any", name[1]), **more)

    monkeypatch.setattr("tests.mirror.world.make_image", one_etcd)
    site = real_site
    for version in ("4.20.1", "4.20.2"):
        site.release(version)
        code, events = site.run()
        assert code == 0, failed(events)
    assert len(site.ledger()["releases"]) == 2
    told, (code, events) = delete(site, releases("4.20.1", "4.20.1"))
    assert code == 0, failed(events)
    assert event(events, "deleted")["images"] == 2
    assert [each["destination"] for each in told["staying"]] == ["openshift/release:4.20.1-x86_64-etcd"]
    ledger = site.ledger()
    assert [each["version"] for each in ledger["releases"]] == ["4.20.2"]
    code, events = site.run("verify")
    assert code == 0, failed(events)


def test_the_bundles_of_a_catalog_are_deleted_and_the_catalog_stays(real_site):
    """Source: internal/pkg/operator/common.go, ``prepareD2MCopyBatch``: "catalog index: SKIPPED"."""
    push_catalog(real_site.content.store)
    real_site.imageset(f"mirror: {{operators: [{{catalog: '{CATALOG}'}}]}}")
    code, events = real_site.mirror("auto")
    assert code == 0, failed(events)
    told, (code, events) = delete(
        real_site, f"{DELETE_HEAD}delete: {{operators: [{{catalog: '{CATALOG}'}}]}}"
    )
    assert code == 0, failed(events)
    assert {each["repository"] for each in told["images"]} == {"team/bundle-alpha", "team/bundle-beta"}
    ledger = real_site.ledger()
    assert [each["destination"] for each in ledger["images"]] == ["team/catalog"]
    assert len(ledger["resources"]) == 2
    assert real_site.run("verify")[0] == 0


@pytest.fixture
def locked(monkeypatch):
    """Makes registries that refuse to delete."""
    made = distribution._config

    def config(*words):
        value = made(*words)
        value["storage"]["delete"] = {"enabled": False}
        return value

    monkeypatch.setattr(distribution, "_config", config)


@pytest.mark.usefixtures("locked")
def test_a_registry_that_refuses_is_told_with_what_to_set_before_anything_is_listed(real_site):
    push(real_site.content.store, "team/app", make_image("app"), tag="v1")
    real_site.imageset(f"mirror: {{additionalImages: [{{name: '{APP}'}}]}}")
    assert real_site.run()[0] == 0
    code, events = real_site.run("delete-list", document=DELETE_APP)
    assert code == ExitCode.REGISTRY
    (error,) = failed(events)
    assert real_site.registry.location in error["what"]
    assert "registry_service_delete_enabled: true" in error["fix"]
    assert [each["source"] for each in real_site.ledger()["images"]] == [APP]
