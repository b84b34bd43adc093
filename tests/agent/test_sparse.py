"""Single platforms out of an index: the index as it is, and of its images those alone."""

from __future__ import annotations

import pytest

from bootstrap.errors import ExitCode
from tests.fakes.images import make_image, make_index, push
from tests.mirror.world import CONTENT, RELEASES
from tests.release.releases import release_image

AMD, ARM, IBM = (make_image(each, architecture=each) for each in ("amd64", "arm64", "s390x"))
INDEX = make_index([AMD, ARM, IBM])


@pytest.fixture
def ask(site):
    push(site.content.store, "team/app", INDEX, tag="v1")
    for registry in site.registries:
        registry.contents.takes_sparse = True

    def ask(*architectures):
        listed = ", ".join(f"{{os: linux, architecture: {each}}}" for each in architectures)
        only = f", platforms: [{listed}]" if architectures else ""
        site.imageset(f"mirror: {{additionalImages: [{{name: 'quay.io/team/app:v1'{only}}}]}}")
        return site.run()

    return ask


def there(registry):
    """Which of the images a registry has; its tag has to be the whole index."""
    contents = registry.contents
    assert contents.tags["team/app", "v1"] == str(INDEX.digest)
    return [
        each.platform.architecture
        for each in INDEX.images
        if ("team/app", str(each.digest)) in contents.manifests
    ]


def test_the_platforms_asked_for_are_mirrored_proved_and_widened_later(site, ask):
    assert ask("amd64", "s390x")[0] == 0
    assert [there(registry) for registry in site.registries] == [["amd64", "s390x"]] * 2
    assert site.ledger()["images"][0]["platforms"] == ["linux/amd64", "linux/s390x"]
    assert site.run("verify")[0] == 0
    code, events = ask("amd64", "s390x")
    assert (code, [each["blobs_copied"] for each in events[-1]["registries"]]) == (0, [0, 0])
    assert ask()[0] == 0
    assert [there(registry) for registry in site.registries] == [["amd64", "arm64", "s390x"]] * 2
    assert site.run("verify")[0] == 0


def test_an_image_that_is_gone_of_those_asked_for_is_missed(site, ask):
    assert ask("amd64")[0] == 0
    del site.registries[0].contents.manifests["team/app", str(AMD.digest)]
    assert site.run("verify")[0] == ExitCode.VERIFICATION


def test_a_platform_that_the_index_lacks_is_named(ask):
    code, events = ask("amd64", "riscv64")
    assert code != 0
    (failed,) = [each for each in events if each["event"] == "failed"]
    assert "linux/riscv64" in failed["why"]
    assert "linux/amd64, linux/arm64, linux/s390x" in failed["why"]


def test_of_a_multi_release_the_platforms_are_taken_out_of_it_and_of_each_component(site, ask):
    store, etcd = site.content.store, make_index([AMD, ARM])
    plain = make_image("cli", architecture="amd64")
    listed = {}
    for name, image in (("etcd", etcd), ("cli", plain)):
        push(store, CONTENT, image)
        listed[name] = f"quay.io/{CONTENT}@{image.digest}"
    released = [release_image("4.20.1", listed, architecture=each) for each in ("amd64", "arm64")]
    push(store, RELEASES, make_index(released), tag="4.20.1-x86_64")  # the name that the fake's graph takes
    site.web.files["/graph"] = site.content.graph_bytes("4.20.1")
    only = "platforms: [{os: linux, architecture: arm64}]"
    site.imageset(f"mirror: {{platform: {{channels: [{{name: stable-4.20}}], {only}}}}}")
    assert site.run()[0] == 0
    for registry in site.registries:
        held = {digest for _, digest in registry.contents.manifests}
        assert {str(each.digest) for each in (*etcd.images, *released)} & held == {
            str(ARM.digest),
            str(released[1].digest),
        }
        assert registry.contents.tags["openshift/release", "4.20.1-multi-cli"] == str(plain.digest)
    assert {tuple(each["platforms"]) for each in site.ledger()["images"]} == {("linux/arm64",)}
    assert site.run("verify")[0] == 0
    del site.registries[1].contents.manifests["openshift/release", str(ARM.digest)]
    assert site.run("verify")[0] == ExitCode.VERIFICATION


def test_a_registry_that_refuses_it_is_told_so(site, ask):
    site.registries[0].contents.takes_sparse = False
    code, events = ask("amd64")
    assert code != 0
    (failed,) = [each for each in events if each["event"] == "failed"]
    assert "for linux/amd64 alone" in failed["why"]
    assert "distribution 3" in failed["fix"]
