"""The command line on a site whose mirror host is played."""

from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from bootstrap.cli.main import app
from bootstrap.cli.request import Request
from bootstrap.errors import ExitCode
from bootstrap.site.model import Connection, Host, Site
from bootstrap.site.state import State
from bootstrap.workflow import resources as workflow
from tests.cluster.ledgers import CA, full


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A site of two registries; ``ledger`` is what its mirror host has."""
    monkeypatch.chdir(tmp_path)
    hosts = tuple(
        Host(
            name,
            ("registry",),
            {"registry_service_hostname": f"{name}.example.com", "registry_service_port": 5000},
            Connection("local", name),
        )
        for name in ("registry1", "registry2")
    )
    site = Site("lab", tmp_path / "lab", tmp_path / "lab", State(tmp_path / "state"), hosts, hosts[0])
    for each in hosts:
        trust = site.state.trust(each.name)
        trust.parent.mkdir(parents=True, exist_ok=True)
        trust.write_text(CA)
    lab = SimpleNamespace(site=site, ledger=full())
    monkeypatch.setattr(Request, "site", lambda _request: site)
    monkeypatch.setattr(workflow, "ledger_of", lambda _site: lab.ledger.to_json())

    def run(*words, code=ExitCode.OK, stdin=None):
        done = CliRunner().invoke(app, ["resources", *words, "-i", "lab"], input=stdin)
        assert done.exit_code == code, done.output
        return done.stdout

    lab.run = run
    return lab
