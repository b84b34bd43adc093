"""One host for all bad input: it is set up nowhere, and nothing that is refused may change that."""

from __future__ import annotations

import shutil

import pytest

from bootstrap.sandbox.release import ReleaseSpec
from tests.e2e.lab import ROOT, make_lab


@pytest.fixture(scope="session")
def lab():
    directory = ROOT / ".lab" / "badinput"
    made = make_lab(
        directory, ("registry1",), second_network=(), content=ReleaseSpec(components=2, component_size=10_000)
    )
    yield made
    made.sandbox.destroy()
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def host(lab):
    return lab.sandbox.host("registry1")
