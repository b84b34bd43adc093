"""Release signatures made with a throw-away key by the real gpg."""

from __future__ import annotations

import json
import subprocess

IDENTITY = "quay.io/openshift-release-dev/ocp-release:4.20.9-x86_64"


class Signer:
    """A throw-away key."""

    def __init__(self, home, name, *, expire="never", at=None):
        self.home = home / name
        self.home.mkdir(mode=0o700)
        self._gpg(*_time(at), "--quick-generate-key", name, "rsa2048", "sign", expire)

    def sign(self, message: object, *, at=None) -> bytes:
        return self._gpg(
            *_time(at),
            "--sign",
            stdin=message if isinstance(message, bytes) else json.dumps(message).encode(),
        )

    def fingerprint(self) -> str:
        lines = self._gpg("--with-colons", "--list-keys").decode().splitlines()
        return next(line.split(":")[9] for line in lines if line.startswith("fpr:"))

    def public(self, *, armor: bool) -> bytes:
        return self._gpg("--export", *(["--armor"] if armor else []))

    def stop(self):
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "all"], check=True)

    def _gpg(self, *words, stdin=b""):
        argv = ["gpg", "--homedir", str(self.home), "--batch", "--quiet", "--passphrase", "", *words]
        done = subprocess.run(argv, input=stdin, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout


def _time(at):
    """The time that gpg believes in, such as ``20200101T000000``; None for now."""
    return ["--faked-system-time", at] if at else []


def claim(digest, identity=IDENTITY, kind="atomic container signature"):
    return {
        "critical": {
            "image": {"docker-manifest-digest": str(digest)},
            "type": kind,
            "identity": {"docker-reference": identity},
        },
        "optional": {"creator": "test"},
    }
