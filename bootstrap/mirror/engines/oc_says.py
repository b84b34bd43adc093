"""What oc tells of mirroring a release, in all its forms.

Source: openshift/oc, ``pkg/cli/admin/release/mirror.go`` (``Run``, ``printICSPInstructions``,
``printIDMSInstructions``) and ``pkg/cli/image/mirror/mirror.go``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Tuple

import yaml

_DONE = re.compile(r"sha256:[0-9a-f]{64} \S+$")
_ERROR = re.compile(r"(?:error|F\d{4} [\d:.]+ +\d+ \S+\]):? (.*)")
_MOST_KEPT = 20
_SNIPPET = re.compile(r"^(?:imageContentSources|imageDigestSources|apiVersion):", re.MULTILINE)


@dataclass
class Said:
    """Read line by line.

    Attributes:
        is_success: It said so; its exit code is no witness.
        errors: In its words, the latest kept.
        last: Its last lines of any kind.
        told: What it said after its success: what clusters need.
    """

    is_success: bool = False
    errors: List[str] = field(default_factory=list)
    last: List[str] = field(default_factory=list)
    told: List[str] = field(default_factory=list)

    def line(self, text: str) -> bool:
        """Take one line; return whether it says that an image is there."""
        text = text.rstrip()
        if self.is_success:
            self.told.append(text)
        error = _ERROR.match(text)
        if error:
            self.errors = [*self.errors, error[1]][-_MOST_KEPT:]
        elif text == "Success":
            self.is_success = True
        if text:
            self.last = [*self.last, text.strip()][-_MOST_KEPT:]
        return _DONE.match(text) is not None


def mirrors(text: str) -> Tuple[Tuple[str, Tuple[str, ...]], ...]:
    """Return source and mirrors of what oc prints for clusters, sorted, each once.

    Takes the section for install-config (``imageContentSources``, since 4.14 ``imageDigestSources``), an
    ImageContentSourcePolicy and an ImageDigestMirrorSet.
    """
    found = set()
    for snippet in _snippets(text):
        spec = snippet.get("spec", {})
        lists = (
            snippet.get("imageContentSources"),
            snippet.get("imageDigestSources"),
            spec.get("repositoryDigestMirrors"),
            spec.get("imageDigestMirrors"),
        )
        for each in (entry for entries in lists for entry in entries or ()):
            found.add((str(each["source"]), tuple(map(str, each["mirrors"]))))
    return tuple(sorted(found))


def _snippets(text: str) -> List[Mapping[str, Any]]:
    """Return the YAML objects that stand among the lines of ``text``."""
    found: List[Mapping[str, Any]] = []
    starts = [match.start() for match in _SNIPPET.finditer(text)]
    for start in starts:
        lines: List[str] = []
        for line in text[start:].splitlines():
            if lines and not re.match(r"[a-zA-Z]+:|[ -]|$", line):
                break
            if lines and _SNIPPET.match(line):
                break
            lines.append(line)
        try:
            value: Dict[str, Any] = yaml.safe_load("\n".join(lines))
        except yaml.YAMLError:
            continue
        if isinstance(value, dict):
            found.append(value)
    return found
