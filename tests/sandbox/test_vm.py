"""A virtual machine, as far as it goes without one: its command line, the probe of KVM, its second disk."""

import tarfile
from pathlib import Path

import pytest

from bootstrap.errors import HostError
from bootstrap.sandbox import image, network, vm_image, vm_qemu
from bootstrap.sandbox.host import SandboxHost
from bootstrap.sandbox.names import Addresses, Names
from bootstrap.sandbox.state import HostState
from bootstrap.sandbox.vm import Vm
from bootstrap.sandbox.vm_image import kernel
from bootstrap.sandbox.vm_qemu import Card, Hardware, command, judge, probe_command

FOLDER = Path("/a clone, with a comma")
HARDWARE = Hardware(
    FOLDER / "vmlinuz",
    FOLDER / "initrd.img",
    FOLDER / "disk.img",
    FOLDER / "seed.tar",
    FOLDER / "console.log",
    [Card("sb0a1b2cp11a", "02:0a:1b:2c:00:0b"), Card("sb0a1b2cp11b", "02:0a:1b:2c:01:0b")],
)
# As QEMU and the kernel printed them.
STOPPED = "KVM internal error. Suberror: 1\nextra data[0]: 0x0000000000000001\nemulation failure\n"
STARTED = "[    0.000000] Linux version 6.12.107+deb13-cloud-amd64\n[    0.9] Run /bin/true as init process\n"
RAN = "[    0.98] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000000\n"
NO_INIT = "[    0.98] Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b\n"
NO_DEVICE = "qemu-system-x86_64: failed to initialize kvm: Permission denied\n"


def values(argv, option):
    return [argv[place + 1] for place, word in enumerate(argv) if word == option]


def test_emulation_is_one_processor_without_what_qemu_emulates_wrongly():
    argv = command(HARDWARE, "tcg")
    assert values(argv, "-accel") == ["tcg,thread=single"]
    assert values(argv, "-smp") == ["1"]
    assert values(argv, "-cpu")[0].endswith("-cx16")
    assert not any("kvm" in word for word in argv)


def test_kvm_has_the_real_processor():
    argv = command(HARDWARE, "kvm")
    assert (values(argv, "-accel"), values(argv, "-cpu")) == (["kvm"], ["host"])


def test_every_network_is_a_card_of_its_own_in_order():
    argv = command(HARDWARE, "tcg")
    assert [each.split(",")[2] for each in values(argv, "-netdev")] == [
        "ifname=sb0a1b2cp11a",
        "ifname=sb0a1b2cp11b",
    ]
    cards = [each for each in values(argv, "-device") if "net" in each]
    assert ["mac=02:0a:1b:2c:00:0b" in cards[0], "mac=02:0a:1b:2c:01:0b" in cards[1]] == [True, True]


def test_the_root_disk_comes_first_and_a_comma_in_its_path_is_no_option():
    disks = values(command(HARDWARE, "tcg"), "-drive")
    assert [each.partition(",format=")[0] for each in disks] == [
        "file=/a clone,, with a comma/disk.img",
        "file=/a clone,, with a comma/seed.tar",
    ]
    assert ["readonly=on" in each for each in disks] == [False, True]


def test_the_probe_starts_the_same_kernel_and_ends_by_itself():
    argv = probe_command(HARDWARE.kernel, HARDWARE.initrd)
    assert values(argv, "-accel") == ["kvm"]
    assert values(argv, "-kernel") == [str(HARDWARE.kernel)]
    assert "-no-reboot" in argv
    assert "panic=-1" in values(argv, "-append")[0]


@pytest.mark.parametrize(
    ("output", "has_ended", "verdict"),
    [
        ("", False, None),
        (STARTED, False, None),
        (STARTED + RAN, False, "kvm"),
        (STARTED + RAN, True, "kvm"),
        (STOPPED, False, "tcg"),
        (STARTED + STOPPED, False, "tcg"),
        (NO_DEVICE, True, "tcg"),
        (STARTED, True, "tcg"),
        (STARTED + NO_INIT, True, "tcg"),
    ],
)
def test_kvm_is_taken_only_when_a_program_ran_to_its_end(output, has_ended, verdict):
    assert judge(output, has_ended=has_ended) == verdict


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A virtual machine of nobody's, whose cables are plugged nowhere."""
    monkeypatch.setattr(network, "attach_taps", lambda names, host, number, networks: ["tap-a", "tap-b"])
    return Vm(
        "registry1", "registry1.x.test", tmp_path, "hub", "no-such-group", "198.18.0.11", tmp_path / "key"
    )


def test_names_and_addresses_come_with_every_start(machine, tmp_path):
    addresses = Addresses("0a1b2c", 3)
    machine.set_hosts("127.0.0.1 localhost\n")
    machine.plug(Names("0a1b2c"), addresses, HostState("registry1", 11, (0, 1), "vm"))
    machine._write_seed()
    with tarfile.open(tmp_path / "seed.tar") as seed:
        found = {entry.name: seed.extractfile(entry).read().decode() for entry in seed.getmembers()}
    assert found["etc/hosts"] == "127.0.0.1 localhost\n"
    assert f"address replace {addresses.address4(11)}/25 dev eth0\n" in found["etc/sandbox-network"]
    assert f"address replace {addresses.address6(11, 1)}/64 dev eth1 nodad\n" in found["etc/sandbox-network"]


def test_its_addresses_are_lines_for_ip_batch_which_takes_no_options(machine, tmp_path):
    machine.plug(Names("0a1b2c"), Addresses("0a1b2c", 3), HostState("registry1", 11, (0, 1), "vm"))
    lines = (tmp_path / "network").read_text().splitlines()
    assert {line.split()[0] for line in lines} == {"address", "link"}


def test_without_the_device_there_is_no_probe(machine, monkeypatch, tmp_path):
    monkeypatch.setattr(vm_qemu, "KVM", tmp_path / "kvm")
    monkeypatch.setattr(Vm, "_start", lambda *_: pytest.fail("a probe was started"))
    assert machine._accelerator() == "tcg"


def test_its_files_cannot_be_looked_at_and_that_is_said(machine, tmp_path):
    names, addresses = Names("0a1b2c"), Addresses("0a1b2c", 3)
    host = SandboxHost(
        HostState("registry1", 11, kind="vm"), names, addresses, machine, tmp_path / "key", tmp_path / "known"
    )
    for look in (lambda: host.root, lambda: host.container):
        with pytest.raises(HostError, match="virtual machine"):
            look()


def test_an_image_without_a_kernel_is_refused(tmp_path):
    (tmp_path / "boot").mkdir()
    with pytest.raises(HostError, match="0 kernels"):
        kernel(tmp_path)
    for name in ("vmlinuz-6.1", "vmlinuz-6.2", "initrd.img-6.1", "initrd.img-6.2"):
        (tmp_path / "boot" / name).touch()
    assert [path.name for path in kernel(tmp_path)] == ["vmlinuz-6.2", "initrd.img-6.2"]


def test_its_image_is_the_hosts_and_a_kernel():
    more = {"initramfs-tools", "linux-image-cloud-amd64", "zstd"}
    assert set(vm_image.PACKAGES) - set(image.PACKAGES) == more
    assert set(image.PACKAGES) <= set(vm_image.PACKAGES)


def test_its_image_is_built_once_for_a_recipe(monkeypatch, tmp_path):
    built = []

    def build(path, packages, progress, *hooks, early):
        built.append((path.name, packages))
        path.touch()

    monkeypatch.setattr(image, "build", build)
    first = vm_image.vm_image(print, cache=tmp_path)
    assert vm_image.vm_image(print, cache=tmp_path) == first
    (tmp_path / "setup.sh").write_text("true")
    monkeypatch.setattr(vm_image, "_SETUP", tmp_path / "setup.sh")
    other = vm_image.vm_image(print, cache=tmp_path)
    assert built == [(first.name, vm_image.PACKAGES), (other.name, vm_image.PACKAGES)]
    assert other != first
