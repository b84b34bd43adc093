"""A host as a virtual machine: a disk and a kernel of its own, run by QEMU; its power can really be cut."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import process
from bootstrap.errors import HostError, TransferError
from bootstrap.sandbox import network, ssh, vm_image, vm_qemu
from bootstrap.sandbox.cgroup import Cgroup
from bootstrap.sandbox.files import replace
from bootstrap.sandbox.tree import HOST_KEY, make_tree, remove_tree
from bootstrap.sandbox.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from bootstrap.sandbox.names import Addresses, Names
    from bootstrap.sandbox.state import HostState

_BOOT_SECONDS = 900  # emulated, on a busy machine
_STOP_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Vm:
    """One virtual machine; nothing need exist yet.

    Args:
        name: The host's name.
        fqdn: Its full name.
        folder: Where its disk, kernel and console log are.
        hub: The network namespace that holds the bridges; QEMU runs in it.
        cgroup_name: The control group for QEMU.
        address: Where it answers SSH.
        key: The private key that its root accepts.
    """

    name: str
    fqdn: str
    folder: Path
    hub: str
    cgroup_name: str
    address: str
    key: Path

    @property
    def root(self) -> Path:
        """Nothing; it is there because a container has one.

        Raises:
            HostError: Always.
        """
        raise HostError(
            f"cannot look at the files of {self.name} from here",
            why=f"it is a virtual machine: they are in {self._disk}, which only it may open while it runs",
            fix="look at them by SSH",
        )

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
        return self._host_key.read_text().strip()

    def make(self, image: Path, authorized_key: str, prepare: Callable[[Path], None] | None = None) -> None:
        """Make its disk of the image; does nothing when that is done already.

        Args:
            image: Of the recipe `vm_image.VM`.
            authorized_key: The public key that root and admin may log in with.
            prepare: Given the tree that the disk is made of.
        """
        if self._disk.exists():
            return
        tree = self.folder / "tree.partial"
        try:
            make_tree(tree, image, self.name, self.fqdn, authorized_key)
            if prepare is not None:
                prepare(tree)
            for found, kept in zip(vm_image.kernel(tree), (self._kernel, self._initrd), strict=True):
                shutil.copy(found, kept)
            replace(self._host_key, (tree / f"{HOST_KEY}.pub").read_text(), mode=0o644)
            ssh.set_known_hosts(self._known_hosts, self.name, [([self.address], self.host_key)])
            vm_image.make_disk(tree, self._disk)
        finally:
            remove_tree(tree)

    def set_hosts(self, content: str) -> None:
        """Replace its ``/etc/hosts``: with the next start, and at once when it runs."""
        path = self.folder / "hosts"
        if path.exists() and path.read_text() == content:
            return
        replace(path, content, mode=0o644)
        if self.is_running():
            self._shell(["cp", "/dev/stdin", "/etc/hosts"], stdin=content)

    def plug(self, names: Names, addresses: Addresses, state: HostState) -> None:
        """Put its cables into the bridges, and write down its addresses for the next start."""
        taps = network.attach_taps(names, state.name, state.number, state.networks)
        lines, cards = [], []
        for tap, number in zip(taps, state.networks, strict=True):
            link, prefix = f"eth{number}", addresses.network4(number).prefixlen
            if not state.is_ipv6_only:
                lines += [f"address replace {addresses.address4(state.number, number)}/{prefix} dev {link}"]
            lines += [
                f"address replace {addresses.address6(state.number, number)}/64 dev {link} nodad",
                f"link set {link} up",
            ]
            cards += [f"{tap} {names.mac(state.number, number)}"]
        replace(self.folder / "network", "".join(f"{line}\n" for line in lines), mode=0o644)
        replace(self.folder / "cards", "".join(f"{card}\n" for card in cards), mode=0o644)

    def is_running(self) -> bool:
        """Return whether QEMU runs."""
        return self.cgroup.is_populated()

    def boot(self) -> bool:
        """Start it and return at once; False when it runs already, and nothing was done."""
        if self.is_running():
            return False
        self.cgroup.remove()
        self._write_seed()
        cards = [vm_qemu.Card(*line.split()) for line in (self.folder / "cards").read_text().splitlines()]
        hardware = vm_qemu.Hardware(self._kernel, self._initrd, self._disk, self._seed, self.console, cards)
        self._start(vm_qemu.command(hardware, self._accelerator()), self._log)
        return True

    def wait_running(self, address: str, *, may_be_degraded: bool) -> None:
        """Return when sshd answers and systemd says ``running``; an emulated machine takes a minute or more.

        Raises:
            HostError: A unit failed (they are named), it stopped, or it took too long.
        """
        answers = [False]

        def is_settled() -> bool:
            answers[0] = ssh.answers(address, timeout_seconds=30)  # sshd needs seconds to begin
            return answers[0] or not self.is_running()

        wait_until(is_settled, timeout_seconds=_BOOT_SECONDS, every_seconds=0.5)
        if not answers[0]:
            raise self._not_running(
                "nothing answers SSH" if self.is_running() else "it has switched itself off"
            )
        done = self._shell(["systemctl", "is-system-running", "--wait"], check=False)
        said = done.stdout.strip() or done.stderr.strip()
        if said != "running" and not (may_be_degraded and said == "degraded"):
            failed = self._shell(["systemctl", "--failed", "--plain", "--no-legend"], check=False).stdout
            names = ", ".join(line.split()[0] for line in failed.splitlines() if line)
            raise self._not_running(f"systemd says {said!r}" + (f"; failed units: {names}" if names else ""))

    def stop(self) -> None:
        """Shut it down in order, and kill what is left after the deadline; it need not run."""
        if self.is_running():
            with contextlib.suppress(TransferError):  # it may be gone before it has answered, or be deaf
                self._shell(["systemctl", "poweroff"], check=False, timeout_seconds=60)
            wait_until(lambda: not self.is_running(), timeout_seconds=_STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """Cut its power: what it had not flushed to its disk is lost; it need not run."""
        self.cgroup.kill()
        self.cgroup.remove()

    def remove(self) -> None:
        """Remove its files; it must not run."""
        self._disk.unlink(missing_ok=True)  # first it stops being complete
        remove_tree(self.folder)

    @property
    def _disk(self) -> Path:
        """Its root file system; when that exists, all that `make` makes does."""
        return self.folder / "disk.img"

    @property
    def _kernel(self) -> Path:
        return self.folder / "vmlinuz"

    @property
    def _initrd(self) -> Path:
        return self.folder / "initrd.img"

    @property
    def _seed(self) -> Path:
        """The second disk, a tar that it unpacks over its root at every start."""
        return self.folder / "seed.tar"

    @property
    def _host_key(self) -> Path:
        return self.folder / "host_key.pub"

    @property
    def _known_hosts(self) -> Path:
        return self.folder / "ssh/known_hosts"

    @property
    def _log(self) -> Path:
        """What QEMU itself says."""
        return self.folder / "qemu.log"

    def _write_seed(self) -> None:
        with tarfile.open(self._seed, "w") as seed:
            for name, source in (("etc/hosts", "hosts"), ("etc/sandbox-network", "network")):
                content = (self.folder / source).read_bytes()
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(content), 0o644
                seed.addfile(entry, io.BytesIO(content))

    def _accelerator(self) -> vm_qemu.Accelerator:
        """Return KVM when it really boots this machine's kernel, else emulation."""
        if not os.access(vm_qemu.KVM, os.R_OK | os.W_OK):
            return "tcg"
        log = self.folder / "kvm.log"
        self._start(vm_qemu.probe_command(self._kernel, self._initrd), log)
        verdict: list[vm_qemu.Accelerator] = []

        def is_clear() -> bool:
            has_ended = not self.is_running()
            found = vm_qemu.judge(log.read_text(errors="replace"), has_ended=has_ended)
            verdict.extend([found] if found else [])
            return bool(found)

        wait_until(is_clear, timeout_seconds=vm_qemu.PROBE_SECONDS)
        self.kill()
        return verdict[0] if verdict else "tcg"

    def _start(self, argv: list[str], log: Path) -> None:
        """Start ``argv`` in the hub's namespace and the control group; it outlives us."""
        procs, command = self.cgroup.command(
            ["nsenter", f"--net={network.NAMESPACES / self.hub}", "--", *argv]
        )
        env = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
        detached = str(Path(__file__).with_name("detached.py"))
        process.run([sys.executable, "-I", detached, str(log), procs, *command], env=env)
        wait_until(self.is_running, timeout_seconds=2)

    def _shell(
        self, argv: list[str], *, stdin: str = "", check: bool = True, timeout_seconds: float = _BOOT_SECONDS
    ) -> process.Completed:
        return ssh.run(
            "root",
            self.address,
            self.key,
            self._known_hosts,
            argv,
            stdin=stdin,
            timeout_seconds=timeout_seconds,
            check=check,
        )

    def _not_running(self, why: str) -> HostError:
        said = [f"{why}; the end of its console and of what QEMU said:"]
        for path in (self.console, self._log):
            said += path.read_text(errors="replace").splitlines()[-15:] if path.exists() else []
        return HostError(
            f"the sandbox host {self.name} did not come up",
            why="\n".join(said),
            fix=f"see {self.console}; then destroy the sandbox and create it again",
        )
