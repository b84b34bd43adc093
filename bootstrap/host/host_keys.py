"""Host keys: which are known for a name, what a key that was shown means, and how one is accepted.

OpenSSH and we read the same files (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): hashed names, patterns,
``[name]:port`` and ``@revoked`` mean here what they mean there. ``@cert-authority`` does not: paramiko asks
for no host certificates, so a host that only has one is unknown until its key is accepted.
"""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
import hmac
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrap.credentials.files import locked
from bootstrap.errors import HostError

SSH_PORT = 22
_REVOKED = "@revoked"
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


@dataclass(frozen=True)
class HostKey:
    """A public key: its type as in known_hosts (``ssh-ed25519``), and its bytes."""

    kind: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        """``SHA256:…`` as ``ssh-keygen -l`` prints it."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")

    def __str__(self) -> str:
        return f"{self.kind} {self.fingerprint}"


@dataclass(frozen=True)
class Entry:
    """One line of a known_hosts file; ``marker`` is "" for an ordinary one."""

    marker: str
    names: str
    key: HostKey

    def is_for(self, name: str) -> bool:
        """Say whether the line is about ``name`` (``host``, or ``[host]:port``)."""
        if self.names.startswith("|1|"):
            return _is_hashed(self.names, name)
        is_matched = False
        for pattern in self.names.lower().split(","):
            if _matches(pattern.removeprefix("!"), name.lower()):
                if pattern.startswith("!"):
                    return False
                is_matched = True
        return is_matched


class Verdict(enum.Enum):
    """What a key that a host shows means."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    CHANGED = "changed"
    REVOKED = "revoked"


class KnownHosts:
    """The entries of several files, in their order; a file that is not there has none."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = tuple(entries)

    @classmethod
    def read(cls, files: Sequence[str]) -> KnownHosts:
        """Read the files.

        Raises:
            HostError: One cannot be read.
        """
        return cls(entry for file in files for entry in parse(_text(Path(file))))

    def judge(self, names: Sequence[str], key: HostKey) -> Verdict:
        """Return what ``key`` means for a host, as OpenSSH would say.

        Args:
            names: See :func:`names_of`; a later one only counts while nothing is known for those before.
            key: What the host shows.
        """
        if any(entry.marker == _REVOKED and entry.key == key for name in names for entry in self._for(name)):
            return Verdict.REVOKED
        first, *others = names
        if known := self.keys(first):
            return Verdict.KNOWN if key in known else Verdict.CHANGED
        return Verdict.KNOWN if any(key in self.keys(name) for name in others) else Verdict.UNKNOWN

    def keys(self, name: str) -> list[HostKey]:
        """Return the keys that are good for one name."""
        return [entry.key for entry in self._for(name) if not entry.marker]

    def _for(self, name: str) -> list[Entry]:
        return [entry for entry in self._entries if entry.is_for(name)]


def parse(text: str) -> list[Entry]:
    """Return the lines that are entries; like OpenSSH, all others are passed over."""
    entries = []
    for line in text.splitlines():
        words = line.split()
        marker = words.pop(0) if words and words[0].startswith("@") else ""
        if len(words) < 3 or words[0].startswith("#"):
            continue
        try:
            blob = base64.b64decode(words[2], validate=True)
        except binascii.Error:
            continue
        entries.append(Entry(marker, words[0], HostKey(words[1], blob)))
    return entries


def names_of(hostname: str, port: int, alias: str | None = None) -> tuple[str, ...]:
    """Return the names under which OpenSSH looks a host's key up, the one that it writes first.

    Args:
        hostname: Where the connection goes, an IPv6 address without brackets.
        port: A key at another port than 22 is another key, yet a plain name will do.
        alias: ``HostKeyAlias``, which then is the only name.
    """
    if alias:
        return (alias.lower(),)
    host = hostname.lower()
    return (host,) if port == SSH_PORT else (f"[{host}]:{port}", host)


def accept(file: Path, name: str, key: HostKey) -> None:
    """Add a key to a known_hosts file (0600, its directory 0700), unless it is there.

    Raises:
        HostError: The file cannot be written.
    """
    with locked(file.parent):
        text = _text(file)
        if key in KnownHosts(parse(text)).keys(name):
            return
        line = f"{name} {key.kind} {base64.b64encode(key.blob).decode()}\n"
        if text and not text.endswith("\n"):
            line = "\n" + line
        try:
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as opened:
                opened.write(line)
        except OSError as error:
            raise HostError(
                f"cannot write {file}",
                why=error.strerror or str(error),
                fix="make the site state writable to you",
            ) from error


def is_fingerprint(text: str) -> bool:
    """Say whether ``text`` is a fingerprint as ``ssh-keygen -l`` prints it: ``SHA256:`` and 43 characters."""
    return _FINGERPRINT.fullmatch(text) is not None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise HostError(
            f"cannot read the known hosts in {file}",
            why=error.strerror or str(error),
            fix="make the file readable to you; without it no host key can be checked",
        ) from error


def _matches(pattern: str, name: str) -> bool:
    """Say whether ``*`` and ``?`` make ``pattern`` match; brackets are themselves here."""
    regex = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern)
    return re.fullmatch(regex, name) is not None


def _is_hashed(hashed: str, name: str) -> bool:
    try:
        salt, digest = (base64.b64decode(part) for part in hashed.split("|")[2:4])
    except (ValueError, binascii.Error):
        return False
    return hmac.compare_digest(hmac.new(salt, name.lower().encode(), "sha1").digest(), digest)
