from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from bootstrap.store.interface import Destination
from bootstrap.store.layout import LayoutStore
from bootstrap.store.memory import MemoryStore
from bootstrap.store.oc_directory import OcDirectory
from bootstrap.store.remote import RemoteStore
from tests.fakes.distribution import Distribution, distribution
from tests.fakes.registry import FakeRegistry


@pytest.fixture(scope="session")
def real_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Distribution]:
    """One process of Debian's docker-registry for all tests; each test has its own repositories."""
    with distribution(tmp_path_factory.mktemp("distribution")) as running:
        yield running


@pytest.fixture(params=["memory", "layout", "oc-directory", "fake-basic", "fake-bearer", "distribution"])
def store(request: pytest.FixtureRequest, tmp_path) -> Iterator[Destination]:
    """Every store there is, empty."""
    with ExitStack() as stack:
        if request.param == "memory":
            yield MemoryStore()
        elif request.param == "layout":
            yield LayoutStore(tmp_path / "layout")
        elif request.param == "oc-directory":
            yield OcDirectory(tmp_path / "archives")
        elif request.param == "distribution":
            running = request.getfixturevalue("real_registry")
            yield RemoteStore(stack.enter_context(closing(running.client())))
        else:
            fake = stack.enter_context(FakeRegistry(auth=request.param.partition("-")[2]))
            fake.contents.relative_locations = request.param == "fake-bearer"
            yield RemoteStore(stack.enter_context(closing(fake.client())))
