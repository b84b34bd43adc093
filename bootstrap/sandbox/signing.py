"""Signatures by a throw-away OpenPGP key: it signs what is published, and is gone.

Source: containers/image, docs/atomic-signature.md.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import process
from bootstrap.sandbox.files import replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bootstrap.sandbox.release import Release

_OWNER = "Sandbox {what} key <security@sandbox.test>"


def sign(releases: Sequence[Release], directory: Path, public_key: Path) -> None:
    """Sign every release image with one new key.

    Args:
        releases: What to sign.
        directory: Gets ``sha256=<hex>/signature-1`` for each; what is there already stays.
        public_key: Gets the public key, armored; written last.
    """
    with _throw_away_key("release") as gpg:
        for release in releases:
            path = directory / f"sha256={release.digest.hex}/signature-1"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            process.run([*gpg, "--output", str(path), "--sign"], stdin=_message(release))
        replace(public_key, process.run([*gpg, "--armor", "--export"]).stdout, mode=0o644)


def clearsigned(text: str) -> tuple[str, str]:
    """Return ``text`` signed by one new key as apt's ``InRelease`` is, and the public key, armored."""
    with _throw_away_key("package") as gpg:
        signed = process.run([*gpg, "--digest-algo", "SHA512", "--clear-sign"], stdin=text).stdout
        return signed, process.run([*gpg, "--armor", "--export"]).stdout


@contextmanager
def _throw_away_key(what: str) -> Iterator[list[str]]:
    """Make a key, yield the ``gpg`` command that signs with it, and forget it."""
    # Short, because gpg-agent's socket is in there and the path of a socket has 107 characters at most.
    home = Path(tempfile.mkdtemp(prefix="gpg-"))
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--no-autostart"]
    try:
        unprotected = ["--pinentry-mode", "loopback", "--passphrase", ""]  # it lives for a second
        starting = [word for word in gpg if word != "--no-autostart"]
        owner = _OWNER.format(what=what)
        process.run([*starting, *unprotected, "--quick-generate-key", owner, "rsa3072", "sign", "never"])
        yield gpg
    finally:
        process.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)
        while home.exists():
            with suppress(FileNotFoundError):  # the agent takes its sockets away while it ends
                shutil.rmtree(home)


def _message(release: Release) -> str:
    critical = {
        "image": {"docker-manifest-digest": str(release.digest)},
        "type": "atomic container signature",
        "identity": {"docker-reference": release.reference},
    }
    return json.dumps({"critical": critical, "optional": {"creator": "bootstrap-registry sandbox"}})
