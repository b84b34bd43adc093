from __future__ import annotations

import base64
import contextlib
import json
import re

import pytest

from bootstrap.mirror.engines.surroundings import Surroundings
from tests.agent.conftest import Site, Web, site
from tests.fakes.distribution import distribution, is_installed
from tests.fakes.registry import CREDENTIALS, FakeRegistry
from tests.release.signer import Signer, claim

__all__ = ["site"]  # the fixture of whole runs

UPLOADED = re.compile(r'"PUT /v2/[^ "]+/blobs/uploads/[^"]*" 201 ')


class RealSite(Site):
    """A site whose one registry is a real one, filled with release 4.20.1, signed, by real tools too."""

    def __init__(self, directory, upstream, registry, web, client) -> None:
        super().__init__(directory, upstream, [registry], web, client)
        self.registry = registry
        entries = {upstream.location: CREDENTIALS, registry.location: registry.credentials}
        auths = {
            host: {"auth": base64.b64encode(f"{each.username}:{each.password}".encode()).decode()}
            for host, each in entries.items()
        }
        (directory / "auth.json").write_text(json.dumps({"auths": auths}))
        self.release("4.20.1")
        self._sign("4.20.1")

    def configure(self, **changes) -> None:
        (registry,) = self.registries
        own = [{"location": registry.location, "ca_file": str(registry.ca_file)}]
        super().configure(**{"registries": own, **changes})

    def _sign(self, version) -> None:
        digest = self.content.store.resolve("openshift-release-dev/ocp-release", f"{version}-x86_64").digest
        self.sign(digest, f"quay.io/openshift-release-dev/ocp-release:{version}-x86_64")

    def sign(self, digest, identity) -> None:
        signer = Signer(self.directory, f"publisher-{digest.hex[:8]}")
        try:
            content = signer.sign(claim(digest, identity=identity))
            (self.directory / "key.gpg").write_bytes(signer.public(armor=False))
        finally:
            signer.stop()
        self.web.files[f"/signatures/sha256={digest.hex}/signature-1"] = content

    def mirror(self, engine, **changes):
        key = str(self.directory / "key.gpg")
        self.configure(engine=engine, signature_policy="require", signature_key=key, **changes)
        return self.run()

    def uploads(self) -> int:
        """Blobs whose upload the registry has completed, by its own log."""
        return len(UPLOADED.findall(self.registry.log.read_text()))


@pytest.fixture
def real_site(tmp_path):
    if not is_installed():
        pytest.skip("docker-registry is not installed")
    with contextlib.ExitStack() as stack:
        upstream = stack.enter_context(FakeRegistry())
        registry = stack.enter_context(distribution(tmp_path / "registry"))
        web = stack.enter_context(Web(tmp_path / "web"))
        client = stack.enter_context(upstream.client())
        yield RealSite(tmp_path, upstream, registry, web, client)


@pytest.fixture
def surroundings(tmp_path):
    (tmp_path / "imageset.yaml").write_text("")
    return Surroundings(tmp_path / "imageset.yaml", tmp_path / "auth.json", tmp_path / "workspace")
