import pytest

from tests.fakes.registry import FakeRegistry
from tests.precache.disk.world import fake_mirror


@pytest.fixture
def mirror():
    """A registry of a site, empty."""
    with FakeRegistry() as registry, registry.client() as client:
        found = fake_mirror(registry, client)
        found.registry = registry
        yield found
