"""The format of telco-ran-tools: an archive an image."""

import hashlib
import subprocess

import pytest

from bootstrap.errors import ConfigError
from bootstrap.precache.disk.archive import is_right, size_of, write_archive
from bootstrap.precache.images.naming import artifact_name
from tests.fakes.images import make_image
from tests.precache.disk.world import fill, layers, specs, sums, unpacked, wants


class Never:
    def is_set(self):
        return False


@pytest.mark.parametrize("size", [0, 1, 511, 512, 65535 - 1536, 65535 * 3, 1_000_000])
def test_an_archive_is_as_long_as_foretold_and_gnu_tar_reads_it(tmp_path, size):
    content = {"manifest.json": b"{}", "b" * 64: bytes(range(256)) * (size // 256) + b"x" * (size % 256)}
    files = {}
    for name, data in content.items():
        files[name] = tmp_path / name
        files[name].write_bytes(data)
    path = tmp_path / "image.tgz"
    with path.open("wb") as out:
        told = write_archive(out, "ocp@sha256_1", files, Never())
    assert hashlib.sha256(path.read_bytes()).hexdigest() == told
    sizes = {name: len(data) for name, data in content.items()}
    assert path.stat().st_size == size_of("ocp@sha256_1", sizes)
    subprocess.run(["tar", "xzf", path, "--force-local", "-C", tmp_path], check=True)
    assert {each.name: each.read_bytes() for each in (tmp_path / "ocp@sha256_1").iterdir()} == content


def test_names_that_are_longer_than_tar_had_room_for_are_kept(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    name, path = f"{'n' * 170}_v1", tmp_path / "image.tgz"
    with path.open("wb") as out:
        write_archive(out, name, {"f" * 64: tmp_path / "file"}, Never())
    assert path.stat().st_size == size_of(name, {"f" * 64: 7})
    assert unpacked(path) == {f"{name}/{'f' * 64}": b"content"}


def test_row_a4_every_archive_has_the_name_that_the_scripts_look_for(mirror, tmp_path):
    digests = mirror.release()
    fill(mirror.given(), tmp_path, form="tgz")
    listed = {artifact_name(spec) for spec in specs(tmp_path, "ocp-images.txt")}
    assert {path.name for path in tmp_path.glob("*.tgz")} == {f"{name}.tgz" for name in listed}
    name = f"ocp-v4.0-art-dev@sha256_{digests['etcd'].hex}"
    found = unpacked(tmp_path / f"{name}.tgz")
    manifest = found[f"{name}/manifest.json"]
    expected = {f"{name}/{each}" for each in ("manifest.json", "version", *layers(manifest))}
    assert found.keys() == expected
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_two_images_of_one_name_are_refused_and_lie_side_by_side_in_a_layout(mirror, tmp_path):
    mirror.release()
    named = ["registry.redhat.io/a/tool:v1", "registry.redhat.io/b/tool:v1"]
    for source in named:
        mirror.image(source, make_image(source))
    with pytest.raises(ConfigError, match=r"tool_v1\.tgz, as that of registry\.redhat\.io/a/tool:v1"):
        fill(mirror.given(), tmp_path / "disk", site=wants(*named), form="tgz")
    fill(mirror.given(), tmp_path / "disk", site=wants(*named))


@pytest.mark.parametrize("damage", ["truncated", "changed", "a bit"])
def test_archives_that_are_not_in_the_checksums_are_read_before_they_are_kept(mirror, tmp_path, damage):
    mirror.release()
    fill(mirror.given(), tmp_path, form="tgz")
    (tmp_path / "SHA256SUMS").unlink()
    assert fill(mirror.given(), tmp_path, form="tgz").damaged == ()
    path = min(tmp_path.glob("*.tgz"))
    good = path.read_bytes()
    bad = {"truncated": good[:-1], "changed": bytes(len(good)), "a bit": good[:3000] + b"\xff" + good[3001:]}
    path.write_bytes(bad[damage])
    (tmp_path / "SHA256SUMS").unlink()
    assert fill(mirror.given(), tmp_path, form="tgz").damaged == (path,)
    assert path.read_bytes() == good
    told, found = sums(tmp_path)
    assert told == found


def test_an_archive_of_another_image_is_not_right(tmp_path):
    path = tmp_path / "image.tgz"
    path.write_bytes(b"nothing")
    assert not is_right(path, "image", {})
