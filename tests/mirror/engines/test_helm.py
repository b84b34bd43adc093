"""Helm charts by oc-mirror: what its mapping says of their images, as the real one was heard to."""

from __future__ import annotations

import pytest

from bootstrap.errors import ExitCode
from bootstrap.mirror.engines.oc_mirror.discovering import in_full
from bootstrap.store.remote import RemoteStore
from tests.fakes.images import make_image, push
from tests.fakes.tools import FakeTool

CHARTS = "mirror: {helm: {local: [{name: shop, path: /srv/charts/shop}]}}"
# Source and destination of each line: with a registry, and without.
NAMES = {"quay.io/team/app:v1": "team/app:v1", "team/short:v1": "short:v1", "nginx:v1": "nginx:v1"}
SOURCES = ("team/app", "team/short", "library/nginx")


@pytest.fixture
def run(site, tmp_path):
    tool = FakeTool(tmp_path, "oc-mirror")
    redirects = [
        {"prefix": prefix, "location": site.upstream.location} for prefix in ("quay.io", "docker.io")
    ]
    site.imageset(CHARTS)
    site.configure(tools={"oc_mirror": str(tool.path)}, redirects=redirects)
    for repository in SOURCES:
        push(site.content.store, repository, make_image(repository), tag="v1")
    first = site.registries[0]
    told = "".join(f"docker://{name}=docker://{first.location}/{place}\n" for name, place in NAMES.items())
    mapping = site.state / "workspace" / "oc-mirror" / "working-dir" / "dry-run" / "mapping.txt"
    tool.will(files={str(mapping): told})

    def do(*, arrived, says="", code=0):
        tool.will(says, code=code)
        with first.client() as client:
            for repository, place in list(zip(SOURCES, NAMES.values(), strict=True))[:arrived]:
                name, _, tag = place.partition(":")
                push(RemoteStore(client), name, make_image(repository), tag=tag)
        return site.run()

    return do


def test_the_images_of_charts_are_mirrored_with_or_without_a_registry_in_their_names(site, run):
    code, events = run(arrived=3)
    assert code == 0, [event for event in events if event["event"] == "failed"]
    entries = [(each["kind"], each["source"], each["destination"]) for each in site.ledger()["images"]]
    assert sorted(entries) == [
        ("helm", "docker.io/library/nginx:v1", "nginx"),
        ("helm", "docker.io/team/short:v1", "short"),
        ("helm", "quay.io/team/app:v1", "team/app"),
    ]


def test_an_image_of_a_chart_that_does_not_arrive_is_named_with_the_reason_that_was_given(run):
    says = "2026/11/21 11:10:28  [ERROR]  : [Worker] error mirroring image nginx:v1 error: manifest unknown\n"
    code, events = run(arrived=2, says=says, code=16)
    assert code == ExitCode.REGISTRY
    (error,) = [event for event in events if event["event"] == "failed"]
    assert error["what"] == "cannot mirror docker.io/library/nginx:v1"
    assert "manifest unknown" in error["why"]


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("nginx:1", "docker.io/library/nginx:1"),
        ("a/b@sha256:1", "docker.io/a/b@sha256:1"),
        ("localhost/a:1", "localhost/a:1"),
        ("r.example:5000/a:1", "r.example:5000/a:1"),
    ],
)
def test_a_name_without_a_registry_means_docker_hub(name, full):
    assert in_full(name) == full
