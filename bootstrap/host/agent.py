"""The mirror agent, seen from the driver: start a run, attach to one, follow it, ask what it knows.

The agent's side of this protocol is ``bootstrap/agent``; its settings and unit come from the role
``mirror_content``. A run belongs to the mirror host: when our connection breaks, it goes on, and we attach
again.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bootstrap import __version__, errors
from bootstrap.errors import BootstrapError, ConfigError, ExitCode, HostError, Problems, TransferError
from bootstrap.host.interface import Connection, Unreachable

AGENT = "/usr/local/lib/bootstrap-registry/agent.pyz"
SCHEMA = 1  # of events
LEDGER_SCHEMA = 2
_PLAN_SECONDS = 1800.0  # it reads every manifest of every image at the source
_RECONNECT_SECONDS = 300.0
_PAUSE_SECONDS = 2.0
# What a ledger says of itself; says nothing where there is none that can be read.
_SCHEMA_SCRIPT = """
import json, sys
try:
    with open(sys.argv[1], encoding="utf-8") as file:
        found = json.load(file)
    print(json.dumps({key: found.get(key) for key in ("schema", "written_by")}))
except (OSError, ValueError, AttributeError):
    pass
"""

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Started:
    """A run that is going on.

    Attributes:
        is_attached: It ran already when we came; somebody else started it.
        operation: What it does, where the agent says so.
        asked_by: Who started it: ``user``, ``host``, ``pid``, ``since``, ``command``; or nothing.
        is_same: It does what we asked for, with the settings and image set that are there now.
    """

    run: str
    is_attached: bool
    operation: str = ""
    asked_by: Mapping[str, str] = field(default_factory=dict)
    is_same: bool = True


class Agent:
    """The agent on one mirror host."""

    def __init__(self, connection: Connection, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._connection = connection
        self._pause = pause

    def start(
        self,
        *,
        operation: str = "mirror",
        free_bytes: Mapping[str, int] | None = None,
        asked_by: Mapping[str, str] | None = None,
        flags: Sequence[str] = (),
        stdin: str = "",
    ) -> Started:
        """Start a run, or attach to the one that is going on.

        Args:
            operation: ``mirror``, ``verify``, ``to-disk``, ``from-disk``, ``delete-list`` or ``delete``.
            free_bytes: Free disk of registries that are not on the mirror host, by location.
            asked_by: Who we are, for whoever comes while it runs; see :class:`Started`.
            flags: ``--deep`` and ``--repair``, of a verification; ``--directory`` and a name, of archives;
                ``--listed`` and a run, of a deletion.
            stdin: What ``--imageset -`` among the flags reads.
        """
        words = ["start", "--operation", operation, *flags]
        for location, size in (free_bytes or {}).items():
            words += ["--free", f"{location}={size}"]
        ours = ["--asked-by", json.dumps(dict(asked_by))] if asked_by else []
        try:
            answer = self._ask([*words, *ours], stdin=stdin)
        except ConfigError as error:
            if not ours or "--asked-by" not in error.why:
                raise
            answer = self._ask(words, stdin=stdin)  # an older agent, which asks nobody's name
        return Started(
            answer["run"],
            answer["state"] == "attached",
            answer.get("operation", "mirror" if answer["state"] == "attached" else operation),
            answer.get("asked_by", {}),
            answer.get("is_same", True),
        )

    def plan(self, *, imageset: str, free_bytes: Mapping[str, int] | None = None) -> dict[str, Any]:
        """Return what a run would do; see ``bootstrap/agent/planning.py``.

        Args:
            imageset: The text of the image set.
            free_bytes: As for :meth:`start`.
        """
        words = ["plan", "--imageset", "-"]
        for location, size in (free_bytes or {}).items():
            words += ["--free", f"{location}={size}"]
        return self._ask(words, stdin=imageset, timeout_seconds=_PLAN_SECONDS)

    def follow(self, run: str) -> Iterator[Event]:
        """Yield a run's events from its first, through lost connections, until it has finished.

        Raises:
            TransferError: The connection broke, and again and again for five minutes; the run goes on.
            Unreachable: The mirror host could not be reached again for five minutes; the run goes on.
            BootstrapError: The agent refuses; this is its own error.
        """
        last = 0
        lost: float | None = None  # since when; a run may well be silent for longer than we try
        while True:
            try:
                for line in self._connection.lines(
                    self._command(["follow", run, "--from", str(last + 1)]), as_root=True
                ):
                    event = parse_event(line, self._connection.host)
                    last, lost = int(event["n"]), None
                    yield event
                    if event["event"] == "run_finished":
                        return
                raise TransferError(
                    f"lost sight of run {run}",
                    why="the agent stopped telling about it",
                    fix="run the same command again to attach to it",
                    is_temporary=True,
                )
            except (TransferError, Unreachable) as error:
                lost = time.monotonic() if lost is None else lost
                is_temporary = isinstance(error, Unreachable) or error.is_temporary
                if not is_temporary or time.monotonic() > lost + _RECONNECT_SECONDS:
                    raise
                self._pause(_PAUSE_SECONDS)

    def ledger(self) -> dict[str, Any]:
        """Return the ledger: what is mirrored, by whom, with digests and sizes.

        Raises:
            HostError: Its schema is newer than this driver.
        """
        ledger = self._ask(["ledger"])
        self._refuse_newer(ledger)
        return ledger

    def refuse_newer_ledger(self, state_dir: str) -> None:
        """See that we may write to the ledger below ``state_dir``; asks the file, for no agent need be there.

        Raises:
            HostError: A newer bootstrap-registry wrote it.
        """
        argv = ["python3", "-c", _SCHEMA_SCRIPT, f"{state_dir}/ledger/ledger.json"]
        done = self._connection.run(argv, as_root=True, check=False)
        with contextlib.suppress(ValueError):
            answer = json.loads(done.stdout)
            if isinstance(answer, dict):
                self._refuse_newer(answer)

    def _refuse_newer(self, ledger: Mapping[str, Any]) -> None:
        if isinstance(ledger.get("schema"), int) and ledger["schema"] > LEDGER_SCHEMA:
            raise HostError(
                f"{self._connection.host}: cannot use its ledger",
                why=f"bootstrap-registry {ledger.get('written_by') or 'of another version'} wrote it, "
                f"with schema {ledger['schema']}; this driver is {__version__} and knows {LEDGER_SCHEMA}",
                fix="use the bootstrap-registry that mirrored last, or a newer one",
            )

    def status(self) -> dict[str, Any]:
        """Return the live run, if any, and the last one."""
        return self._ask(["status"])

    def is_installed(self) -> bool:
        """Tell whether the role ``mirror_content`` has been here."""
        done = self._connection.run(["test", "-e", AGENT], as_root=True, check=False)
        return done.returncode == 0

    def refuse_absent(self) -> None:
        """See that there is an agent.

        Raises:
            HostError: There is none.
        """
        if not self.is_installed():
            raise HostError(
                f"{self._connection.host}: has no mirror agent",
                why="`up`, which brings it, has not been there",
                fix="type `bootstrap-registry check`, which tells what is in the way and changes nothing;"
                " then `bootstrap-registry up`, which plans by itself and refuses before the first byte what"
                " does not fit",
            )

    def _command(self, words: Sequence[str]) -> list[str]:
        return ["python3", AGENT, *words]

    def _ask(self, words: Sequence[str], *, stdin: str = "", timeout_seconds: float = 300) -> dict[str, Any]:
        done = self._connection.run(
            self._command(words), as_root=True, stdin=stdin, timeout_seconds=timeout_seconds, check=False
        )
        try:
            answer = json.loads(done.stdout)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise HostError(
                f"{self._connection.host}: the mirror agent does not answer",
                why=(done.stderr or done.stdout).strip()[-1000:] or f"exit code {done.returncode}",
                fix="run `bootstrap-registry up` again, which installs it",
            )
        if "error" in answer:
            raise told_errors(answer["error"], self._connection.host)
        return answer


def parse_event(line: str, host: str) -> Event:
    """Return one event of the agent on ``host``.

    Raises:
        HostError: The line is no event, or of a newer schema.
        BootstrapError: It is the agent's own error.
    """
    try:
        event = json.loads(line)
        if "error" in event and "event" not in event:
            raise told_errors(event["error"], host)
        if int(event["schema"]) > SCHEMA:
            raise HostError(
                f"{host}: cannot follow the run",
                why=f"its events have schema {event['schema']} and this driver knows {SCHEMA}",
                fix="use a newer bootstrap-registry; the run itself goes on",
            )
        str(event["event"]), int(event["n"])
    except (ValueError, KeyError, TypeError) as error:
        raise HostError(
            f"{host}: cannot follow the run",
            why=f"not an event: {line[:300]!r}",
            fix="see the agent's journal on the host",
        ) from error
    return dict(event)


def told_errors(told: Mapping[str, Any], host: str) -> BootstrapError:
    """Return an answer's error: ``Problems`` when it lists several."""
    problems = [told_error(each, host) for each in told.get("problems") or [told]]
    return problems[0] if len(problems) == 1 else Problems(problems)


def told_error(told: Mapping[str, Any], host: str) -> BootstrapError:
    """Return the error that an agent told us of, as one of ours with the same exit code."""
    kind = _BY_EXIT_CODE.get(int(told.get("exit_code", 1)), BootstrapError)
    return kind(f"{host}: {told.get('what')}", why=str(told.get("why")), fix=str(told.get("fix")))


_BY_EXIT_CODE: dict[int, type[BootstrapError]] = {
    ExitCode.CONFIG: errors.ConfigError,
    ExitCode.HOST: errors.HostError,
    ExitCode.REGISTRY: errors.RegistryError,
    ExitCode.TRANSFER: errors.TransferError,
    ExitCode.VERIFICATION: errors.VerificationError,
    ExitCode.BUSY: errors.Busy,
}
