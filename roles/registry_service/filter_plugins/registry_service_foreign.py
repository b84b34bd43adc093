"""What the role says about a registry that somebody else set up on the host."""

from __future__ import annotations

import json
from collections.abc import Callable

from bootstrap.host.foreign import Place, consequences, judge


def foreign_problems(said: str, host: str, port: int, root: str, mode: str, adopt: bool) -> list[str]:
    """Return why our registry cannot be set up, one text for each that is in the way; [] when nothing is.

    Args:
        said: What the script ``foreign_registries.py`` printed; "" when it was not run.
        host: Inventory name.
        port: TCP port of our registry.
        root: Directory with its ``data``.
        mode: ``registry_tls_mode``.
        adopt: Whether it may be taken over.
    """
    found = json.loads(said)["found"] if said else []
    problems = judge(Place(host, int(port), root, mode == "provided"), found, adopt=adopt)
    return [f"{problem.what}: {problem.why}. To mend it: {problem.fix}." for problem in problems]


def foreign_adopted(said: str, host: str, port: int, root: str, mode: str) -> list[str]:
    """Return what was done to take registries over, and what it means; [] when there was nothing to do."""
    answer = json.loads(said) if said else {"found": [], "actions": []}
    place = Place(host, int(port), root, mode == "provided")
    meant = [consequences(place, one) for one in answer["found"] if one["kind"] == "container"]
    return [*answer["actions"], *meant] if answer["actions"] else []


class FilterModule:
    """The judgements as filters."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Return the filters by name."""
        return {
            "registry_service_foreign_adopted": foreign_adopted,
            "registry_service_foreign_problems": foreign_problems,
        }
