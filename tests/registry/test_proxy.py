"""Which hosts a proxy leads to: what bypasses it, by name, address and network."""

import pytest

from bootstrap.errors import ConfigError
from bootstrap.registry.client import RegistryClient
from bootstrap.registry.proxy import Proxy, host_of
from bootstrap.registry.retry import RetryPolicy
from bootstrap.release.download import Downloader
from tests.fakes.listener import Listener
from tests.fakes.listener import Proxy as FakeProxy
from tests.fakes.registry import FakeRegistry


@pytest.mark.parametrize(
    ("entry", "host", "is_direct"),
    [
        ("example.com", "example.com", True),
        ("example.com", "reg1.example.com", True),
        ("example.com", "badexample.com", False),
        (".example.com", "reg1.example.com", True),
        (".example.com", "example.com", True),
        ("Reg1.Example.com", "reg1.example.COM.", True),
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.0/24", "192.0.2.7", True),
        ("192.0.2.0/24", "198.51.100.7", False),
        ("fd00::/8", "fd00::1", True),
        ("[fd00::1]", "fd00::1", True),
        ("fd00::/8", "192.0.2.7", False),
        ("192.0.2.7", "reg192.0.2.7.example.com", False),
        ("", "example.com", False),
    ],
)
def test_what_bypasses_a_proxy(entry, host, is_direct):
    assert Proxy("http://p:3128", bypass=(entry,)).leads_to(host) is not is_direct


def test_a_location_has_a_host():
    assert [host_of(each) for each in ("reg1:5000", "reg1", "[fd00::1]:5000", "192.0.2.7:443")] == [
        "reg1",
        "reg1",
        "fd00::1",
        "192.0.2.7",
    ]


def test_the_environments_proxy_is_bypassed_by_what_is_given_too(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://p:3128")
    monkeypatch.setenv("no_proxy", "there.example.com")
    proxy = Proxy.from_environment(["here.example.com"])
    led = [
        proxy.leads_to(name) for name in ("here.example.com", "there.example.com", "elsewhere.example.com")
    ]
    assert led == [False, False, True]
    monkeypatch.delenv("https_proxy")
    assert Proxy.from_environment() is None


def test_a_proxys_password_is_shown_nowhere():
    proxy = Proxy("http://user:p%40ss@[fd00::1]:3128")
    assert proxy.address() == "http://[fd00::1]:3128"
    assert proxy.credentials() == "user:p@ss"
    assert "p%40ss" not in repr(proxy)
    with pytest.raises(ConfigError, match="mirror_content_proxy") as caught:
        Proxy("socks5://user:geheim@p:1080").address()
    assert "geheim" not in str(caught.value)


def test_a_proxy_that_is_given_leads_there_and_the_environment_does_not_matter(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with FakeRegistry() as fake, FakeProxy() as proxy:
        through = Proxy(f"http://{proxy.location}")
        with fake.client(proxy=through) as client:
            client.ping()
        assert proxy.requests[0].startswith(f"CONNECT {fake.location} ")
        direct = Proxy(f"http://{proxy.location}", bypass=("127.0.0.1",))
        with fake.client(proxy=direct) as client:
            client.ping()
        assert len(proxy.requests) == 1


@pytest.mark.parametrize(
    ("status", "why", "fix"),
    [
        (b"407 Proxy Authentication Required", "wants a log-in", "user and password"),
        (b"403 Forbidden", "refuses to lead to", "mirror_content_no_proxy"),
    ],
)
def test_what_a_proxy_refuses_is_told(status, why, fix):
    with Listener(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n") as refusing:
        proxy = Proxy(f"http://user:geheim@{refusing.location}")
        once = RetryPolicy(attempts=1)
        uses = [
            RegistryClient("registry.example.com", proxy=proxy, retries=once).ping,
            lambda: Downloader(proxy=proxy, policy=once).get("https://a.example.com/", what="x", limit=1),
        ]
        for use in uses:
            with pytest.raises(Exception, match=r"cannot|x") as caught:
                use()
            assert why in caught.value.why
            assert fix in caught.value.fix
            assert not caught.value.is_temporary
            assert "geheim" not in str(caught.value)
