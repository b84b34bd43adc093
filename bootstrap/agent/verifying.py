"""The operation ``verify``: does every registry hold what the ledger says, where clusters look for it?"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Mapping, Sequence

from bootstrap.errors import BootstrapError, Problems, VerificationError
from bootstrap.mirror import nodes, verify
from bootstrap.mirror.broken import Broken, Target, as_error
from bootstrap.mirror.groups import group_of_entry
from bootstrap.mirror.mirror_sets import mirrors_of
from bootstrap.mirror.on_disk import OnDisk
from bootstrap.oci.digest import Digest

if TYPE_CHECKING:
    from bootstrap.agent.toolbox import Toolbox
    from bootstrap.mirror.ledger import Entry, Ledger
    from bootstrap.store.remote import RemoteStore


@dataclass(frozen=True)
class Verdict:
    """How one image is in one registry.

    Attributes:
        found: What is wrong, or not known; None when all is well.
    """

    registry: str
    entry: Entry
    found: Broken | None

    @property
    def outcome(self) -> str:
        """``ok``, ``broken``, or ``unchecked`` when the registry did not answer, or refused us."""
        if self.found is None:
            return "ok"
        return "broken" if self.found.error is None else "unchecked"


def run_verify(tools: Toolbox, ledger: Ledger, *, deep: bool = False) -> list[dict[str, object]]:
    """Ask every registry for every image, tell how it went, and return the ``verified`` fields.

    Raises:
        BootstrapError: Something is missing or wrong, or a registry does not answer; all of it together.
    """
    verifying = Verifying(tools, deep=deep)
    verifying.run(ledger)
    verifying.tell()
    verifying.raise_errors()
    return verifying.done


class Verifying:
    """One verification.

    Args:
        deep: Read every blob, too.

    Attributes:
        verdicts: Of all registries that answered.
        done: The fields of ``verified``, one a registry that answered.
    """

    def __init__(self, tools: Toolbox, *, deep: bool = False) -> None:
        self._tools, self._deep = tools, deep
        self.verdicts: list[Verdict] = []
        self.done: list[dict[str, object]] = []
        self._silent: list[BootstrapError] = []

    @property
    def broken(self) -> list[Verdict]:
        """What is not as it has to be, for certain."""
        return [verdict for verdict in self.verdicts if verdict.outcome == "broken"]

    def run(self, ledger: Ledger) -> None:
        """Look at all that ``ledger`` has, in every registry; a registry that does not answer is an error."""
        for location in self._tools.locations:
            started = time.monotonic()
            try:
                found, bytes_read = self._one(ledger, location)
            except BootstrapError as error:
                self._silent.append(error)
                continue
            self.verdicts += found
            fields: dict[str, object] = {
                "registry": location,
                **_counts(found),
                "bytes_read": bytes_read,
                "seconds": round(time.monotonic() - started, 3),
            }
            self._tools.report("verified", **fields)
            self.done.append(fields)

    def failed(self, error: BootstrapError) -> None:
        """Take in why a repair could not even begin."""
        self._silent += error.problems if isinstance(error, Problems) else (error,)

    def again(self, other: Verifying) -> None:
        """Take over what ``other`` has found since."""
        later = {(each.registry, each.entry): each for each in other.verdicts}
        self.verdicts = [later.get((each.registry, each.entry), each) for each in self.verdicts]
        self._silent += other._silent
        for fields in self.done:
            fields.update(_counts([each for each in self.verdicts if each.registry == fields["registry"]]))
            self._tools.report("verified", **fields)

    def tell(self) -> None:
        """Tell of every image how it is in every registry."""
        for verdict in self.verdicts:
            entry = verdict.entry
            self._tools.report(
                "image_verified",
                registry=verdict.registry,
                group=group_of_entry(entry),
                source=entry.source,
                destination=f"{entry.destination}:{entry.tag}" if entry.tag else entry.destination,
                digest=entry.digest,
                bytes=entry.size,
                outcome=verdict.outcome,
                why=verdict.found.why if verdict.found else "",
            )

    def raise_errors(self) -> None:
        """Raise what was found; nothing when all is well."""
        errors: list[BootstrapError] = []
        for location in self._tools.locations:
            found = [each.found for each in self.verdicts if each.registry == location and each.found]
            if found:
                error = as_error(location, found)
                errors += error.problems if isinstance(error, Problems) else (error,)
        errors.sort(key=lambda error: not isinstance(error, VerificationError))  # what is certain first
        errors += self._silent
        if errors:
            raise errors[0] if len(errors) == 1 else Problems(errors)

    def _one(self, ledger: Ledger, location: str) -> tuple[list[Verdict], int]:
        looked = nodes.sought(
            ledger,
            mirrors_of(ledger.to_json(), self._tools.locations),
            location,
            is_signed=self._tools.settings.signature_policy == "require",
        )
        if not looked:
            self._tools.report(
                "warning",
                what=f"there is nothing to verify in {location}",
                why="nothing has been mirrored yet",
                fix="run `bootstrap-registry mirror`",
            )
            return [], 0
        self._tools.store(location)  # it has to answer, whatever its disk shows
        targets = list(dict.fromkeys(target for each in looked for target in each.targets))
        store = self._tools.verified_at(location)
        found, bytes_read = self._look(store, targets)
        if isinstance(store, OnDisk) and store.is_foreign:
            self._tools.report(
                "warning",
                what=f"what is on this machine's disk is not the data of {location}",
                why=f"a blob is in {self._tools.disks[location].data_dir}, and the registry says that it does"
                " not have it; so every blob is asked for",
                fix="see what the registry's container has mounted; `bootstrap-registry up` puts it right",
            )
            found, bytes_read = self._look(self._tools.registries.store_at(location), targets)
        wrong = {each.target: each for each in found}
        return [_verdict(location, each, wrong) for each in looked], bytes_read

    def _look(self, store: RemoteStore, targets: Sequence[Target]) -> tuple[tuple[Broken, ...], int]:
        """Return what is not well in a registry, and how many bytes of blobs were read."""
        verification = verify.Verification(
            store,
            workers=self._tools.lookers,
            stop=self._tools.stop,
            readers=self._tools.settings.parallel if self._deep else 0,
            on_read=lambda numbers: self._tools.report("progress", registry=store.name, **numbers),
        )
        return verification.run(targets), verification.bytes_read


def _verdict(location: str, looked: nodes.Sought, wrong: Mapping[Target, Broken]) -> Verdict:
    """Return what is certainly wrong with an image before what nobody knows of it."""
    entry = looked.entry
    target = Target(entry.source, entry.destination, entry.tag, Digest(entry.digest), entry.platforms)
    if looked.problem is not None:
        return Verdict(location, entry, Broken(target, looked.problem))
    found = [wrong[each] for each in looked.targets if each in wrong]
    if not found:
        return Verdict(location, entry, None)
    first = min(found, key=lambda each: each.error is not None)
    return Verdict(location, entry, replace(first, target=target, is_new=location not in entry.registries))


def _counts(verdicts: Sequence[Verdict]) -> dict[str, object]:
    counted = Counter(verdict.outcome for verdict in verdicts)
    return {"images": counted["ok"], "broken": counted["broken"], "unchecked": counted["unchecked"]}
