"""The command line on a site whose mirror host is played."""

from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from bootstrap.cli.main import app
from bootstrap.cli.request import Request
from bootstrap.credentials.pull_secret import PullSecret
from bootstrap.errors import ExitCode
from bootstrap.site.model import Connection, Host, Site
from bootstrap.site.state import State
from bootstrap.workflow import resources as workflow
from tests.cluster.ledgers import CA, full, given


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A site of two registries; ``ledger`` is what its mirror host has."""
    monkeypatch.chdir(tmp_path)
    hosts = tuple(
        Host(
            name,
            ("registry",),
            {
                "registry_service_hostname": f"{name}.example.com",
                "registry_service_port": 5000,
                "pull_secret_file": "",
            },
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

    def log_in():
        """Write what `up` writes into the state: credentials of both registries."""
        site.state.auth_file.parent.mkdir(parents=True, exist_ok=True)
        site.state.auth_file.write_bytes(PullSecret({}).merged(given().auths).to_bytes())

    lab.run, lab.log_in = run, log_in
    return lab
