"""A run from its first event to its last: it holds the lock, ends on a signal, and leaves a record."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Iterator

from bootstrap import __version__
from bootstrap.agent.archiving.directory import archiver_for, directory_of, engine_for
from bootstrap.agent.archiving.from_disk import reading
from bootstrap.agent.archiving.to_disk import Writing
from bootstrap.agent.deleting import Deleting
from bootstrap.agent.deleting import engine_for as delete_engine
from bootstrap.agent.events import EventLog, now
from bootstrap.agent.lock import Lock
from bootstrap.agent.mirroring import Mirroring
from bootstrap.agent.repairing import Repair
from bootstrap.agent.runs import Request, Runs, boot_id
from bootstrap.agent.toolbox import Toolbox, surroundings
from bootstrap.agent.verifying import Verifying
from bootstrap.errors import BootstrapError, ConfigError, ExitCode, Problems
from bootstrap.imageset.read import read_file
from bootstrap.mirror import ledger
from bootstrap.mirror.engines.choose import Chosen, choose, filled_by
from bootstrap.mirror.pool import Stopped

if TYPE_CHECKING:
    from bootstrap.agent.settings import Settings
    from bootstrap.imageset.model import ImageSet


_DELETIONS = ("delete-list", "delete")


@dataclass
class _State:
    """What the record of a run says in the end."""

    outcome: str = "failed"
    exit_code: ExitCode = ExitCode.FAILED
    engine: str = ""
    engine_reason: str = ""
    engine_version: str = ""
    mirroring: Mirroring | Writing | Deleting | None = None
    images: int = 0
    errors: list[dict[str, str]] = field(default_factory=list)


def run(settings: Settings, run_id: str) -> ExitCode:
    """Do what was asked of run ``run_id``, and return how it ended.

    Raises:
        Busy: Another run is going on; this one has no events then.
        ConfigError: It was carried out before.
        HostError: Its directory or the lock cannot be written.
    """
    runs = Runs(settings.state_dir)
    request = runs.request(run_id)
    os.umask(0o022)
    with Lock(settings.state_dir / "lock") as lock:
        lock.acquire(run_id)
        if runs.has_begun(run_id):
            raise ConfigError(
                f"run {run_id} is over", why="a run is carried out once", fix="begin another: agent.pyz start"
            )
        runs.directory(run_id).mkdir(parents=True, exist_ok=True)
        (runs.directory(run_id) / "pid").write_text(f"{os.getpid()}\n")
        (runs.directory(run_id) / "boot_id").write_text(f"{boot_id()}\n")
        log = EventLog(runs.events(run_id))
        try:
            with _stopping() as stop:
                state = _Execution(settings, run_id, request, log, stop).execute()
            runs.prune()
        finally:
            log.close()
    return state.exit_code


class _Execution:
    def __init__(
        self, settings: Settings, run_id: str, request: Request, log: EventLog, stop: threading.Event
    ) -> None:
        self._settings, self._run_id, self._request = settings, run_id, request
        self._log, self._stop, self._state = log, stop, _State()
        self._started, self._clock = now(), time.monotonic()

    def execute(self) -> _State:
        state = self._state
        try:
            self._operate()
            state.outcome, state.exit_code = "ok", ExitCode.OK
        except Stopped:
            state.outcome, state.exit_code = "stopped", ExitCode.INTERRUPTED
        except BootstrapError as error:
            self._failed(error)
        except Exception as error:  # noqa: BLE001  # a bug of ours still has to end the run for its followers
            traceback.print_exc()
            self._failed(_bug(error))
        self._record()
        self._log.emit(
            "run_finished",
            outcome=state.outcome,
            exit_code=int(state.exit_code),
            registries=state.mirroring.totals() if state.mirroring else [],
            seconds=self._seconds(),
        )
        return state

    def _operate(self) -> None:
        image_set, chosen = self._choose()
        with Toolbox(
            self._settings, report=self._log.emit, stop=self._stop, free=self._request.free
        ) as tools:
            before = ledger.load(self._settings.ledger)
            if self._request.operation in ("to-disk", "from-disk"):
                self._archive(tools, before, image_set)
                return
            if self._request.operation in _DELETIONS:
                self._delete(tools, before)
                return
            if image_set is None or chosen is None:
                self._verify(tools, before)
                return
            self._state.mirroring = Mirroring(
                tools,
                image_set,
                chosen.engine,
                run=self._run_id,
                before=before,
                cut_since=Runs(self._settings.state_dir).cut_since(self._run_id),
            )
            self._state.mirroring.execute()

    def _archive(self, tools: Toolbox, before: ledger.Ledger, image_set: ImageSet | None) -> None:
        """Mirror to archives, or from them."""
        directory = directory_of(self._settings, self._request.directory)
        archiver = archiver_for(self._settings, directory, is_writer=image_set is not None)
        self._state.engine, self._state.engine_version = archiver.name, archiver.version
        operation: Mirroring | Writing
        if image_set is not None:
            operation = Writing(tools, image_set, archiver, directory, run=self._run_id, before=before)
        else:
            operation = reading(tools, directory, archiver, run=self._run_id, before=before)
        self._state.mirroring = operation
        operation.execute()

    def _delete(self, tools: Toolbox, before: ledger.Ledger) -> None:
        """List what to delete, or delete what was listed."""
        is_list = self._request.operation == "delete-list"
        engine = delete_engine(self._settings, self._run_id, self._request.document if is_list else "")
        self._state.engine, self._state.engine_version = engine.name, engine.version
        operation = Deleting(tools, run=self._run_id, before=before)
        self._state.mirroring = operation
        if is_list:
            operation.list_them(engine)
        else:
            operation.delete(engine, self._request.listed)

    def _verify(self, tools: Toolbox, before: ledger.Ledger) -> None:
        self._state.images = len(before.images)
        verifying = Verifying(tools, deep=self._request.deep)
        verifying.run(before)
        if self._request.repairs and verifying.broken:
            repair = Repair(tools, before, verifying, run=self._run_id, deep=self._request.deep)
            self._state.mirroring = repair.mirroring
            try:
                repair.execute()
            except BootstrapError as error:  # what was found is told all the same
                verifying.failed(error)
        verifying.tell()
        verifying.raise_errors()

    def _choose(self) -> tuple[ImageSet | None, Chosen | None]:
        """Read the image set and choose the engine; the first event comes whatever comes of that."""
        try:
            if self._request.operation in ("to-disk", "from-disk"):
                is_writer = self._request.operation == "to-disk"
                directory = directory_of(self._settings, self._request.directory)
                name, self._state.engine_reason = engine_for(self._settings, directory, is_writer=is_writer)
                self._state.engine = name.value
                return read_file(self._settings.imageset) if is_writer else None, None
            if self._request.operation in _DELETIONS:
                self._state.engine, self._state.engine_reason = "oc-mirror", "nothing else deletes"
            if self._request.operation != "mirror":
                return None, None
            image_set = read_file(self._settings.imageset)
            before = filled_by(ledger.load(self._settings.ledger))
            chosen = choose(self._settings.engine, image_set, surroundings(self._settings), before=before)
            self._state.engine, self._state.engine_reason = chosen.engine.name, chosen.reason
            self._state.engine_version = chosen.engine.version
            return image_set, chosen
        finally:
            self._log.emit(
                "run_started",
                run=self._run_id,
                operation=self._request.operation,
                agent_version=__version__,
                engine=self._state.engine,
                engine_reason=self._state.engine_reason,
                engine_version=self._state.engine_version,
                registries=[each.location for each in self._settings.registries],
            )

    def _failed(self, error: BootstrapError) -> None:
        self._state.exit_code = error.exit_code
        problems = error.problems if isinstance(error, Problems) else (error,)
        self._state.errors += [{"what": each.what, "why": each.why} for each in problems]
        self._log.failed(error)

    def _record(self) -> None:
        """Put the run and all that it proved into the ledger."""
        state, mirroring = self._state, self._state.mirroring
        counts = list(mirroring.counts.values()) if mirroring else []
        try:
            known = mirroring.ledger if mirroring else ledger.load(self._settings.ledger)
            record = ledger.Run(
                run=self._run_id,
                operation=self._request.operation,
                started=self._started,
                finished=now(),
                outcome=state.outcome,
                engine=state.engine,
                engine_reason=state.engine_reason,
                images=state.images or max((each.images for each in counts), default=0),
                blobs_copied=sum(each.blobs_copied for each in counts),
                bytes_copied=sum(each.bytes_copied for each in counts),
                seconds=self._seconds(),
                agent_version=__version__,
                engine_version=state.engine_version,
                blobs_mounted=sum(each.blobs_mounted for each in counts),
                bytes_planned=mirroring.bytes_planned if mirroring else 0,
                seconds_moving=round(mirroring.seconds_moving, 3) if mirroring else 0.0,
                errors=tuple(state.errors),
                retries=sum(each.retries for each in counts),
            )
            known.with_run(record).save(self._settings.ledger)
        except BootstrapError as error:
            if state.outcome == "ok":
                state.outcome = "failed"
            self._failed(error)

    def _seconds(self) -> float:
        return round(time.monotonic() - self._clock, 3)


@contextlib.contextmanager
def _stopping() -> Iterator[threading.Event]:
    """Turn SIGTERM and SIGINT into a request to end; the second one ends us at once."""
    stop = threading.Event()
    before = {}

    def handle(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        before[number] = signal.signal(number, handle)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _bug(error: Exception) -> BootstrapError:
    return BootstrapError(
        "the agent has a bug",
        why=f"{type(error).__name__}: {error}",
        fix="please report it, with the traceback: journalctl -u 'bootstrap-registry-mirror@*'",
    )
