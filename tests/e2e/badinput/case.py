"""One case of bad input: a good site, what spoils it, and what has to be told about that."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from bootstrap.errors import ExitCode
from tests.e2e.lab import PROGRAM
from tests.e2e.snapshot import Snapshot, differences, site_snapshot

# Root that file modes apply to, as they do to everybody else.
ORDINARY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all", "--")


class Told(NamedTuple):
    """One problem: a part of each of its sentences."""

    what: str
    why: str
    fix: str


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes:
        spoil: Spoils a fresh copy of the good site, or the command that will be run on it.
        told: Every problem that has to be told, in any order; and no other may be.
        code: The exit code.
    """

    name: str
    spoil: Callable[[Spoiled], object]
    told: tuple[Told, ...]
    code: ExitCode = ExitCode.CONFIG


@dataclass(frozen=True)
class Refused:
    """How the command ended, and what it left behind in the site's directory."""

    code: int
    out: str
    err: str
    changes: list[str]

    @property
    def problems(self) -> list[Told]:
        return [Told(*(each[part] for part in Told._fields)) for each in json.loads(self.out)["problems"]]


@dataclass
class Spoiled:
    """A copy of the good site in `directory`, and the command to run there: `up --json -i inventory`.

    Attributes:
        hostname: Of the registry, as its clients know it.
        words: Of the command line.
        environment: What the command's environment has besides ours; None takes a variable away.
        prefix: In front of the program.
        undo: Run when the command has ended.
    """

    directory: Path
    hostname: str
    words: list[str] = field(default_factory=lambda: ["up", "--json", "-i", "inventory"])
    environment: dict[str, str | None] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()
    undo: ExitStack = field(default_factory=ExitStack)

    @property
    def inventory(self) -> Path:
        return self.directory / "inventory"

    @property
    def state(self) -> Path:
        return self.inventory / ".bootstrap-registry"

    def write(self, name: str, content: str | bytes, mode: int = 0o644) -> Path:
        """Write a file of the inventory."""
        path = self.inventory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return path

    def set(self, **settings: object) -> None:
        """Set settings of the registry host, over all others."""
        path = self.inventory / "host_vars/registry1.yml"
        values = yaml.safe_load(path.read_text()) if path.exists() else {}
        self.write("host_vars/registry1.yml", yaml.safe_dump({**values, **settings}))

    def image_set(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Change the image set's document in place."""
        document = yaml.safe_load((self.inventory / "imageset.yaml").read_text())
        change(document)
        self.write("imageset.yaml", yaml.safe_dump(document))

    def pull_secret(self, content: str | Callable[[dict[str, Any]], object]) -> None:
        """Give the site a pull secret of its own: a text, or the good one with a change in place."""
        if not isinstance(content, str):
            upstream = yaml.safe_load((self.inventory / "sandbox.yml").read_text())["all"]["vars"]
            document = json.loads(Path(upstream["pull_secret_file"]).read_text())
            content(document)
            content = json.dumps(document)
        path = self.write("pull-secret.json", content, 0o600)
        self.set(pull_secret_file=str(path))

    def run(self) -> Refused:
        """Run the command once, compare the directory before and after, and take away what was mounted."""
        with self.undo:
            before = self._look()
            environment = {**os.environ, "COLUMNS": "100", **self.environment}
            done = subprocess.run(
                [*self.prefix, str(PROGRAM), *self.words],
                cwd=self.directory,
                env={name: value for name, value in environment.items() if value is not None},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=300,
            )
            return Refused(done.returncode, done.stdout, done.stderr, differences(before, self._look()))

    def _look(self) -> Snapshot:
        # By its lock one driver knows of another; it is no more than that.
        return site_snapshot(self.directory, without=("/inventory/.bootstrap-registry/driver.lock",))


def copy_of(good: Path, directory: Path, hostname: str) -> Spoiled:
    """Return a fresh copy of the site in `good`."""
    shutil.copytree(good, directory / "inventory", symlinks=True)
    return Spoiled(directory, hostname)
