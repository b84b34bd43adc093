"""One execution of oc-mirror: its log followed, its errors read, and again while it helps."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Callable, List

from bootstrap import process
from bootstrap.errors import HostError
from bootstrap.mirror.engines.classes import Class, classify
from bootstrap.mirror.engines.oc_mirror.command import NAME, Parallel
from bootstrap.mirror.engines.oc_mirror.log import Log, exit_meaning
from bootstrap.mirror.engines.surroundings import tail
from bootstrap.mirror.pool import Stopped
from bootstrap.registry.retry import RetryPolicy, wait

if TYPE_CHECKING:
    from bootstrap.mirror.engines.surroundings import Surroundings

ATTEMPTS = 3
_POLICY = RetryPolicy(attempts=ATTEMPTS, first_seconds=10.0, longest_seconds=60.0)


@dataclass(frozen=True)
class Ended:
    """How an execution ended: what it says of itself, which is not believed.

    Attributes:
        retries: Times that it was begun again.
    """

    code: int
    log: Log
    retries: int = 0

    @property
    def said(self) -> str:
        """Its last words."""
        return (
            f"{exit_meaning(self.code)}: {tail(self.log.complaints, 3)}"
            if self.log.complaints
            else exit_meaning(self.code)
        )

    @property
    def classes(self) -> set[Class]:
        """What went wrong, by class."""
        told = [*self.log.errors.values()] or ([self.said] if self.code else [])
        return {classify(each) for each in told}


def execute(
    argv: List[str],
    surroundings: Surroundings,
    stop: threading.Event,
    *,
    working_dir: Path,
    on_image: Callable[[Log], None] = lambda _log: None,
) -> Ended:
    """Run oc-mirror once.

    Args:
        argv: Its command line.
        surroundings: The mirror host.
        stop: Ends it.
        working_dir: Where it will leave its logs.
        on_image: Called when an image has come further.

    Raises:
        Stopped: ``stop`` was set; it has ended by then.
        TransferError: There is no such program.
    """
    log, started = Log(), time.time()

    def on_line(text: str) -> None:
        if log.line(text):
            on_image(log)

    env = surroundings.environment(NAME)
    code = process.follow(argv, on_line, stop, env=env, cwd=str(surroundings.directory(NAME)))
    if stop.is_set():
        raise Stopped
    for path in sorted((working_dir / "logs").glob("mirroring_errors_*.txt")):
        try:
            if path.stat().st_mtime >= started - 1:
                log.mirroring_errors(path.read_text(encoding="utf-8", errors="replace"))
        except OSError as error:
            raise HostError(
                f"cannot read {path}", why=str(error), fix="see the mode of its directory"
            ) from error
    return Ended(code, log)


def persist(
    attempt: Callable[[Parallel], Ended],
    parallel: Parallel,
    warn: Callable[[str, str], None],
    stop: threading.Event,
) -> Ended:
    """Call ``attempt`` until it went well, or failed for good, or three times; each with less at once."""
    for number in range(1, ATTEMPTS + 1):
        ended = attempt(parallel)
        is_worth_it = ended.classes and all(each.is_temporary for each in ended.classes)
        if not is_worth_it or number == ATTEMPTS:
            break
        parallel = parallel.fewer()
        warn(
            f"{NAME} begins again, with {parallel.images} images and {parallel.layers} layers at once",
            next(iter(ended.log.errors.values()), ended.said),
        )
        wait(_POLICY.delay_seconds(number), stop)
    return Ended(ended.code, ended.log, number - 1)
