"""QEMU's command line, and whether KVM is any good here.

A device file says little: inside some virtual machines ``/dev/kvm`` opens and an ordinary kernel dies in it
at its first instructions. So the machine's own kernel is started in it, with a first program that ends at
once, and only when that program was seen to run and to end is KVM taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Accelerator = Literal["kvm", "tcg"]

PROGRAM = "qemu-system-x86_64"
MEMORY = "1536"  # MiB
KVM = Path("/dev/kvm")
_BARE = ("-nodefaults", "-no-user-config", "-display", "none", "-machine", "pc", "-m")
# All of these are for a slow processor: no defence against neighbours it does not have, no screen.
_KERNEL = (
    "root=/dev/vda",
    "rw",
    "net.ifnames=0",
    "quiet",
    "mitigations=off",
    "nokaslr",
    "audit=0",
    "fsck.mode=skip",
)
# On a busy machine the guest measures its TSC wrongly, and its clock goes twice as fast; not so by the HPET.
# What a unit is given by default, 90 s, may then not be enough.
_EMULATED_KERNEL = (
    "clocksource=hpet",
    "systemd.default_timeout_start_sec=900",
    "systemd.default_device_timeout_sec=900",
)
_CONSOLE = "console=ttyS0"
# The kernel's last words when its first program has ended (kernel/exit.c), here with success.
_RAN = "Attempted to kill init! exitcode=0x00000000"
# QEMU 7.2 leaves wrong flags behind cmpxchg16b, and an interrupt that comes then is a double fault: no cx16.
_EMULATED = "qemu64,-cx16"
PROBE_SECONDS = 20  # with KVM it takes one or two


@dataclass(frozen=True, slots=True)
class Card:
    """A network interface.

    Args:
        tap: The device its cable ends in.
        mac: Its hardware address.
    """

    tap: str
    mac: str


@dataclass(frozen=True, slots=True)
class Hardware:
    """What a virtual machine is made of.

    Args:
        kernel: Started directly, without a boot loader.
        initrd: Its initial RAM disk.
        disk: Its root file system, ``/dev/vda``.
        seed: Read-only, ``/dev/vdb``.
        console: Where its first serial line is written to.
        cards: In the order of the networks: ``eth0``, ``eth1``.
    """

    kernel: Path
    initrd: Path
    disk: Path
    seed: Path
    console: Path
    cards: Sequence[Card]


def command(hardware: Hardware, accelerator: Accelerator) -> list[str]:
    """Return the command line that runs a virtual machine in the foreground until it is switched off."""
    cards: list[str] = []
    for number, card in enumerate(hardware.cards):
        cards += ["-netdev", f"tap,id=net{number},ifname={card.tap},script=no,downscript=no"]
        # Nothing is booted from the network: without its ROM, that need not be installed.
        cards += ["-device", f"virtio-net-pci,netdev=net{number},mac={card.mac},romfile="]
    return [
        PROGRAM,
        *_BARE,
        MEMORY,
        *_processor(accelerator),
        *("-kernel", str(hardware.kernel), "-initrd", str(hardware.initrd)),
        *("-append", " ".join((*_KERNEL, *(_EMULATED_KERNEL if accelerator == "tcg" else ()), _CONSOLE))),
        # What the guest has flushed is in our page cache and outlives QEMU; what it has not is lost.
        *("-drive", f"file={_escaped(hardware.disk)},format=raw,if=virtio,cache=unsafe,discard=unmap"),
        *("-drive", f"file={_escaped(hardware.seed)},format=raw,if=virtio,readonly=on"),
        *("-device", "virtio-rng-pci"),
        *("-serial", f"file:{hardware.console}"),
        *cards,
    ]


def probe_command(kernel: Path, initrd: Path) -> list[str]:
    """Return the command line that starts the kernel in KVM with a first program that ends at once."""
    words = (_CONSOLE, "panic=-1", "rdinit=/bin/true")
    return [
        *(PROGRAM, *_BARE, "512", *_processor("kvm"), "-no-reboot"),
        *("-kernel", str(kernel), "-initrd", str(initrd), "-append", " ".join(words), "-serial", "stdio"),
    ]


def judge(output: str, *, has_ended: bool) -> Accelerator | None:
    """Return what a probe's output says, None as long as it says nothing yet.

    Args:
        output: Of QEMU and of the kernel, together, until now.
        has_ended: QEMU has; nothing more will come.
    """
    if _RAN in output:
        return "kvm"
    # After an error of its own, QEMU stays, stopped for ever.
    if has_ended or "KVM internal error" in output:
        return "tcg"
    return None


def _processor(accelerator: Accelerator) -> tuple[str, ...]:
    if accelerator == "kvm":
        return ("-accel", "kvm", "-cpu", "host", "-smp", "2")
    return ("-accel", "tcg,thread=single", "-cpu", _EMULATED, "-smp", "1")


def _escaped(path: Path) -> str:
    """Return ``path`` for a list that commas divide (qemu(1): a comma is written twice)."""
    return str(path).replace(",", ",,")
