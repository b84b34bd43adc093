"""How a registry wants to be convinced: Basic, or a Bearer token from its token service.

The registry says so once, with a 401; from then on the right header is sent with the first request.

Source: RFC 9110, 11.6.1; distribution, docs/spec/auth/token.md.
"""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import dataclass
from typing import Callable, Sequence
from urllib.parse import urlencode, urlsplit

from bootstrap.errors import Denied, RegistryError
from bootstrap.registry.auth import Credentials
from bootstrap.registry.errors import redact

_PARAMETER = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_SCHEME = re.compile(r"(?:^|,)\s*(Basic|Bearer)(?=\s|,|$)", re.IGNORECASE)

DEFAULT_TOKEN_SECONDS = 60.0  # the token specification's, for an answer without expires_in
MARGIN = 0.2  # part of a token's life at the end that we do not use: clocks differ, uploads begin late

# Fetches a token: (url, Authorization header or None) -> body of the answer; raises on anything but 200.
FetchToken = Callable[[str, "str | None"], bytes]


@dataclass(frozen=True)
class Challenge:
    """One scheme of a ``WWW-Authenticate`` header."""

    scheme: str
    parameters: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        """Return a parameter's value, or nothing at all."""
        return dict(self.parameters).get(name, "")


def parse_challenges(value: str) -> tuple[Challenge, ...]:
    """Read ``WWW-Authenticate``: the Basic and Bearer challenges in it, in order; others are passed over."""
    # Quoted values may hold commas and scheme names: blank them while looking for where challenges begin.
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', lambda quoted: "_" * len(quoted[0]), value)
    starts = list(_SCHEME.finditer(bare))
    ends = [found.start() for found in starts[1:]] + [len(value)]
    return tuple(
        Challenge(found[1].lower(), _parameters(value[found.end() : end]))
        for found, end in zip(starts, ends)  # noqa: B905  # zip(strict=) is not in 3.9
    )


def _parameters(text: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (found[1].lower(), re.sub(r"\\(.)", r"\1", found[2]) if found[2] is not None else found[3])
        for found in _PARAMETER.finditer(text)
    )


class Authorizer:
    """Knows what to send in ``Authorization`` to one registry; for many threads.

    Args:
        registry: ``host[:port]``, for messages.
        credentials: None asks for anonymous tokens, and sends nothing to a Basic registry.
        fetch: Gets a token from the token service.
    """

    def __init__(self, registry: str, credentials: Credentials | None, fetch: FetchToken) -> None:
        self._registry = registry
        self._credentials = credentials
        self._fetch = fetch
        self._challenge: Challenge | None = None
        self._tokens: dict[tuple[str, ...], tuple[str, float]] = {}
        self._lock = threading.Lock()

    def header(self, scopes: Sequence[str]) -> str | None:
        """Return what to send with a request that needs ``scopes`` (``repository:a/b:pull``), or None.

        Raises:
            Denied: The token service refuses.
            TransferError: It cannot be reached.
        """
        challenge = self._challenge
        if challenge is None:
            return None
        if challenge.scheme == "basic":
            return self._credentials.basic if self._credentials else None
        with self._lock:
            return "Bearer " + self._token(challenge, tuple(scopes))

    def learn(self, www_authenticate: str, sent: str | None, scopes: Sequence[str]) -> bool:
        """Take in a 401.

        Args:
            www_authenticate: The header of the answer.
            sent: What the request had in ``Authorization``.
            scopes: What the request needed.

        Returns:
            Whether the same request with a new ``header`` may fare better.
        """
        offered = parse_challenges(www_authenticate)
        chosen = next((each for each in offered if each.scheme == "bearer"), None) or next(
            iter(offered), None
        )
        if chosen is None:
            return False
        with self._lock:
            self._challenge = chosen
            if chosen.scheme == "basic":
                return self._credentials is not None and sent != self._credentials.basic
            held = self._tokens.get(tuple(scopes))
            if held is not None and sent == "Bearer " + held[0]:
                del self._tokens[tuple(scopes)]  # expired or revoked; another thread's newer one stays
            return True

    def _token(self, challenge: Challenge, scopes: tuple[str, ...]) -> str:
        held = self._tokens.get(scopes)
        if held is not None and time.monotonic() < held[1]:
            return held[0]
        url = self._token_url(challenge, scopes)
        body = self._fetch(url, self._credentials.basic if self._credentials else None)
        token, seconds = self._read(body, url)
        self._tokens[scopes] = (token, time.monotonic() + seconds * (1 - MARGIN))
        return token

    def _token_url(self, challenge: Challenge, scopes: tuple[str, ...]) -> str:
        realm = challenge.get("realm")
        if urlsplit(realm).scheme != "https":
            raise Denied(
                f"cannot log in to {self._registry}",
                why=f"its token service {redact(realm)!r} is not https, and credentials would be readable",
                fix="have the registry configured with an https realm",
            )
        query = [("service", challenge.get("service"))] if challenge.get("service") else []
        query += [("scope", scope) for scope in scopes]
        return realm + ("&" if urlsplit(realm).query else "?") + urlencode(query)

    def _read(self, body: bytes, url: str) -> tuple[str, float]:
        try:
            value = json.loads(body)
            token = value.get("token") or value.get("access_token")
            seconds = float(value.get("expires_in") or DEFAULT_TOKEN_SECONDS)
        except (ValueError, AttributeError, TypeError, RecursionError):
            token, seconds = None, 0.0
        if not isinstance(token, str) or not token.isprintable():
            raise RegistryError(
                f"cannot log in to {self._registry}",
                why=f"its token service {redact(url)} sent no token",
                fix="see whether a proxy or a login page answers in its place",
            )
        return token, seconds
