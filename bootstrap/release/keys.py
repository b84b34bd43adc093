"""OpenPGP public keys: found, and turned into the binary keyring that gpgv reads.

Source: RFC 9580, 6.2 "Forming ASCII Armor"; Red Hat's hosts have their release keys in
/etc/pki/rpm-gpg/RPM-GPG-KEY-redhat-release (package redhat-release).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from pathlib import Path

from bootstrap.errors import ConfigError

DEFAULT_KEY = Path("/etc/pki/rpm-gpg/RPM-GPG-KEY-redhat-release")

_BLOCK = re.compile(
    rb"-----BEGIN PGP PUBLIC KEY BLOCK-----[ \t]*\r?\n(.*?)\r?\n-----END PGP PUBLIC KEY BLOCK-----", re.DOTALL
)
_PUBLIC_KEY_TAG = 6  # RFC 9580, 5: a keyring begins with a public key packet


def find_key(configured: str | None, *, default: Path = DEFAULT_KEY) -> Path:
    """Return the file of the key that release signatures are checked with.

    Args:
        configured: The setting ``signature_key``; None for the key that the host came with.
        default: Where the host has it.

    Raises:
        ConfigError: There is none.
    """
    if configured:
        return Path(configured)
    if default.is_file():
        return default
    raise ConfigError(
        "cannot check release signatures: there is no public key",
        why=f"no key is configured, and this host has no {default} (only Red Hat's own systems come with it)",
        fix="set mirror_content_signature_key to Red Hat's release key "
        "(https://access.redhat.com/security/team/key), or mirror_content_signature_policy to skip",
    )


def keyring(path: Path) -> bytes:
    """Return the keys in ``path`` as gpgv reads them; the file may be binary or armored, with several blocks.

    Raises:
        ConfigError: It cannot be read, or holds no public key.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"cannot read the public key {path}", why=str(error), fix="give the path of a readable key file"
        ) from error
    blocks = _BLOCK.findall(content)
    try:
        binary = b"".join(_dearmor(block) for block in blocks) if blocks else content
    except (ValueError, binascii.Error) as error:
        raise _unusable(path, f"its armor is damaged: {error}") from error
    if not binary or _packet_tag(binary[0]) != _PUBLIC_KEY_TAG:
        raise _unusable(path, "it does not begin with an OpenPGP public key")
    return binary


def fingerprints(keyring: bytes) -> tuple[str, ...]:
    """Return the fingerprint of each primary key of a binary keyring, in their order, as gpg writes it.

    Packets that cannot be read end the search: gpgv is who judges them.

    Source: RFC 9580, 4.2 "Packet Headers" and 5.5.4 "Key IDs and Fingerprints".
    """
    found = []
    while keyring:
        tag = _packet_tag(keyring[0])
        start, size = _extent(keyring)
        if tag is None or size is None or start + size > len(keyring):
            break
        body, keyring = keyring[start : start + size], keyring[start + size :]
        if tag == _PUBLIC_KEY_TAG and body[:1] == b"\x04":
            head = b"\x99" + len(body).to_bytes(2, "big")
            found.append(hashlib.sha1(head + body, usedforsecurity=False).hexdigest().upper())
        elif tag == _PUBLIC_KEY_TAG and body[:1] == b"\x06":
            head = b"\x9b" + len(body).to_bytes(4, "big")
            found.append(hashlib.sha256(head + body).hexdigest().upper())
    return tuple(found)


def named(keyring: bytes) -> str:
    """Return whose signatures are good: the fingerprints in ``keyring``, in a sentence's middle."""
    return " or ".join(fingerprints(keyring)) or "unknown keys"


def _extent(packet: bytes) -> tuple[int, int | None]:
    """Return where a packet's body begins and its size; no size for lengths that keys do not have."""
    at = 1
    if not packet[0] & 0x40:  # the old format says in two bits how long the length is
        width = (1, 2, 4, 0)[packet[0] & 3]
        return at + width, int.from_bytes(packet[at : at + width], "big") if width else None
    first = packet[at] if len(packet) > at else 0
    if first < 192:
        return at + 1, first
    if first < 224:
        return at + 2, ((first - 192) << 8) + int.from_bytes(packet[at + 1 : at + 2], "big") + 192
    return at + 5, int.from_bytes(packet[at + 1 : at + 5], "big") if first == 255 else None


def _dearmor(block: bytes) -> bytes:
    lines = [line.strip() for line in block.splitlines()]
    if b"" in lines:  # headers such as Version: and Comment: end with an empty line
        lines = lines[lines.index(b"") + 1 :]
    # The checksum line is left out: it protects against noise on the wire, and is no longer wanted.
    return base64.b64decode(b"".join(line for line in lines if not line.startswith(b"=")), validate=True)


def _packet_tag(first: int) -> int | None:
    if not first & 0x80:
        return None
    return first & 0x3F if first & 0x40 else (first & 0x3C) >> 2


def _unusable(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"cannot use the public key {path}", why=why, fix="export it anew: gpg --export --armor KEY"
    )
