import pytest

from tests.cluster.installer.world import World
from tests.fakes.registry import FakeRegistry


@pytest.fixture
def world():
    with FakeRegistry() as registry, registry.client() as client:
        yield World(registry, client)
