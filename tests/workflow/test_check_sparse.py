import pytest

from bootstrap.imageset.read import read_text
from bootstrap.site.model import Connection, Host, Site
from bootstrap.site.state import State
from bootstrap.workflow.check_sparse import sparse_problems
from tests.mirror.world import HEAD

ONLY = "platforms: [{os: linux, architecture: amd64}]"
CHART = f"{{name: c, version: '1', {ONLY}}}"


def problems(tmp_path, body, *images):
    hosts = tuple(
        Host(f"r{number}", ("registry",), {"registry_service_image": image}, Connection("local", "r1"))
        for number, image in enumerate(images, 1)
    )
    site = Site("site", tmp_path, tmp_path, State(tmp_path / ".bootstrap-registry"), hosts, hosts[0])
    return list(sparse_problems(site, read_text(HEAD + body)))


BODIES = [
    f"mirror: {{additionalImages: [{{name: 'quay.io/a/b:1', {ONLY}}}]}}",
    f"mirror: {{platform: {{channels: [{{name: stable-4.20}}], {ONLY}}}}}",
    f"mirror: {{operators: [{{catalog: 'registry.redhat.io/redhat/i:v4.20', {ONLY}}}]}}",
    f"mirror: {{helm: {{repositories: [{{name: r, url: 'https://a.io', charts: [{CHART}]}}]}}}}",
]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize(
    ("image", "is_refused"),
    [
        ("docker.io/library/registry:2", True),
        ("docker.io/library/registry:2.8.3", True),
        ("enclave.example.com:5000/docker/registry:2-alpine", True),
        ("docker.io/library/registry:3", False),
        ("docker.io/library/registry:3.0.0", False),
        ("docker.io/library/registry:20", False),
        ("ghcr.io/project-zot/zot:2.1", False),
        ("no image", False),
    ],
)
def test_platforms_are_refused_beforehand_where_the_registry_is_distribution_2(
    tmp_path, body, image, is_refused
):
    found = problems(tmp_path, body, image)
    assert len(found) == is_refused
    assert all("r1" in each.what and image in each.why and "registry:3" in each.fix for each in found)


def test_registries_of_one_kind_are_told_together(tmp_path):
    old = "docker.io/library/registry:2"
    (problem,) = problems(tmp_path, BODIES[0], old, "docker.io/library/registry:3", old)
    assert "r1, r3 refuses" in problem.what


def test_without_platforms_every_registry_will_do(tmp_path):
    assert (
        problems(
            tmp_path, "mirror: {additionalImages: [{name: 'quay.io/a/b:1'}]}", "docker.io/library/registry:2"
        )
        == []
    )
