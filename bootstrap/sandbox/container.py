"""A host as a system container: a root directory that systemd-nspawn boots in a network namespace."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import process
from bootstrap.errors import HostError
from bootstrap.sandbox import machine, network
from bootstrap.sandbox.cgroup import Cgroup
from bootstrap.sandbox.files import replace
from bootstrap.sandbox.network import NAMESPACES
from bootstrap.sandbox.ssh import answers
from bootstrap.sandbox.tree import HOST_KEY, make_tree, remove_tree
from bootstrap.sandbox.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from bootstrap.sandbox.names import Addresses, Names
    from bootstrap.sandbox.state import HostState

_NSPAWN = Path("/run/systemd/nspawn")


@dataclass(frozen=True, slots=True)
class Container:
    """One container; nothing need exist yet.

    Args:
        name: The host's name.
        fqdn: Its full name.
        folder: Where its root directory and console log are.
        namespace: Its network namespace, which must exist before it is started.
        cgroup_name: The control group for all of its processes.
    """

    name: str
    fqdn: str
    folder: Path
    namespace: str
    cgroup_name: str

    @property
    def root(self) -> Path:
        """Its root directory; when that exists it is complete."""
        return self.folder / "root"

    @property
    def console(self) -> Path:
        """What it printed while it booted and stopped, the last time."""
        return self.folder / "console.log"

    @property
    def cgroup(self) -> Cgroup:
        """Its control group."""
        return Cgroup(self.cgroup_name)

    @property
    def host_key(self) -> str:
        """Its public host key."""
        return (self.root / f"{HOST_KEY}.pub").read_text().strip()

    def make(self, image: Path, authorized_key: str, prepare: Callable[[Path], None] | None = None) -> None:
        """Unpack the image and make it this host; does nothing when that is done already."""
        if self.root.exists():
            return
        partial = self._partial
        make_tree(partial, image, self.name, self.fqdn, authorized_key)
        if conf := machine.containers_conf():
            (partial / "etc/containers").mkdir(exist_ok=True)
            (partial / "etc/containers/containers.conf").write_text(conf)
        if prepare is not None:
            prepare(partial)
        partial.rename(self.root)

    def set_hosts(self, content: str) -> None:
        """Replace its ``/etc/hosts``, running or not."""
        path = self.root / "etc/hosts"
        if path.read_text() != content:
            replace(path, content, mode=0o644)

    def plug(self, names: Names, addresses: Addresses, state: HostState) -> None:
        """Give it its namespace and interfaces; may be called again."""
        network.attach(
            names,
            addresses,
            state.name,
            state.number,
            state.networks,
            is_ipv6_only=state.is_ipv6_only,
        )

    def is_running(self) -> bool:
        """Return whether any of its processes lives."""
        return self.cgroup.is_populated()

    def boot(self) -> bool:
        """Start it and return at once; False when it runs already, and nothing was done."""
        if self.is_running():
            return False
        self._sweep()
        argv = [
            "systemd-nspawn",
            "--quiet",
            f"--directory={self.root}",
            f"--machine={self.namespace}",
            "--boot",
            "--register=no",
            "--keep-unit",
            "--settings=no",
            "--link-journal=no",
            "--resolv-conf=off",
            "--timezone=off",
            "--console=read-only",
            f"--network-namespace-path={NAMESPACES / self.namespace}",
            # It runs podman, which sets up containers of its own: a machine's rights, in its namespaces.
            "--capability=all",
            "--system-call-filter=@known",
            *(["--bind=/dev/fuse"] if Path("/dev/fuse").exists() else []),
        ]
        procs, command = self.cgroup.command(argv)
        # Its own networks' sysctls are writable (netavark sets some); cgroup v2 inside whatever is outside.
        nspawn = {"SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network", "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
        env = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", **nspawn}
        detached = str(Path(__file__).with_name("detached.py"))
        process.run([sys.executable, "-I", detached, str(self.console), procs, *command], env=env)
        return True

    def wait_running(self, address: str, *, may_be_degraded: bool, timeout_seconds: float = 90) -> None:
        """Return when systemd says ``running`` and sshd answers at ``address``.

        Args:
            address: Of the host.
            may_be_degraded: A failed unit is somebody else's affair.
            timeout_seconds: How long it may take to boot.

        Raises:
            HostError: A unit failed (they are named), it stopped, or it took too long.
        """
        good = ("running", "degraded") if may_be_degraded else ("running",)
        said = [""]

        def is_settled() -> bool:
            said[0] = self._system_state()
            return said[0] in ("running", "degraded", "stopped")

        wait_until(lambda: self.cgroup.supervisor() is not None, timeout_seconds=5)
        wait_until(is_settled, timeout_seconds=timeout_seconds, every_seconds=0.2)
        if said[0] not in good:
            raise self._not_running(said[0])
        if not wait_until(lambda: answers(address), timeout_seconds=20, every_seconds=0.1):
            raise HostError(
                f"the sandbox host {self.name} does not answer SSH",
                why=f"nothing says SSH at {address} port 22, though systemd says it is running",
                fix=f"look at it: nsenter --target={self.cgroup.init()} --all journalctl -u ssh",
            )

    def inside(self, argv: list[str]) -> process.Completed | None:
        """Run ``argv`` in it without SSH, by its namespaces; None when it has no PID 1 (yet)."""
        init = self.cgroup.init()
        if init is None:
            return None
        return process.run(
            ["nsenter", f"--target={init}", "--all", "--", *argv], timeout_seconds=30, check=False
        )

    def stop(self, *, timeout_seconds: float = 20) -> None:
        """Shut it down in order, and kill what is left after the deadline; it need not run."""
        supervisor = self.cgroup.supervisor()
        if supervisor is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(supervisor, signal.SIGTERM)  # with --boot it hands its PID 1 SIGRTMIN+3: power off
            wait_until(lambda: not self.is_running(), timeout_seconds=timeout_seconds)
        self.kill()

    def kill(self) -> None:
        """End it at once, as if its power was cut; it need not run."""
        self.cgroup.kill()
        self._sweep()

    def remove(self) -> None:
        """Remove its files; it must not run."""
        if self.root.exists():  # first it stops being complete
            remove_tree(self._partial)
            self.root.rename(self._partial)
        remove_tree(self.folder)

    def _sweep(self) -> None:
        """Remove what systemd-nspawn leaves behind when it is killed; it would refuse to start again."""
        self.cgroup.remove()
        for path in (_NSPAWN / "propagate" / self.namespace, _NSPAWN / "unix-export" / self.namespace):
            if path.is_mount():
                process.run(["umount", str(path)])
            with contextlib.suppress(OSError):
                path.rmdir()
        if self.root.exists():
            found = self.root.stat()
            (_NSPAWN / f"locks/inode-{found.st_dev}:{found.st_ino}").unlink(missing_ok=True)

    @property
    def _partial(self) -> Path:
        """The root directory while it is made, and while it is removed."""
        return self.folder / "root.partial"

    def _system_state(self) -> str:
        if not self.is_running():
            return "stopped"
        done = self.inside(["systemctl", "is-system-running"])
        return done.stdout.strip() if done is not None else ""

    def _not_running(self, state: str) -> HostError:
        done = self.inside(["systemctl", "--failed", "--plain", "--no-legend"])
        failed = ", ".join(line.split()[0] for line in done.stdout.splitlines() if line) if done else ""
        said = (
            "\n".join(self.console.read_text(errors="replace").splitlines()[-15:])
            if self.console.exists()
            else ""
        )
        why = f"systemd says {state or 'nothing'!r}" + (f"; failed units: {failed}" if failed else "")
        return HostError(
            f"the sandbox host {self.name} did not come up",
            why=f"{why}; the end of its console:\n{said}",
            fix=f"see {self.console}; then destroy the sandbox and create it again",
        )
