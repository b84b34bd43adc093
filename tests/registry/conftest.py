from __future__ import annotations

from collections.abc import Iterator

import pytest

from bootstrap.registry import retry
from tests.fakes.registry import FakeRegistry


@pytest.fixture(autouse=True)
def waits() -> Iterator[list[float]]:
    """Nothing waits here; what would have been waited is listed, in seconds."""
    with retry.testing() as recorded:
        yield recorded


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with FakeRegistry() as running:
        yield running


@pytest.fixture
def client(fake):
    with fake.client() as opened:
        yield opened
