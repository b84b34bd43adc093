"""Deleting: only what was shown goes, what is still needed stays, and the ledger believes nobody."""

from __future__ import annotations

import threading

import pytest
import yaml

from bootstrap.errors import ConfigError, ExitCode
from bootstrap.imageset.read import read_delete_text
from bootstrap.mirror import deletion
from bootstrap.mirror.engines.oc_mirror.deleting import OcMirrorDelete
from bootstrap.mirror.forgetting import without
from bootstrap.mirror.ledger import Entry, Ledger
from bootstrap.mirror.pool import Stopped
from bootstrap.store.memory import MemoryStore
from tests.fakes.images import make_image, make_index, push
from tests.fakes.tools import FakeTool

DELETE_HEAD = "apiVersion: mirror.openshift.io/v2alpha1\nkind: DeleteImageSetConfiguration\n"
APP = "quay.io/team/app:v1"
DELETE_APP = f"{DELETE_HEAD}delete: {{additionalImages: [{{name: '{APP}'}}]}}"


def event(events, kind, number=0):
    return [each for each in events if each["event"] == kind][number]


def failed(events):
    return [each for each in events if each["event"] == "failed"]


def releases(oldest, newest):
    channel = f"{{name: stable-4.20, minVersion: {oldest}, maxVersion: {newest}}}"
    return f"{DELETE_HEAD}delete: {{platform: {{channels: [{channel}]}}}}"


@pytest.fixture
def tool(tmp_path):
    return FakeTool(tmp_path, "oc-mirror")


@pytest.fixture
def site(site, tool):
    """Has one registry, and an oc-mirror that says nothing and deletes nothing."""
    del site.registries[1:]
    site.configure(tools={"oc_mirror": str(tool.path)})
    tool.will("")
    return site


@pytest.fixture
def app(site):
    """Mirrors ``app`` under two tags and another image; oc-mirror lists it under one of them."""
    image = make_image("app")
    for tag in ("v1", "stable"):
        push(site.content.store, "team/app", image, tag=tag)
    push(site.content.store, "team/other", make_image("other"), tag="v1")
    names = [APP, "quay.io/team/app:stable", "quay.io/team/other:v1"]
    site.imageset("mirror: {additionalImages: [" + ", ".join(f"{{name: '{each}'}}" for each in names) + "]}")
    assert site.run()[0] == 0
    (registry,) = site.registries
    item = {
        "imageName": f"docker://{APP}",
        "imageReference": f"docker://{registry.location}/team/app:v1",
        "type": "generic",
    }
    content = yaml.safe_dump({"items": [item]})
    directory = site.state / "workspace" / "oc-mirror" / "working-dir" / "delete"
    return image, content, directory


def listed(site, monkeypatch, app):
    """List what goes, as oc-mirror would have written it."""
    _, content, directory = app
    name = "20261121T040000Z_0001"
    original = OcMirrorDelete.items

    def items(self, location, _, stop):
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"delete-images-{name}.yaml").write_text(content)
        return original(self, location, name, stop)

    monkeypatch.setattr(OcMirrorDelete, "items", items)
    code, events = site.run("delete-list", document=DELETE_APP)
    assert code == 0, failed(events)
    return event(events, "run_started")["run"], event(events, "to_delete")


def gone(registry, repository, digest):
    """Do what oc-mirror would: delete the manifest, and with it its tags."""
    del registry.contents.manifests[repository, digest]
    for place in [
        each for each, of in registry.contents.tags.items() if (each[0], of) == (repository, digest)
    ]:
        del registry.contents.tags[place]


def test_what_goes_is_shown_with_its_other_tag_and_the_ledger_forgets_both(site, tool, monkeypatch, app):
    image = app[0]
    run, told = listed(site, monkeypatch, app)
    (shown,) = told["images"]
    assert (shown["repository"], shown["reference"], shown["digest"]) == ("team/app", "v1", str(image.digest))
    assert shown["also"] == ["team/app:stable"]
    assert told["bytes"] == shown["bytes"] == len(image.raw) + sum(map(len, image.blobs.values()))
    argv = tool.calls[-1]["argv"]
    assert argv[0] == "delete"
    assert "--generate" in argv
    assert len(site.ledger()["images"]) == 3  # nothing has changed
    gone(site.registries[0], "team/app", str(image.digest))
    code, events = site.run("delete", listed=run)
    assert code == 0, failed(events)
    assert (event(events, "deleted")["images"], event(events, "deleted")["forgotten"]) == (1, 2)
    assert [each["source"] for each in site.ledger()["images"]] == ["quay.io/team/other:v1"]
    argv = tool.calls[-1]["argv"]
    assert "--generate" not in argv
    assert "--force-cache-delete" not in argv
    items = yaml.safe_load(
        (site.state / "runs").joinpath(event(events, "run_started")["run"], "delete-0.yaml").read_text()
    )
    assert [each["imageReference"] for each in items["items"]] == [
        f"docker://{site.registries[0].location}/team/app:v1"
    ]


def test_a_tool_that_ends_with_0_and_deletes_nothing_is_a_failure_and_nothing_is_forgotten(
    site, tool, monkeypatch, app
):
    run, _ = listed(site, monkeypatch, app)
    code, events = site.run("delete", listed=run)
    assert code == ExitCode.TRANSFER
    (error,) = failed(events)
    assert error["what"].endswith("/team/app:v1")
    assert "exit code 0" in error["why"]
    assert len(site.ledger()["images"]) == 3


def test_a_tag_that_nobody_of_us_set_goes_too_and_is_shown(site, monkeypatch, app):
    (registry,) = site.registries
    registry.contents.tags["team/app", "prod"] = str(app[0].digest)
    registry.contents.tags["team/app", "sound"] = registry.contents.tags["team/other", "v1"]
    registry.contents.manifests["team/app", registry.contents.tags["team/other", "v1"]] = (
        registry.contents.manifests["team/other", registry.contents.tags["team/other", "v1"]]
    )
    _, told = listed(site, monkeypatch, app)
    assert told["images"][0]["also"] == ["team/app:prod", "team/app:stable"]


def test_what_went_some_other_way_is_forgotten_without_the_tool(site, tool, monkeypatch, app):
    gone(site.registries[0], "team/app", str(app[0].digest))
    run, told = listed(site, monkeypatch, app)
    assert (told["images"], told["absent"], told["stale"]) == ([], 1, 1)
    calls = len(tool.calls)
    code, events = site.run("delete", listed=run)
    assert code == 0, failed(events)
    assert event(events, "deleted")["forgotten"] == 2
    assert [each["source"] for each in site.ledger()["images"]] == ["quay.io/team/other:v1"]
    asked = [call for call in tool.calls[calls:] if call["argv"][0] == "delete"]
    assert asked == []


def test_what_was_gone_when_it_was_stopped_is_forgotten(site, monkeypatch, app):
    run, _ = listed(site, monkeypatch, app)

    def delete(_self, _location, _items, _path, stop, _warn):
        gone(site.registries[0], "team/app", str(app[0].digest))
        stop.set()
        raise Stopped

    monkeypatch.setattr(OcMirrorDelete, "delete", delete)
    code, _ = site.run("delete", listed=run)
    assert code == ExitCode.INTERRUPTED
    assert [each["source"] for each in site.ledger()["images"]] == ["quay.io/team/other:v1"]


def test_a_registry_that_refuses_is_told_before_anything_is_listed(site, tool, app):
    (registry,) = site.registries
    registry.contents.deletes = False
    calls = len(tool.calls)
    code, events = site.run("delete-list", document=DELETE_APP)
    assert code == ExitCode.REGISTRY
    (error,) = failed(events)
    assert registry.location in error["what"]
    assert "REGISTRY_STORAGE_DELETE_ENABLED=true" in error["fix"]
    assert [call for call in tool.calls[calls:] if call["argv"][0] == "delete"] == []


def test_what_has_changed_since_it_was_shown_is_not_deleted(site, tool, monkeypatch, app):
    run, _ = listed(site, monkeypatch, app)
    push(site.content.store, "team/more", make_image("more"), tag="v1")
    site.imageset("mirror: {additionalImages: [{name: 'quay.io/team/more:v1'}]}")
    assert site.run()[0] == 0
    calls = len(tool.calls)
    code, events = site.run("delete", listed=run)
    assert code == ExitCode.CONFIG
    assert "has changed" in failed(events)[0]["why"]
    assert len(tool.calls) == calls


def test_what_a_release_that_stays_shares_stays_and_is_named(site, monkeypatch):
    def one_etcd(name, **more):
        return make_image((name[0] if name[1] != "etcd" else "any", name[1]), **more)

    monkeypatch.setattr("tests.mirror.world.make_image", one_etcd)
    for version in ("4.20.1", "4.20.2"):
        site.release(version)
        code, events = site.run()
        assert code == 0, failed(events)
    code, events = site.run("delete-list", document=releases("4.20.1", "4.20.1"))
    assert code == 0, failed(events)
    told = event(events, "to_delete")
    assert {each["repository"] + ":" + each["reference"] for each in told["images"]} == {
        "openshift/release-images:4.20.1-x86_64",
        "openshift/release:4.20.1-x86_64-installer",
    }
    assert told["staying"] == [
        {"destination": "openshift/release:4.20.1-x86_64-etcd", "needed_by": ["release 4.20.2 amd64"]}
    ]
    assert "4.20.2" in event(events, "warning", -1)["why"]
    code, events = site.run("delete-list", document=releases("4.20.1", "4.20.2"))
    told = event(events, "to_delete")
    assert (told["staying"], len(told["images"])) == ([], 5)
    digests = {each["digest"] for each in site.ledger()["images"]}
    assert {each["digest"] for each in told["images"]} == digests


def test_without_oc_mirror_it_says_what_to_install(site):
    site.configure(tools={"oc_mirror": "/nowhere/oc-mirror"})
    code, events = site.run("delete-list", document=DELETE_APP)
    assert code == ExitCode.CONFIG
    assert "install oc-mirror v2" in failed(events)[0]["fix"]


def test_all_that_is_wrong_with_the_file_is_said_at_once_with_its_path():
    text = (
        f"{DELETE_HEAD.replace('Delete', '')}mirror: {{}}\n"
        "delete:\n  blockedImages: []\n  additionalImages: [{name: quay.io/a/b}]\n"
        "  platform: {channels: [{name: stable-4.20}]}\n"
    )
    with pytest.raises(ConfigError) as caught:
        read_delete_text(text)
    paths = {line.split(": ")[0] for line in caught.value.why.splitlines()}
    assert paths == {
        "mirror",
        "kind",
        "delete.blockedImages",
        "delete.additionalImages[0].name",
        "delete.platform.channels[0]",
    }


@pytest.mark.parametrize("text", ["delete: {}", "delete: {additionalImages: []}", ""])
def test_a_file_that_names_nothing_is_refused(text):
    with pytest.raises(ConfigError, match="delete: it"):
        read_delete_text(DELETE_HEAD + text)


def test_a_manifest_that_an_index_lists_stays():
    """Deleting it would leave the index with a hole."""
    store = MemoryStore("registry")
    child = make_image("child")
    push(store, "team/app", child, tag="amd64")
    index = make_index([child])
    push(store, "team/app", index, tag="all")

    def entry(tag, digest):
        return Entry(
            "additional",
            f"quay.io/team/app:{tag}",
            tag,
            "team/app",
            tag,
            str(digest),
            1,
            None,
            None,
            None,
            ("a:5000",),
            "run",
            "now",
        )

    ledger = Ledger(images=(entry("amd64", child.digest), entry("all", index.digest)))
    items = {
        tag: deletion.Item(f"quay.io/team/app:{tag}", "team/app", tag, "generic") for tag in ("amd64", "all")
    }

    def plan(*tags):
        chosen = [items[tag] for tag in tags]
        return deletion.plan(chosen, ledger, "a:5000", store, workers=2, stop=threading.Event())

    (staying,) = plan("amd64").staying
    assert staying.needed_by == ("quay.io/team/app:all",)
    assert plan("amd64").going == ()
    both = plan("amd64", "all")
    assert (len(both.going), both.staying) == (2, ())
    assert plan("all").size == len(index.raw)  # the rest is the child's, too, which stays


def test_a_registry_less_and_then_none_leaves_the_ledger_without_the_image_and_its_catalog():
    catalog = Entry(
        "catalog",
        "quay.io/team/catalog:v1",
        "v1",
        "team/catalog",
        "v1",
        "sha256:0",
        1,
        None,
        None,
        None,
        ("a:5000", "b:5000"),
        "run",
        "now",
    )
    resource = {
        "kind": "CatalogSource",
        "metadata": {"name": "cs"},
        "spec": {"image": "a:5000/team/catalog:v1"},
    }
    ledger = Ledger(images=(catalog,), resources=(resource,))
    gone = {("team/catalog", "v1", "sha256:0")}
    left = without(ledger, "a:5000", gone)
    assert [each.registries for each in left.images] == [("b:5000",)]
    assert left.resources == (resource,)
    left = without(left, "b:5000", gone)
    assert (left.images, left.resources) == ((), ())
