"""What ``--json`` prints: one document on standard output, whatever the command and however it ended.

``{"schema": 1, "command": "up", "outcome": "ok" | "failed" | "interrupted", "exit_code": 0,
"problems": [{"what", "why", "fix", "exit_code"}], "result": {…} | null}``; the results are in docs/json.md.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bootstrap.errors import BootstrapError, ExitCode, Problems

SCHEMA = 1
_OUTCOMES = {
    ExitCode.OK: "ok",
    ExitCode.DIFFERENT: "ok",
    ExitCode.UNFINISHED: "ok",
    ExitCode.INTERRUPTED: "interrupted",
}


def document(command: str, exit_code: ExitCode, problems: Sequence[BootstrapError], result: object) -> str:
    """Return the document as JSON text, one trailing newline."""
    outcome = _OUTCOMES.get(exit_code, "failed")
    content = {
        "schema": SCHEMA,
        "command": command,
        "outcome": outcome,
        "exit_code": int(exit_code),
        "problems": [told(problem) for problem in problems],
        "result": plain(result),
    }
    return json.dumps(content, indent=2) + "\n"


def told(problem: BootstrapError) -> dict[str, Any]:
    """Return one problem as data."""
    return {
        "what": problem.what,
        "why": problem.why,
        "fix": problem.fix,
        "exit_code": int(problem.exit_code),
    }


def flatten(error: BootstrapError) -> tuple[BootstrapError, ...]:
    """Return the members of :class:`Problems`, or the one error."""
    return error.problems if isinstance(error, Problems) else (error,)


def plain(value: object) -> Any:  # noqa: ANN401  # JSON is what it is
    """Return ``value`` in JSON's own types: dataclasses as objects, paths and enums as text."""
    if isinstance(value, BootstrapError):
        return [told(problem) for problem in flatten(value)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value
