"""What an edit changes, for a person: our keys alone, and no secret.

An install-config may hold passwords anywhere (of a BMC, of vCenter): no line of another key is shown, not
even around a change.
"""

from __future__ import annotations

import difflib

from bootstrap.cluster.install_config.edit import OURS, PULL_SECRET, Edit
from bootstrap.cluster.install_config.nodes import Document
from bootstrap.credentials.pull_secret import PullSecret
from bootstrap.errors import ConfigError


def diff(edit: Edit, name: str) -> str:
    """Return what changes as a unified diff, the hunks named after their key; empty when nothing does."""
    found = []
    for key in OURS:
        before, after = _lines(edit.before, key), _lines(edit.after, key)
        hidden = before == after and edit.before.data.get(key) != edit.after.data.get(key)
        if hidden:
            after = [f"{line}, of which some are new" for line in after]
        hunks = list(difflib.unified_diff(before, after, lineterm="", n=1))[2:]
        found += [f"@@ {key} @@" if line.startswith("@@") else line for line in hunks]
    head = [f"--- {name}", f"+++ {name}"] if found else []
    return "".join(line + "\n" for line in [*head, *found])


def _lines(document: Document, key: str) -> list[str]:
    """Return the lines of one key as they stand; of the pull secret, for which registries it is."""
    pair = next((pair for pair in document.root.pairs if pair[0].value == key), None)
    if pair is None:
        return []
    if key == PULL_SECRET:
        return [f"{PULL_SECRET}: (not shown) for {_registries(document.data[PULL_SECRET])}"]
    name, value = pair
    return [line.rstrip() for line in document.text[name.start : value.end].splitlines()]


def _registries(value: object) -> str:
    """Return the keys of a pull secret; a damaged one is a secret as a whole."""
    try:
        secret = PullSecret.parse(value.encode(), "") if isinstance(value, str) else PullSecret({})
    except ConfigError:
        return "registries that cannot be read"
    if isinstance(value, dict) and isinstance(value.get("auths"), dict):
        return ", ".join(sorted(map(str, value["auths"])))
    return ", ".join(secret.registries) or "no registry"
