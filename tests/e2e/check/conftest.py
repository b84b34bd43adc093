"""One host that is set up nowhere and one that is up: every refusal is provoked on them, and undone."""

from __future__ import annotations

import shutil

import pytest

from bootstrap.sandbox.release import ReleaseSpec
from bootstrap.site.load import load_site
from tests.e2e.check.world import World
from tests.e2e.lab import ROOT, copy_site, make_lab

_SMALL = ReleaseSpec(components=2, component_size=10_000, base_sizes=(10_000,))
_FRESH = "---\nregistry:\n  hosts:\n    fresh:\n"


@pytest.fixture(scope="session")
def lab():
    directory = ROOT / ".lab" / "check"
    made = make_lab(directory, ("registry1", "fresh"), second_network=(), content=_SMALL)
    yield made
    made.sandbox.destroy()
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def world(lab):
    """The site of the host `fresh`, loaded once, beside the lab's own, whose `registry1` is not up yet."""
    site = lab.directory / "fresh"
    copy_site(site)
    (site / "hosts.yml").write_text(_FRESH)
    shutil.copy(lab.inventory / "sandbox.yml", site)
    return World(lab, load_site(site), lab.sandbox.host("fresh"))


@pytest.fixture(scope="session")
def up(lab):
    """The site of `registry1`, which is up."""
    ended = lab.run("up", "--json")
    assert ended.code == 0, f"{ended.err}\n{ended.out}"
    return load_site(lab.inventory)
