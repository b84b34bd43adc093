"""What oc-mirror v2 tells while it works, read line by line.

Source: oc-mirror v2 at 855b64a: ``internal/pkg/batch/concurrent_chan_worker.go`` (``Worker``,
``logImageSuccess``, ``logImageError``), ``internal/pkg/batch/common.go`` (``formatErrorMsg``),
``cmd/oc-mirror/main.go``; the lines themselves are github.com/microlib/simple's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Dict, List, Optional, Tuple

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LINE = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\s+\[(\w+)\]\s*:\s?(.*)")
_TOTAL = re.compile(r"images to (?:copy|delete) (\d+)")
_DONE = re.compile(r"Success (?:copying|deleting) (\S+) ")
_FAILED = re.compile(r"Failed to (?:copy|delete) \S+ (\S+)")
_ERROR = re.compile(r"error mirroring image (\S+) (?:\(Operator bundles: .*\) )?error: (.*)", re.DOTALL)
_MOST_KEPT = 50

_BITS = ((1, "something general"), (2, "releases"), (4, "operators"), (8, "additional images"), (16, "helm"))


@dataclass
class Log:
    """What was said so far.

    Attributes:
        total: Images it will copy; None before it says so.
        done: Images it said are copied, in their words.
        arrived: Of those, the ones that went to the registry and not to its cache.
        errors: Why an image failed, by the image's name as oc-mirror says it.
        complaints: Its errors about nothing in particular, and its warnings; the latest are kept.
    """

    total: Optional[int] = None
    done: List[str] = field(default_factory=list)
    arrived: List[str] = field(default_factory=list)
    errors: Dict[str, str] = field(default_factory=dict)
    complaints: List[str] = field(default_factory=list)
    _level: str = ""

    def line(self, text: str) -> bool:
        """Take one line; return whether an image has come further by it."""
        found = _LINE.match(_COLOUR.sub("", text))
        if found is None:
            self._unmarked(_COLOUR.sub("", text).strip())
            return False
        self._level, said = found[1], found[2].strip()
        if self._level in ("ERROR", "WARN"):
            return self._complaint(said)
        total, done = _TOTAL.search(said), _DONE.search(said)
        if total:
            self.total = int(total[1])
        elif done:
            self.done.append(done[1])
            if not said.endswith(" cache"):
                self.arrived.append(done[1])
        return bool(total or done)

    def mirroring_errors(self, text: str) -> None:
        """Take the contents of a file ``mirroring_errors_*.txt``, which has a line for each image."""
        for line in text.splitlines():
            found = _ERROR.search(line)
            if found:
                self.errors[_name(found[1])] = found[2].strip()

    def _complaint(self, said: str) -> bool:
        error, failed = _ERROR.search(said), _FAILED.search(said)
        if error:
            self.errors[_name(error[1])] = error[2].strip()
        elif failed:
            self.errors.setdefault(_name(failed[1]), "it gave no reason")
        else:
            self._keep(said)
        return bool(failed)

    def _unmarked(self, said: str) -> None:
        """Take a line that goes on from the one before, or is none of its logger's (a panic, usage)."""
        if said and self._level not in ("INFO", "DEBUG"):
            self._keep(said)

    def _keep(self, said: str) -> None:
        if said and (not self.complaints or self.complaints[-1] != said):
            self.complaints = [*self.complaints, said][-_MOST_KEPT:]


def exit_meaning(code: int) -> str:
    """Return what an exit code says: ``exit code 10 (releases, additional images)``.

    Source: ``internal/pkg/errcode/code.go``: one bit for each.
    """
    if code < 0:
        return f"signal {-code}"
    named = [name for bit, name in _BITS if code & bit] if code < 32 else []
    return f"exit code {code}" + (f" ({', '.join(named)})" if named else "")


def mapping(text: str) -> Tuple[Tuple[str, str], ...]:
    """Return the lines of ``mapping.txt``: source and destination, each without ``docker://``.

    Source: ``internal/pkg/cli/dryrun.go`` (``processImageForDryRun``).
    """
    found = []
    for line in text.splitlines():
        source, separator, destination = line.strip().partition("=docker://")
        if separator:
            found.append((_name(source), destination))
    return tuple(found)


def _name(text: str) -> str:
    return text[len("docker://") :] if text.startswith("docker://") else text
