"""What a role alone needs from elsewhere: certificates of another CA, credentials, a user's pull secret.

Nothing of it is secret: it was made for one test and ends with it.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import json
import tarfile
from pathlib import Path

from bootstrap.tls.authority import TlsState, load_or_make
from bootstrap.tls.certificates import to_pem
from bootstrap.tls.issue import Order, issue

# A registry that only exists in settings.
ELSEWHERE = "[2001:db8::5]:8443"
# Stand where oc and oc-mirror would: they only say a version.
TOOL = """\
#!/bin/sh
echo "{name} {version} for {build}: $*"
"""
TOO_NEW = """\
#!/bin/sh
echo "$0: version \\`GLIBC_2.99' not found (required by $0)" >&2
exit 1
"""


def make(directory: Path, name: str) -> None:
    """Make all of it once, for the registry host called ``name``."""
    if (directory / "ready").exists():
        return
    directory.mkdir(exist_ok=True)
    _certificates(directory, name)
    _credentials(directory, name)
    _tools(directory)
    (directory / "imageset.yaml").write_text(
        "kind: ImageSetConfiguration\napiVersion: mirror.openshift.io/v2alpha1\n"
        "mirror:\n  additionalImages:\n    - name: registry.example.com/other/image:1\n"
    )
    (directory / "registries.conf").write_text(
        "[[registry]]\nlocation = 'docker.io'\n"
        "[[registry.mirror]]\nlocation = 'enclave.example.com:5000/docker'\n"
    )
    (directory / "not-pem.crt").write_text("This is no certificate.\n")
    (directory / "release.gpg").write_bytes(b"\x99a key that nobody asks here")
    (directory / "boot.img").write_text("boots\n" * 50_000)
    (directory / "agent.pyz").write_text("print('another agent')\n")
    (directory / "ready").touch()


def _certificates(directory: Path, name: str) -> None:
    """Write ``ca.crt``, ``server.crt`` and ``server.key``, a key that fits neither, and a second CA."""
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    ours, others = (
        load_or_make(TlsState(directory / word), word, 3650, now) for word in ("provided", "others")
    )
    server, stranger = (
        issue(Order([name, "registry.example.com"], "ecdsa_p256", 90), each, now) for each in (ours, others)
    )
    (directory / "ca.crt").write_bytes(to_pem([ours.certificate]))
    (directory / "two-ca.crt").write_bytes(to_pem([ours.certificate, others.certificate]))
    (directory / "server.crt").write_bytes(server.pem)
    (directory / "server.key").write_bytes(server.key_pem)
    (directory / "stranger.key").write_bytes(stranger.key_pem)


def _credentials(directory: Path, name: str) -> None:
    """Write the controller's auth file, a pull secret from elsewhere, and one that is broken."""
    mirror = {
        location: {"auth": _auth("mirror:a-password-for-a-test")} for location in (f"{name}:5000", ELSEWHERE)
    }
    quay = {"quay.io": {"auth": _auth("somebody:elses"), "email": "you@example.com"}}
    (directory / "auth.json").write_text(json.dumps({"auths": mirror}))
    (directory / "pull-secret.json").write_text(
        json.dumps({"auths": quay, "credHelpers": {"gcr.io": "gcloud"}})
    )
    (directory / "broken.json").write_text('{"auths": ')


def _tools(directory: Path) -> None:
    """Write archives of tools as Red Hat has them, a bare program, and the SHA-256 of each beside it."""
    for build in ("rhel9", "rhel10"):
        client = {name: TOOL.format(name=name, version="4.20.3", build=build) for name in ("oc", "kubectl")}
        _tool(directory / f"openshift-client-{build}.tar.gz", _packed({"README.md": "Read me.", **client}))
    mirror = TOOL.format(name="oc-mirror", version="4.20.3", build="rhel9")
    _tool(directory / "oc-mirror.rhel9.tar.gz", _packed({"oc-mirror": mirror}))
    _tool(directory / "oc-mirror", TOOL.format(name="oc-mirror", version="4.20.3", build="all").encode())
    _tool(directory / "oc-too-new.tar.gz", _packed({"oc": TOO_NEW}))


def _tool(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.with_name(f"{path.name}.sha256").write_text(hashlib.sha256(content).hexdigest())


def _packed(members: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, text in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return content.getvalue()


def _auth(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
