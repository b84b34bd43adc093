"""Helm charts by the real oc-mirror: their images are found, planned, moved and verified."""

from __future__ import annotations

import io
import json
import shutil
import tarfile

import pytest

from bootstrap.errors import ExitCode
from tests.fakes.images import make_image, push

pytestmark = [
    pytest.mark.real_oc_mirror,
    pytest.mark.skipif(shutil.which("oc-mirror") is None, reason="oc-mirror is not on PATH"),
]
CHART = "apiVersion: v2\nname: shop\nversion: 1.0.0\n"
POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  containers:
  - {{name: {name}, image: "{image}"}}
"""
IMAGES = {"full": "quay.io/team/app:v1", "short": "team/short:v1", "library": "nginx:v1"}


def failed(events):
    return [event for event in events if event["event"] == "failed"]


def chart(images):
    """Return the files of a chart with these images."""
    pods = {f"templates/{name}.yaml": POD.format(name=name, image=image) for name, image in images.items()}
    return {"Chart.yaml": CHART, **pods}


@pytest.fixture
def site(real_site):
    for repository in ("team/app", "team/short", "library/nginx"):
        push(real_site.content.store, repository, make_image(repository), tag="v1")
    redirects = [
        {"prefix": prefix, "location": real_site.upstream.location} for prefix in ("quay.io", "docker.io")
    ]
    real_site.configure(redirects=redirects, engine="auto")
    return real_site


def write(directory, files):
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def places(site):
    images = site.ledger()["images"]
    return sorted((each["kind"], each["source"], each["destination"], each["tag"]) for each in images)


def test_the_images_of_a_chart_on_the_mirror_host_are_mirrored_verified_and_once(site, tmp_path):
    write(tmp_path / "shop", chart(IMAGES))
    site.imageset(f"mirror: {{helm: {{local: [{{name: shop, path: {tmp_path}/shop}}]}}}}")
    code, events = site.run()
    assert code == 0, failed(events)
    assert places(site) == [
        ("helm", "docker.io/library/nginx:v1", "nginx", "v1"),
        ("helm", "docker.io/team/short:v1", "short", "v1"),  # oc-mirror takes team for a registry there
        ("helm", "quay.io/team/app:v1", "team/app", "v1"),
    ]
    assert site.run("verify")[0] == 0
    before = site.uploads()
    code, events = site.run()
    assert (code, site.uploads()) == (0, before), failed(events)


def packed(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"shop/{name}")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


@pytest.mark.parametrize("charts", ["", ", charts: [{name: shop, version: 1.0.0}]"], ids=["all", "by name"])
def test_the_charts_of_a_repository_go_to_disk_and_from_disk_where_it_does_not_answer(site, charts):
    url = f"{site.web.url}/charts"
    known = {"name": "shop", "version": "1.0.0", "apiVersion": "v2", "urls": [f"{url}/shop-1.0.0.tgz"]}
    index = {"apiVersion": "v1", "entries": {"shop": [known]}}
    site.web.files["/charts/index.yaml"] = json.dumps(index).encode()
    site.web.files["/charts/shop-1.0.0.tgz"] = packed(chart({"full": IMAGES["full"]}))
    site.imageset(f"mirror: {{helm: {{repositories: [{{name: shop, url: '{url}/'{charts}}}]}}}}")
    code, events = site.run("to-disk", directory="first")
    assert code == 0, failed(events)
    site.web.files.clear()
    site.configure(redirects=[{"prefix": "quay.io", "location": "127.0.0.1:1"}])
    code, events = site.run("from-disk", directory="first")
    assert code == 0, failed(events)
    assert places(site) == [("helm", "quay.io/team/app:v1", "team/app", "v1")]
    assert site.run("verify")[0] == 0


def test_a_chart_that_cannot_be_had_fails_the_run(site, tmp_path):
    site.imageset(f"mirror: {{helm: {{local: [{{name: shop, path: {tmp_path}/shop}}]}}}}")
    code, events = site.run()
    assert code == ExitCode.TRANSFER
    (error,) = failed(events)
    assert error["what"] == "oc-mirror cannot say what this image set names"
    assert f"failed to load {tmp_path}/shop" in error["why"]
