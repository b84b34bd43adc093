"""What a hand-written script leaves on a host: podman create, a generated unit, a self-signed certificate."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import bcrypt
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from bootstrap.sandbox.host import SandboxHost
from tests.e2e.lab import Lab

USER = PASSWORD = "dummy"
CONFIG = """\
version: 0.1
log:
  fields:
    service: registry
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: /var/lib/registry
  delete:
    enabled: true
http:
  addr: :5000
  headers:
    X-Content-Type-Options: [nosniff]
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
compatibility:
  schema1:
    enabled: true
"""
# What such scripts do, guards lifted and all: it is what is found on hosts, and what adopting puts an end to.
_SETUP = """\
set -eu
podman load --quiet --input /root/registry.tar >/root/loaded
podman tag "$(sed 's/^Loaded image.*: *//' /root/loaded)" docker.io/library/registry:latest
mkdir -p /opt/registry/auth /opt/registry/certs /opt/registry/data /opt/registry/conf
cp /root/registry.yml /opt/registry/conf/config.yml
openssl req -newkey rsa:4096 -nodes -sha256 -keyout /opt/registry/certs/domain.key -x509 -days 3650 \\
  -out /opt/registry/certs/domain.crt \\
  -subj "/C=US/O=By Hand/CN=$1" -addext "subjectAltName=DNS:$1" 2>/dev/null
printf '%s\\n' "$2" >/opt/registry/auth/htpasswd
podman create --name registry --net host --security-opt label=disable --replace $3 \\
  -v /opt/registry/data:/var/lib/registry:z -v /opt/registry/auth:/auth:z \\
  -v /opt/registry/conf/config.yml:/etc/docker/registry/config.yml \\
  -e REGISTRY_AUTH=htpasswd -e "REGISTRY_AUTH_HTPASSWD_REALM=Registry" \\
  -e REGISTRY_HTTP_SECRET=ALongRandomSecretForRegistry -e REGISTRY_AUTH_HTPASSWD_PATH=/auth/htpasswd \\
  -v /opt/registry/certs:/certs:z -e REGISTRY_HTTP_TLS_CERTIFICATE=/certs/domain.crt \\
  -e REGISTRY_HTTP_TLS_KEY=/certs/domain.key docker.io/library/registry:latest >/dev/null
if [ -z "$3" ]; then
  podman generate systemd --name registry >/etc/systemd/system/registry.service 2>/dev/null
  systemctl daemon-reload
  systemctl enable --now registry 2>/dev/null
else
  podman start registry >/dev/null
fi
firewall-cmd --quiet --permanent --add-port=5000/tcp
firewall-cmd --quiet --add-port=5000/tcp
"""


@dataclass(frozen=True)
class ByHand:
    """A registry that somebody set up by hand on a sandbox host; its certificate is for `name` alone."""

    lab: Lab
    host: SandboxHost
    name: str

    @property
    def upstream(self) -> str:
        return f"docker://upstream.{self.host.fqdn.partition('.')[2]}:5000"

    @property
    def certificate(self) -> Path:
        return self.host.root / "opt/registry/certs/domain.crt"

    @property
    def fingerprint(self) -> str:
        pem = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        return pem.fingerprint(hashes.SHA256()).hex()

    def set_up(self, restart: str = "") -> None:
        """Do what the script does, with the sandbox's registry image; then see it answer.

        Args:
            restart: A restart policy for podman, instead of a unit for systemd.
        """
        made = self.lab.directory / ".sandbox/upstream"
        root = self.host.root / "root"
        shutil.copy(made / "pull-secret.json", root / "by-hand.json")
        shutil.copy(made / "ca/ca.crt", root / "by-hand-ca.crt")
        (root / "registry.sh").write_text(_SETUP)
        (root / "registry.yml").write_text(CONFIG)
        hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(5)).decode().replace("$2b$", "$2y$")
        with (self.host.root / "etc/hosts").open("a") as hosts:
            hosts.write(f"{self.host.address4} {self.name}\n")
        self._copy(f"{self.upstream}/library/registry:2", "oci-archive:/root/registry.tar")
        policy = f"--restart={restart}" if restart else ""
        self.host.run(["sh", "/root/registry.sh", self.name, f"{USER}:{hashed}", policy])
        self.wait()

    def wait(self) -> None:
        """Return once it answers."""
        deadline = time.monotonic() + 30
        while self.get() != 200:
            assert time.monotonic() < deadline, self.host.run(["podman", "logs", "registry"]).stderr
            time.sleep(0.2)

    def fill(self, image: str, to: str) -> str:
        """Copy an image of the upstream, all of an index, into `to`, as `dummy`; return its digest."""
        with (self.host.root / "root/by-hand-ca.crt").open("a") as trusted:
            trusted.write(self.certificate.read_text())
        secret = self.host.root / "root/by-hand.json"
        auths = json.loads(secret.read_text())
        entry = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        auths["auths"][f"{self.name}:5000"] = {"auth": entry}
        secret.write_text(json.dumps(auths))
        self._copy(f"{self.upstream}/{image}", f"docker://{self.name}:5000/{to}", "--all")
        found = self._skopeo("inspect", "--raw", f"docker://{self.name}:5000/{to}")
        return f"sha256:{hashlib.sha256(found.encode()).hexdigest()}"

    def get(self, path: str = "/v2/", *, ca: Path | None = None, name: str | None = None) -> int:
        """Return the status for user `dummy`, over TLS checked with its certificate, or `ca`; 0: none."""
        name = name or self.name
        words = ["curl", "--silent", "--max-time", "10", "--cacert", str(ca or self.certificate)]
        words += ["--connect-to", f"{name}:5000:{self.host.address4}:5000", "--output", "/dev/null"]
        words += ["--header", "Accept: */*", "--write-out", "%{http_code}", "--config", "-"]
        config = f'user = "{USER}:{PASSWORD}"\n'
        url = f"https://{name}:5000{path}"
        return int(subprocess.run([*words, url], input=config, capture_output=True, text=True).stdout or 0)

    def _copy(self, source: str, destination: str, *words: str) -> None:
        self._skopeo("copy", "--quiet", *words, source, destination)

    def _skopeo(self, *words: str) -> str:
        line = [
            "env",
            "SSL_CERT_FILE=/root/by-hand-ca.crt",
            "REGISTRY_AUTH_FILE=/root/by-hand.json",
            "skopeo",
        ]
        return self.host.run([*line, *words]).stdout
