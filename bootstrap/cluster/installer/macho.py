"""The signature of a program for macOS, made anew once the program was changed: else arm64 refuses to run it.

It is an ad-hoc signature, as Go's linker makes it: hashes of the pages, and no key.

Source: xnu, ``osfmk/kern/cs_blobs.h`` (``CS_SuperBlob``, ``CS_CodeDirectory``) and
``EXTERNAL_HEADERS/mach-o/loader.h``; openshift/oc, ``pkg/cli/admin/internal/codesign`` (``ResignMacho``).
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bootstrap.errors import VerificationError

_MAGIC_64, _EXECUTE = 0xFEEDFACF, 2
_SEGMENT_64, _CODE_SIGNATURE = 0x19, 0x1D
_SUPER_BLOB, _CODE_DIRECTORY, _VERSION = 0xFADE0CC0, 0xFADE0C02, 0x20400
_AD_HOC_BY_LINKER, _MAIN_BINARY, _SHA256 = 0x20002, 1, 2
_PAGE_BITS, _HASH = 12, 32
_IDENTIFIER = b"a.out\0"  # Go's linker calls every program so
_HEADER = struct.Struct("<7I4x")
_DIRECTORY = struct.Struct(">9I4B4I4Q")
_BEFORE_DIRECTORY = 20  # bytes: the blob's own header and its one index entry


@dataclass(frozen=True)
class _Program:
    """Of a program: where its code ends and its signature begins, and where its text segment lies."""

    kind: int
    signature: int
    room: int
    text: int
    text_size: int


def sign_again(path: Path, name: str) -> None:
    """Renew the signature of the program at ``path``, in place.

    Raises:
        VerificationError: It has none, or one of another form than Go's linker makes.
    """
    with path.open("r+b") as file:
        program = _read(file)
        if program is None or _size(program.signature) != program.room:
            raise VerificationError(
                f"cannot sign {name} for macOS again",
                why="it has no signature of the form that Go's linker makes",
                fix="extract it with oc on the PATH, and sign it on a Mac: codesign --force --sign - FILE",
            )
        made = _signature(file, program)
        file.seek(program.signature)
        file.write(made)


def _read(file: IO[bytes]) -> _Program | None:
    head = file.read(_HEADER.size)
    if len(head) < _HEADER.size or struct.unpack_from("<I", head)[0] != _MAGIC_64:
        return None
    _, _, _, kind, count, size, _ = _HEADER.unpack(head)
    commands, at = file.read(size), 0
    text = signature = None
    for _ in range(count):
        if at + 8 > len(commands):
            return None
        command, length = struct.unpack_from("<2I", commands, at)
        if command == _SEGMENT_64 and commands[at + 8 : at + 24].rstrip(b"\0") == b"__TEXT":
            text = struct.unpack_from("<2Q", commands, at + 40)
        elif command == _CODE_SIGNATURE:
            signature = struct.unpack_from("<2I", commands, at + 8)
        at += max(length, 8)
    if text is None or signature is None:
        return None
    return _Program(kind, *signature, *text)


def _pages(code: int) -> int:
    return -(-code // (1 << _PAGE_BITS))


def _size(code: int) -> int:
    """Return how many bytes the signature of ``code`` bytes takes."""
    return _BEFORE_DIRECTORY + _DIRECTORY.size + len(_IDENTIFIER) + _pages(code) * _HASH


def _signature(file: IO[bytes], program: _Program) -> bytes:
    hashes = _DIRECTORY.size + len(_IDENTIFIER)
    size, code = _size(program.signature), program.signature
    is_main = _MAIN_BINARY if program.kind == _EXECUTE else 0
    directory = _DIRECTORY.pack(
        *(_CODE_DIRECTORY, size - _BEFORE_DIRECTORY, _VERSION, _AD_HOC_BY_LINKER, hashes, _DIRECTORY.size),
        *(0, _pages(code), code),
        *(_HASH, _SHA256, 0, _PAGE_BITS),
        *(0, 0, 0, 0),
        *(0, program.text, program.text_size, is_main),
    )
    parts = [struct.pack(">5I", _SUPER_BLOB, size, 1, 0, _BEFORE_DIRECTORY), directory, _IDENTIFIER]
    file.seek(0)
    left = code
    while left > 0:
        page = file.read(min(left, 1 << _PAGE_BITS))
        parts.append(hashlib.sha256(page).digest())
        left -= len(page) or left
    return b"".join(parts)
