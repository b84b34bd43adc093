"""What is seen of one object, and what reading any of them needs."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Object = Mapping[str, Any]


class State(enum.StrEnum):
    """How an object gets on.

    ``waiting`` is on its way, ``stuck`` was on its way for too long, ``failed`` does not get there by itself.
    """

    DONE = "done"
    WAITING = "waiting"
    STUCK = "stuck"
    FAILED = "failed"


@dataclass(frozen=True)
class Seen:
    """One object.

    Attributes:
        stage: Where it is, in the words of its operator.
        why: What it waits for, or what is wrong; empty when it is done.
        fix: What to do; empty while it only waits.
        since: When it came into this stage (RFC 3339), where that can be told.
    """

    kind: str
    namespace: str
    name: str
    state: State
    stage: str
    why: str = ""
    fix: str = ""
    since: str | None = None

    @property
    def title(self) -> str:
        """Kind and name."""
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True)
class Look:
    """One object under the eyes of its reader, at a time."""

    item: Object
    now: dt.datetime

    def at(self, path: str) -> Any:  # noqa: ANN401  # anything may be there
        """Return what is at ``path`` (``status.provisioning.state``); None for nothing."""
        value: Any = self.item
        for each in path.split("."):
            value = value.get(each) if isinstance(value, Mapping) else None
        return value

    def text(self, path: str) -> str:
        """Return a text; empty for nothing."""
        value = self.at(path)
        return "" if value is None else str(value)

    def condition(self, kind: str) -> Condition | None:
        """Return the condition of a type."""
        for each in self.at("status.conditions") or ():
            if isinstance(each, Mapping) and each.get("type") == kind:
                return Condition(
                    kind,
                    str(each.get("status") or "Unknown"),
                    str(each.get("reason") or ""),
                    str(each.get("message") or ""),
                    str(each.get("lastTransitionTime") or "") or None,
                )
        return None

    def is_so(self, kind: str) -> bool:
        """Whether a condition is there and True."""
        found = self.condition(kind)
        return found is not None and found.status == "True"

    def denied(self, kinds: Iterable[str]) -> Condition | None:
        """Return the first condition that is False; Unknown is not, nor is one that is not there yet."""
        for kind in kinds:
            found = self.condition(kind)
            if found is not None and found.status == "False":
                return found
        return None

    def done(self, stage: str) -> Seen:
        """It is where it should be."""
        return self._seen(State.DONE, stage, "", "", None)

    def failed(self, stage: str, why: str, fix: str, since: str | None = None) -> Seen:
        """It does not get there by itself."""
        return self._seen(State.FAILED, stage, why, fix, since)

    def waiting(self, stage: str, why: str, fix: str, since: str | None, minutes: float) -> Seen:
        """It is on its way; after ``minutes`` it is stuck, and ``fix`` is told."""
        begun = when(since) or when(self.text("metadata.creationTimestamp"))
        late = begun is not None and self.now - begun > dt.timedelta(minutes=minutes)
        if not late:
            return self._seen(State.WAITING, stage, why, "", since)
        assert begun is not None
        passed = int((self.now - begun).total_seconds() // 60)
        return self._seen(State.STUCK, stage, f"{why} for {passed} minutes", fix, since)

    def _seen(self, state: State, stage: str, why: str, fix: str, since: str | None) -> Seen:
        return Seen(
            self.text("kind"),
            self.text("metadata.namespace"),
            self.text("metadata.name"),
            state,
            stage,
            " ".join(why.split()),
            fix,
            since,
        )


@dataclass(frozen=True)
class Condition:
    """A condition of an object; ``status`` is ``True``, ``False`` or ``Unknown``."""

    kind: str
    status: str
    reason: str
    message: str
    since: str | None

    @property
    def why(self) -> str:
        """Return what it says, as a sentence."""
        return f"{self.kind} is {self.status}: {self.message or self.reason or 'no reason is given'}"


def when(text: str | None) -> dt.datetime | None:
    """Return a time of Kubernetes; None for none, or none that can be read."""
    try:
        found = dt.datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
