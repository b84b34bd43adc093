"""Deleting as the driver has it done: shown, confirmed, and then only what was shown."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from bootstrap.cli.delete import list_text, text_of
from bootstrap.errors import ConfigError, RegistryError
from bootstrap.workflow import delete as workflow

IMAGE = {
    "source": "quay.io/team/app:v1",
    "repository": "team/app",
    "reference": "v1",
    "digest": "sha256:0",
    "bytes": 7_000_000,
    "also": ["team/app:stable"],
}
STAYING = {"destination": "openshift/release:4.20.1-x86_64-etcd", "needed_by": ["release 4.20.2 amd64"]}
TOLD = {
    "registry": "a:5000",
    "images": [IMAGE],
    "staying": [STAYING],
    "absent": 2,
    "stale": 1,
    "bytes": 7_000_000,
}


@pytest.fixture
def driver(monkeypatch, tmp_path):
    """Deletes at a site whose agent tells ``told``; gives what was asked of it and what was published."""

    def do(told, *, confirm=lambda _found: None, error=None, allowed=True):
        asked, published = [], []

        def run_agent(_connection, operation, progress, **more):
            asked.append((operation, more.get("flags"), more.get("stdin", "")))
            if operation == "delete-list":
                progress.mirror({"event": "to_delete", **told})
            elif error is not None:
                raise error
            else:
                progress.mirror({"event": "deleted", "registry": "a:5000", "images": 1, "forgotten": 2})
            return f"run-{operation}", {}

        def publish(_site, ledger):
            published.append(ledger)
            return SimpleNamespace(directory=tmp_path, is_new=True)

        monkeypatch.setattr(workflow, "connect", lambda _host: SimpleNamespace(close=lambda: None))
        monkeypatch.setattr(workflow, "prepare", lambda *_, **__: None)
        monkeypatch.setattr(workflow, "run_agent", run_agent)
        monkeypatch.setattr(workflow, "publish_resources", publish)
        monkeypatch.setattr(workflow, "serve_boot_images", lambda _s, ledger, _p: published.append(ledger))
        monkeypatch.setattr(workflow, "Agent", lambda _c: SimpleNamespace(ledger=lambda: "the ledger"))
        site = SimpleNamespace(
            mirror_host=SimpleNamespace(name="mirror1"),
            source="sites/lab",
            registries_set_up=[SimpleNamespace(name="registry1", flag=lambda _name: allowed)],
            state=SimpleNamespace(directory=tmp_path),
        )
        found = []
        outcome = None
        try:
            outcome = workflow.delete(
                site, "the text", confirm=lambda each: (found.append(each), confirm(each))
            )
        except (ConfigError, RegistryError) as caught:
            outcome = caught
        return outcome, asked, published, found

    return do


def refuse(_found):
    raise ConfigError("not deleting", why="its name was not typed", fix="type it")


def test_what_was_listed_is_what_is_deleted_and_the_resources_are_rendered_again(driver):
    done, asked, published, found = driver(TOLD)
    assert asked == [
        ("delete-list", ["--imageset", "-"], "the text"),
        ("delete", ["--listed", "run-delete-list"], ""),
    ]
    assert published == ["the ledger"] * 2  # for clusters, and for the boot images
    shown = list_text(found[0])
    assert "7.0 MB  quay.io/team/app:v1  (team/app:v1)" in shown
    assert "goes too, the same manifest: team/app:stable" in shown
    assert "warning: stays: openshift/release:4.20.1-x86_64-etcd, needed by release 4.20.2 amd64" in shown
    assert "2 images are not there; what is mirrored forgets 1 of them" in shown
    assert "a:5000: 1 images deleted" in text_of(done)
    assert "garbage" in text_of(done)


def test_what_is_not_confirmed_is_not_deleted(driver):
    outcome, asked, published, _ = driver(TOLD, confirm=refuse)
    assert isinstance(outcome, ConfigError)
    assert [operation for operation, *_ in asked] == ["delete-list"]
    assert published == []


def test_after_a_failure_clusters_are_told_of_what_is_there_too(driver):
    error = RegistryError("oc-mirror did not delete it", why="no", fix="see")
    outcome, _, published, _ = driver(TOLD, error=error)
    assert outcome is error
    assert published == ["the ledger"]


def test_nobody_is_asked_when_there_is_nothing_to_delete(driver):
    done, asked, _, found = driver({**TOLD, "images": [], "stale": 0})
    assert (found, len(asked)) == ([], 1)
    assert "there is nothing to delete" in text_of(done)


def test_a_registry_that_allows_no_deletion_is_named_before_anything_is_asked(driver):
    outcome, asked, _, _ = driver(TOLD, allowed=False)
    assert isinstance(outcome, ConfigError)
    assert "registry1" in outcome.what
    assert asked == []


def test_a_file_that_is_not_there_is_told_by_its_name():
    with pytest.raises(ConfigError, match="cannot read nowhere"):
        workflow.read(Path("nowhere.yaml"))
