import datetime as dt

import pytest

from bootstrap.tls.authority import TlsState, load_or_make
from bootstrap.tls.issue import Order, issue


@pytest.fixture
def look(plugin, run_module, tmp_path, programs):
    programs.add(
        "ip", """echo '[{"ifname": "eth0", "addr_info": [{"local": "192.0.2.1", "scope": "global"}]}]'"""
    )

    def run():
        return run_module(
            plugin("registry_tls", "library", "registry_tls_look"), directory=str(tmp_path / "certs")
        )

    return run


@pytest.fixture
def certs(tmp_path):
    now = dt.datetime.now(dt.UTC)
    authority = load_or_make(TlsState(tmp_path / "state"), "demo", 10, now)
    directory = tmp_path / "certs"
    directory.mkdir()
    issued = issue(Order(["reg.example.test"], "ecdsa_p256", 10), authority, now)
    (directory / "registry.crt").write_bytes(issued.pem)
    (directory / "registry.key").write_bytes(issued.key_pem)
    return directory


def test_a_certificate_with_its_key_is_a_pair_and_the_key_stays(look, certs):
    answer = look()
    assert answer["is_pair"]
    assert answer["certificate"].encode() == (certs / "registry.crt").read_bytes()
    assert "PRIVATE" not in str(answer)


@pytest.mark.parametrize("key", [None, b"", b"not a key"])
def test_a_missing_or_damaged_key_is_no_pair(look, certs, key):
    (certs / "registry.key").unlink()
    if key is not None:
        (certs / "registry.key").write_bytes(key)
    assert not look()["is_pair"]


def test_another_certificates_key_is_no_pair(look, certs, tmp_path):
    now = dt.datetime.now(dt.UTC)
    other = issue(
        Order(["other.test"], "ecdsa_p256", 10),
        load_or_make(TlsState(tmp_path / "state"), "demo", 10, now),
        now,
    )
    (certs / "registry.key").write_bytes(other.key_pem)
    assert not look()["is_pair"]


def test_a_bare_host_has_nothing_but_its_names_and_addresses(look):
    answer = look()
    assert (answer["certificate"], answer["is_pair"]) == (None, False)
    assert answer["nodename"]
    assert answer["links"][0]["addr_info"][0]["local"] == "192.0.2.1"


@pytest.mark.parametrize("said", ["exit 1", "echo no json", "echo '[]'"])
def test_a_host_without_a_useful_iproute_has_no_addresses(look, programs, said):
    programs.add("ip", said)
    assert look()["links"] == []
