import pytest

from tests.fakes.registry import FakeRegistry
from tests.precache.talm.world import World


@pytest.fixture
def world():
    with FakeRegistry() as registry, registry.client() as client:
        yield World(registry, client)


@pytest.fixture
def fresh(world):
    """Two releases and a catalog, for a test that adds to them."""
    return world.usual()


@pytest.fixture(scope="module")
def filled():
    """The same for all tests of a file; nothing is added to it."""
    with FakeRegistry() as registry, registry.client() as client:
        yield World(registry, client).usual()
