"""The real tools on the same registry as our own engine: one layout, so neither copies what is there."""

from __future__ import annotations

import shutil
import threading

import pytest
import yaml

from bootstrap.agent import settings as agent_settings
from bootstrap.agent.toolbox import surroundings
from bootstrap.cluster.mirror_sets import image_digest_mirror_sets, image_tag_mirror_sets
from bootstrap.errors import ExitCode
from bootstrap.mirror.engines.oc_mirror.command import Commands, Parallel
from bootstrap.mirror.engines.oc_mirror.running import execute
from bootstrap.mirror.layout import digest_tag
from bootstrap.mirror.mirror_sets import mirrors_of
from tests.agent.conftest import CHANNEL
from tests.cluster.meaning import differences
from tests.fakes.images import make_image, push
from tests.release.releases import release_image

APP = "quay.io/team/app:v1"
WITH_APP = CHANNEL.replace("]}}", f"]}}, additionalImages: [{{name: '{APP}'}}]}}")

with_oc_mirror = [
    pytest.mark.real_oc_mirror,
    pytest.mark.skipif(shutil.which("oc-mirror") is None, reason="oc-mirror is not on PATH"),
]
with_oc = [pytest.mark.real_oc, pytest.mark.skipif(shutil.which("oc") is None, reason="oc is not on PATH")]


def failed(events):
    return [event for event in events if event["event"] == "failed"]


@pytest.fixture
def site(real_site):
    push(real_site.content.store, "team/app", make_image("app"), tag="v1")
    real_site.imageset(WITH_APP)
    return real_site


def run_oc_mirror(site):
    """Run oc-mirror as the engine does, whether there is anything to do or not; gives its objects."""
    around = surroundings(agent_settings.read(site.settings))
    directory = around.directory("oc-mirror")
    commands = Commands(shutil.which("oc-mirror"), around.imageset, directory, around.auth_file)
    argv = commands.mirror(site.registry.location, Parallel.of(4))
    ended = execute(argv, around, threading.Event(), working_dir=commands.working_dir)
    assert (ended.code, ended.log.errors) == (0, {})
    files = (commands.working_dir / "cluster-resources").glob("*.yaml")
    return [each for path in files for each in yaml.safe_load_all(path.read_text()) if each]


def _marked(marks):
    def mark(test):
        for each in marks:
            test = each(test)
        return test

    return mark


@_marked(with_oc_mirror)
def test_after_native_oc_mirror_copies_nothing_and_means_the_same_for_clusters(site):
    code, events = site.mirror("native")
    assert code == 0, failed(events)
    before = site.uploads()
    assert before > 0
    theirs = run_oc_mirror(site)
    assert site.uploads() == before
    ledger = site.ledger()
    mirrors = mirrors_of(ledger, [site.registry.location])
    ours = [*image_digest_mirror_sets(mirrors), *image_tag_mirror_sets(mirrors)]
    sets = [each for each in theirs if each["kind"] in ("ImageDigestMirrorSet", "ImageTagMirrorSet")]
    specs = [each["source"] for each in ledger["images"] if each["kind"] in ("component", "additional")]
    specs += [each["source"] for each in ledger["images"] if each["kind"] == "release"]
    assert len(specs) == 4
    assert differences(ours, sets, specs) == {}


@_marked(with_oc_mirror)
def test_after_oc_mirror_and_what_it_leaves_out_native_copies_nothing(site):
    tag = f"{digest_tag(make_image('app').digest)}.att"
    push(site.content.store, "team/app", make_image("att"), tag=tag)
    code, events = site.mirror("oc-mirror")
    assert code == 0, failed(events)
    before = site.uploads()
    assert before > 0
    assert site.ledger()["runs"][-1]["engine"] == "oc-mirror"
    code, events = site.mirror("native")
    assert code == 0, failed(events)
    assert site.uploads() == before
    run = site.ledger()["runs"][-1]
    assert (run["engine"], run["blobs_copied"], run["images"]) == ("native", 0, 5)
    assert "oc-mirror filled the registries before" in run["engine_reason"]
    assert site.run("verify")[0] == 0


@_marked(with_oc_mirror)
def test_what_the_real_oc_mirror_cannot_find_fails_the_run_by_name(site):
    image = make_image("app")
    lost = list(image.blobs)[-1]
    del site.upstream.contents.blobs["team/app", str(lost)]
    code, events = site.mirror("oc-mirror")
    assert code == ExitCode.REGISTRY, failed(events)
    (error,) = failed(events)
    assert error["what"] == f"cannot mirror {APP}"
    assert [each["images"] for each in events[-1]["registries"]] == [3]


@pytest.fixture
def plain(site):
    """A site whose release names its components where they really are, as oc needs it."""
    location, store = site.upstream.location, site.content.store
    listed = {}
    for name in ("etcd", "installer"):
        image = make_image(("plain", name), layers=[{name: name.encode() * 300}], docker=True)
        push(store, "ocp/art", image)
        listed[name] = f"{location}/ocp/art@{image.digest}"
    image = release_image("4.20.7", listed)
    push(store, "ocp/release", image, tag="4.20.7-x86_64")
    push(store, "ocp/release", make_image("sig"), tag=f"sha256-{image.digest.hex}.sig")
    site.imageset(f"mirror: {{platform: {{release: '{location}/ocp/release:4.20.7-x86_64'}}}}")
    return site


def mirror(site, engine):
    site.configure(engine=engine, redirects=[], signature_policy="skip")
    return site.run()


@_marked(with_oc)
def test_after_oc_and_what_it_leaves_out_native_copies_nothing(plain):
    code, events = mirror(plain, "oc")
    assert code == 0, failed(events)
    warnings = [event["what"] for event in events if event["event"] == "warning"]
    assert any("deprecated" in what for what in warnings)
    assert any("the native engine mirrors 1 images that oc leaves out" in what for what in warnings)
    before = plain.uploads()
    assert before > 0
    code, events = mirror(plain, "native")
    assert code == 0, failed(events)
    assert plain.uploads() == before
    assert {image["kind"] for image in plain.ledger()["images"]} == {"release", "component", "signature"}
    assert [run["engine"] for run in plain.ledger()["runs"]] == ["oc", "native"]


@_marked(with_oc)
def test_what_the_real_oc_cannot_find_fails_the_run_by_name(plain):
    place = next(key for key in plain.upstream.contents.blobs if key[0] == "ocp/art")
    del plain.upstream.contents.blobs[place]
    code, events = mirror(plain, "oc")
    assert code == ExitCode.REGISTRY, failed(events)
    named = " ".join(error["what"] for error in failed(events))
    assert f"{plain.upstream.location}/ocp/art@sha256:" in named
