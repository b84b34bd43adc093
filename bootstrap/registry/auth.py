"""Credentials: read from an auth file as podman, skopeo and pull secrets have it.

Source: containers-auth.json(5).
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping

from bootstrap.errors import ConfigError

_DOCKER_HUB = ("index.docker.io", "registry-1.docker.io")


@dataclass(frozen=True)
class Credentials:
    """A user and a password; the password is never shown."""

    username: str
    password: str = field(repr=False)

    @property
    def basic(self) -> str:
        """The ``Authorization`` header of the Basic scheme. A secret."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


class AuthFile:
    """The entries of an auth file; made by ``load`` or ``parse``, and never shows what it holds.

    Args:
        entries: The object ``auths`` of the file.
        origin: What messages call the file.
    """

    def __init__(self, entries: Mapping[str, Any], origin: str = "the auth file") -> None:
        self._entries = {_key(name): (name, entry) for name, entry in entries.items()}
        self._origin = origin

    @classmethod
    def load(cls, path: str | Path) -> AuthFile:
        """Read the file at ``path``.

        Raises:
            ConfigError: It cannot be read, or is no auth file.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"cannot read the auth file {path}",
                why=error.strerror or str(error) if isinstance(error, OSError) else "it is not UTF-8 text",
                fix="give the path of a pull secret, or make one: podman login --authfile",
            ) from error
        return cls.parse(text, str(path))

    @classmethod
    def parse(cls, text: str, origin: str = "the auth file") -> AuthFile:
        """Read the text of an auth file.

        Raises:
            ConfigError: It is no JSON object with ``auths``. The message does not quote it.
        """
        try:
            value = json.loads(text)
        except ValueError:
            raise _unreadable(origin, "it is not JSON") from None  # the cause would quote a secret
        if not isinstance(value, dict) or not isinstance(value.get("auths"), dict):
            raise _unreadable(origin, 'it is no object with the object "auths"')
        return cls(value["auths"], origin)

    def for_repository(self, name: str) -> Credentials | None:
        """Return the credentials for ``quay.io/a/b``, or None: the longest key wins, then the registry's.

        Raises:
            ConfigError: The entry that wins is damaged, or points to a credential helper.
        """
        wanted = _key(name)
        while wanted:
            if wanted in self._entries:
                written, entry = self._entries[wanted]
                return self._credentials(written, entry)
            wanted = wanted.rpartition("/")[0]
        return None

    def _credentials(self, name: str, entry: object) -> Credentials:
        if not isinstance(entry, dict):
            raise _damaged(self._origin, name, "it is not an object")
        if entry.get("identitytoken") or entry.get("registrytoken"):
            raise _damaged(self._origin, name, "it holds a token of a login session, which we do not use")
        packed = entry.get("auth")
        if not isinstance(packed, str) or not packed:
            raise _damaged(self._origin, name, 'it has no "auth"; its password may be in a credential helper')
        try:
            text = base64.b64decode(packed, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError, ValueError):
            raise _damaged(self._origin, name, 'its "auth" is not base64') from None
        username, colon, password = text.partition(":")
        if not colon or not username:
            raise _damaged(self._origin, name, 'its "auth" is not base64 of user:password')
        return Credentials(username, password.rstrip("\0"))  # docker pads with NUL

    def __repr__(self) -> str:
        return f"AuthFile({self._origin!r}, {len(self._entries)} entries)"


def _key(name: str) -> str:
    """Return a key as it is compared: docker writes ``https://index.docker.io/v1/`` for docker.io."""
    bare = name.partition("://")[2] or name
    registry, _, path = bare.rstrip("/").partition("/")
    if path in ("v1", "v2"):
        path = ""
    registry = "docker.io" if registry in _DOCKER_HUB else registry.lower()
    return f"{registry}/{path}" if path else registry


def _unreadable(origin: str, why: str) -> ConfigError:
    return ConfigError(
        f"{origin} is not an auth file",
        why=why,
        fix='it looks like {"auths": {"quay.io": {"auth": "…"}}}; download the pull secret again',
    )


def _damaged(origin: str, name: str, why: str) -> ConfigError:
    registry = _key(name).partition("/")[0]
    return ConfigError(
        f"the entry {name} of {origin} cannot be used",
        why=why,
        fix=f"write it anew: podman login --authfile {origin} {registry}",
    )
