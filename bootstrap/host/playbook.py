"""Running our playbooks through ansible-runner, and understanding what they say.

ansible-runner copies extra vars and the whole environment into its directory (its issues #46, #167, #493).
So it gets a minimal environment, secrets only as paths of 0600 files, and a directory inside the site state
that is removed when the run ends, and swept when the next one begins.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ansible_runner

from bootstrap.errors import HostError
from bootstrap.host import leftovers
from bootstrap.shipped import shipped

_RUNNER_FILES = "runner"
_MARK = "BOOTSTRAP_REGISTRY_PLAYBOOK"  # in the environment of all that a run starts here
_KEPT_FILES = ("ANSIBLE_CONFIG", "ANSIBLE_VAULT_PASSWORD_FILE")
_KEPT_ENVIRONMENT = (
    *("HOME", "USER", "LOGNAME", "SSH_AUTH_SOCK", "TERM", "XDG_RUNTIME_DIR"),
    *_KEPT_FILES,
    *("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"),
)


@dataclass(frozen=True)
class TaskEvent:
    """One task has ended on one host, or begins (``outcome == "started"``, host empty)."""

    outcome: str
    host: str
    role: str
    task: str
    seconds: float = 0.0


@dataclass(frozen=True)
class Failure:
    """A task that failed, as Ansible told it."""

    host: str
    role: str
    task: str
    message: str
    is_unreachable: bool = False


@dataclass
class PlaybookResult:
    """What a playbook did.

    Attributes:
        changed: Tasks that changed something, by host.
        ok: Tasks that ran, by host.
        failures: In the order they happened; empty when all is well.
        messages: What tasks said on purpose (``debug``), as ``(host, text)``.
        slowest: ``(seconds, role, task)``, slowest first, at most ten.
    """

    changed: dict[str, int] = field(default_factory=dict)
    ok: dict[str, int] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    messages: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    slowest: list[tuple[float, str, str]] = field(default_factory=list)
    is_canceled: bool = False

    @property
    def changed_total(self) -> int:
        """Changes over all hosts."""
        return sum(self.changed.values())


def run_playbook(
    name: str,
    inventory: Path,
    work_dir: Path,
    *,
    arguments: Sequence[str] = (),
    extra_vars: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    limit: str | None = None,
    verbosity: int = 0,
    on_event: Callable[[TaskEvent], None] = lambda _event: None,
) -> PlaybookResult:
    """Run ``playbooks/<name>.yml`` on ``inventory`` and return what happened; failures are data here.

    Args:
        name: A playbook of ours, without its suffix.
        inventory: Inventory file or directory, absolute.
        work_dir: A private directory (0700) for ansible-runner's files, e.g. the site state.
        arguments: More words for ``ansible-playbook`` (vault, ``-e @file``); never secrets.
        extra_vars: Values that are not secret; written to a 0600 file.
        environment: More ``ANSIBLE_*`` settings: those that decide how the inventory is read.
        limit: A host pattern, as ``ansible-playbook --limit``.
        verbosity: Number of ``-v``.
        on_event: Called from the thread that runs this function.
    """
    result = PlaybookResult()
    reader = _EventReader(result, on_event)
    with _private_dir(work_dir) as private:
        words = [*arguments]
        if extra_vars:
            words += ["-e", f"@{_vars_file(private, extra_vars)}"]
        # Read before the environment is another one, for there it is said which strategy is wanted.
        settings = {**ansible_settings(), **(environment or {}), _MARK: private.name}
        with (
            _environment(minimal_environment()),
            _stop_asked() as is_stop_asked,
            _nothing_left(f"{_MARK}={private.name}", is_stop_asked) as is_stopped,
        ):
            run = ansible_runner.run(
                private_data_dir=str(private / "data"),
                project_dir=str(shipped("playbooks")),
                playbook=str(shipped("playbooks") / f"{name}.yml"),
                inventory=str(inventory),
                cmdline=shlex.join(words) or None,
                envvars=settings,
                limit=limit,
                verbosity=verbosity or None,
                quiet=True,
                event_handler=reader,
                cancel_callback=is_stopped,
                suppress_env_files=True,
            )
            # Asked for while the last task ended, the run is not "canceled", and yet we have to stop.
            result.is_canceled = run.status == "canceled" or is_stop_asked()
        if run.rc != 0 and not result.failures and not result.is_canceled:
            result.failures.append(Failure("", "", f"playbook {name}", _tail(run)))
    result.slowest = sorted(reader.durations, reverse=True)[:10]
    return result


def raise_for_failures(result: PlaybookResult, doing: str) -> None:
    """Raise what stopped the playbook, if anything did.

    Raises:
        HostError: Names host, role and task, and carries the task's own message.
        KeyboardInterrupt: The run was stopped by Ctrl-C.
    """
    if result.is_canceled:
        raise KeyboardInterrupt
    if not result.failures:
        return
    first = result.failures[0]
    more = f" ({len(result.failures) - 1} more failed)" if len(result.failures) > 1 else ""
    where = f"{first.host}: " if first.host else ""
    raise HostError(
        f"{where}cannot {doing}{more}",
        why=f"{first.role + ' | ' if first.role else ''}{first.task}: {first.message}",
        fix="mend what the message says, then run the same command again: what is done stays done"
        if not first.is_unreachable
        else "make `ssh` to it work by hand, then run the same command again",
    )


def ansible_settings() -> dict[str, str]:
    """Return the ``ANSIBLE_*`` environment that our playbooks run under; plain runs take ansible.cfg's."""
    settings = {
        "ANSIBLE_ROLES_PATH": str(shipped("roles")),
        "ANSIBLE_RETRY_FILES_ENABLED": "0",
        "ANSIBLE_PIPELINING": "1",
        "ANSIBLE_FORKS": "20",
        "ANSIBLE_HOST_KEY_CHECKING": "1",  # ansible-runner turns it off where nobody says so
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_TIMEOUT": "30",  # seconds; the usual 10 are few for two log-ins on the way, and sudo
        "ANSIBLE_PYTHON_INTERPRETER": "auto_silent",
    }
    return settings | mitogen_settings()


def mitogen_settings() -> dict[str, str]:
    """Return what makes Ansible use mitogen, which saves round trips.

    ``BOOTSTRAP_REGISTRY_STRATEGY=linear`` turns it off, and so does a space in our Python's path: mitogen
    starts it on the controller by a command line that it splits at spaces (docs/adr/0003-mitogen.md).
    """
    wanted = os.environ.get("BOOTSTRAP_REGISTRY_STRATEGY", "mitogen_linear")
    if wanted != "mitogen_linear" or any(letter.isspace() for letter in sys.executable):
        return {}
    import ansible_mitogen

    plugins = Path(ansible_mitogen.__file__).parent / "plugins" / "strategy"
    return {"ANSIBLE_STRATEGY": "mitogen_linear", "ANSIBLE_STRATEGY_PLUGINS": str(plugins)}


def minimal_environment() -> dict[str, str]:
    """Return our environment cut down to what Ansible and OpenSSH need; our own programs come first."""
    here = str(Path(sys.executable).parent)
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    # The user means files here, and Ansible runs in another directory.
    kept |= {name: str(Path(kept[name]).expanduser().absolute()) for name in _KEPT_FILES if kept.get(name)}
    path = os.environ.get("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    return {**kept, "PATH": f"{here}:{path}", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}


class _EventReader:
    """Turns ansible-runner's events into a :class:`PlaybookResult`; returns False: keep nothing on disk."""

    def __init__(self, result: PlaybookResult, on_event: Callable[[TaskEvent], None]) -> None:
        self.result, self.on_event = result, on_event
        self.durations: list[tuple[float, str, str]] = []

    def __call__(self, event: Mapping[str, Any]) -> bool:
        kind, data = event.get("event", ""), event.get("event_data") or {}
        if kind == "playbook_on_task_start":
            self.on_event(TaskEvent("started", "", data.get("role") or "", data.get("task") or ""))
        elif kind in _OUTCOMES:
            self._ended(_OUTCOMES[kind], data)
        elif kind == "playbook_on_stats":
            self.result.changed = dict(data.get("changed") or {})
            self.result.ok = dict(data.get("ok") or {})
        elif kind in ("warning", "deprecated"):
            self._warned(" ".join(str(event.get("stdout", "")).split()))
        return False

    def _warned(self, text: str) -> None:
        if text and not any(known in text for known in _EXPECTED_WARNINGS):
            self.result.warnings.append(text)

    def _ended(self, outcome: str, data: Mapping[str, Any]) -> None:
        answer = data.get("res") or {}
        host, role, task = data.get("host") or "", data.get("role") or "", data.get("task") or ""
        seconds = float(data.get("duration") or 0.0)
        self.durations.append((seconds, role, task))
        if outcome == "ok" and answer.get("changed"):
            outcome = "changed"
        if outcome in ("failed", "unreachable") and not data.get("ignore_errors"):
            message = _message(answer)
            self.result.failures.append(Failure(host, role, task, message, outcome == "unreachable"))
        if data.get("task_action", "").endswith("debug") and outcome == "ok" and "msg" in answer:
            self.result.messages.append((host, str(answer["msg"])))
        self.on_event(TaskEvent(outcome, host, role, task, seconds))


# mitogen is a strategy plugin, which ansible-core 2.19 deprecates as a kind; docs/adr/0003-mitogen.md.
_EXPECTED_WARNINGS = (
    "Use of strategy plugins not included in ansible.builtin are deprecated",
    "Deprecation warnings can be disabled by setting",
)

_OUTCOMES = {
    "runner_on_ok": "ok",
    "runner_on_failed": "failed",
    "runner_on_unreachable": "unreachable",
    "runner_on_skipped": "skipped",
}


def _message(answer: Mapping[str, Any]) -> str:
    """Return the sentence of a failed task's result; what it printed too, where the sentence says little."""
    said = str(answer.get("msg") or "").strip()
    items = [
        str(r.get("msg", "")) for r in answer.get("results", []) if isinstance(r, dict) and r.get("failed")
    ]
    if items:
        said = "; ".join(item for item in items if item) or said
    stderr = str(answer.get("stderr") or answer.get("module_stderr") or "").strip()
    return "\n".join(part for part in (said, stderr) if part)[:4000] or json.dumps(dict(answer))[:2000]


def _tail(run: Any) -> str:  # noqa: ANN401  # ansible-runner ships no types
    said: str = run.stdout.read() if run.stdout else ""
    _before, traced, after = said.partition("Traceback (most recent call last):")
    if traced:  # Ansible's own: its last line says what happened
        said = after.strip().splitlines()[-1]
    return said.strip()[-2000:] or f"ansible-playbook ended with {run.rc} and said nothing"


def _vars_file(private: Path, values: Mapping[str, object]) -> Path:
    path = private / "vars.json"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(dict(values), file)
    return path


@contextmanager
def _private_dir(work_dir: Path) -> Iterator[Path]:
    """Make a 0700 directory below ``work_dir``; leftovers of runs that were killed are swept first."""
    base = work_dir / _RUNNER_FILES
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    for leftover in base.iterdir():
        if not Path(f"/proc/{leftover.name.partition('-')[0]}").exists():
            shutil.rmtree(leftover, ignore_errors=True)
    private = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=base))
    try:
        (private / "data" / "env").mkdir(mode=0o700, parents=True)
        # Read from there alone: seconds until ansible-runner asks whether to stop, when all is silent.
        (private / "data" / "env" / "settings").write_text(
            json.dumps({"pexpect_timeout": 1}), encoding="ascii"
        )
        yield private
    finally:
        shutil.rmtree(private, ignore_errors=True)


@contextmanager
def _stop_asked() -> Iterator[Callable[[], bool]]:
    """Turn Ctrl-C, SIGTERM and SIGHUP into a question that ansible-runner asks between events, for a while.

    ansible-runner's own handlers stay in place when it is done, and Ctrl-C would do nothing ever after.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # which alone gets signals
        yield asked.is_set
        return
    saved = {
        number: signal.signal(number, lambda _number, _frame: asked.set())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield asked.is_set
    finally:
        for number, handler in saved.items():
            signal.signal(number, handler)


@contextmanager
def _nothing_left(mark: str, is_stop_asked: Callable[[], bool]) -> Iterator[Callable[[], bool]]:
    """Give the question whether to stop; with the answer yes, all of the run has ended.

    ansible-runner, which ends ``ansible-playbook`` alone, waits for five seconds for what that leaves behind.
    """

    def is_stopped() -> bool:
        if is_stop_asked():
            leftovers.end_all(mark)
        return is_stop_asked()

    try:
        yield is_stopped
    except BaseException:
        leftovers.end_all(mark)
        raise
    is_stopped()


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """Be in another environment for a while: ansible-runner copies ``os.environ`` and offers no other way."""
    saved = dict(os.environ)
    os.environ.clear()
    os.environ.update(wanted)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)
