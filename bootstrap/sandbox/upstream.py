"""The host ``upstream``: plays quay.io and other registries, the update service and the signature server.

A Debian host as the others, with Debian's registry under systemd (TLS, password), and a small HTTPS server
(`upstream_server`). What it serves is generated (`release`). The image set names the real registries; that
they are here is a setting of the site, `settings`, as in an enclave that has an internal mirror.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from bootstrap.credentials import htpasswd, password
from bootstrap.errors import HostError
from bootstrap.registry.auth import AuthFile
from bootstrap.registry.client import RegistryClient
from bootstrap.sandbox import documents, images, packages, registry_image, release, signing
from bootstrap.sandbox.files import replace
from bootstrap.sandbox.release import ReleaseSpec
from bootstrap.sandbox.waiting import wait_until
from bootstrap.store.remote import RemoteStore
from bootstrap.tls.authority import TlsState, load_or_make
from bootstrap.tls.issue import Order, issue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

NAME = "upstream"
REGISTRY_PORT = 5000
HTTPS_PORT = 443
PLAYED = ("quay.io", "registry.redhat.io", "registry.access.redhat.com", "docker.io")
PACKAGES = "debian"  # the package repository's path, once there is one
ADDITIONAL = "ubi9/ubi-micro"  # on registry.redhat.io, tag latest
GRAPH_BASE = "ubi9/ubi"  # on registry.access.redhat.com, tag latest

_USER = "sandbox-user"
_VALID_DAYS = 825
_SERVED = "srv/upstream"
_TLS = "etc/upstream"
_SERVER = "usr/local/lib/upstream/upstream_server.py"
_WANTS = "etc/systemd/system/multi-user.target.wants"
_UNIT = f"""\
[Unit]
Description=Update graph and release signatures of the sandbox
After=network.target

[Service]
DynamicUser=yes
AmbientCapabilities=CAP_NET_BIND_SERVICE
LoadCredential=server.key:/{_TLS}/server.key
ExecStart=/usr/bin/python3 -u /{_SERVER} /{_SERVED} /{_TLS}/server.crt %d/server.key {HTTPS_PORT}
"""
_FIREWALL_ZONE = f"""\
<?xml version="1.0" encoding="utf-8"?>
<zone>
  <short>Public</short>
  <service name="ssh"/>
  <port port="{REGISTRY_PORT}" protocol="tcp"/>
  <port port="{HTTPS_PORT}" protocol="tcp"/>
</zone>
"""


@dataclass(frozen=True, slots=True)
class Upstream:
    """The upstream of one sandbox.

    Args:
        folder: Where the controller keeps its CA, the pull secret and the public key of the signatures.
        names: The host's names and addresses; the first is the one everybody uses.
    """

    folder: Path
    names: Sequence[str]

    @property
    def location(self) -> str:
        """The registry, ``host:port``."""
        return f"{self.names[0]}:{REGISTRY_PORT}"

    @property
    def ca_file(self) -> Path:
        """The certificate of its CA."""
        return TlsState(self.folder).ca_certificate

    @property
    def pull_secret(self) -> Path:
        """An auth file as console.redhat.com gives it out: credentials for every registry it plays."""
        return self.folder / "pull-secret.json"

    @property
    def signature_key(self) -> Path:
        """The public key that the release signatures are made with."""
        return self.folder / "release-key.asc"

    def settings(self) -> dict[str, object]:
        """Return the settings of a site that gets its content here."""
        server = f"https://{self.names[0]}" + ("" if HTTPS_PORT == 443 else f":{HTTPS_PORT}")
        return {
            "mirror_content_redirects": [{"prefix": name, "location": self.location} for name in PLAYED],
            "mirror_content_source_ca": str(self.ca_file),
            "mirror_content_update_url": f"{server}/graph",
            "mirror_content_graph_data_url": f"{server}/graph-data",
            "mirror_content_signature_url": f"{server}/signatures",
            "mirror_content_signature_key": str(self.signature_key),
            "pull_secret_file": str(self.pull_secret),
            "web_server_source_url": f"{server}/rhcos",
            "web_server_source_ca": str(self.ca_file),
        }

    def prepare(self, root: Path) -> None:
        """Make a host's tree, before its first boot, the upstream's."""
        secret = self._password()
        user = htpasswd.User(_USER, secret, htpasswd.COST_RANDOM)
        uid, gid = _user(root, "docker-registry")
        now = dt.datetime.now(dt.UTC)
        authority = load_or_make(TlsState(self.folder), "sandbox upstream", _VALID_DAYS, now)
        issued = issue(Order(self.names, "ecdsa_p256", _VALID_DAYS), authority, now)
        _write(root / _TLS / "server.crt", issued.pem.decode(), 0o644)
        for path in (root / _TLS / "server.key", root / "etc/docker/registry/server.key"):
            _write(path, issued.key_pem.decode(), 0o600)
        os.chown(root / "etc/docker/registry/server.key", uid, gid)
        _write(root / "etc/docker/registry/htpasswd", htpasswd.with_user("", user), 0o640)
        os.chown(root / "etc/docker/registry/htpasswd", 0, gid)
        _write(root / "etc/docker/registry/config.yml", yaml.safe_dump(_registry_config()), 0o644)
        _write(root / _SERVER, Path(__file__).with_name("upstream_server.py").read_text(), 0o644)
        _write(root / "etc/systemd/system/upstream.service", _UNIT, 0o644)
        _write(root / "etc/firewalld/zones/public.xml", _FIREWALL_ZONE, 0o644)
        (root / _WANTS / "upstream.service").symlink_to("/etc/systemd/system/upstream.service")
        (root / _WANTS / "docker-registry.service").symlink_to(
            "/usr/lib/systemd/system/docker-registry.service"
        )
        _write(root / _SERVED / "graph.json", "{}", 0o644)

    def fill(self, root: Path, spec: ReleaseSpec, progress: Callable[[str], None]) -> None:
        """Publish what the upstream has, unless exactly that is there already.

        Args:
            root: The running host's tree, as the controller sees it.
            spec: The releases; others that were published before stay, without a signature.
            progress: Told about every release.

        Raises:
            HostError: The registry does not answer.
        """
        marker = root / _SERVED / "filled"
        wanted = f"{spec}\n{_generators_hash()}\n"
        if marker.exists() and marker.read_text() == wanted and self.signature_key.exists():
            return
        marker.unlink(missing_ok=True)
        if not wait_until(lambda: _is_open(self.names[0], REGISTRY_PORT), timeout_seconds=30):
            raise HostError(
                "cannot fill the sandbox's upstream",
                why=f"nothing listens at {self.location}",
                fix="look at it: journalctl -u docker-registry on the host upstream",
            )
        machine = os.uname().machine
        credentials = AuthFile.load(self.pull_secret).for_repository(f"{self.location}/{release.RELEASES}")
        with RegistryClient(self.location, credentials=credentials, ca_file=str(self.ca_file)) as client:
            store = RemoteStore(client)
            progress("publishing the registry's own image and an additional one")
            registry_image.push(store, root, machine)
            for name in (ADDITIONAL, GRAPH_BASE):
                bases = [_base(spec.seed, name, architecture) for architecture in ("amd64", "arm64")]
                images.push_index(store, name, bases, tag="latest")
            published = release.publish(store, spec, progress)
        signatures = root / _SERVED / "signatures"
        shutil.rmtree(signatures, ignore_errors=True)
        signing.sign(published.releases, signatures, self.signature_key)
        _write_boot_images(root / _SERVED / "rhcos", spec)
        replace(root / _SERVED / "graph.json", json.dumps(published.graphs), mode=0o644)
        (root / _SERVED / "graph-data.tar.gz").write_bytes(_graph_data(published.graphs))
        replace(marker, wanted, mode=0o644)

    def publish_packages(self, root: Path, debs: Path) -> None:
        """Serve a package repository of the files in ``debs`` from the tree ``root``, running or not."""
        packages.publish(debs, root / _SERVED / PACKAGES, self._package_key)

    def use_packages(self, root: Path) -> None:
        """Make that repository the only one of the host with the tree ``root``."""
        packages.use(root, f"https://{self.names[0]}/{PACKAGES}", self._package_key, self.ca_file)

    @property
    def _package_key(self) -> Path:
        return self.folder / "package-key.asc"

    def _password(self) -> str:
        """Return the password of the one user, made with the pull secret when that is missing."""
        if not self.pull_secret.exists():
            auth = base64.b64encode(f"{_USER}:{password.generate()}".encode()).decode()
            entry = {"auth": auth, "email": "sandbox@sandbox.test"}
            # What is fetched here needs the first; with the others it looks like a real one.
            auths = dict.fromkeys((self.location, "quay.io", "registry.redhat.io"), entry)
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace(self.pull_secret, json.dumps({"auths": auths}, indent=2) + "\n", mode=0o600)
        entry = json.loads(self.pull_secret.read_text())["auths"][self.location]
        return base64.b64decode(entry["auth"]).decode().partition(":")[2]


def _registry_config() -> dict[str, object]:
    return {
        "version": "0.1",
        "log": {"level": "info"},
        "storage": {
            "cache": {"blobdescriptor": "inmemory"},
            "filesystem": {"rootdirectory": "/var/lib/docker-registry"},
        },
        "http": {
            "addr": f":{REGISTRY_PORT}",
            "tls": {"certificate": f"/{_TLS}/server.crt", "key": "/etc/docker/registry/server.key"},
        },
        "auth": {"htpasswd": {"realm": "sandbox upstream", "path": "/etc/docker/registry/htpasswd"}},
    }


def _base(seed: str, name: str, architecture: str) -> images.Image:
    """Return a small base image."""
    content = images.noise(f"{seed}/{name}/{architecture}", 1024 * 1024)
    release_file = f'NAME="Sandbox {name}"\n'.encode()
    layer = images.make_layer({"etc/os-release": release_file, "usr/lib/content": content})
    return images.make_image([layer], architecture=architecture, labels={"name": name})


def _graph_data(graphs: Mapping[str, Any]) -> bytes:
    """Return what the update service has at graph-data: a file for each channel.

    Source: openshift/cincinnati-graph-data, README.md, "Schema version".
    """
    files = {"version": b"1.2.0\n"}
    for channel in sorted({key.partition("/")[0] for key in graphs}):
        versions = {
            node["version"]
            for key, graph in graphs.items()
            if key.partition("/")[0] == channel
            for node in graph["nodes"]
        }
        document = {"name": channel, "versions": sorted(versions)}
        files[f"channels/{channel}.yaml"] = yaml.safe_dump(document).encode()
    return images.make_layer(files, is_compressed=True).content


def _write_boot_images(folder: Path, spec: ReleaseSpec) -> None:
    for version in spec.versions:
        for architecture in release.kernel_names(spec.architectures):
            for path, content in documents.boot_images(version, architecture).items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(content)


def _generators_hash() -> str:
    """Return a hash of the code that makes the content: other code may make other content."""
    folder = Path(__file__).parent
    names = ("documents.py", "images.py", "registry_image.py", "release.py", "signing.py", "upstream.py")
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in names)).hexdigest()


def _user(root: Path, name: str) -> tuple[int, int]:
    """Return user and group number of a user of the tree ``root``."""
    for line in (root / "etc/passwd").read_text().splitlines():
        fields = line.split(":")
        if fields[0] == name:
            return int(fields[2]), int(fields[3])
    raise HostError(
        "cannot make the sandbox's upstream",
        why=f"its image has no user {name}, which the package of that name makes",
        fix="remove the cached image and create the sandbox again",
    )


def _write(path: Path, content: str, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    replace(path, content, mode=mode)


def _is_open(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True
