"""The operations ``delete-list`` and ``delete``: what goes is shown first, and only that is deleted.

The list of a run is beside its events, in ``deletion.json``, with a hash of the images in the ledger: when
these have changed since, the list is not carried out.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bootstrap.agent.runs import Runs
from bootstrap.agent.toolbox import surroundings
from bootstrap.errors import BootstrapError, ConfigError, HostError, Problems
from bootstrap.imageset.read import read_delete_text
from bootstrap.mirror import deletion
from bootstrap.mirror import deletion_releases as releases
from bootstrap.mirror.engines.oc_mirror import deleting
from bootstrap.mirror.forgetting import without
from bootstrap.mirror.pool import each
from bootstrap.mirror.progress import Counts

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.agent.settings import Settings
    from bootstrap.agent.toolbox import Toolbox
    from bootstrap.mirror.ledger import Entry, Ledger

_FILE = "deletion.json"
_DOCUMENT = "delete.yaml"
_AGAIN = "run `bootstrap-registry delete` again: it shows what goes now"


class Deleting:
    """One run of either; used as ``Mirroring`` is.

    Args:
        run: Its id.
        before: The ledger.

    Attributes:
        ledger: Without what is gone.
    """

    def __init__(self, tools: Toolbox, *, run: str, before: Ledger) -> None:
        self._tools, self._run, self._runs = tools, run, Runs(tools.settings.state_dir)
        self.ledger = before
        self.counts: dict[str, Counts] = {}
        self.bytes_planned, self.seconds_moving = 0, 0.0

    @property
    def _directory(self) -> Path:
        return self._runs.directory(self._run)

    def list_them(self, engine: deleting.OcMirrorDelete) -> None:
        """Tell what would go, and keep it for who wants it deleted; nothing is changed.

        Raises:
            BootstrapError: It cannot be said.
        """
        first, *_ = self._tools.locations
        stores = {location: self._tools.store(location) for location in self._tools.locations}
        self._refuse_locked()
        self._tools.report("resolving", what="what is to be deleted, by oc-mirror")
        document = (self._directory / _DOCUMENT).read_text(encoding="utf-8")
        items = releases.items(read_delete_text(document).platform, self.ledger)
        rest = releases.without_platform(document)
        if rest:
            (self._directory / _DOCUMENT).write_text(rest, encoding="utf-8")
            items += engine.items(first, self._run, self._tools.stop)
        found = [
            deletion.plan(
                items,
                self.ledger,
                location,
                store,
                workers=self._tools.lookers,
                stop=self._tools.stop,
                tags=store.client.tags,
            )
            for location, store in stores.items()
        ]
        value = {"ledger": _hash(self.ledger), "registries": [asdict(each) for each in found]}
        try:
            (self._directory / _FILE).write_text(json.dumps(value), encoding="utf-8")
        except OSError as error:
            raise _unwritten(self._directory, error) from error
        for each_found in found:
            self._tell(each_found)

    def _refuse_locked(self) -> None:
        """See that all registries delete at all, before anybody is asked anything."""
        places = {
            location: entry.destination for entry in self.ledger.images for location in entry.registries
        }
        problems: list[BootstrapError] = [
            deleting.locked(location)
            for location in self._tools.locations
            if location in places
            and not self._tools.registries.store_at(location).client.deletes(places[location])
        ]
        if problems:
            raise problems[0] if len(problems) == 1 else Problems(problems)

    def _tell(self, found: deletion.Deletion) -> None:
        for staying in found.staying:
            self._tools.report(
                "warning",
                what=f"{found.location}/{staying.item.name} stays",
                why=f"still needed by {', '.join(staying.needed_by)}",
                fix="",
            )
        self._tools.report(
            "to_delete",
            registry=found.location,
            bytes=found.size,
            absent=len(found.absent),
            stale=found.stale,
            staying=[
                {"destination": each.item.name, "needed_by": list(each.needed_by)} for each in found.staying
            ],
            images=[
                {
                    "source": going.item.source,
                    "repository": going.item.repository,
                    "reference": going.item.reference,
                    "digest": going.digest,
                    "bytes": going.size,
                    "also": list(going.also),
                }
                for going in found.going
            ],
        )

    def delete(self, engine: deleting.OcMirrorDelete, listed: str) -> None:
        """Delete what the run ``listed`` has told, and forget what is gone.

        Raises:
            BootstrapError: Some of it is still there, or nothing was deleted for things have changed.
        """
        value = self._load(listed)
        if value["ledger"] != _hash(self.ledger):
            raise ConfigError(
                "cannot delete what was shown",
                why=f"what is mirrored has changed since run {listed} listed it",
                fix=_AGAIN,
            )
        for location in self._tools.locations:
            self._tools.store(location)
        problems: list[BootstrapError] = []
        started = time.monotonic()
        for number, registry in enumerate(value["registries"]):
            location = registry["location"]
            items = [(deletion.Item(**going["item"]), going["digest"]) for going in registry["going"]]
            if location not in self._tools.locations:
                continue
            absent = {item["repository"] for item in registry["absent"]}
            if items:
                problems += self._one(engine, location, items, number, absent)
            elif absent:
                self._told(location, 0, self._forget(location, absent))
        self.seconds_moving = time.monotonic() - started
        if problems:
            raise problems[0] if len(problems) == 1 else Problems(problems)

    def _load(self, listed: str) -> Any:  # noqa: ANN401  # JSON
        try:
            return json.loads((self._runs.directory(listed) / _FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"run {listed} has listed nothing", why=str(error), fix=_AGAIN) from error

    def _one(
        self,
        engine: deleting.OcMirrorDelete,
        location: str,
        items: list[tuple[deletion.Item, str]],
        number: int,
        absent: set[str],
    ) -> list[BootstrapError]:
        """Delete at one registry; then ask it for all that may have gone. Returns what is still there."""
        self._tools.report("resolving", what=f"deleting {len(items)} images from {location}")
        path = self._directory / f"delete-{number}.yaml"
        try:
            ended = engine.delete(
                location,
                [item for item, _ in items],
                path,
                self._tools.stop,
                lambda what, why: self._tools.report("warning", what=what, why=why, fix=""),
            )
        except OSError as error:
            raise _unwritten(path, error) from error
        finally:
            lost = self._forget(location, absent | {item.repository for item, _ in items})
        store = self._tools.registries.store_at(location)
        there = each(
            lambda one: store.manifest_exists(one[0].repository, one[1]),
            items,
            workers=self._tools.lookers,
            stop=self._tools.stop,
        )
        problems = []
        for (item, _), answer in zip(items, there):  # noqa: B905  # strict= is not in 3.9
            if isinstance(answer, BootstrapError):
                problems.append(answer)
            elif answer is not None:
                problems.append(deleting.failure(location, item, ended))
        if ended.code and not problems:
            self._tools.report(
                "warning", what="oc-mirror says that it failed, and all is deleted", why=ended.said, fix=""
            )
        gone = len(items) - len(problems)
        self.counts[location] = Counts(gone, retries=ended.retries)
        self._told(location, gone, lost)
        return problems

    def _told(self, location: str, gone: int, lost: int) -> None:
        self._tools.report("deleted", registry=location, images=gone, forgotten=lost)

    def _forget(self, location: str, repositories: set[str]) -> int:
        """Take out of the ledger exactly what the registry says that it has not; return how many.

        Also when we were asked to stop: what is gone by then is gone.
        """
        store = self._tools.registries.store_at(location)
        entries = [
            entry
            for entry in self.ledger.images
            if location in entry.registries and entry.destination in repositories
        ]

        def look(entry: Entry) -> bool:
            return store.manifest_exists(entry.destination, entry.tag or entry.digest) is None

        answers = each(look, entries, workers=self._tools.lookers, stop=threading.Event())
        gone = {
            (entry.destination, entry.tag, entry.digest)
            for entry, answer in zip(entries, answers)  # noqa: B905  # likewise
            if answer is True
        }
        self.ledger = without(self.ledger, location, gone)
        return len(gone)

    def totals(self) -> list[dict[str, object]]:
        """Return the counts as the event ``run_finished`` tells them."""
        return [{"location": location, **asdict(counts)} for location, counts in self.counts.items()]


def engine_for(settings: Settings, run: str, document: str) -> deleting.OcMirrorDelete:
    """Return oc-mirror for deleting what the text ``document`` names; empty for what was listed already.

    Raises:
        ConfigError: It is not installed, or something in the text is wrong.
        TransferError: It does not run.
    """
    path = Runs(settings.state_dir).directory(run) / _DOCUMENT
    if document:
        read_delete_text(document)
        try:
            path.write_text(document, encoding="utf-8")
        except OSError as error:
            raise _unwritten(path, error) from error
    found = deleting.engine(surroundings(settings), path)
    if found is None:
        raise ConfigError(
            "cannot delete images",
            why="oc-mirror does that, and is not installed on the mirror host",
            fix="install oc-mirror v2 there (role mirror_tools)",
        )
    return found


def _hash(ledger: Ledger) -> str:
    return hashlib.sha256(json.dumps(ledger.to_json()["images"], sort_keys=True).encode()).hexdigest()


def _unwritten(path: Path, error: OSError) -> HostError:
    return HostError(f"cannot write to {path}", why=str(error), fix="see the free space of its file system")
