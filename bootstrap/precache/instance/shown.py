"""What a patch changes, for a person: lines of Ignition as it means them, and no content of files."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterable
from typing import Any

from bootstrap.precache.ignition.config import content_of
from bootstrap.precache.instance.patch import OVERRIDE, Change


def diff(changes: Iterable[Change], name: str) -> str:
    """Return what changes as a unified diff without context, the hunks named after their field."""
    found = []
    for change in changes:
        before, after = _lines(change.key, change.before), _lines(change.key, change.after)
        hunks = list(difflib.unified_diff(before, after, lineterm="", n=0))[2:]
        lines = [line for line in hunks if not line.startswith("@@")]
        found += [f"@@ {change.place} @@", *(lines or [" written on one line, without '; it says the same"])]
    head = [f"--- {name}", f"+++ {name}"] if found else []
    return "".join(line + "\n" for line in [*head, *found])


def _lines(key: str, value: object) -> list[str]:
    if value is None:
        return []
    if key != OVERRIDE:
        return [value if isinstance(value, str) else json.dumps(value)]
    try:
        config = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return ["(no JSON)"]
    lines = json.dumps(_short(config), indent=1, ensure_ascii=False).splitlines()
    return [part for line in lines for part in line.split("\\n")]


def _short(value: Any) -> Any:  # noqa: ANN401  # any JSON
    if isinstance(value, dict):
        return {key: _short(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_short(each) for each in value]
    if isinstance(value, str) and value.startswith("data:"):
        try:
            content = content_of(value)
        except ValueError:
            return "(a damaged data URL)"
        return f"({len(content)} bytes, sha256:{hashlib.sha256(content).hexdigest()[:12]}…)"
    return value
