"""The look: one command over the connection."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from bootstrap.errors import BootstrapError, HostError, Problems
from bootstrap.host.interface import Connection
from bootstrap.host.preflight.system import operating_system
from bootstrap.host.preflight.wanted import Wanted

SCRIPT = Path(__file__).parent.with_name("probe_script.py")
_OLDEST_PYTHON = "3.9"


def look(connection: Connection, wanted: Wanted, *, quick: bool = False) -> dict[str, Any]:
    """Return what the host shows; the keys are those of ``probe_script.py``.

    Args:
        connection: To the host.
        wanted: What the host is to become.
        quick: Leave out what only a check needs: packages and the other registries' names.

    Raises:
        HostError: It cannot be reached, has no python3, or does not let us become root.
        Problems: It is also an operating system that is not supported.
    """
    question = json.dumps(wanted.question(quick=quick))
    script = SCRIPT.read_text(encoding="utf-8")
    done = connection.run(["python3", "-IB", "-", question], as_root=True, stdin=script, check=False)
    if done.returncode != 0:
        raise _cannot_look(connection, done.stderr.strip() or done.stdout.strip())
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _cannot_look(connection: Connection, said: str) -> BootstrapError:
    host = connection.host
    # A system whose Python cannot run the script still tells its name: it may be the reason.
    told = connection.run(["cat", "/etc/os-release"], check=False).stdout
    fields = dict(line.partition("=")[::2] for line in told.splitlines())
    old = operating_system(host, {name: value.strip("\"'") for name, value in fields.items()})
    problem = _python(host, said)
    return Problems([*old, problem]) if old else problem


def _python(host: str, said: str) -> HostError:
    last = (said.splitlines() or [""])[-1]
    if re.search(r"SyntaxError|ImportError|ModuleNotFoundError|AttributeError|unknown option", said):
        return HostError(
            f"{host}: its python3 is too old",
            why=f"it cannot run our look at the host: {last[-200:]}",
            fix=f"make python3 be Python {_OLDEST_PYTHON} or newer",
        )
    if re.search(r"python3.*(not found|No such file)|(not found|No such file).*python3", said):
        fix = f"install python3 ({_OLDEST_PYTHON} or newer) on it"
        return HostError(f"{host}: has no python3", why=last[-300:], fix=fix)
    return HostError(
        f"{host}: cannot be looked at",
        why=said[-500:] or "it says nothing",
        fix="run `python3 -V` there by hand",
    )
