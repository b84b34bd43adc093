import datetime as dt

import pytest

from bootstrap.tls.authority import TlsState, load_or_make
from bootstrap.tls.issue import Order, issue

NAMES = ("reg1.example.test", "registry.example.test", "192.0.2.10", "2001:db8::10")


@pytest.fixture
def now():
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


@pytest.fixture
def state(tmp_path):
    return TlsState(tmp_path / "state")


@pytest.fixture
def authority(state, now):
    return load_or_make(state, "demo", 3650, now)


@pytest.fixture
def order():
    return Order(NAMES, "ecdsa_p256", 825)


@pytest.fixture
def issued(order, authority, now):
    return issue(order, authority, now)
