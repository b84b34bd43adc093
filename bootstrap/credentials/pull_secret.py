"""The pull secret: containers' ``auth.json``, read strictly and merged without losing a key.

Source: containers-auth.json(5). ``auths`` by ``host[:port][/namespace[/repository]]``, the most specific key
wins; ``credHelpers``, ``credsStore`` and whatever else a file has is kept as it stands.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bootstrap.credentials import files
from bootstrap.errors import ConfigError

Entry = Mapping[str, Any]
_DOWNLOAD = "download it again from https://console.redhat.com/openshift/install/pull-secret"


@dataclass(frozen=True)
class PullSecret:
    """One auth file.

    Attributes:
        document: The JSON object; every value of ``auths`` is an object. Never printed.
    """

    document: Mapping[str, Any]

    @classmethod
    def load(cls, path: Path) -> PullSecret:
        """Read a pull secret that has something in it.

        Raises:
            ConfigError: There is no such file, it is malformed, or has no entry.
            HostError: It cannot be read.
        """
        if path.expanduser().is_dir():
            raise _malformed(str(path), "it is a directory")
        content = files.read(path.expanduser())
        if content is None:
            raise ConfigError(
                f"there is no pull secret {path}",
                why="no such file on the controller",
                fix=f"{_DOWNLOAD}, or correct pull_secret_file",
            )
        secret = cls.parse(content, str(path))
        secret.raise_unusable(str(path))
        return secret

    @classmethod
    def parse(cls, content: bytes | None, name: str) -> PullSecret:
        """Read an auth file; None and an empty file are one with no entries.

        Args:
            content: The file's bytes.
            name: Where it is, for messages.

        Raises:
            ConfigError: It is not JSON of that shape. Its text is never repeated.
        """
        if content is None or not content.strip():
            return cls({})
        try:
            document = json.loads(content)
        except ValueError as error:
            # A JSONDecodeError names line and column only; never its document.
            where = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "its encoding"
            raise _malformed(name, f"it is not JSON: see {where}") from None
        if not isinstance(document, dict):
            raise _malformed(name, "it is not a JSON object")
        auths = document.get("auths", {})
        if not isinstance(auths, dict) or not all(isinstance(entry, dict) for entry in auths.values()):
            raise _malformed(name, '"auths" is not an object of objects')
        return cls(document)

    @property
    def registries(self) -> list[str]:
        """Keys of ``auths``, sorted."""
        return sorted(self.auths)

    @property
    def auths(self) -> Mapping[str, Entry]:
        """Entries by key."""
        auths: Mapping[str, Entry] = self.document.get("auths", {})
        return auths

    def entry_for(self, name: str) -> Entry | None:
        """Return the entry that tools use for ``registry/repository``: the most specific key's."""
        parts = name.split("/")
        for length in range(len(parts), 0, -1):
            if (entry := self.auths.get("/".join(parts[:length]))) is not None:
                return entry
        return None

    def raise_unusable(self, name: str) -> None:
        """Refuse what no tool could log in with.

        Raises:
            ConfigError: It has no entry, or one whose ``auth`` is not base64 of ``user:password``.
        """
        if not self.auths:
            raise _malformed(name, '"auths" has no entry')
        wrong = [key for key, entry in self.auths.items() if not _is_usable(entry)]
        if wrong:
            raise _malformed(name, f'the "auth" of {", ".join(sorted(wrong))} is not base64 of user:password')

    def merged(self, entries: Mapping[str, Entry]) -> PullSecret:
        """Return this with ``entries`` added to ``auths``; equal keys are replaced, all else is kept."""
        return PullSecret({**self.document, "auths": {**self.auths, **entries}})

    def without(self, keys: Collection[str]) -> PullSecret:
        """Return this without the entries of ``keys``."""
        return PullSecret(
            {**self.document, "auths": {key: entry for key, entry in self.auths.items() if key not in keys}}
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is said: no entry and no other key."""
        return not self.auths and set(self.document) <= {"auths"}

    def to_bytes(self) -> bytes:
        """Return the file's content, keys in the order they came."""
        return (json.dumps(self.document, indent=2) + "\n").encode()

    def __repr__(self) -> str:
        return f"PullSecret({', '.join(self.registries)})"


def entry(user: str, password: str) -> Entry:
    """Return an ``auths`` entry for basic authentication."""
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def _is_usable(entry: Entry) -> bool:
    if "auth" not in entry:
        return "credsStore" in entry or "identitytoken" in entry
    try:
        user, colon, password = base64.b64decode(str(entry["auth"]), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return bool(user and colon and password)


def _malformed(name: str, why: str) -> ConfigError:
    return ConfigError(
        f"cannot use the pull secret {name}",
        why=why,
        fix=f"mend it (`python3 -m json.tool` says where it breaks); or, if it is Red Hat's, {_DOWNLOAD}",
    )
