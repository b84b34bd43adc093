"""What the checks know of the site: its names, its CA and its credentials, as a user finds them."""

import base64
import json
import os
import ssl
import subprocess
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Site:
    """One registry, seen from the controller."""

    name: str
    port: int
    state: Path
    authorities: Path | None = None

    @property
    def location(self):
        return f"{self.name}:{self.port}"

    @property
    def ca(self):
        return self.authorities or self.state / "ca/ca.crt"

    @property
    def auth_file(self):
        return self.state / "credentials/auth.json"

    @property
    def password_file(self):
        return self.state / "credentials/password"

    @property
    def credentials(self):
        auth = json.loads(self.auth_file.read_text())["auths"][self.location]["auth"]
        return base64.b64decode(auth).decode()

    def context(self):
        return ssl.create_default_context(cafile=str(self.ca))

    def get(self, path, *, credentials=None):
        """Return status, headers and body; the certificate is verified against the site's CA alone."""
        connection = HTTPSConnection(self.name, self.port, context=self.context(), timeout=20)
        headers = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
        if credentials:
            headers["Authorization"] = f"Basic {base64.b64encode(credentials.encode()).decode()}"
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()


@pytest.fixture
def site(host):
    variables = host.ansible.get_variables()
    state = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "lab/inventory/.bootstrap-registry"
    return Site(
        variables["registry_service_hostname"], int(variables.get("registry_service_port", 5000)), state
    )


@pytest.fixture
def fixtures():
    """What molecule/lab/fixtures.py has made."""
    return Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "lab/fixtures"


@pytest.fixture
def push(site, tmp_path):
    """Return a function that pushes an image from the controller, and returns its reference by digest."""

    def push(name):
        certificates = tmp_path / "certs"
        certificates.mkdir()
        (certificates / "ca.crt").write_bytes(site.ca.read_bytes())
        copied = subprocess.run(
            [
                *("skopeo", "copy", "--quiet", "--preserve-digests", f"--dest-cert-dir={certificates}"),
                *(f"--dest-authfile={site.auth_file}", f"--digestfile={tmp_path / 'digest'}"),
                *(f"oci-archive:{site.state / 'images/registry.tar'}", f"docker://{site.location}/{name}"),
            ],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert copied.returncode == 0, copied.stderr
        repository = name.rpartition(":")[0]
        return f"{site.location}/{repository}@{(tmp_path / 'digest').read_text().strip()}"

    return push


@pytest.fixture(autouse=True)
def journal(request, host):
    """Print the journal of the registry and of runs beside a check that fails."""
    yield
    if getattr(request.node, "has_failed", False):
        units = "-u mirror-registry.service -u mirror-web-server.service -u 'bootstrap-registry-mirror@*'"
        print(host.run(f"journalctl {units} -n 40 --no-pager -o cat").stdout)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    if report.when == "call":
        item.has_failed = report.failed
    return report
