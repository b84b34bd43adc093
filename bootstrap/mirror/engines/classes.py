"""What a tool's own words mean: auth, missing, network, disk or signature, as one of our errors.

Source of the words: containers/image (docker/errors.go, docker/docker_client.go), distribution's error codes,
Go's net and crypto/x509, oc-mirror v2 at 855b64a (``internal/pkg/release/signature.go``).
"""

from __future__ import annotations

import enum
import re

from bootstrap.errors import BootstrapError, Denied, NotFound, RegistryError, TransferError
from bootstrap.mirror.disk import DiskFull


class Class(enum.Enum):
    """Why a tool failed."""

    DISK = "disk"
    SIGNATURE = "signature"
    AUTH = "auth"
    CERTIFICATE = "certificate"
    MISSING = "missing"
    NETWORK = "network"
    UNKNOWN = "unknown"

    @property
    def is_temporary(self) -> bool:
        """Whether the same again may well succeed."""
        return self is Class.NETWORK


# The first that is found counts: a full disk makes connections break, and a name that does not resolve is
# not a manifest that is not found.
_WORDS = (
    (Class.DISK, r"no space left on device|disk quota exceeded|ENOSPC"),
    (
        Class.SIGNATURE,
        (
            r"GenerateReleaseSignatures|no signature found|signature error|invalid signature"
            r"|A signature was required|Source image rejected"
        ),
    ),
    (
        Class.AUTH,
        (
            r"unauthorized|authentication required|invalid username/password|failed to authenticate"
            r"|access to the requested resource is not authorized|\bdenied\b|status(?: code)?:? 40[13]\b"
            r"|failed to find credentials|40[13] \(?(?:Unauthorized|Forbidden)"
        ),
    ),
    (Class.CERTIFICATE, r"x509:|certificate signed by unknown|tls: failed to verify|tls: bad certificate"),
    (Class.NETWORK, r"no such host|server misbehaving|name resolution"),
    (
        Class.MISSING,
        (
            r"manifest unknown|name unknown|not found|repository name not known|status(?: code)?:? 404\b"
            r"|blob unknown|unknown blob|MANIFEST_UNKNOWN|NAME_UNKNOWN"
        ),
    ),
    (
        Class.NETWORK,
        (
            r"connection refused|connection reset|broken pipe|i/o timeout|deadline exceeded|unexpected EOF"
            r"|: EOF|no route to host|network is unreachable|handshake timeout|Client\.Timeout"
            r"|too ?many ?requests|status(?: code)?:? (?:429|50[0-4])\b"
            r"|\b50[0-4] \(?(?:Internal|Bad|Service|Gateway)"
            r"|received unexpected HTTP status: 5|server closed|use of closed network"
        ),
    ),
)
_COMPILED = tuple((found, re.compile(words, re.IGNORECASE)) for found, words in _WORDS)


def classify(text: str) -> Class:
    """Return what ``text``, an error as the tool tells it, is about."""
    return next((found for found, words in _COMPILED if words.search(text)), Class.UNKNOWN)


def tool_error(tool: str, what: str, said: str) -> BootstrapError:
    """Return our error for what ``tool`` said.

    Args:
        tool: Its name.
        what: What could not be done.
        said: In its words.
    """
    found, why = classify(said), f"{tool}: {said}"
    if found is Class.DISK:
        return DiskFull(
            what,
            why=why,
            fix="free space there, and run the same command again: it moves only what is missing",
        )
    if found is Class.SIGNATURE:
        return RegistryError(
            what,
            why=why,
            fix="see that the release is signed, and mirror_content_signature_key is its key",
        )
    if found is Class.AUTH:
        return Denied(
            what, why=why, fix="see that the pull secret has credentials for the registry named there"
        )
    if found is Class.CERTIFICATE:
        return TransferError(
            what,
            why=why,
            fix="give that registry's CA as mirror_content_source_ca, or add it to the host's trust store",
        )
    if found is Class.MISSING:
        return NotFound(what, why=why, fix="correct the image set, or see why its source does not have it")
    if found is Class.NETWORK:
        return TransferError(
            what,
            why=why,
            fix="check that the registry runs, and the way to it; the same command again resumes",
            is_temporary=True,
        )
    return TransferError(what, why=why, fix=f"see the words of {tool} above, and the end of its log")
