"""The real oc-mirror to disk, and from disk where no source answers."""

from __future__ import annotations

import shutil

import pytest

from tests.agent.conftest import CHANNEL
from tests.fakes.images import make_image, push

pytestmark = [
    pytest.mark.real_oc_mirror,
    pytest.mark.skipif(shutil.which("oc-mirror") is None, reason="oc-mirror is not on PATH"),
]
APP = "quay.io/team/app:v1"
NOWHERE = "https://127.0.0.1:1"


def failed(events):
    return [event for event in events if event["event"] == "failed"]


@pytest.fixture
def site(real_site):
    push(real_site.content.store, "team/app", make_image("app"), tag="v1")
    real_site.imageset(CHANNEL.replace("]}}", f"]}}, additionalImages: [{{name: '{APP}'}}]}}"))
    return real_site


def apart(site, **changes):
    """Have no source and no server of the update graph any more."""
    key = str(site.directory / "key.gpg")
    site.configure(
        redirects=[{"prefix": "quay.io", "location": "127.0.0.1:1"}],
        update_url=f"{NOWHERE}/graph",
        signature_url=f"{NOWHERE}/signatures",
        signature_policy="require",
        signature_key=key,
        **changes,
    )


def to_disk(site, directory="first", **changes):
    key = str(site.directory / "key.gpg")
    site.configure(signature_policy="require", signature_key=key, **changes)
    return site.run("to-disk", directory=directory)


def test_what_went_to_disk_fills_a_registry_where_no_source_answers_and_is_in_the_ledger(site):
    code, events = to_disk(site)
    assert code == 0, failed(events)
    assert site.uploads() == 0
    (archived,) = [event for event in events if event["event"] == "archived"]
    directory = site.state / "archives" / "first"
    assert archived["directory"] == str(directory)
    assert {each["name"] for each in archived["files"]} == {
        "mirror_000001.tar",
        "contents.json",
        "imageset.yaml",
    }
    (directory / "SHA256SUMS").unlink()  # as if it had been killed before it wrote that
    code, events = to_disk(site)
    assert code == 0, failed(events)
    apart(site)
    code, events = site.run("from-disk", directory="first")
    assert code == 0, failed(events)
    assert site.uploads() > 0
    ledger = site.ledger()
    assert [(run["operation"], run["engine"], run["outcome"]) for run in ledger["runs"]] == [
        ("to-disk", "oc-mirror", "ok"),
        ("to-disk", "oc-mirror", "ok"),
        ("from-disk", "oc-mirror", "ok"),
    ]
    kinds = sorted(image["kind"] for image in ledger["images"])
    assert kinds == ["additional", "component", "component", "release"]
    assert [each["version"] for each in ledger["releases"]] == ["4.20.1"]
    assert ledger["releases"][0]["signature_base64"]
    assert site.run("verify")[0] == 0
    before = site.uploads()
    code, events = site.run("from-disk", directory="first")
    assert (code, site.uploads()) == (0, before), failed(events)
