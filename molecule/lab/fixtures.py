"""What a role alone needs from elsewhere: certificates of another CA, credentials, a user's pull secret.

Nothing of it is secret: it was made for one test and ends with it.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from pathlib import Path

from bootstrap.tls.authority import TlsState, load_or_make
from bootstrap.tls.certificates import to_pem
from bootstrap.tls.issue import Order, issue

# A registry that only exists in settings.
ELSEWHERE = "[2001:db8::5]:8443"


def make(directory: Path, name: str) -> None:
    """Make all of it once, for the registry host called ``name``."""
    if (directory / "ready").exists():
        return
    directory.mkdir(exist_ok=True)
    _certificates(directory, name)
    _credentials(directory, name)
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


def _auth(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
