"""A site of the tests' own: sandbox hosts, a copy of the shipped inventory, and the command line on it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bootstrap.sandbox.release import ReleaseSpec
from bootstrap.sandbox.sandbox import Sandbox
from bootstrap.site.state import State

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).with_name("bootstrap-registry")
# Whoever starts the tests in the background lets them ignore Ctrl-C, and so would everything they start.
AS_STARTED_BY_HAND = ("env", "--default-signal=INT,HUP,TERM")


@dataclass(frozen=True)
class Ended:
    """A command that has ended; `document` is what `--json` printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.out)

    @property
    def result(self) -> Any:
        assert self.code == 0, f"exit code {self.code}\n{self.out}\n{self.err}"
        return self.document["result"]


@dataclass(frozen=True)
class Lab:
    """Everything is in `directory`, the same in every run: what one run leaves behind the next removes."""

    directory: Path
    sandbox: Sandbox

    @property
    def inventory(self) -> Path:
        return self.directory / "inventory"

    @property
    def state(self) -> State:
        return State(self.inventory / ".bootstrap-registry")

    @property
    def artifacts(self) -> Path:
        return self.directory / "artifacts" / "inventory"

    @property
    def location(self) -> str:
        return f"{self.sandbox.host('registry1').fqdn}:5000"

    @property
    def ca(self) -> Path:
        return self.state.trust("registry1")

    def command(self, *words: str) -> list[str]:
        return [str(PROGRAM), *words, "-i", "inventory"]

    def run(self, *words: str, prefix: tuple[str, ...] = (), stdin: str = "", timeout: float = 900) -> Ended:
        """Run `bootstrap-registry WORDS -i inventory`, as a user in the lab's directory would."""
        done = subprocess.run(
            [*prefix, *self.command(*words)],
            cwd=self.directory,
            env={**os.environ, "COLUMNS": "100"},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def get(self, path: str = "/v2/", *, auth: bool = False, name: str | None = None) -> int:
        """Return the status that the registry answers a GET with, over TLS checked with the site's CA."""
        words = ["curl", "--silent", "--max-time", "10", "--cacert", str(self.ca), "--output", "/dev/null"]
        words += ["--write-out", "%{http_code}"]
        config = f'user = "mirror:{self.state.password_file.read_text().strip()}"\n' if auth else ""
        url = f"https://{name or self.location}{path}"
        done = subprocess.run(
            [*words, "--config", "-", url], input=config, capture_output=True, text=True, timeout=30
        )
        return int(done.stdout or 0)

    def pushes(self) -> int:
        """Count the uploads and manifests that the destination has been sent, from its own access log."""
        log = self.sandbox.host("registry1").run(
            ["journalctl", "--unit", "mirror-registry", "--output", "cat", "--no-pager"]
        )
        writes = (
            '"PUT /v2/',
            '"POST /v2/',
            '"PATCH /v2/',
            "http.request.method=PUT",
            "http.request.method=POST",
        )
        return sum(any(word in line for word in writes) for line in log.stdout.splitlines())


def make_lab(
    directory: Path,
    hosts: tuple[str, ...] = ("registry1", "visitor"),
    *,
    second_network: tuple[str, ...] = ("registry1", "visitor"),
    bare: tuple[str, ...] = (),
    ipv6_only: tuple[str, ...] = (),
    content: ReleaseSpec | None = None,
) -> Lab:
    """Make the hosts and the site; whatever an earlier run left there is removed first.

    Args:
        directory: Below the clone, git-ignored: `.lab/ROOM`, one for each room of tests.
        hosts: All of them get an inventory entry; group `registry` has `registry1` alone, as shipped.
        second_network: Which of them have `eth1`, too.
        bare: See `Sandbox.create`, as the following.
        content: What the upstream publishes, see `Sandbox.create`.
    """
    lab = Lab(directory, Sandbox(directory, directory / "inventory"))
    lab.sandbox.destroy()
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o755, parents=True)
    copy_site(lab.inventory)
    lab.sandbox.create(hosts, second_network=second_network, bare=bare, ipv6_only=ipv6_only, content=content)
    return lab


def copy_site(site: Path) -> None:
    """Copy the shipped inventory directory to `site`, as a fresh clone has it."""
    shipped = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "inventory"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, shipped.split("\0")):
        path = site / Path(name).relative_to("inventory")
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, path)
