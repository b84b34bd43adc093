"""A package repository, read by this machine's own apt as a host's would."""

import hashlib
import shutil
import subprocess

import pytest

from bootstrap.sandbox import packages

CONTROL = """\
Package: {name}
Version: 1:2.0-1
Architecture: all
Maintainer: Nobody <n@example.com>
Description: nothing
"""


@pytest.fixture(scope="module")
def debs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("debs")
    for name in ("one", "two"):
        tree = folder / name
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "DEBIAN/control").write_text(CONTROL.format(name=name))
        deb = folder / f"{name}_1%3a2.0-1_all.deb"
        subprocess.run(["dpkg-deb", "--build", "--root-owner-group", str(tree), str(deb)], check=True)
        shutil.rmtree(tree)
    return folder


def test_the_index_names_every_package_with_its_hash(debs, tmp_path):
    packages.publish(debs, tmp_path / "served", tmp_path / "key.asc")
    index = (tmp_path / "served/Packages").read_text()
    deb = tmp_path / "served/one_1_3a2.0-1_all.deb"
    assert "Filename: ./one_1_3a2.0-1_all.deb" in index
    assert hashlib.sha256(deb.read_bytes()).hexdigest() in index
    assert index.count("Package: ") == 2


def test_publishing_again_changes_nothing(debs, tmp_path):
    packages.publish(debs, tmp_path / "served", tmp_path / "key.asc")
    before = (tmp_path / "served/InRelease").read_text()
    packages.publish(debs, tmp_path / "served", tmp_path / "key.asc")
    assert (tmp_path / "served/InRelease").read_text() == before


def test_apt_takes_the_signature_and_finds_the_packages(debs, tmp_path):
    packages.publish(debs, tmp_path / "served", tmp_path / "key.asc")
    root = tmp_path / "root"
    for folder in (
        "etc/apt/apt.conf.d",
        "etc/apt/sources.list.d",
        "var/lib/dpkg",
        "var/cache/apt",
        "var/lib/apt",
    ):
        (root / folder).mkdir(parents=True)
    (root / "var/lib/dpkg/status").write_text("")
    (tmp_path / "ca.crt").write_text("unused: the repository is read as files")
    packages.use(root, f"file:{tmp_path}/served", tmp_path / "key.asc", tmp_path / "ca.crt")
    sources = root / "etc/apt/sources.list.d/sandbox.sources"
    sources.write_text(sources.read_text().replace("/etc/apt/keyrings", f"{root}/etc/apt/keyrings"))
    options = ["-o", f"Dir={root}", "-o", f"Dir::State::status={root}/var/lib/dpkg/status"]
    options += ["-o", "APT::Sandbox::User=root"]
    done = subprocess.run(["apt-get", *options, "update"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found = subprocess.run(["apt-cache", *options, "policy", "two"], capture_output=True, text=True).stdout
    assert "Candidate: 1:2.0-1" in found
