"""The mirror section of an install-config: ours for what the site mirrors, the user's own for all else.

Never both sections: a release that knows ``imageDigestSources`` refuses a file with both, and one before 4.14
does not know it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bootstrap.cluster.install_config.nodes import Document, Node
from bootstrap.cluster.install_config.places import Places
from bootstrap.cluster.install_config.validate import SECTIONS
from bootstrap.cluster.install_config.wanted import Wanted

Entry = Mapping[str, Any]
_POLICY = "sourcePolicy"


def put(document: Document, wanted: Wanted, places: Places) -> list[str]:
    """Put the mirrors into the section that is wanted; return what the user should know.

    What is no list of entries is left alone: the validation says what is wrong with it.
    """
    right = wanted.section
    (wrong,) = (each for each in SECTIONS if each != right)
    data = document.data
    now, other = data.get(right), data.get(wrong)
    if not _is_list(now) or not _is_list(other):
        return []
    present, notes = [*(now or ()), *(other or ())], list[str]()
    merged = _merged(present, wanted, notes)
    if wrong in data:
        notes.append(f"{wrong} became {right}: that is the section that the release knows, and it takes one")
    is_renamed = wrong in data and right not in data
    node = document.root.get(wrong if is_renamed else right)
    if is_renamed and node is not None:
        places.rename(wrong, right)
    elif wrong in data:
        places.drop(wrong)
    if merged == (present if is_renamed else now):
        return notes
    is_one = is_renamed or wrong not in data
    if not (is_one and node is not None and _is_put_in_lines(document, node, present, merged, places)):
        places.put_entries(wrong if is_renamed else right, merged)
    return notes


def _is_list(value: object) -> bool:
    """Whether it can be merged: entries with a source, or nothing."""
    return value is None or (
        isinstance(value, list)
        and all(isinstance(each, dict) and isinstance(each.get("source"), str) for each in value)
    )


def _merged(present: Sequence[Entry], wanted: Wanted, notes: list[str]) -> list[Entry]:
    """Return all entries: those of the file in its order, ours in place of its own for the same source."""
    ours = {str(each["source"]): each for each in wanted.sources}
    left, found = dict(ours), list[Entry]()
    for each in present:
        entry, source = dict(each), each["source"]
        if wanted.section != "imageDigestSources" and entry.pop(_POLICY, None):
            notes.append(f"{source}: its {_POLICY} was left out, which the release does not know")
        if source not in ours:
            if entry not in found:
                found.append(entry)
        elif source in left:
            mirrors = list(left.pop(source)["mirrors"])
            gone = [str(old) for old in entry.get("mirrors") or () if old not in mirrors]
            if gone:
                notes.append(f"{source}: its mirrors were replaced, which were {', '.join(gone)}")
            found.append({**entry, "mirrors": mirrors})
    # In the order of the installer's documentation.
    new = [{"mirrors": each["mirrors"], "source": each["source"]} for each in left.values()]
    return [*found, *new]


def _is_put_in_lines(
    document: Document, node: Node, present: Sequence[Entry], merged: Sequence[Entry], places: Places
) -> bool:
    """Change only the mirrors that differ, and add entries; False where that cannot be done."""
    is_list = node.kind == "sequence" and not node.is_flow and not document.root.is_flow
    kept = merged[: len(present)]
    if not is_list or len(kept) < len(present):
        return False
    changed = []
    for item, old, new in zip(node.children, present, kept, strict=True):
        if new == old:
            continue
        if item.get("mirrors") is None or {**old, "mirrors": new.get("mirrors")} != new:
            return False
        changed.append((item, new))
    for item, new in changed:
        places.put_mirrors(item, new)
    if merged[len(present) :]:
        places.append(node, merged[len(present) :])
    return True
