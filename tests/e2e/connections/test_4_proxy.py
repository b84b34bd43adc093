"""A mirror host that gets to its sources through a proxy only."""

import base64
import json
import time
from pathlib import Path

import pytest

from tests.e2e import leaks
from tests.e2e.connections.conftest import write_private
from tests.e2e.execs import HostTrace

pytestmark = pytest.mark.sandbox

PASSWORD = "pr0xy-pass/word"
URL = "http://mirror:pr0xy-pass%2Fword@{}:3128"


@pytest.fixture(scope="module")
def proxy(lab):
    """Start the proxy on its host; returns the file with where it led."""
    host = lab.sandbox.host("proxy")
    script = Path(__file__).with_name("proxy.py").read_text()
    write_private(host.root / "opt/proxy.py", script)
    write_private(host.root / "opt/login", base64.b64encode(f"mirror:{PASSWORD}".encode()).decode())
    host.run(["firewall-cmd", "--quiet", "--add-port=3128/tcp"])
    command = ["python3", "/opt/proxy.py", "3128", "/opt/login", "/opt/log"]
    host.run(["systemd-run", "--quiet", "--unit=proxy", *command])
    deadline = time.monotonic() + 20
    while not host.run(["ss", "-Hltn", "sport = :3128"]).stdout:
        assert time.monotonic() < deadline, "the proxy does not listen"
    (host.root / "opt/log").touch()
    return host.root / "opt/log"


@pytest.fixture(scope="module")
def refused(lab):
    """Have the upstream refuse registry3, by either family."""
    upstream, host = lab.sandbox.host("upstream"), lab.sandbox.host("registry3")
    rules = [
        f"add rule inet apart input {family} saddr {address} reject with icmpx admin-prohibited"
        for family, address in (("ip", host.address4), ("ip6", host.address6))
    ]
    chain = "add chain inet apart input { type filter hook input priority -10; }"
    write_private(upstream.root / "root/apart.nft", "\n".join(["add table inet apart", chain, *rules, ""]))
    upstream.run(["nft", "-f", "/root/apart.nft"])


@pytest.fixture(scope="module")
def site(lab, proxy, refused, make_site):
    return make_site("proxied", "registry3", mirror_content_proxy=URL.format(lab.sandbox.host("proxy").fqdn))


def test_without_the_setting_the_sources_cannot_be_reached(lab, refused, make_site):
    ended = make_site("unproxied", "registry3").run("check", "--json")
    assert ended.code != 0
    whats = [problem["what"] for problem in ended.document["problems"]]
    assert any("cannot read the source" in what for what in whats), whats


def test_a_proxy_that_wants_a_log_in_says_so(lab, proxy, refused, make_site):
    url = f"http://{lab.sandbox.host('proxy').fqdn}:3128"
    ended = make_site("anonymous", "registry3", mirror_content_proxy=url).run("check", "--json")
    assert ended.code != 0
    assert any("wants a log-in" in problem["why"] for problem in ended.document["problems"]), ended.out


def test_a_proxy_that_the_mirror_host_must_use(lab, site, proxy):
    result = site.run("up", "--json").result
    assert result["mirrored"]["images"] >= 1
    assert len(result["mirrored"]["releases"]) >= 2
    led_to = proxy.read_text().split()
    assert {name.rpartition(":")[0] for name in led_to} == {lab.sandbox.host("upstream").fqdn}
    assert {name.rpartition(":")[2] for name in led_to} >= {"443", "5000"}


def test_the_proxys_password_is_in_no_argument_list_and_no_open_file(lab, site, tmp_path):
    host = lab.sandbox.host("registry3")
    with HostTrace(host, tmp_path / "execs"):
        assert site.run("verify", "--json").code == 0
    words = {"password": PASSWORD.encode(), "encoded": b"pr0xy-pass%2Fword"}
    assert leaks.in_file(tmp_path / "execs", words) == set()
    assert leaks.readable_by_others(host.root, words, since=0) == {}
    assert (host.root / "etc/bootstrap-registry/proxy.json").stat().st_mode & 0o777 == 0o600


def test_the_proxy_is_used_outside_systemd_too(lab, site, proxy):
    before = len(proxy.read_text().split())
    done = lab.sandbox.host("registry3").run(
        ["python3", "/usr/local/lib/bootstrap-registry/agent.pyz", "plan"]
    )
    assert json.loads(done.stdout)["problems"] == []
    assert len(proxy.read_text().split()) > before


def test_a_second_up_through_the_proxy_changes_nothing(site):
    assert site.run("up", "--json").result["changed"] == 0


def test_a_proxy_that_is_not_set_any_more_leaves_nothing(lab, site, make_site):
    """The upstream still refuses, so the run fails; but by then no file holds the old password."""
    again = make_site("no-more", "registry3", state_of=site)
    lab.sandbox.host("upstream").run(["nft", "delete", "table", "inet", "apart"])
    assert again.run("up", "--json").code == 0
    assert not (lab.sandbox.host("registry3").root / "etc/bootstrap-registry/proxy.json").exists()
