"""Reads an object of ``oc``'s field by field; what is of another type than its CRD has it is an error."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from bootstrap.errors import ConfigError

_EVER = 2**31  # minutes: four thousand years


@dataclass(frozen=True)
class Condition:
    """``status`` is ``True``, ``False`` or ``Unknown``; ``since`` is None where that cannot be told."""

    status: str
    reason: str = ""
    message: str = ""
    since: dt.datetime | None = None

    @property
    def said(self) -> str:
        """Reason and message, as one text."""
        return ": ".join(filter(None, (self.reason, " ".join(self.message.split())))) or "no reason is given"


@dataclass(frozen=True)
class Reader:
    """Reads one object; what is of another type than the CRD has it is an error with its path."""

    item: Mapping[str, Any]
    name: str

    def at(self, path: str) -> Any:  # noqa: ANN401  # anything may be there
        """Return what is at a path; None for nothing."""
        value: Any = self.item
        for number, each in enumerate(path.split(".")):
            if value is None:
                return None
            if not isinstance(value, Mapping):
                self.refuse(".".join(path.split(".")[:number]), value, "an object")
            value = value.get(each)
        return value

    def refuse(self, path: str, value: object, wanted: str) -> NoReturn:
        """Refuse what is there."""
        raise ConfigError(
            f"cannot read {self.name}",
            why=f"{path} is {json.dumps(value, default=str)[:80]}, and it has to be {wanted}",
            fix="give what `oc get cgu … -o json` printed, as it is",
        )

    def mapping(self, path: str) -> Mapping[str, Any]:
        """Return an object; an empty one for nothing."""
        value = self.at(path)
        if value is not None and not isinstance(value, Mapping):
            self.refuse(path, value, "an object")
        return value or {}

    def items(self, path: str) -> Sequence[Any]:
        """Return a list; an empty one for nothing."""
        value = self.at(path)
        if value is not None and not isinstance(value, list):
            self.refuse(path, value, "a list")
        return value or []

    def names(self, path: str) -> tuple[str, ...]:
        """Return a list of texts, each once."""
        found = self.items(path)
        for each in found:
            if not isinstance(each, str):
                self.refuse(path, found, "a list of names")
        return tuple(dict.fromkeys(found))

    def batch(self, batch: object) -> list[str]:
        """Return a batch of the remediation plan."""
        if not isinstance(batch, list) or not all(isinstance(each, str) for each in batch):
            self.refuse("status.remediationPlan", batch, "a list of lists of names")
        return batch

    def texts(self, path: str) -> dict[str, str]:
        """Return an object of texts."""
        found = self.mapping(path)
        for name, value in found.items():
            if not isinstance(value, str):
                self.refuse(f"{path}.{name}", value, "text")
        return dict(found)

    def text(self, path: str) -> str:
        """Return a text; an empty one for nothing."""
        value = self.at(path)
        if value is not None and not isinstance(value, str):
            self.refuse(path, value, "text")
        return value or ""

    def flag(self, path: str, default: bool) -> bool:
        """Return true or false."""
        value = self.at(path)
        if value is not None and not isinstance(value, bool):
            self.refuse(path, value, "true or false")
        return default if value is None else value

    def minutes(self, path: str, default: int) -> int:
        """Return a whole number; of one that means for ever, as much as can be reckoned with."""
        value = self.at(path)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            self.refuse(path, value, "a number of minutes")
        return default if value is None else max(-_EVER, min(value, _EVER))

    def conditions(self) -> dict[str, Condition]:
        """Return the conditions by type."""
        found = {}
        for number, each in enumerate(self.items("status.conditions")):
            if not isinstance(each, Mapping) or not isinstance(each.get("type"), str):
                self.refuse(f"status.conditions[{number}]", each, "an object with a type")
            if each.get("status") not in ("True", "False", "Unknown"):
                self.refuse(
                    f"status.conditions[{number}].status", each.get("status"), '"True", "False" or "Unknown"'
                )
            found[each["type"]] = Condition(
                each["status"],
                str(each.get("reason") or ""),
                str(each.get("message") or ""),
                _time(each.get("lastTransitionTime")),
            )
        return found


def _time(text: object) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(str(text or ""))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
