"""The registry's password: made at random, or chosen by the user and judged."""

from __future__ import annotations

import re
import secrets

RANDOM_BITS = 256
# Bcrypt reads no further (and the bcrypt package refuses more), so a longer password would be half a lie.
LONGEST_BYTES = 72
SHORTEST_CHOSEN = 12
_RANDOM = re.compile(r"[A-Za-z0-9_-]{43}")
_FEWEST_DIFFERENT = 6
# What is left of a password without a word that anybody tries first has to be a password by itself.
_LEAST_BESIDE_A_WORD = 8
_COMMON = ("password", "passw0rd", "redhat", "openshift", "registry", "mirror", "letmein", "qwerty", "admin")


def generate() -> str:
    """Return a new random password of 256 bits: 43 characters of the URL-safe base64 alphabet."""
    return secrets.token_urlsafe(RANDOM_BITS // 8)


def is_random(password: str) -> bool:
    """Say whether ``password`` looks like one of :func:`generate`'s, and so needs no slow hash."""
    return _RANDOM.fullmatch(password) is not None and len(set(password)) > SHORTEST_CHOSEN


def weaknesses(password: str, user: str) -> list[str]:
    """Return why ``password`` must not be used, one sentence each, never repeating it; [] when it may be.

    The bounds are those of NIST SP 800-63B-4, section 3.1.1.2, as far as they work without a network: length,
    no well-known word as its core, not the user's name. Composition rules are not among them.
    """
    found = []
    length = len(password.encode())
    if len(password) < SHORTEST_CHOSEN:
        found.append(f"it has {len(password)} characters, at least {SHORTEST_CHOSEN} are needed")
    if length > LONGEST_BYTES:
        found.append(f"it has {length} bytes, bcrypt reads no more than {LONGEST_BYTES}")
    if not password.isprintable() or password != password.strip():
        found.append("it has control characters, or blanks at its ends, which tools cut off")
    if len(set(password)) < _FEWEST_DIFFERENT:
        found.append(f"it has only {len(set(password))} different characters, {_FEWEST_DIFFERENT} are needed")
    lowered = password.lower()
    for word in (user.lower(), *_COMMON):
        if word and word in lowered and len(lowered.replace(word, "")) < _LEAST_BESIDE_A_WORD:
            found.append("it is little more than the user's name or a well-known word")
            break
    return found
