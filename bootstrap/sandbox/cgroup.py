"""One control group per host: it says whether the host runs, and killing it kills that host and nothing else.

Its name follows from the sandbox and the host, so no process id need be remembered, and a crash between
starting a host and writing that down loses nothing.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from bootstrap.errors import HostError
from bootstrap.sandbox import machine
from bootstrap.sandbox.waiting import wait_until


class Cgroup:
    """A control group of cgroup v2; beside v1, systemd-nspawn makes a twin in the ``systemd`` hierarchy.

    Args:
        name: Its name; where systemd manages the machine it is the scope unit ``<name>.scope``.
    """

    def __init__(self, name: str) -> None:
        root = machine.cgroup_root()
        assert root is not None, "machine.require() has looked"
        self.name = name
        relative = f"system.slice/{name}.scope" if machine.has_systemd() else name
        self.path = root / relative
        self._twin = Path("/sys/fs/cgroup/systemd") / relative

    def command(self, argv: list[str]) -> tuple[str, list[str]]:
        """Return the ``cgroup.procs`` file to join ("-" for none) and ``argv`` as it is to be started."""
        if machine.has_systemd():
            scope = ["systemd-run", "--scope", "--quiet", "--collect", f"--unit={self.name}"]
            return "-", [*scope, "--slice=system.slice", "--property=Delegate=yes", "--", *argv]
        self.path.mkdir(exist_ok=True)
        return str(self.path / "cgroup.procs"), argv

    def is_populated(self) -> bool:
        """Return whether any process is in it or below."""
        try:
            return "populated 1" in (self.path / "cgroup.events").read_text()
        except OSError:
            return False

    def supervisor(self) -> int | None:
        """Return the process id of the host's systemd-nspawn, None when there is none."""
        for group in (self.path / "supervisor", self.path):
            with contextlib.suppress(OSError):
                for pid in (group / "cgroup.procs").read_text().split():
                    with contextlib.suppress(OSError):
                        if Path(f"/proc/{pid}/comm").read_text().strip() == "systemd-nspawn":
                            return int(pid)
        return None

    def init(self) -> int | None:
        """Return the process id, as seen from here, of the host's PID 1; None when there is none (yet)."""
        supervisor = self.supervisor()
        if supervisor is None:
            return None
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
            for child in children:
                if "\tsystemd\n" in Path(f"/proc/{child}/status").read_text():
                    return int(child)
        return None

    def kill(self) -> None:
        """Kill everything in it at once; it need not exist.

        Raises:
            HostError: Something in it did not die within ten seconds.
        """
        with contextlib.suppress(FileNotFoundError):
            (self.path / "cgroup.kill").write_text("1")
        if not wait_until(lambda: not self.is_populated(), timeout_seconds=10):
            raise HostError(
                f"cannot stop {self.name}",
                why=f"processes in {self.path} do not die, probably waiting for a disk",
                fix=f"look at them: cat {self.path}/cgroup.procs",
            )

    def remove(self) -> None:
        """Remove it, when it is empty; systemd removes its scopes by itself, a moment later."""
        if machine.has_systemd():
            wait_until(lambda: not self.path.exists(), timeout_seconds=5)
        for top in (self.path, self._twin):
            folders = [Path(folder) for folder, _, _ in os.walk(top, topdown=False)]
            for folder in folders:
                with contextlib.suppress(OSError):
                    folder.rmdir()
