"""One host for what the tests of quay/mirror-registry ask for; each of theirs is a test of that name."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from bootstrap.sandbox.files import locked, set_block
from bootstrap.sandbox.release import ReleaseSpec
from bootstrap.sandbox.sandbox import _ETC_HOSTS, _MACHINE_LOCK
from tests.e2e.lab import ROOT, Lab, make_lab

IMAGE = "ubi9/ubi-micro"
IMAGE_SET = {
    "apiVersion": "mirror.openshift.io/v2alpha1",
    "kind": "ImageSetConfiguration",
    "mirror": {"additionalImages": [{"name": f"registry.redhat.io/{IMAGE}:latest"}]},
}
DIRECTORY = ROOT / ".lab" / "mirror_registry"


@pytest.fixture(scope="session")
def lab():
    content = ReleaseSpec(components=1, component_size=10_000)
    made = make_lab(DIRECTORY, ("registry1",), second_network=(), content=content)
    (made.inventory / "imageset.yaml").write_text(yaml.safe_dump(IMAGE_SET))
    yield made
    made.sandbox.destroy()
    shutil.rmtree(DIRECTORY)


@pytest.fixture(scope="session")
def host(lab):
    return lab.sandbox.host("registry1")


@pytest.fixture(scope="session")
def site(lab):
    """Return a function that gives a site of its own for the same host, with settings, and no state."""

    def make(name, **settings):
        inventory = lab.directory / name / "inventory"
        shutil.copytree(lab.inventory, inventory, ignore=lambda *_: {".bootstrap-registry"})
        (inventory / "host_vars").mkdir()
        (inventory / "host_vars/registry1.yml").write_text(yaml.safe_dump(settings))
        return Lab(inventory.parent, lab.sandbox)

    return make


@pytest.fixture(scope="session")
def hostname(lab, host):
    """A name of the registry that is not the host's, known to the host and to the controller."""
    name = f"mirror.{host.fqdn}"
    lines = [f"{address} {name}" for address in (host.address4, host.address6)]
    block = f"bootstrap-registry tests {DIRECTORY}"
    set_block(host.root / "etc/hosts", block, lines)
    with locked(_MACHINE_LOCK):
        set_block(_ETC_HOSTS, block, lines)
    yield name
    with locked(_MACHINE_LOCK):
        set_block(_ETC_HOSTS, block, [])


@pytest.fixture(scope="session")
def registry_archive(lab, host):
    """The registry's own image as the upstream has it, an OCI archive."""
    upstream, archive = lab.directory / ".sandbox/upstream", lab.directory / "registry.tar"
    source = f"docker://upstream.{host.fqdn.partition('.')[2]}:5000/library/registry:2"
    subprocess.run(
        [
            "skopeo",
            "copy",
            "--quiet",
            "--authfile",
            upstream / "pull-secret.json",
            source,
            f"oci-archive:{archive}",
        ],
        env={"PATH": "/usr/bin:/bin", "SSL_CERT_FILE": str(upstream / "ca/ca.crt")},
        check=True,
        capture_output=True,
    )
    return archive


@pytest.fixture(scope="session")
def certificates(lab):
    """Return a function that makes a CA and a certificate by it for a name: a directory with PEM files."""

    def make(name):
        directory = lab.directory / "certificates" / name
        directory.mkdir(parents=True, mode=0o700)
        new = ["-newkey", "rsa:2048", "-nodes", "-days", "30"]
        _openssl(
            directory, "req", "-x509", *new, "-subj", "/CN=Their CA", "-keyout", "ca.key", "-out", "ca.crt"
        )
        _openssl(directory, "req", *new[:-2], "-subj", f"/CN={name}", "-keyout", "key", "-out", "request")
        (directory / "extensions").write_text(f"subjectAltName=DNS:{name}\n")
        signer = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "extensions"]
        _openssl(directory, "x509", "-req", "-in", "request", *signer, "-days", "30", "-out", "certificate")
        return directory

    return make


def provided(directory: Path) -> dict[str, str]:
    """Return the settings for a certificate of the user's."""
    files = {"certificate": "certificate", "key": "key", "ca": "ca.crt"}
    return {
        "registry_tls_mode": "provided",
        **{f"registry_tls_provided_{part}": str(directory / file) for part, file in files.items()},
    }


def _openssl(directory: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=directory, check=True, capture_output=True)
