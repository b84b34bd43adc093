"""A run whose source has a CA of its own, into a registry that gives tokens for what is asked of it."""

from __future__ import annotations

import contextlib

import pytest

from bootstrap.errors import ExitCode
from tests.agent.conftest import Site, Web
from tests.fakes.registry import FakeRegistry
from tests.fakes.tls import Authority


@pytest.fixture
def site(tmp_path):
    theirs = Authority("The enclave's CA")
    with contextlib.ExitStack() as stack:
        upstream = stack.enter_context(FakeRegistry(leaf=theirs.issue()))
        registry = stack.enter_context(FakeRegistry(auth="bearer"))
        web = stack.enter_context(Web(tmp_path / "web"))
        client = stack.enter_context(upstream.client(ca_pem=theirs.pem))
        (tmp_path / "theirs.crt").write_text(theirs.pem)
        made = Site(tmp_path, upstream, [registry], web, client)
        made.release("4.20.1")
        yield made


def trust(site, location):
    site.configure(source_cas=[{"location": location, "ca_file": str(site.directory / "theirs.crt")}])


def test_a_source_is_trusted_by_its_own_ca_and_nothing_else_is(site):
    code, events = site.run()
    assert code == ExitCode.TRANSFER
    (failed,) = [each for each in events if each["event"] == "failed"]
    assert "authority" in failed["why"]
    trust(site, site.registries[0].location)
    assert site.run()[0] == ExitCode.TRANSFER
    trust(site, site.upstream.location)
    assert site.run()[0] == 0


def test_what_is_mounted_is_asked_for_with_a_token_for_both_repositories(site):
    trust(site, site.upstream.location)
    code, events = site.run()
    assert code == 0
    (registry,) = site.registries
    assert events[-1]["registries"][0]["blobs_mounted"] == 1  # the layer of release image and components
    mounts = [each for each in registry.log if "mount=" in each.query and each.status == 201]
    (to,) = [each.path.split("/blobs/")[0][len("/v2/") :] for each in mounts]
    origin = {"openshift/release": "openshift/release-images"}.get(to, "openshift/release")
    scopes = (f"repository:{to}:pull,push", f"repository:{origin}:pull")
    assert scopes in registry.login.tokens.values()
