"""The image travels as an archive and is named by the digest found in it."""

import pytest

pytest.importorskip("bootstrap.store.layout")

DIGEST = "sha256:" + "1" * 64


@pytest.fixture
def image(plugin, monkeypatch):
    module = plugin("registry_service", "filter_plugins", "registry_service_image")
    monkeypatch.setattr(
        module, "archive_digest", lambda _path: module.Reference.parse(f"a.b/c@{DIGEST}").digest
    )
    return module


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "registry.tar"
    path.write_bytes(b"x")
    return str(path)


def test_the_image_is_pinned_to_what_the_archive_holds(image, archive):
    assert (
        image.image_pinned("docker.io/library/registry:2", archive) == f"docker.io/library/registry@{DIGEST}"
    )


def test_a_digest_in_the_setting_must_be_the_archives(image, archive):
    assert image.image_problems(f"docker.io/library/registry@{DIGEST}", archive) == []
    (problem,) = image.image_problems(f"docker.io/library/registry@sha256:{'2' * 64}", archive)
    assert "names sha256:2222" in problem
    assert f"holds {DIGEST}" in problem


def test_a_missing_archive_is_refused_with_the_command_that_makes_it(image, tmp_path):
    (problem,) = image.image_problems("docker.io/library/registry:2", str(tmp_path / "no.tar"))
    assert "skopeo copy docker://docker.io/library/registry:2 oci-archive:registry.tar" in problem


@pytest.mark.parametrize(
    ("reference", "tagged"),
    [
        ("docker.io/library/registry:2", "docker.io/library/registry:2"),
        (f"docker.io/library/registry@{DIGEST}", "docker.io/library/registry:pinned"),
        (f"localhost:5000/registry:3@{DIGEST}", "localhost:5000/registry:3"),
    ],
)
def test_the_name_that_podman_gives_has_a_tag_and_no_digest(image, reference, tagged):
    assert image.image_tagged(reference) == tagged
