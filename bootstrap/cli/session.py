"""One command from start to exit code: progress out, result out, and every failure told one way."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import typer
from rich.console import Console

from bootstrap.cli.document import document, flatten
from bootstrap.cli.heard import Heard
from bootstrap.cli.lines import Lines
from bootstrap.cli.live import Live
from bootstrap.cli.start import hear_ctrl_c
from bootstrap.cli.typed import say_inventory
from bootstrap.errors import BootstrapError, ExitCode, HostError
from bootstrap.host.interface import UnknownHostKey
from bootstrap.workflow.progress import Progress

Result = TypeVar("Result")


@dataclass(frozen=True)
class Look:
    """How to show things.

    Attributes:
        is_json: One document on standard output at the end; progress still goes to standard error.
        is_colored: False for ``--no-color`` and for a non-empty ``NO_COLOR`` (https://no-color.org).
        verbosity: Number of ``-v``.
    """

    is_json: bool = False
    is_colored: bool = True
    verbosity: int = 0

    @classmethod
    def of(cls, *, json: bool, no_color: bool, verbose: int) -> Look:
        """Return the look for these options and the environment."""
        return cls(json, not no_color and not os.environ.get("NO_COLOR"), verbose)


def execute(
    command: str,
    look: Look,
    do: Callable[[Progress], Result],
    show: Callable[[Result], str],
    *,
    on_interrupt: str = "nothing goes on without us",
    on_leaving: str = "",
    problems_of: Callable[[Result], tuple[BootstrapError, ...]] = lambda _result: (),
    accept: Callable[[UnknownHostKey], bool] = lambda _problem: False,
    code_of: Callable[[Result], ExitCode] = lambda _result: ExitCode.OK,
    inventory: Path | None = None,
) -> None:
    """Run ``do``, show its result, and exit with the documented code.

    Args:
        command: For the JSON document.
        look: How to show it.
        do: Gets the progress to tell; returns the result.
        show: The result as text for a person.
        on_interrupt: What to say after Ctrl-C when nothing goes on without us that we know of.
        on_leaving: What to say while a run goes on: how to follow and to stop it; ``{run}`` is its id.
        problems_of: Problems that are part of a result (``check``, ``status``); the first one's code is ours.
        code_of: The exit code of a result without problems.
        inventory: What the user gave for ``-i``: what problems tell to type has it.
        accept: Asked about each host key that is not known; when all are accepted, ``do`` is done again.
    """
    result: Result | None = None
    problems: tuple[BootstrapError, ...] = ()
    code = ExitCode.OK
    heard = Heard()
    is_again = True
    try:
        hear_ctrl_c()
        while is_again:
            result = None
            try:
                with _ends_as_ctrl_c(), _progress(look) as shown:
                    heard.listener = shown
                    result = do(heard)
                problems, code = problems_of(result), code_of(result)
            except BootstrapError as error:
                problems = flatten(error)
            # A host may have told of its key twice: as a registry, and as the mirror host.
            unknown = {each.fingerprint: each for each in problems if isinstance(each, UnknownHostKey)}
            is_again = bool(unknown) and all(accept(problem) for problem in unknown.values())
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
        goes_on = on_leaving.replace("{run}", heard.live_run) if heard.live_run else ""
        try:
            sys.stderr.write(f"\nstopped: {goes_on or on_interrupt}\n")
            sys.stderr.flush()
        except OSError:  # a terminal that was closed
            _say_no_more()
    except Exception as error:  # noqa: BLE001  # a bug in us still gets its exit code and its document
        problems = (_forbidden(error) or _bug(error),)
    if problems:
        code = problems[0].exit_code
    if inventory is not None:
        say_inventory(problems, inventory)
    code = _tell(command, look, code, problems, result, show)
    raise typer.Exit(int(code))


def _say_no_more() -> None:
    """Let the rest go nowhere: Python would fail over it as it ends, with an exit code of its own."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())


def _forbidden(error: Exception) -> BootstrapError | None:
    """Return it where the system forbids the user a file, and be it to look whether one is there."""
    if not isinstance(error, PermissionError) or error.filename is None:
        return None
    return HostError(
        f"cannot use {error.filename}",
        why=error.strerror or str(error),
        fix="have it, and the directories above it, made readable to you; or run this as whom it belongs to",
    )


def _bug(error: Exception) -> BootstrapError:
    traceback.print_exc()
    return BootstrapError(
        "bootstrap-registry has a bug",
        why=f"{type(error).__name__}: {error}",
        fix="please report it, with the traceback above; what was done so far stays done",
    )


def problem_text(problems: tuple[BootstrapError, ...]) -> str:
    """Return the problems for a person: numbered when there are several."""
    if len(problems) == 1:
        return "error: " + "\n".join(_lines(problems[0]))
    lines = [f"{len(problems)} problems:"]
    for number, problem in enumerate(problems, 1):
        what, *rest = _lines(problem)
        lines += [f"{number:>3}. {what}", *(f"   {line}" for line in rest)]
    return "\n".join(lines)


def _lines(problem: BootstrapError) -> list[str]:
    """Return a problem by lines: those of a reason that has several stand below its first one."""
    return [
        line if line.startswith(("  why: ", "  fix: ")) or number == 0 else f"       {line}"
        for number, line in enumerate(str(problem).splitlines())
    ]


def _tell(
    command: str,
    look: Look,
    code: ExitCode,
    problems: tuple[BootstrapError, ...],
    result: Result | None,
    show: Callable[[Result], str],
) -> ExitCode:
    """Print it; return ``code``, or another one when all went well but what came of it cannot be printed."""
    unwritten: BootstrapError | None = None
    try:
        if look.is_json:
            sys.stdout.write(document(command, code, problems, result))
        elif result is not None:
            sys.stdout.write(show(result))
        sys.stdout.flush()
    except BrokenPipeError:
        raise  # who reads has enough: typer ends us without a word
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python fails over it as it ends
        unwritten = HostError(
            "cannot write the result to standard output",
            why=error.strerror or str(error),
            fix="free space where it goes, and type the same again",
        )
        problems = (*problems, unwritten)
    if problems:
        console = Console(stderr=True, no_color=not look.is_colored, soft_wrap=True)
        console.print(problem_text(problems), style="red", markup=False, highlight=False)
    return ExitCode.HOST if unwritten is not None and code is ExitCode.OK else code


@contextmanager
def _progress(look: Look) -> Iterator[Lines | Live]:
    progress: Lines | Live
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        progress = Live(Console(stderr=True, no_color=not look.is_colored), look.verbosity)
    else:
        progress = Lines(sys.stderr, look.verbosity)
    try:
        yield progress
    finally:
        with suppress(OSError):  # a terminal that was closed
            progress.close()


@contextmanager
def _ends_as_ctrl_c() -> Iterator[None]:
    """Let SIGTERM and a closed terminal (SIGHUP) end us as Ctrl-C does: in order, and with our last words.

    What was told to ignore them (``nohup``) goes on ignoring them.
    """
    numbers = [each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) is signal.SIG_DFL]
    if threading.current_thread() is not threading.main_thread():  # which alone gets signals
        numbers = []

    def stop(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    for number in numbers:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)
