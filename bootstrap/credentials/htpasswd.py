"""The registry's htpasswd file: one line a user, bcrypt only (distribution accepts nothing else)."""

from __future__ import annotations

import re
from dataclasses import dataclass

import bcrypt

# The registry checks the hash on every request, so its cost decides the registry's speed; a random password
# of 256 bits cannot be guessed however quick the hash is. Never leave the cost to a library's default (12).
COST_RANDOM = 5
COST_CHOSEN = 10
_HASH = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")


@dataclass(frozen=True)
class User:
    """One user of the registry, as the file should have it."""

    name: str
    password: str
    cost: int

    def __repr__(self) -> str:
        return f"User({self.name!r}, cost={self.cost})"


def users(text: str) -> list[str]:
    """Return the names in an htpasswd file, in its order."""
    return [line.partition(":")[0] for line in text.splitlines() if _is_entry(line)]


def holds(text: str, user: User) -> bool:
    """Say whether the file lets ``user`` in by this password, hashed at this cost, and by one line only."""
    hashes = [line.partition(":")[2] for line in _entries_of(text, user.name)]
    return len(hashes) == 1 and cost_of(hashes[0]) == user.cost and _checks(hashes[0], user.password)


def lets_in(text: str, name: str, password: str) -> bool:
    """Say whether the file lets ``name`` in by ``password``, at whatever cost."""
    return any(_checks(line.partition(":")[2], password) for line in _entries_of(text, name))


def with_user(text: str, user: User) -> str:
    """Return the file's text with ``user`` hashed anew; lines of other users and comments stay as they are.

    Raises:
        ValueError: The password is longer than bcrypt reads; ``password.weaknesses`` says so first.
    """
    hashed = bcrypt.hashpw(user.password.encode(), bcrypt.gensalt(user.cost)).decode()
    # 2b and 2y are one algorithm; 2y is what Apache's own tool writes.
    return f"{without_user(text, user.name)}{user.name}:$2y${hashed.removeprefix('$2b$')}\n"


def without_user(text: str, name: str) -> str:
    """Return the file's text without ``name``; empty when nobody is left."""
    lines = [line for line in text.splitlines() if line.strip() and line not in _entries_of(text, name)]
    return "\n".join([*lines, ""]) if lines else ""


def cost_of(hashed: str) -> int | None:
    """Return the bcrypt cost of a hash, None when it is no bcrypt hash."""
    found = _HASH.fullmatch(hashed.strip())
    return int(found[1]) if found else None


def _entries_of(text: str, name: str) -> list[str]:
    return [line for line in text.splitlines() if _is_entry(line) and line.partition(":")[0] == name]


def _is_entry(line: str) -> bool:
    return ":" in line and not line.lstrip().startswith("#")


def _checks(hashed: str, password: str) -> bool:
    hashed = hashed.strip()
    if cost_of(hashed) is None or "\0" in password or len(password.encode()) > 72:
        return False
    return bcrypt.checkpw(password.encode(), hashed.encode())
