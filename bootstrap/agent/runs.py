"""Runs on disk: each has a directory with what was asked, its events, and its output without a journal."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import secrets
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Mapping

from bootstrap.agent.events import last_outcome
from bootstrap.errors import ConfigError, HostError

_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z_[0-9a-f]{4}")  # no "-": systemd would read it as "/" in a unit's name
OPERATIONS = ("mirror", "verify", "to-disk", "from-disk", "delete-list", "delete")
MOST_KEPT = 100
_OPTIONAL = {"asked_by", "of", "deep", "repairs", "directory", "document", "listed"}


@dataclass(frozen=True)
class Request:
    """What a run is to do.

    Attributes:
        free: Free bytes of registries that are on other machines, by location.
        asked_by: Who began it: ``user``, ``host``, ``pid``, ``since``, ``command``; empty when unknown.
        of: Hash of the settings and the image set that it is for; "" when nobody said.
        deep: A verification reads every blob.
        repairs: It mirrors again what it finds broken.
        directory: Of archives, for ``to-disk`` and ``from-disk``.
        document: Text of a ``DeleteImageSetConfiguration``, for ``delete-list``.
        listed: The run whose list ``delete`` carries out.
    """

    operation: str
    free: Mapping[str, int] = field(default_factory=dict)
    asked_by: Mapping[str, str] = field(default_factory=dict)
    of: str = ""
    deep: bool = False
    repairs: bool = False
    directory: str = ""
    document: str = ""
    listed: str = ""

    @property
    def aim(self) -> tuple[object, ...]:
        """What two requests have in common that come to the same."""
        what = (self.directory, self.document, self.listed)
        return self.operation, self.of, self.deep, self.repairs, what


def boot_id() -> str:
    """Return what the kernel calls its current boot."""
    return _read(Path("/proc/sys/kernel/random/boot_id"))


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


class Runs:
    """All runs below ``state_dir``."""

    def __init__(self, state_dir: Path) -> None:
        self._directory = state_dir / "runs"

    def create(self, request: Request) -> str:
        """Make the directory of a new run, and return its id.

        Raises:
            HostError: It cannot be written.
        """
        stamp = dt.datetime.now(dt.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        run = f"{stamp}_{secrets.token_hex(2)}"
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            self.directory(run).mkdir(mode=0o755)
            partial = self.directory(run) / "request.partial"
            with partial.open("w") as file:
                json.dump(asdict(request), file)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self.directory(run) / "request.json")
        except OSError as error:
            raise HostError(
                f"cannot make a run in {self._directory}",
                why=str(error),
                fix="run as root; see the free space and mode of the directory",
            ) from error
        return run

    def request(self, run: str) -> Request:
        """Return what ``run`` was asked to do; one that nobody asked anything (a timer's) mirrors."""
        path = self.directory(run) / "request.json"
        try:
            value = json.loads(path.read_text())
            known = _OPTIONAL & value.keys()
            return Request(value["operation"], value["free"], **{key: value[key] for key in known})
        except FileNotFoundError:
            return Request("mirror")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise HostError(
                f"cannot read what run {run} was asked to do",
                why=f"{path}: {error!r}",
                fix="begin another: run the same command again",
            ) from error

    def has_begun(self, run: str) -> bool:
        """Say whether ``run`` has told anything yet; a run is carried out once."""
        return self.events(run).exists()

    def cut_since(self, current: str) -> float | None:
        """Return when the first run since the last good one began that was cut off with this machine's power.

        A run that does not say how it ended was cut off; when the machine has booted since, so was its power.

        Returns:
            Seconds since 1970; None when there was none.
        """
        since = None
        for path in sorted(self._directory.iterdir(), reverse=True):
            if not _ID.fullmatch(path.name) or path.name >= current or not self.has_begun(path.name):
                continue
            outcome = last_outcome(self.events(path.name))
            if outcome == "ok":
                break
            if outcome is None and _read(path / "boot_id") != boot_id():
                since = (path / "request.json").stat().st_mtime if (path / "request.json").exists() else 0.0
        return since

    def directory(self, run: str) -> Path:
        """Return the directory of ``run``, which may not be there.

        Raises:
            ConfigError: It is no id.
        """
        if not _ID.fullmatch(run):
            raise ConfigError(
                f"{run!r} is not a run", why="ids look like 20261121T040000Z_1a2b", fix="see `status`"
            )
        return self._directory / run

    def events(self, run: str) -> Path:
        """Return the file of the events of ``run``."""
        return self.directory(run) / "events.jsonl"

    def prune(self) -> None:
        """Remove the oldest runs; the newest ``MOST_KEPT`` stay."""
        found = sorted(path for path in self._directory.iterdir() if _ID.fullmatch(path.name))
        for path in found[:-MOST_KEPT]:
            shutil.rmtree(path, ignore_errors=True)
