"""What a registry's refusal means, in our words.

Source: OCI distribution-spec v1.1.1, "Error Codes"; distribution, docs/spec/api.md, "Errors".
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Mapping
from urllib.parse import urlsplit, urlunsplit

from bootstrap.errors import BootstrapError, Denied, DigestMismatch, NotFound, RegistryError, TransferError
from bootstrap.store.interface import IncompleteImage

ERROR_BODY_LIMIT = 64 * 1024  # bytes read of an error's body; what is longer is no registry's

TEMPORARY_STATUS = frozenset({429, 502, 503, 504})
_TEMPORARY_CODES = frozenset({"TOOMANYREQUESTS"})
_INCOMPLETE_CODES = frozenset({"MANIFEST_BLOB_UNKNOWN"})
_DIGEST_CODES = frozenset({"DIGEST_INVALID", "SIZE_INVALID"})
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\u00a0-\U0010ffff]+")
_MESSAGE_LIMIT = 300  # characters of the registry's own words that we repeat


class ServerFault(RegistryError):
    """The registry failed inside (500); it may not, a moment later."""


@dataclass(frozen=True)
class Refusal:
    """A registry's answer that is not the one we want.

    Args:
        status: The HTTP status.
        body: The beginning of the answer's body, at most ``ERROR_BODY_LIMIT`` bytes.
        registry: Who answered, ``host[:port]``.
        with_credentials: Whether the request carried any.
    """

    status: int
    body: bytes
    registry: str
    with_credentials: bool

    def errors(self) -> tuple[tuple[str, str], ...]:
        """Return the pairs of code and message in the body, in order; none when it is not a registry's."""
        try:
            listed = json.loads(self.body)["errors"]
            return tuple((str(each.get("code", "")), _message(each)) for each in listed)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return ()

    def __str__(self) -> str:
        said = "; ".join(dict.fromkeys(" ".join(filter(None, pair)) for pair in self.errors()))
        if not said:
            said = _printable(self.body.decode(errors="replace")) or "nothing more"
        return f"{self.registry} answered {self.status}: {said[:_MESSAGE_LIMIT]}"


def from_refusal(what: str, refusal: Refusal) -> BootstrapError:
    """Return the error that says that ``what`` failed because of ``refusal``.

    Args:
        what: Our sentence, naming registry and repository: "cannot read manifest quay.io/a/b:1".
        refusal: The answer; the OCI codes in its body count for more than its status.
    """
    codes, why = {code for code, _ in refusal.errors()}, str(refusal)
    if refusal.status in TEMPORARY_STATUS or codes & _TEMPORARY_CODES:
        return TransferError(
            what, why=why, fix="try again later; what is there already is kept", is_temporary=True
        )
    if refusal.status in (401, 403):
        return _denied(what, why, refusal)
    if codes & _INCOMPLETE_CODES:
        return IncompleteImage(
            what, why=why, fix="run it again; something it needs was removed in the meantime"
        )
    if codes & _DIGEST_CODES:
        return DigestMismatch(what, why=why, fix="run it again; the bytes were damaged on their way")
    if refusal.status in (404, 410):
        return NotFound(what, why=why, fix="check the name; a tag or release may have been removed")
    if refusal.status == 413:
        return RegistryError(
            what, why=why, fix="raise the size limit of the proxy before the registry (client_max_body_size)"
        )
    if refusal.status == 500:
        return ServerFault(what, why=why, fix="see the registry's journal and its free disk space")
    if refusal.status == 507:
        return RegistryError(what, why=why, fix="see the registry's journal and its free disk space")
    return RegistryError(what, why=why, fix="see the registry's journal for this request")


def _denied(what: str, why: str, refusal: Refusal) -> Denied:
    if refusal.with_credentials:
        fix = f"check the entry for {refusal.registry} in the auth file, and what it may read and write"
    else:
        fix = f"add credentials for {refusal.registry} to the auth file: podman login {refusal.registry}"
    return Denied(what, why=why, fix=fix)


def redact(url: str) -> str:
    """Return ``url`` without user, password, query and fragment: signed URLs are secrets."""
    parts = urlsplit(url)
    query = "…" if parts.query else ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, ""))


def _message(error: Mapping[str, object]) -> str:
    """Return an error's message, and its detail when that is a text: the digest of what is missing."""
    parts = [error.get("message"), error.get("detail")]
    return _printable(" ".join(part for part in parts if isinstance(part, str)))


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text).strip()
