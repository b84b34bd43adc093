"""The operation ``verify``: does every registry hold what the ledger says of it?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bootstrap.errors import BootstrapError, Problems
from bootstrap.mirror import verify
from bootstrap.oci.digest import Digest

if TYPE_CHECKING:
    from bootstrap.agent.toolbox import Toolbox
    from bootstrap.mirror.ledger import Ledger


def run_verify(tools: Toolbox, ledger: Ledger) -> list[dict[str, object]]:
    """Ask every registry for every image, tell how it went, and return the ``verified`` fields.

    Raises:
        BootstrapError: Something is missing or wrong, or a registry does not answer; all of it together.
    """
    errors: list[BootstrapError] = []
    done = []
    for location in tools.locations:
        started = time.monotonic()
        try:
            broken, total = _one(tools, ledger, location)
        except BootstrapError as error:
            errors.append(error)
            continue
        if broken:
            found = verify.as_error(location, broken)
            errors += found.problems if isinstance(found, Problems) else (found,)
        fields: dict[str, object] = {
            "registry": location,
            "images": total - len(broken),
            "seconds": round(time.monotonic() - started, 3),
        }
        tools.report("verified", **fields)
        done.append(fields)
    if errors:
        raise errors[0] if len(errors) == 1 else Problems(errors)
    return done


def _one(tools: Toolbox, ledger: Ledger, location: str) -> tuple[tuple[verify.Broken, ...], int]:
    targets = [
        verify.Target(entry.source, entry.destination, entry.tag, Digest(entry.digest))
        for entry in ledger.images
        if location in entry.registries
    ]
    if not targets:
        tools.report(
            "warning",
            what=f"there is nothing to verify in {location}",
            why="no run has filled it yet",
            fix="run `bootstrap-registry mirror`",
        )
        return (), 0
    store = tools.store(location)
    verification = verify.Verification(store, workers=tools.lookers, stop=tools.stop)
    return verification.run(targets), len(targets)
