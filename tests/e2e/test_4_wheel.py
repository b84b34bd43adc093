"""The wheel, installed into an empty environment in another folder, does what the clone does."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.e2e.lab import ROOT

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    directory = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, text=True)
    (found,) = directory.glob("bootstrap_registry-*.whl")
    return found


@pytest.fixture(scope="module")
def elsewhere(wheel, tmp_path_factory):
    """A folder with nothing in it but an environment that has the wheel."""
    folder = tmp_path_factory.mktemp("else where")
    python = str(Path(sys.base_prefix) / "bin" / "python3")
    subprocess.run([python, "-m", "venv", "--without-pip", "env"], cwd=folder, check=True)
    install = [sys.executable, "-m", "pip", "--python", str(folder / "env/bin/python"), "install", "--quiet"]
    install += ["--disable-pip-version-check", "--constraint", str(ROOT / "constraints.txt"), str(wheel)]
    subprocess.run(install, check=True, capture_output=True, text=True, cwd=folder)
    return folder


def run(elsewhere, *words):
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": os.environ["HOME"]}
    return subprocess.run(
        ["env/bin/bootstrap-registry", *words],
        cwd=elsewhere,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )


def test_the_wheel_holds_roles_playbooks_and_data(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "bootstrap/_shipped/playbooks/site.yml" in names
    assert "bootstrap/_shipped/roles/registry_tls/tasks/main.yml" in names
    assert "bootstrap/host/probe_script.py" in names


def test_init_from_the_wheel(elsewhere):
    done = run(elsewhere, "init", "sites/lab", "--json")
    assert done.returncode == 0, done.stderr
    assert (elsewhere / "sites/lab/imageset.yaml").exists()


def test_check_from_the_wheel(elsewhere, lab, second_up):
    done = run(elsewhere, "check", "-i", str(lab.inventory), "--json")
    assert done.returncode == 0, done.stdout + done.stderr


def test_up_from_the_wheel_finds_all_as_the_clone_left_it(elsewhere, lab, second_up):
    done = run(elsewhere, "up", "-i", str(lab.inventory), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["result"]["changed"] == 0
