"""The host that is interrupted: its files as the controller sees them, its access log, and what breaks it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bootstrap.sandbox import network
from bootstrap.sandbox.host import SandboxHost
from tests.e2e.lab import AS_STARTED_BY_HAND, Ended, Lab

AGENT = "/usr/local/lib/bootstrap-registry/agent.pyz"
ROOT_DIR = "opt/registry"  # a file system of its own, so that it can be full
STATE_DIR = f"{ROOT_DIR}/agent"
DISK_MEGABYTES = 4000  # more than a check asks for; only what is used takes memory
PARALLEL = 4
UPSTREAM_RATE = "160mbit"  # so that a run takes seconds, and can be interrupted everywhere
POLL_SECONDS = 0.03  # what looks more often takes the time from what it looks at
_BLOB_PUT = re.compile(r"http\.request\.method=PUT http\.request\.remoteaddr=\S+ http\.request\.uri=\"?(\S+)")
_DIGEST = re.compile(r"digest=sha256(?:%3A|:)([0-9a-f]{64})")


def wait_for(condition: Callable[[], Any], what: str, seconds: float = 90) -> Any:
    """Return the first answer of `condition` that is true."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(POLL_SECONDS)
    return found


@dataclass(frozen=True)
class Sent:
    """What the destination was sent: every upload that was begun, by its blob's digest."""

    uploads: list[str]
    sizes: dict[str, int]

    @property
    def resent(self) -> int:
        """Bytes of uploads beyond each blob's first; one that was cut counts as whole."""
        return sum(self.sizes[digest] for digest in self.uploads) - sum(
            self.sizes[digest] for digest in set(self.uploads)
        )

    @property
    def in_flight(self) -> int:
        """Bytes that can have been under way at one moment."""
        return PARALLEL * max(self.sizes.values())


@dataclass(frozen=True)
class Ground:
    lab: Lab

    @property
    def host(self) -> SandboxHost:
        return self.lab.sandbox.host("registry1")

    @property
    def upstream(self) -> SandboxHost:
        return self.lab.sandbox.host("upstream")

    @property
    def disk(self) -> Path:
        return self.host.root / ROOT_DIR

    @property
    def blobs(self) -> Path:
        return self.disk / "data/docker/registry/v2/blobs/sha256"

    @property
    def runs_dir(self) -> Path:
        return self.host.root / STATE_DIR / "runs"

    def inside(self, *argv: str) -> str:
        done = self.host.container.inside(list(argv))
        assert done is not None, "the host is off"
        assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"
        return done.stdout

    def ask(self, *words: str) -> dict[str, Any]:
        return json.loads(self.inside("python3", AGENT, *words))

    def empty(self) -> None:
        """Take all content, ledger and runs away, as if nothing had ever been mirrored."""
        assert self.ask("status")["live_run"] is None
        state = f"/{STATE_DIR}"
        self.inside("rm", "-rf", f"/{ROOT_DIR}/data/docker", f"{state}/runs", f"{state}/ledger")

    def runs(self) -> list[str]:
        return sorted(path.name for path in self.runs_dir.iterdir()) if self.runs_dir.is_dir() else []

    def events(self, run: str) -> list[dict[str, Any]]:
        path = self.runs_dir / run / "events.jsonl"
        lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
        return [json.loads(line) for line in lines]

    def progress(self, run: str) -> tuple[int, bool]:
        """Return how many events a run has told, and whether it is over; cheap, for it is asked often."""
        path = self.runs_dir / run / "events.jsonl"
        said = path.read_bytes() if path.exists() else b""
        return said.count(b"\n"), said.endswith(b"\n") and b'"run_finished"' in said[:-1].rpartition(b"\n")[2]

    def follow(self, run: str) -> dict[str, Any]:
        """Wait for a run's end, and return its last event."""
        found = self.host.run(["python3", AGENT, "follow", run], timeout_seconds=180)
        return json.loads(found.stdout.splitlines()[-1])

    def last_outcome(self) -> str:
        return str(self.ask("status")["last_run"]["outcome"])

    def agent_pids(self) -> list[int]:
        """The processes, as the controller numbers them, that are a run on the host."""
        found = []
        for group in self.host.container.cgroup.path.rglob("cgroup.procs"):
            with contextlib.suppress(OSError):
                for pid in group.read_text().split():
                    with contextlib.suppress(OSError):
                        if b"--run-id" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                            found.append(int(pid))
        return found

    def data_bytes(self) -> int:
        """Bytes that the registry has stored, in blobs and in uploads that are not ended."""
        total = 0
        for directory, _, names in os.walk(self.disk / "data"):
            if "data" in names:
                with contextlib.suppress(OSError):  # it was renamed meanwhile
                    total += Path(directory, "data").stat().st_size
        return total

    def cursor(self) -> str:
        """Remember the end of the host's journal."""
        said = self.inside("journalctl", "--lines", "0", "--show-cursor", "--quiet")
        return said.rpartition("-- cursor: ")[2].strip()

    def sent_since(self, cursor: str) -> Sent:
        log = self.inside(
            *("journalctl", "--unit", "mirror-registry", "--output", "cat", "--no-pager"),
            *("--after-cursor", cursor, "--grep", "authorized request.*method=PUT.*blobs/uploads"),
        )
        uploads = [found[1] for line in _BLOB_PUT.findall(log) if (found := _DIGEST.search(line))]
        return Sent(uploads, {path.parent.name: path.stat().st_size for path in self.blobs.glob("*/*/data")})

    def damaged(self) -> list[str]:
        """Return blobs whose bytes are not what their name says; our own look, at the disk."""
        return [
            path.parent.name
            for path in self.blobs.glob("*/*/data")
            if hashlib.sha256(path.read_bytes()).hexdigest() != path.parent.name
        ]

    def leftovers(self) -> list[str]:
        """Return files that somebody began to write under another name, and left."""
        places = [
            self.host.root / STATE_DIR,
            self.host.root / "etc/bootstrap-registry",
            self.host.root / "usr/local/lib/bootstrap-registry",
            self.host.root / "etc/systemd/system",
            *(self.disk / name for name in ("auth", "certs", "conf")),
        ]
        return [
            str(path)
            for place in places
            for path in place.rglob("*")
            if path.name.startswith(".") or path.name.endswith((".partial", ".tmp"))
        ]

    def kill_agent(self) -> None:
        self._signal_agent(signal.SIGKILL)

    def cut_power(self) -> None:
        self.host.kill()

    def switch_on(self) -> None:
        self.host.start(may_be_degraded=True)
        self.slow_upstream()

    def unplug(self, host: SandboxHost) -> None:
        network.unplug(host.names, host.state.number)

    def plug(self, host: SandboxHost) -> None:
        network.attach(host.names, host.addresses, host.name, host.state.number, host.state.networks)

    def pause(self, seconds: float) -> None:
        """Let an outage last: its length is what is tested."""
        time.sleep(seconds)

    def hold_agent(self) -> None:
        """Let the live run stand still until `let_agent_go`."""
        self._signal_agent(signal.SIGSTOP)

    def let_agent_go(self) -> None:
        self._signal_agent(signal.SIGCONT)

    def _signal_agent(self, number: signal.Signals) -> None:
        for pid in self.agent_pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def slow_upstream(self) -> None:
        namespace = self.upstream.container.namespace
        words = f"ip netns exec {namespace} tc qdisc replace dev eth0 root tbf latency 200ms burst 256k rate"
        subprocess.run([*words.split(), UPSTREAM_RATE], check=True, timeout=30)

    def fill_disk(self) -> None:
        """Let not a page be free on the registry's file system; it is full until `free_disk`."""
        for spare in (0, 64 * 1024, 1024 * 1024, 8 * 1024 * 1024):  # more is written while we look
            seen = os.statvfs(self.disk)
            used = (seen.f_blocks - seen.f_bfree) * seen.f_frsize
            if self._resize(str(used + spare)):
                return
        raise AssertionError("the disk cannot be filled")

    def free_disk(self) -> None:
        assert self._resize(f"{DISK_MEGABYTES}m")

    def _resize(self, size: str) -> bool:
        done = subprocess.run(
            ["mount", "-o", f"remount,size={size}", str(self.disk)], capture_output=True, timeout=30
        )
        return done.returncode == 0

    @contextlib.contextmanager
    def driver(self, *words: str, log: str = "driver.log") -> Iterator[Driver]:
        """Run a command in the background; it is ended when the `with` is left."""
        path = self.lab.directory / log
        with path.open("wb") as file:
            child = subprocess.Popen(
                [*AS_STARTED_BY_HAND, *self.lab.command(*words)],
                cwd=self.lab.directory,
                env={**os.environ, "COLUMNS": "100"},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
            try:
                yield Driver(child, path)
            finally:
                if child.poll() is None:
                    os.killpg(child.pid, signal.SIGKILL)
                child.wait(timeout=30)

    def command(self, *words: str, timeout: float = 240) -> Ended:
        return self.lab.run(*words, timeout=timeout)


@dataclass(frozen=True)
class Driver:
    child: subprocess.Popen[bytes]
    log: Path

    @property
    def text(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def is_over(self) -> bool:
        return self.child.poll() is not None

    def wait_for_lines(self, count: int, seconds: float = 180) -> None:
        """Return when it has said so many lines, or has ended."""
        wait_for(lambda: self.is_over or self.text.count("\n") >= count, f"line {count}", seconds)

    def wait_for_text(self, words: str, seconds: float = 180) -> None:
        def said() -> bool:
            assert not self.is_over, f"it ended without {words!r}:\n{self.text}"
            return words in self.text

        wait_for(said, repr(words), seconds)

    def end(self, seconds: float = 240) -> int:
        """Wait for its end and return its exit code."""
        return self.child.wait(timeout=seconds)
