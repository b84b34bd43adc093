"""Every program that is started, with all of its arguments and its environment: strace, not sampling."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Self

from bootstrap.sandbox.host import SandboxHost

# Whole strings, and -v: the environment, too.
_WHAT = ("strace", "-f", "-qq", "-v", "-s", "1000000", "-e", "trace=execve,execveat", "-e", "signal=none")


def traced(trace: Path) -> tuple[str, ...]:
    """Return the prefix that writes every execve of a command and its children to `trace` (0600)."""
    os.close(os.open(trace, os.O_CREAT | os.O_WRONLY, 0o600))
    return (*_WHAT, "--seccomp-bpf", "-o", str(trace), "--")


class HostTrace:
    """Writes every execve on a running host to `trace` while the `with` lasts."""

    def __init__(self, host: SandboxHost, trace: Path) -> None:
        self._host, self._trace = host, trace

    def __enter__(self) -> Self:
        os.close(os.open(self._trace, os.O_CREAT | os.O_WRONLY, 0o600))
        groups = self._host.container.cgroup.path.rglob("cgroup.procs")
        pids = [word for group in groups for pid in group.read_text().split() for word in ("-p", pid)]
        self._strace = subprocess.Popen([*_WHAT, "-o", str(self._trace), *pids])
        self._wait_for("exec-trace-begins")
        return self

    def __exit__(self, *_: object) -> None:
        self._wait_for("exec-trace-ends")
        self._strace.terminate()
        self._strace.wait(timeout=30)

    def _wait_for(self, word: str) -> None:
        """Start a program on the host until it is in the trace: so the trace is on, and written out."""
        deadline = time.monotonic() + 60
        while word not in self._trace.read_text(errors="replace"):
            assert time.monotonic() < deadline, f"strace does not see {word}"
            assert self._strace.poll() is None, "strace ended by itself"
            self._host.run(["/usr/bin/true", word])
