"""``resources dns`` and ``check-dns`` as a user types them, with a real name server."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from bootstrap.cli.main import app
from bootstrap.cli.request import Request
from bootstrap.errors import ExitCode
from bootstrap.site.model import Connection, Host, Site
from bootstrap.site.state import State
from tests.fakes.name_server import name_server

CLUSTERS = """\
clusters:
  - {name: hub, base_domain: example.com, api: [192.0.2.10], ingress: [192.0.2.11]}
  - {name: v6, base_domain: lab.test, hosted: true, api: ["2001:db8::1"], ingress: ["2001:db8::2"]}
"""


def host(name, address, names=()):
    """A registry of the inventory."""
    settings = {"registry_service_hostname": name, "registry_tls_names": list(names)}
    return Host(name.partition(".")[0], ("registry",), settings, Connection("ssh", address))


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A site whose inventory has the addresses of its two registries."""
    monkeypatch.chdir(tmp_path)
    hosts = (
        host("registry1.example.com", "192.0.2.5", ["2001:db8::5", "other.example.com"]),
        host("registry2.example.com", "192.0.2.6"),
    )
    lab = SimpleNamespace(hosts=hosts, web_servers=())

    def site(_request):
        state = State(tmp_path / "state")
        return Site("lab", tmp_path, tmp_path, state, lab.hosts, lab.hosts[0], web_servers=lab.web_servers)

    monkeypatch.setattr(Request, "site", site)
    Path("clusters.yaml").write_text(CLUSTERS)

    def run(*words, code=ExitCode.OK):
        done = CliRunner().invoke(app, ["resources", *words, "-i", "lab"])
        assert done.exit_code == code, done.output
        return done

    lab.run = run
    return lab


def test_what_is_written_is_right_when_a_name_server_has_it(lab):
    said = lab.run("dns", "--cluster", "clusters.yaml", "--out", "dns").stdout
    assert [line.split()[0] for line in said.splitlines()[1:]] == [
        "example.com.zone",
        "lab.test.zone",
        "dnsmasq.conf",
    ]
    text = Path("dns/example.com.zone").read_text()
    assert "registry1.example.com.   IN AAAA 2001:db8::5\n" in text
    assert "*.apps.hub.example.com.  IN A    192.0.2.11\n" in text
    with name_server("dns/dnsmasq.conf") as resolver:
        who = f"{resolver.nameservers[0]}:{resolver.port}"
        said = lab.run("check-dns", "--cluster", "clusters.yaml", "--resolver", who).stdout
        assert said.startswith(f"asked {who}\nname ")
        assert said.count(" ok\n") == 16
        lab.hosts = (lab.hosts[0], host("registry2.example.com", "192.0.2.7"))
        words = ("check-dns", "--cluster", "clusters.yaml", "--resolver", who)
        done = lab.run(*words, code=ExitCode.HOST)
        rows = [line.split() for line in done.stdout.splitlines()]
        assert ["registry2.example.com", "A", "192.0.2.7", "192.0.2.6", "wrong"] in rows
        assert "it does not lead to 192.0.2.7" in done.stderr
        document = json.loads(lab.run(*words, "--json", code=ExitCode.HOST).stdout)
        assert [each["outcome"] for each in document["result"]["names"]].count("wrong") == 1
        assert document["result"]["servers"] == [who]


def test_web_servers_have_their_names_too_and_one_on_a_registry_has_none_of_its_own(lab):
    settings = {"web_server_hostname": "web1.example.com", "web_server_names": ["2001:db8::7"]}
    both = {**lab.hosts[0].values, "web_server_hostname": "Registry1.example.com", "web_server_names": []}
    lab.web_servers = (
        Host("web1", ("web_server",), settings, Connection("ssh", "192.0.2.7")),
        Host("registry1", ("registry", "web_server"), both, Connection("ssh", "192.0.2.5")),
    )
    said = lab.run("dns").stdout
    assert said.count("; web server of boot images\n") == 1
    assert "web1.example.com.      IN A    192.0.2.7\n" in said
    assert "web1.example.com.      IN AAAA 2001:db8::7\n" in said
    Path("clusters.yaml").write_text("registries: {web1.example.com: [192.0.2.8]}\n")
    assert "192.0.2.8\n" in lab.run("dns", "--cluster", "clusters.yaml").stdout


def test_registries_alone_are_printed_and_the_rest_is_told(lab):
    said = lab.run("dns").stdout
    assert "host-record=registry1.example.com,192.0.2.5,2001:db8::5\n" in said
    assert "# No clusters: name them in a file" in said


def test_a_registry_without_an_address_is_told_and_the_file_has_the_last_word(lab):
    lab.hosts = (host("registry1.example.com", "mgmt1"), host("r2.example.com", "127.0.0.1"), *lab.hosts[1:])
    done = lab.run("dns", code=ExitCode.CONFIG)
    assert "cannot write the records of registry1.example.com" in done.stderr
    assert "cannot write the records of r2.example.com" in done.stderr
    Path("clusters.yaml").write_text(
        "registries: {registry1.example.com: [192.0.2.1], r2.example.com: [192.0.2.2],"
        " registry2.example.com: [192.0.2.3]}"
    )
    said = lab.run("dns", "--cluster", "clusters.yaml").stdout
    assert all(f"192.0.2.{number}\n" in said for number in (1, 2, 3))
    assert "192.0.2.6" not in said


def test_a_registry_that_the_site_does_not_have_is_refused(lab):
    Path("clusters.yaml").write_text("registries: {registry9.example.com: [192.0.2.1]}")
    done = lab.run("dns", "--cluster", "clusters.yaml", code=ExitCode.CONFIG)
    assert "no host of the site has the name registry9.example.com" in done.stderr


def test_a_registry_that_goes_by_its_address_needs_no_name(lab):
    lab.hosts = (host("192.0.2.5", "192.0.2.5"), lab.hosts[1])
    assert "192.0.2.5" not in lab.run("dns").stdout
