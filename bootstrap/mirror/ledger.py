"""The ledger: what is mirrored where, by which run, with digests and sizes.

Whatever is rendered for clusters comes from it.
One JSON file, replaced as a whole, so that a reader and a crash find the old one or the new one.
"""

from __future__ import annotations

import base64
import json
import os
import tempfile
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Iterable, Mapping, Sequence

from bootstrap import __version__
from bootstrap.errors import HostError
from bootstrap.mirror.image import Kind
from bootstrap.oci.digest import Digest

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.mirror.collected import Release
    from bootstrap.mirror.image import Image

SCHEMA = 2  # 2: what a run planned, its retries and errors; resources made by an engine
MOST_RUNS = 200  # a timer's runs, hourly or nightly, must not make the ledger grow for ever
_MOST_OLDER = 20  # of those before, that moved something: what a new run will take is told by them


@dataclass(frozen=True)
class Run:
    """One execution; times are RFC 3339 in UTC, ``outcome`` is that of the event ``run_finished``.

    What schema 1 did not have is 0 or empty in its runs.

    Attributes:
        engine_version: Of a tool that is not ours; empty for the native engine.
        bytes_planned: What the plan said that would be written.
        seconds_moving: Of ``seconds``, those between the plan and the verification.
        retries: Requests and transfers that were begun again.
        errors: ``what`` and ``why`` of each failure, as told.
    """

    run: str
    operation: str
    started: str
    finished: str
    outcome: str
    engine: str
    engine_reason: str
    images: int
    blobs_copied: int
    bytes_copied: int
    seconds: float
    agent_version: str
    engine_version: str = ""
    blobs_mounted: int = 0
    bytes_planned: int = 0
    seconds_moving: float = 0.0
    retries: int = 0
    errors: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class Entry:
    """An image that was seen to be whole in ``registries``.

    Attributes:
        source: As the image set or payload names it, never where it was redirected to.
        source_tag: The tag it has there, or for a release the one it is published under.
        destination: The repository.
        tag: None when the tag has moved on to another image since; the image is there by digest.
        size: Bytes of all manifests and blobs.
        run: That brought it.
        attached: Tags, in the repository, of what was attached to it at its source; None when nobody looked,
            or not all of it is here.
        platforms: Only these of its index are here; empty for all.
    """

    kind: str
    source: str
    source_tag: str | None
    destination: str
    tag: str | None
    digest: str
    size: int
    release: str | None
    architecture: str | None
    component: str | None
    registries: tuple[str, ...]
    run: str
    mirrored_at: str
    attached: tuple[str, ...] | None = None
    platforms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ledger:
    """What is known. Made anew by every change; written by ``save``.

    Attributes:
        resources: Kubernetes objects that an engine made itself (``CatalogSource`` …), each once by kind and
            name; those rendered from this ledger are not among them.
    """

    runs: tuple[Run, ...] = ()
    images: tuple[Entry, ...] = ()
    releases: tuple[Mapping[str, Any], ...] = ()
    resources: tuple[Mapping[str, Any], ...] = ()

    def with_run(self, run: Run) -> Ledger:
        """Return the ledger with one run more, and without the oldest where they are too many."""
        return replace(self, runs=_trimmed((*self.runs, run)))

    def with_images(self, entries: Iterable[Entry]) -> Ledger:
        """Return the ledger with ``entries`` merged in.

        An image that is known keeps the run that brought it, and gains registries; one whose tag went over to
        another digest stays, by digest.
        """
        known = {(entry.destination, entry.tag, entry.digest): entry for entry in self.images}
        tagged = {key[:2]: key for key in known if key[1] is not None}
        for entry in entries:
            key = (entry.destination, entry.tag, entry.digest)
            before = known.get(key)
            if before is not None:
                registries = tuple(dict.fromkeys((*before.registries, *entry.registries)))
                known[key] = replace(
                    entry,
                    registries=registries,
                    run=before.run,
                    mirrored_at=before.mirrored_at,
                    attached=before.attached if entry.attached is None else entry.attached,
                )
                continue
            if key[:2] in tagged:
                moved = replace(known.pop(tagged[key[:2]]), tag=None)
                known.setdefault((moved.destination, None, moved.digest), moved)
            if entry.tag is not None:
                tagged[key[:2]] = key
            known[key] = entry
        return replace(self, images=tuple(sorted(known.values(), key=_order)))

    def with_releases(self, releases: Sequence[Release]) -> Ledger:
        """Return the ledger with ``releases`` merged in by their digests."""
        known = {str(each["digest"]): dict(each) for each in self.releases}
        for release in releases:
            before = known.get(str(release.digest), {})
            signature = base64.b64encode(release.signature).decode() if release.signature else None
            known[str(release.digest)] = {
                "version": release.version,
                "architecture": release.architecture,
                "digest": str(release.digest),
                "channels": sorted({*before.get("channels", ()), *release.channels}),
                "signature_base64": signature or before.get("signature_base64"),
                "signed_by": release.signed_by or before.get("signed_by"),
            }
        merged = sorted(
            known.values(), key=lambda each: (each["version"], each["architecture"], each["digest"])
        )
        return replace(self, releases=tuple(merged))

    def with_resources(self, objects: Iterable[Mapping[str, Any]]) -> Ledger:
        """Return the ledger with ``objects`` that an engine made; a later one replaces its namesake."""
        known = {_resource_key(each): each for each in (*self.resources, *objects)}
        return replace(self, resources=tuple(known[key] for key in sorted(known)))

    def to_json(self) -> dict[str, Any]:
        """Return the object that the file holds."""
        return {
            "schema": SCHEMA,
            "written_by": __version__,
            "runs": [{**asdict(run), "errors": list(run.errors)} for run in self.runs],
            "images": [{**asdict(entry), "registries": list(entry.registries)} for entry in self.images],
            "releases": [dict(each) for each in self.releases],
            "resources": [dict(each) for each in self.resources],
        }

    def save(self, path: Path) -> None:
        """Put it into the file ``path``, whole or not at all, readable for everyone.

        Raises:
            HostError: The file cannot be written.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            for leftover in path.parent.glob(".ledger-*"):  # of an agent that was killed; we have the lock
                leftover.unlink()
            with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".ledger-", delete=False) as file:
                try:
                    json.dump(self.to_json(), file, indent=1, sort_keys=True)
                    file.flush()
                    os.fchmod(file.fileno(), 0o644)
                    os.fsync(file.fileno())
                    os.replace(file.name, path)  # noqa: PTH105  # a name, not a path object
                except BaseException:
                    os.unlink(file.name)  # noqa: PTH108  # likewise
                    raise
            directory = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        except OSError as error:
            raise HostError(
                f"cannot write the ledger {path}",
                why=str(error),
                fix="see the free space and mode of its directory",
            ) from error


def load(path: Path) -> Ledger:
    """Return the ledger in the file ``path``; an empty one when there is no file.

    Raises:
        HostError: It cannot be read, is damaged, or was written by a newer agent.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        schema = value["schema"]
        if not isinstance(schema, int) or schema > SCHEMA:
            raise HostError(
                f"cannot use the ledger {path}",
                why=f"bootstrap-registry {value.get('written_by', 'of another version')} wrote it, "
                f"with schema {schema}; this agent is {__version__} and knows {SCHEMA}",
                fix="use the bootstrap-registry that mirrored last, or a newer one",
            )
        return Ledger(
            tuple(Run(**{**run, "errors": tuple(run.get("errors", ()))}) for run in value["runs"]),
            tuple(_read_entry(entry) for entry in value["images"]),
            tuple(value["releases"]),
            tuple(value.get("resources", ())),
        )
    except FileNotFoundError:
        return Ledger()
    except OSError as error:
        raise HostError(f"cannot read the ledger {path}", why=str(error), fix="run as root") from error
    except (ValueError, KeyError, TypeError) as error:
        raise HostError(
            f"cannot use the ledger {path}",
            why=f"it is damaged: {error!r}",
            fix="move it away and mirror again: nothing is copied twice, and a new one is written",
        ) from error


def _read_entry(value: Mapping[str, Any]) -> Entry:
    attached = value.get("attached")
    return Entry(
        **{
            **value,
            "registries": tuple(value["registries"]),
            "attached": None if attached is None else tuple(attached),
            "platforms": tuple(value.get("platforms", ())),
        }
    )


def entry(
    image: Image,
    *,
    registries: Sequence[str],
    run: str,
    at: str,
    attached: tuple[str, ...] | None = None,
) -> Entry:
    """Return the entry of an image that is whole in ``registries``.

    Args:
        image: The image.
        registries: Locations.
        run: That has seen it so.
        at: When, RFC 3339.
        attached: See ``Entry``.
    """
    wanted = image.wanted
    return Entry(
        wanted.kind.value,
        str(wanted.source),
        wanted.source.tag or (wanted.tag if wanted.kind is Kind.RELEASE else None),
        wanted.repository,
        None if Digest.is_digest(wanted.tag) else wanted.tag,  # repaired by its digest
        str(wanted.digest),
        image.size,
        wanted.release,
        wanted.architecture,
        wanted.component,
        tuple(registries),
        run,
        at,
        attached,
        wanted.platforms,
    )


def _trimmed(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Return the newest runs, and of those before the ones that later runs go by.

    These are the last that mirrored everything (the engine stays with it), and some that moved bytes.
    """
    before = runs[:-MOST_RUNS]
    moved = [run for run in before if run.bytes_copied][-_MOST_OLDER:]
    good = [run for run in before if run.operation == "mirror" and run.outcome == "ok"][-1:]
    kept = {run.run for run in (*moved, *good)}
    return (*(run for run in before if run.run in kept), *runs[-MOST_RUNS:])


def _resource_key(value: Mapping[str, Any]) -> tuple[str, str, str]:
    metadata = value["metadata"]
    return str(value["kind"]), str(metadata.get("namespace", "")), str(metadata["name"])


def _order(entry: Entry) -> tuple[str, str, str]:
    return entry.destination, entry.tag or "", entry.digest
