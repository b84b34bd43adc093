"""OpenPGP ASCII armor for a binary keyring, as tools want a key that is given to them in a file.

Source: RFC 9580, 6.1 "Optional Checksum" and 6.2 "Forming ASCII Armor".
"""

from __future__ import annotations

import base64
import textwrap

_CRC24_INIT, _CRC24_POLY = 0xB704CE, 0x864CFB


def armored(keyring: bytes) -> str:
    """Return ``keyring`` as one armored block."""
    body = "\n".join(textwrap.wrap(base64.b64encode(keyring).decode(), 64))
    checksum = base64.b64encode(_crc24(keyring).to_bytes(3, "big")).decode()
    kind = "PGP PUBLIC KEY BLOCK"
    return f"-----BEGIN {kind}-----\n\n{body}\n={checksum}\n-----END {kind}-----\n"


def _crc24(content: bytes) -> int:
    found = _CRC24_INIT
    for byte in content:
        found ^= byte << 16
        for _ in range(8):
            found <<= 1
            if found & 0x1000000:
                found ^= _CRC24_POLY
    return found & 0xFFFFFF
