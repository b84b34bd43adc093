"""Programs that say what the real ``oc-mirror`` and ``oc`` were heard to say, and do nothing else."""

from __future__ import annotations

import json
import sys
from pathlib import Path

_PROGRAM = """\
#!{python}
import json, os, pathlib, sys
here = pathlib.Path({here!r})
words = sys.argv[1:]
with (here / "calls.jsonl").open("a") as file:
    call = {{"argv": words, "env": dict(os.environ), "umask": os.umask(0), "cwd": os.getcwd()}}
    if "--config" in words:
        call["config"] = pathlib.Path(words[words.index("--config") + 1]).read_text()
    print(json.dumps(call), file=file)
if words[:1] == ["version"]:
    print({version!r})
    sys.exit(0)
plan = json.loads((here / "plan.json").read_text())
turn = plan[min(len((here / "calls.jsonl").read_text().splitlines()) - {asked} - 1, len(plan) - 1)]
for name, content in turn["files"].items():
    path = pathlib.Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
sys.stdout.write(turn["says"])
sys.stdout.flush()
if turn["hangs"]:
    import signal
    signal.pause()
sys.exit(turn["code"])
"""


class FakeTool:
    """One such program, at ``path``; it is asked for its version once by whoever makes an engine of it."""

    def __init__(
        self, directory: Path, name: str, *, version: str = "v4.20.0", versions_asked: int = 1
    ) -> None:
        self.directory = directory / f"fake-{name}"
        self.directory.mkdir()
        self.path = self.directory / name
        told = json.dumps({"clientVersion": {"gitVersion": version}})
        self.path.write_text(
            _PROGRAM.format(
                python=sys.executable, here=str(self.directory), version=told, asked=versions_asked
            )
        )
        self.path.chmod(0o755)
        self._turns: list[dict] = []

    def will(self, says: str = "", *, code: int = 0, files=None, hangs: bool = False) -> None:
        """Say and write this the next time, and every time after the last of these."""
        turn = {"says": says, "code": code, "files": dict(files or {}), "hangs": hangs}
        self._turns.append(turn)
        (self.directory / "plan.json").write_text(json.dumps(self._turns))

    @property
    def calls(self) -> list[dict]:
        """How it was called, besides for its version: argv, env, umask, cwd, and the file of --config."""
        path = self.directory / "calls.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [call for call in map(json.loads, lines) if call["argv"][:1] != ["version"]]
