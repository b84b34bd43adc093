"""One host, configured once; every test interrupts something on it, and leaves it whole."""

from __future__ import annotations

import shutil
import subprocess

import pytest
import yaml

from bootstrap.sandbox.release import ReleaseSpec
from tests.e2e.interruptions.ground import DISK_MEGABYTES, PARALLEL, ROOT_DIR, STATE_DIR, Ground
from tests.e2e.lab import ROOT, make_lab

CONTENT = ReleaseSpec(components=14, component_size=1_400_000, base_sizes=(2_000_000, 1_000_000))
DIRECTORY = ROOT / ".lab" / "interruptions"


@pytest.fixture(scope="session")
def ground():
    _unmount()
    lab = make_lab(DIRECTORY, ("registry1",), second_network=(), content=CONTENT)
    host = lab.sandbox.host("registry1")
    host.poweroff()
    disk = host.root / ROOT_DIR
    disk.mkdir(parents=True, exist_ok=True)
    options = f"size={DISK_MEGABYTES}m,mode=755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "interruptions", str(disk)], check=True)
    host.start()
    settings = {"mirror_content_state_dir": f"/{STATE_DIR}", "mirror_content_parallel": PARALLEL}
    with (lab.inventory / "group_vars/all.yml").open("a") as file:
        file.write(yaml.safe_dump(settings))
    made = Ground(lab)
    first = lab.run("up", "--json")
    assert first.code == 0, f"{first.out}\n{first.err}"
    made.slow_upstream()
    yield made
    lab.sandbox.host("registry1").kill()
    _unmount()
    lab.sandbox.destroy()
    shutil.rmtree(DIRECTORY)


def _unmount() -> None:
    for mounted in DIRECTORY.glob(f".sandbox/hosts/*/root/{ROOT_DIR}"):
        if mounted.is_mount():
            subprocess.run(["umount", "--lazy", str(mounted)], check=True)


@pytest.fixture
def empty(ground):
    """The host with a registry that holds nothing."""
    ground.empty()
    return ground
