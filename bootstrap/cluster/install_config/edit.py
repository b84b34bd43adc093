"""Putting into an install-config what the mirror asks for: a pure function, and twice is as once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bootstrap.cluster.install_config import bundle, sections
from bootstrap.cluster.install_config.nodes import Document, read_document
from bootstrap.cluster.install_config.places import Places
from bootstrap.cluster.install_config.validate import SECTIONS, problems
from bootstrap.cluster.install_config.wanted import Wanted
from bootstrap.credentials.pull_secret import PullSecret
from bootstrap.errors import BootstrapError, ConfigError, Problems

BUNDLE, POLICY, PULL_SECRET = "additionalTrustBundle", "additionalTrustBundlePolicy", "pullSecret"
OURS = (BUNDLE, POLICY, *SECTIONS, PULL_SECRET)
_ALWAYS = "Always"


@dataclass(frozen=True)
class Edit:
    """An edited file.

    Attributes:
        before: As it was.
        after: As it is to be; equal to ``before`` when nothing is to be changed.
        notes: What the user should look at, a sentence each.
    """

    before: Document = field(repr=False)
    after: Document = field(repr=False)
    notes: tuple[str, ...]


def edited(text: str, wanted: Wanted, name: str) -> Edit:
    """Return ``text`` with what is wanted in it; everything else keeps every byte.

    Args:
        text: Of the file.
        wanted: What belongs into it.
        name: The file, for messages.

    Raises:
        ConfigError: (several as ``Problems``) It cannot be read, or the installer would refuse the result.
    """
    before = read_document(text, name)
    places, found, notes = Places(before), list[BootstrapError](), list[str]()
    _trust(before, wanted, places)
    notes += sections.put(before, wanted, places)
    try:
        _pull_secret(before.data.get(PULL_SECRET), wanted, places, name)
    except ConfigError as error:
        found.append(error)
    after = _checked(before, places.text(), name)
    told = {str(error) for error in found}
    found += [each for each in problems(after.data, name) if str(each) not in told]
    if found:
        raise found[0] if len(found) == 1 else Problems(found)
    return Edit(before, after, tuple(notes))


def _trust(document: Document, wanted: Wanted, places: Places) -> None:
    """Put the certificates, unless what is there cannot be read: then the validation says so."""
    now = document.data.get(BUNDLE)
    if now is None or isinstance(now, str):
        try:
            merged = bundle.merged(now or "", wanted.certificates)
        except bundle.BundleError:
            return
        if merged != now:
            places.put_text(BUNDLE, merged)
    if document.data.get(POLICY) != _ALWAYS:
        places.put_text(POLICY, _ALWAYS)


def _pull_secret(now: object, wanted: Wanted, places: Places, name: str) -> None:
    """Put the mirror's credentials beside those that are there.

    Raises:
        ConfigError: What is there is no pull secret.
    """
    if isinstance(now, Mapping):  # pasted without quotes: JSON is YAML, and the installer wants a text
        now_text = json.dumps(now)
    elif now is None or isinstance(now, str):
        now_text = now or ""
    else:
        return
    secret = PullSecret.parse(now_text.encode(), f"{PULL_SECRET} of {name}")
    merged = secret.merged(wanted.auths)
    if not isinstance(now, str) or merged.document != secret.document:
        places.put_text(PULL_SECRET, json.dumps(merged.document, separators=(",", ":")))


def _checked(before: Document, text: str, name: str) -> Document:
    """Return the new document once it is sure that only our keys differ.

    Raises:
        ConfigError: They are not all that differs: an alias leads from one to the other.
    """
    if text == before.text:
        return before
    try:
        after = read_document(text, name)
        is_safe = _others(after) == _others(before)
    except ConfigError:
        is_safe = False
    if not is_safe:
        raise ConfigError(
            f"cannot edit {name} without changing more than the mirror's keys",
            why=f"an anchor or alias connects {', '.join(OURS)} with the rest of it",
            fix="write those keys out, without & and *, and run it again",
        )
    return after


def _others(document: Document) -> Sequence[Any]:
    """Return what the keys say that are not ours, in their order."""
    return [(key.said, value.said) for key, value in document.root.pairs if key.value not in OURS]
