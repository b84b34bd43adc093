"""Row I: real answers of a real name server, and what is made of them."""

import socket

import pytest

from bootstrap.cluster.dns import ask
from bootstrap.cluster.dns.ask import check_names, resolver_of
from bootstrap.cluster.dns.clusters import Cluster
from bootstrap.cluster.dns.names import names_of
from bootstrap.cluster.dns.render import dnsmasq_conf
from bootstrap.errors import ConfigError, ExitCode, Problems, TransferError
from tests.fakes.name_server import name_server

DUAL = ("192.0.2.10", "2001:db8::10")
NAMES = names_of(
    {"registry.example.com": ("192.0.2.5",)}, [Cluster("hub", "example.com", DUAL, ("192.0.2.11",))]
)


def checked(tmp_path, conf, names=NAMES):
    path = tmp_path / "dnsmasq.conf"
    path.write_text(conf)
    with name_server(path) as resolver:
        return check_names(names, resolver)


def test_what_we_write_is_what_we_expect(tmp_path):
    found = checked(tmp_path, dnsmasq_conf(NAMES))
    assert found.problems == ()
    assert {each.outcome for each in found.names} == {"ok"}
    assert [(each.name, each.type) for each in found.names][:2] == [
        ("registry.example.com", "A"),
        ("registry.example.com", "AAAA"),
    ]
    wildcard = [each for each in found.names if each.name == "*.apps.hub.example.com"]
    assert wildcard[0].found == ("192.0.2.11",)
    assert wildcard[0].asked.endswith(".apps.hub.example.com")
    assert "*" not in wildcard[0].asked


def test_all_that_is_wrong_is_said_at_once_and_each_name_once(tmp_path):
    found = checked(
        tmp_path,
        "local=/example.com/\n"
        "host-record=registry.example.com,192.0.2.5,2001:db8::5\n"  # an address too many
        "host-record=api.hub.example.com,192.0.2.99\n"  # the wrong one, and one too few
        "address=/console.apps.hub.example.com/192.0.2.11\n",  # no wildcard; and no api-int at all
    )
    told = {problem.what: problem.why for problem in found.problems}
    assert told == {
        "registry.example.com is not in DNS as it has to be": (
            "it leads to 2001:db8::5, which is not among its addresses"
        ),
        "api.hub.example.com is not in DNS as it has to be": (
            "it does not lead to 192.0.2.10, 2001:db8::10; "
            "it leads to 192.0.2.99, which is not among its addresses"
        ),
        "api-int.hub.example.com is not in DNS as it has to be": (
            "it leads nowhere, and not to 192.0.2.10, 2001:db8::10"
        ),
        "*.apps.hub.example.com is not in DNS as it has to be": "it leads nowhere, and not to 192.0.2.11",
    }
    assert Problems(found.problems).exit_code == ExitCode.HOST


def test_a_registry_whose_address_is_not_known_has_to_lead_somewhere(tmp_path):
    names = names_of({"there.example.com": (), "gone.example.com": ()}, [])
    found = checked(tmp_path, "local=/example.com/\nhost-record=there.example.com,2001:db8::5\n", names)
    assert [(each.why, each.what) for each in found.problems] == [
        ("it leads nowhere", "gone.example.com is not in DNS as it has to be")
    ]
    assert [each.outcome for each in found.names] == ["ok", "ok", "wrong", "wrong"]


def test_a_server_that_refuses_some_names_is_no_proof_against_them(tmp_path):
    # Without an upstream dnsmasq refuses what is not its own.
    found = checked(tmp_path, "local=/registry.example.com/\nhost-record=registry.example.com,192.0.2.5\n")
    assert [each.outcome for each in found.names] == ["ok", "ok", *["no answer"] * 6]
    assert {type(each) for each in found.problems} == {TransferError}
    assert all("REFUSED" in each.why for each in found.problems)


def test_a_silent_server_is_asked_once_and_named(monkeypatch):
    monkeypatch.setattr(ask, "SECONDS", 0.2)
    monkeypatch.setattr(ask, "_TRY_SECONDS", 0.1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(TransferError) as caught:
            check_names(NAMES, resolver_of(where))
        assert caught.value.what == f"cannot ask the name server {where}"
        silent.setblocking(False)
        asked = set()
        while len(asked) < 100:
            try:
                asked.add(silent.recv(4096)[2:])
            except BlockingIOError:
                break
        assert len(asked) == 1


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        ("192.0.2.53", ["192.0.2.53", 53]),
        ("192.0.2.53:5353", ["192.0.2.53", 5353]),
        ("2001:db8::53", ["2001:db8::53", 53]),
        ("[2001:db8::53]:5353", ["2001:db8::53", 5353]),
        ("[2001:db8::53]", ["2001:db8::53", 53]),
    ],
)
def test_a_name_server_is_an_address_with_or_without_a_port(text, servers):
    resolver = resolver_of(text)
    assert [*resolver.nameservers, resolver.port] == servers


@pytest.mark.parametrize("text", ["ns.example.com", "192.0.2.53:0", "192.0.2.53:x", "[2001:db8::53]5353", ""])
def test_anything_else_is_refused(text):
    with pytest.raises(ConfigError, match="not an address with or without a port"):
        resolver_of(text)
