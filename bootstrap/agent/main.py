"""The agent's commands: every answer is one JSON object on standard output, but ``follow``'s, which is lines.

An error is answered as ``{"error": {"what", "why", "fix", "exit_code", "problems"}}``, and the exit code says
the same. Imports are made where they are needed: most commands are asked often and need little.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, NoReturn, Sequence

from bootstrap import __version__
from bootstrap.agent import events
from bootstrap.agent import settings as agent_settings
from bootstrap.agent.lock import holder
from bootstrap.agent.runs import OPERATIONS, Request, Runs
from bootstrap.errors import BootstrapError, ConfigError, ExitCode, Problems

if TYPE_CHECKING:
    from bootstrap.agent.settings import Settings

Answer = Any  # what json.dumps takes; None when the command has printed by itself


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigError("cannot read the agent's arguments", why=message, fix=self.format_usage().strip())


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command and return the exit code."""
    try:
        arguments = _parser().parse_args(argv)
        return int(arguments.command(arguments))
    except BootstrapError as error:
        problems = error.problems if isinstance(error, Problems) else (error,)
        _print(
            {"error": {**events.as_fields(error), "problems": [events.as_fields(each) for each in problems]}}
        )
        return int(error.exit_code)
    except BrokenPipeError:
        # Whoever followed has gone; nothing is left to be said, not even by the interpreter's last flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.OK)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="agent.pyz", description="The mirror agent of bootstrap-registry.")
    commands = parser.add_subparsers(dest="name", required=True, parser_class=_Parser)

    def add(
        name: str, command: Callable[[argparse.Namespace], ExitCode], text: str
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.add_argument("--settings", type=Path, default=agent_settings.DEFAULT, help="the settings file")
        sub.set_defaults(command=command)
        return sub

    free = {
        "action": "append",
        "default": [],
        "metavar": "LOCATION=BYTES",
        "help": "free disk of a registry that is on another machine",
    }
    plan = add("plan", _plan, "say what a run would do; change nothing")
    plan.add_argument("--free", **free)  # type: ignore[arg-type]
    plan.add_argument("--imageset", metavar="-", choices=["-"], help="read another from standard input")
    start = add("start", _start, "begin a run, or find the one that is going on")
    start.add_argument("--operation", choices=OPERATIONS, default="mirror")
    start.add_argument("--free", **free)  # type: ignore[arg-type]
    start.add_argument(
        "--asked-by", type=_asker, default={}, metavar="JSON", help="who begins it, for others"
    )
    start.add_argument("--deep", action="store_true", help="a verification reads every blob")
    start.add_argument("--repair", action="store_true", help="it mirrors again what it finds broken")
    start.add_argument("--directory", default="", metavar="NAME", help="of the archives, to or from disk")
    start.add_argument(
        "--imageset", metavar="-", choices=["-"], help="what to delete, from standard input, for delete-list"
    )
    start.add_argument("--listed", default="", metavar="RUN", help="whose list is deleted")
    add("stop", _stop, "end the run that is going on; what it has moved stays")
    add("run", _run, "be a run (for the unit)").add_argument("--run-id", required=True)
    follow = add("follow", _follow, "print a run's events as they come, to its end")
    follow.add_argument("run")
    follow.add_argument("--from", dest="first", type=int, default=1, metavar="N", help="first event to print")
    add("status", _status, "say which run is going on, and how the last one ended")
    verify = add("verify", _verify, "compare every registry with the ledger, here and now")
    verify.add_argument("--deep", action="store_true", help="read every blob")
    add("ledger", _ledger, "print the ledger")
    add("version", _version, "print the agent's version")
    return parser


def _plan(arguments: argparse.Namespace) -> ExitCode:
    import threading

    from bootstrap.agent.planning import plan

    imageset = sys.stdin.read() if arguments.imageset else None
    _print(plan(_settings(arguments), _free(arguments.free), threading.Event(), imageset))
    return ExitCode.OK


def _start(arguments: argparse.Namespace) -> ExitCode:
    from bootstrap.agent.starting import start

    request = Request(
        arguments.operation,
        _free(arguments.free),
        arguments.asked_by,
        deep=arguments.deep,
        repairs=arguments.repair,
        directory=arguments.directory,
        document=sys.stdin.read() if arguments.imageset else "",
        listed=arguments.listed,
    )
    _print(start(_settings(arguments), arguments.settings, request))
    return ExitCode.OK


def _stop(arguments: argparse.Namespace) -> ExitCode:
    from bootstrap.agent.stopping import stop

    _print(stop(_settings(arguments)))
    return ExitCode.OK


def _run(arguments: argparse.Namespace) -> ExitCode:
    from bootstrap.agent.running import run

    return run(_settings(arguments), arguments.run_id)


def _follow(arguments: argparse.Namespace) -> ExitCode:
    settings = _settings(arguments)
    path = Runs(settings.state_dir).events(arguments.run)
    if not path.exists():
        raise ConfigError(f"there is no run {arguments.run}", why=f"{path} is not there", fix="see `status`")
    lock = settings.state_dir / "lock"
    for line in events.follow(path, arguments.first, lambda: holder(lock) in (arguments.run, "")):
        sys.stdout.write(line)
        sys.stdout.flush()
    return ExitCode.OK


def _status(arguments: argparse.Namespace) -> ExitCode:
    from bootstrap.mirror.ledger import load

    settings = _settings(arguments)
    runs = load(settings.ledger).to_json()["runs"]
    live = holder(settings.state_dir / "lock")
    _print(
        {
            "schema": 1,
            "site": settings.site,
            "live_run": live or None,
            "asked_by": dict(Runs(settings.state_dir).request(live).asked_by) if live else {},
            "last_run": runs[-1] if runs else None,
        }
    )
    return ExitCode.OK


def _verify(arguments: argparse.Namespace) -> ExitCode:
    import threading

    from bootstrap.agent.toolbox import Toolbox
    from bootstrap.agent.verifying import run_verify
    from bootstrap.mirror.ledger import load

    settings = _settings(arguments)
    with Toolbox(settings, report=_silent, stop=threading.Event(), free={}) as tools:
        _print({"schema": 1, "registries": run_verify(tools, load(settings.ledger), deep=arguments.deep)})
    return ExitCode.OK


def _ledger(arguments: argparse.Namespace) -> ExitCode:
    from bootstrap.mirror.ledger import load

    _print(load(_settings(arguments).ledger).to_json())
    return ExitCode.OK


def _version(_: argparse.Namespace) -> ExitCode:
    _print({"schema": 1, "version": __version__, "python": platform.python_version()})
    return ExitCode.OK


def _settings(arguments: argparse.Namespace) -> Settings:
    return agent_settings.read(arguments.settings)


def _free(words: Sequence[str]) -> dict[str, int]:
    found = {}
    for word in words:
        location, _, size = word.rpartition("=")
        if not location or not size.isdigit():
            raise ConfigError(f"cannot use --free {word}", why="it is not LOCATION=BYTES", fix="see --help")
        found[location] = int(size)
    return found


def _asker(word: str) -> dict[str, str]:
    value = json.loads(word)
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("it is no JSON object")
    return {str(key): str(text) for key, text in value.items()}


def _silent(kind: str, **fields: Any) -> None:  # noqa: ANN401  # the events' own
    """Tell nobody."""


def _print(answer: Answer) -> None:
    sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    sys.stdout.flush()
