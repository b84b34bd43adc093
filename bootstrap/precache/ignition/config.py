"""Ignition configs as text: read, written as their consumers can take them, and measured as they do."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from bootstrap.errors import ConfigError

VERSION = "3.2.0"
VERSIONS = ("3.2.0", "3.1.0")  # what assisted-service takes: internal/common/ignition, ParseToLatest
# assisted-service, `IgnitionImageSizePadding`: of the archive with its own files and ours.
ARCHIVE_LIMIT = 256 * 1024
ITS_OWN = 64 * 1024  # of that archive, left for what assisted-service has in it
# Kubernetes' apimachinery, `TotalAnnotationSizeLimitB`: of all annotations of an object.
ANNOTATIONS_LIMIT = 256 * 1024
OTHER_ANNOTATIONS = 16 * 1024


def parse(text: str, name: str = "the Ignition config") -> dict[str, Any]:
    """Return the config that ``text`` is; keys in their order.

    Raises:
        ConfigError: It is no JSON object.
    """
    try:
        found = json.loads(text, parse_constant=_refuse)
        why = "" if isinstance(found, dict) else "it is no JSON object"
    except (ValueError, RecursionError) as error:
        found, why = None, f"it is not JSON: {error}"
    if not isinstance(found, dict):
        raise ConfigError(
            f"cannot use {name}", why=why, fix="give an Ignition config: a JSON object with the key ignition"
        )
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is none of its numbers")


def compact(config: Mapping[str, Any]) -> str:
    """Return it on one line and without apostrophes.

    The SiteConfig operator's templates paste it between apostrophes in YAML: one more of them, as in
    ``sh -c '…'``, would end the text there.
    """
    return json.dumps(config, separators=(",", ":")).replace("'", "\\u0027")


def data_url(content: str) -> str:
    """Return ``content`` in the shorter of the two spellings.

    It is not compressed: the discovery image is compressed as a whole, and this way anyone can read it.
    """
    raw = content.encode()
    percent = "data:," + quote(raw, safe="")
    encoded = "data:;base64," + base64.b64encode(raw).decode()
    return min(percent, encoded, key=len)


def content_of(source: str, compression: str | None = None) -> bytes:
    """Return what a data URL holds.

    Raises:
        ValueError: It is no data URL, or a damaged one.
    """
    head, comma, body = source.partition(",")
    if not head.startswith("data:") or not comma:
        raise ValueError("it is no data URL")
    try:
        raw = unquote_to_bytes(body)
        if head.endswith(";base64"):
            raw = base64.b64decode(raw, validate=True)
        return gzip.decompress(raw) if compression == "gzip" else raw
    except (binascii.Error, OSError, EOFError) as error:
        raise ValueError(f"its data URL cannot be decoded: {error}") from None


def archive_size(text: str) -> int:
    """Return how many bytes it takes in a discovery image."""
    return len(archived(text))


def archived(text: str) -> bytes:
    """Return it as a discovery image has it: a gzip'd cpio archive of ``config.ign``.

    Source: assisted-image-service, ``pkg/isoeditor``: ``IgnitionContent.Archive``.
    """
    members = _cpio_member("config.ign", text.encode(), 0o100644) + _cpio_member("TRAILER!!!", b"", 0)
    return gzip.compress(members, mtime=0)


def _cpio_member(name: str, content: bytes, mode: int) -> bytes:
    """Return one file of an archive in the format newc (cpio(5))."""
    fields = (0, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + "".join(f"{each:08X}" for each in fields).encode() + name.encode() + b"\0"
    return _padded(head) + _padded(content)


def _padded(content: bytes) -> bytes:
    return content + b"\0" * (-len(content) % 4)
