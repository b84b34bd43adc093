"""The mirror agent carried to a host in memory, for one question: nothing is written there.

The host's own Python reads the agent from standard input into a file that exists in memory only
(``memfd_create``), imports from it, and asks (``bootstrap/agent/asking.py``). What a check says about the
sources is so said by the machine, and by the code, that will mirror.
"""

from __future__ import annotations

import base64
import functools
import json
import zlib
from collections.abc import Mapping
from typing import Any

from bootstrap.errors import BootstrapError, HostError
from bootstrap.host.agent import told_error
from bootstrap.host.agent_file import agent_content
from bootstrap.host.interface import Connection

_LOADER = """\
import base64, json, os, sys, zlib
given = json.load(sys.stdin)
memory = os.memfd_create("agent")
with open(memory, "wb", closefd=False) as file:
    file.write(zlib.decompress(base64.b64decode(given["agent"])))
sys.path.insert(0, "/proc/self/fd/%d" % memory)
from bootstrap.agent.asking import main
main(given["question"])
"""
_TIMEOUT_SECONDS = 30.0


def ask_sources(
    connection: Connection, question: Mapping[str, Any]
) -> tuple[list[BootstrapError], list[str]]:
    """Return the problems and the warnings that ``bootstrap/agent/asking.py`` finds on the host.

    Args:
        connection: To the mirror host.
        question: As that module takes it; its secrets go through standard input only.

    Raises:
        HostError: The host cannot be asked.
    """
    stdin = json.dumps({"agent": _packed(), "question": question})
    argv = ["python3", "-IBc", _LOADER]
    done = connection.run(argv, as_root=True, stdin=stdin, timeout_seconds=_TIMEOUT_SECONDS, check=False)
    try:
        answer = json.loads(done.stdout.splitlines()[-1])
        problems = [told_error(each, connection.host) for each in answer["problems"]]
        return problems, [f"{connection.host}: {text}" for text in answer["warnings"]]
    except (ValueError, LookupError, TypeError) as error:
        said = (done.stderr or done.stdout).strip()
        raise HostError(
            f"{connection.host}: cannot ask the sources from there",
            why=said[-500:] or f"python3 ended with {done.returncode} and said nothing",
            fix="run `python3 -V` there; the mirror host needs Python 3.9 or newer",
        ) from error


@functools.cache
def _packed() -> str:
    return base64.b64encode(zlib.compress(agent_content(), 1)).decode()
