"""What is wrong with units that load pre-cached images, and with what mounts their disks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bootstrap.precache.ignition.defect import Defect, found
from bootstrap.precache.ignition.overrides import MISNAMED
from bootstrap.precache.ignition.stages import STAGES

Keys = Mapping[str, Sequence[str]]
_LIMITLESS = {"", "0", "infinity"}


def about_unit(where: str, unit: Mapping[str, Any]) -> Iterator[Defect]:
    """Yield what is wrong with a unit that is there for pre-cached images."""
    name, contents = str(unit.get("name")), str(unit.get("contents") or "")
    keys, at = keys_of(contents), f"{where}.contents"
    if name in MISNAMED:
        yield found("unit-misnamed", f"{where}.name", f"{name}: other units say {_right(name)}")
    if bound := [each for each in keys.get("BindsTo", ()) if each.startswith("precache")]:
        unneeded = ", and StopWhenUnneeded= unmounts it" if "StopWhenUnneeded" in keys else ""
        what = f"BindsTo={bound[0]}: {name} goes away with the service{unneeded}, whether or not it is in use"
        yield found("mount-bound", at, what)
    if not name.endswith((".service", ".services")):
        return
    is_once = keys.get("Type") == ["oneshot"]
    if is_once and keys.get("TimeoutStartSec", [""])[-1] in _LIMITLESS:
        yield found("no-time-limit", at, f"no TimeoutStartSec=: what waits for {name} may wait for ever")
    if is_once and not ("RemainAfterExit" in keys and any(each.startswith("Condition") for each in keys)):
        lacks = "no RemainAfterExit=" if "RemainAfterExit" not in keys else "no condition"
        yield found(
            "every-boot", at, f"{lacks}: it runs again at every boot, and whenever something wants it"
        )
    wanted = " ".join(keys.get("WantedBy", ())).split()
    if {"multi-user.target", "default.target"} <= set(wanted):
        yield found("wanted-twice", at, f"WantedBy={' '.join(wanted)}: default.target is multi-user.target")
    for stage in STAGES:
        waiting = set(stage.before.split()) - set(" ".join(keys.get("Before", ())).split())
        if name == stage.unit and waiting:
            what = f"no Before={' '.join(sorted(waiting))}: it pulls while images are still being loaded"
            yield found("not-before", at, what)


def keys_of(contents: str) -> Keys:
    """Return the values of a unit's keys, whichever section they are in."""
    keys: dict[str, list[str]] = {}
    for line in contents.splitlines():
        if match := re.match(r"\s*([A-Za-z]+)\s*=\s*(.*?)\s*$", line):
            keys.setdefault(match[1], []).append(match[2])
    return keys


def _right(name: str) -> str:
    return "precache-ocp-images.service" if "ocp" in name else "precache-images.service"
