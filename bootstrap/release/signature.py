"""Release signatures: who published a release image, checked by the host's gpgv.

Source: containers/image, docs/atomic-signature.md (a signed JSON naming digest and reference) and
docs/signature-protocols.md (where signatures lie); oc-mirror v2, ``internal/pkg/release/signature.go``.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import process
from bootstrap.errors import ConfigError, HostError, NotFound, VerificationError
from bootstrap.oci.reference import Reference

if TYPE_CHECKING:
    from bootstrap.oci.digest import Digest
    from bootstrap.release.download import Downloader

_SIGNATURE_LIMIT = 1024 * 1024  # bytes; one has about 1 KiB
_MOST_SIGNATURES = 10  # of one image; they are numbered from 1 without gaps
_STATUS = "[GNUPG:] "
_TYPE = "atomic container signature"
# gpgv ends with 0 for some of these. Source: GnuPG, doc/DETAILS, "Format of the --status-fd output".
_BAD = {
    "BADSIG": "its bytes were changed after the key {key} signed them",
    "EXPKEYSIG": "the key {key} that made it has expired",
    "EXPSIG": "it has expired; the key {key} made it",
    "REVKEYSIG": "the key {key} that made it was revoked",
    "NO_PUBKEY": "the key {key} made it, which is not among the keys configured",
}


@dataclass(frozen=True)
class Signature:
    """A signature that is good.

    Attributes:
        content: Its bytes, as clusters want them too.
        identity: Under which name the release was signed; None when that is not a reference we can read.
        fingerprint: Of the primary key.
    """

    content: bytes
    identity: Reference | None
    fingerprint: str


class Verifier:
    """Checks release images against the signatures that a server publishes.

    Args:
        url: Of the directory that has ``sha256=<hex>/signature-1``.
        keyring: Binary OpenPGP public keys; see ``keys.keyring``.
        directory: Where to put files for gpgv for a moment; never readable for others.
        gpgv: The program.

    Raises:
        HostError: The host has no gpgv.
    """

    def __init__(
        self, url: str, keyring: bytes, downloader: Downloader, *, directory: Path, gpgv: str = "gpgv"
    ) -> None:
        self._url, self._keyring, self._downloader = url.rstrip("/"), keyring, downloader
        self._directory = directory
        self._gpgv = shutil.which(gpgv) or ""
        if not self._gpgv:
            raise HostError(
                "cannot check release signatures",
                why=f"this host has no {gpgv}",
                fix="install it: package gpgv on Debian and Ubuntu, gnupg2 on RHEL and Fedora",
            )

    def verify(self, digest: Digest, *, name: str) -> Signature:
        """Return a good signature of the release image ``digest``.

        Args:
            digest: Of the release image.
            name: What messages call the release.

        Raises:
            NotFound: Nobody published a signature.
            VerificationError: None of those published is good; ``why`` says what is wrong with each.
        """
        reasons = []
        for number in range(1, _MOST_SIGNATURES + 1):
            url = f"{self._url}/sha256={digest.hex}/signature-{number}"
            try:
                content = self._downloader.get(
                    url, what=f"cannot fetch a signature of release {name}", limit=_SIGNATURE_LIMIT
                )
            except NotFound:
                break
            try:
                return self._check(content, digest)
            except ValueError as error:
                reasons.append(f"signature-{number}: {error}")
        if not reasons:
            raise NotFound(
                f"release {name} is not signed",
                why=f"there is nothing at {self._url}/sha256={digest.hex}/signature-1",
                fix="check signature_url and the release; a nightly build has no signature and needs "
                "mirror_content_signature_policy: skip",
            )
        raise VerificationError(
            f"no signature of release {name} is good",
            why="; ".join(reasons),
            fix="check that mirror_content_signature_key is the key of who published the release; "
            "if it is, do not use this release",
        )

    def verify_content(self, content: bytes, digest: Digest, *, name: str) -> Signature:
        """Return ``content`` as a good signature of the release image ``digest``; asks nobody.

        Raises:
            VerificationError: It is none.
        """
        try:
            return self._check(content, digest)
        except ValueError as error:
            raise VerificationError(
                f"the signature of release {name} is not good",
                why=str(error),
                fix="check that mirror_content_signature_key is the key of who published the release; "
                "if it is, do not use this release",
            ) from error

    def _check(self, content: bytes, digest: Digest) -> Signature:
        """Raise ValueError with the reason unless ``content`` is a good signature of ``digest``."""
        message, fingerprint = self._gpgv_says(content)
        return Signature(content, _identity(message, digest), fingerprint)

    def _gpgv_says(self, content: bytes) -> tuple[str, str]:
        """Return the message that was signed and the fingerprint of the key."""
        with tempfile.TemporaryDirectory(prefix="gpgv-", dir=self._directory) as directory:
            keys, message = Path(directory, "keys.gpg"), Path(directory, "signature")
            keys.write_bytes(self._keyring)
            message.write_bytes(content)
            argv = [self._gpgv, "--homedir", directory, "--keyring", str(keys)]
            done = process.run(
                [*argv, "--status-fd", "2", "--output", "-", str(message)],
                timeout_seconds=60.0,
                check=False,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
            )
        lines = [
            line[len(_STATUS) :].split() for line in done.stderr.splitlines() if line.startswith(_STATUS)
        ]
        said = {line[0]: line[1:] for line in reversed(lines) if line}  # the first of each
        bad = next((word for word in _BAD if word in said), None)
        if bad is not None:
            raise ValueError(_BAD[bad].format(key=(said[bad] or ["?"])[0]))
        if done.returncode != 0 or "GOODSIG" not in said or "VALIDSIG" not in said:
            plain = [line for line in done.stderr.splitlines() if not line.startswith(_STATUS)]
            raise ValueError(" ".join(plain)[-300:] or f"gpgv ended with {done.returncode}")
        return done.stdout, said["VALIDSIG"][-1]  # the last word is the primary key's fingerprint


def _identity(message: str, digest: Digest) -> Reference | None:
    """Return the reference that the signed JSON names, after seeing that it is about ``digest``."""
    try:
        critical = json.loads(message)["critical"]
        kind, signed = critical["type"], critical["image"]["docker-manifest-digest"]
        identity = critical["identity"]["docker-reference"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"what it signs is not an image: {error!r}") from error
    if kind != _TYPE:
        raise ValueError(f"it is of type {kind!r}, not {_TYPE!r}")
    if signed != str(digest):
        raise ValueError(f"it is good, but for another image: {signed}")
    try:
        return Reference.parse(str(identity))
    except ConfigError:
        return None
