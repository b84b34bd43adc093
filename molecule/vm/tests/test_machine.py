"""The registry after a start: there by itself, for its users. Few commands, for each takes seconds here."""

import base64
import json
import os
import socket
import ssl
from http.client import HTTPSConnection
from pathlib import Path

import pytest

SITE = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "lab/inventory"
STATE = SITE / ".bootstrap-registry"
LEDGER = "/var/lib/bootstrap-registry/ledger"
LOOK = """
systemctl is-system-running
systemctl is-active mirror-registry firewalld
systemctl show --property=NRestarts --value mirror-registry
firewall-cmd --zone=public --list-ports
firewall-cmd --permanent --zone=public --list-ports
systemd-detect-virt
stat --format=%a /opt/registry/auth/htpasswd
date +%s
"""


@pytest.fixture(scope="module")
def name(host):
    return host.ansible.get_variables()["registry_service_hostname"]


def get(name, path, *, credentials=None, family=socket.AF_UNSPEC):
    """Return status and body, from here; chain and name are verified against the site's CA alone."""
    address = socket.getaddrinfo(name, 5000, family, socket.SOCK_STREAM)[0][4][0]
    connection = HTTPSConnection(name, 5000, timeout=60)
    context = ssl.create_default_context(cafile=str(STATE / "ca/ca.crt"))
    connection.sock = context.wrap_socket(
        socket.create_connection((address, 5000), timeout=60), server_hostname=name
    )
    headers = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
    if credentials:
        headers["Authorization"] = f"Basic {base64.b64encode(credentials.encode()).decode()}"
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def credentials(name):
    auths = json.loads((STATE / "credentials/auth.json").read_text())["auths"]
    return base64.b64decode(auths[f"{name}:5000"]["auth"]).decode()


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_it_answers_those_who_may(name, family):
    assert get(name, "/v2/", family=family)[0] == 401
    assert get(name, "/v2/", family=family, credentials=credentials(name))[0] == 200


def test_units_and_firewall_are_as_they_should_be(host):
    done = host.run(f"sh -c '{LOOK}'")
    system, registry, firewall, restarts, now, later, virt, mode, _clock = done.stdout.split("\n")[:9]
    assert (system, registry, firewall, restarts) == ("running", "active", "active", "0"), done.stdout
    assert (now, later) == ("5000/tcp", "5000/tcp")
    assert virt in ("qemu", "kvm")
    assert mode == "600"


def test_what_was_mirrored_is_served(name):
    """Nothing at first; after the power cut and `up`, the release."""
    listed = json.loads(get(name, "/v2/_catalog", credentials=credentials(name))[1])["repositories"]
    published = sorted(path.name for path in (SITE.parent / "artifacts").rglob("idms.yaml"))
    if not published:
        assert listed == []
        return
    repository = "openshift/release-images"
    assert repository in listed
    status, _body = get(name, f"/v2/{repository}/manifests/4.20.8-x86_64", credentials=credentials(name))
    assert status == 200
