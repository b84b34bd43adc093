"""What is refused and what would be done, by values alone."""

from dataclasses import replace
from pathlib import Path

import pytest

from bootstrap.errors import ConfigError, HostError, Problems
from bootstrap.precache.partition.device import Device, Partition
from bootstrap.precache.partition.plan import Wanted, plan, room
from bootstrap.precache.partition.sizes import read_size

GIB, MIB = 1024**3, 1024**2
DISK = Device(Path("/dev/sdb"), False, 480 * GIB, model="Example 480", serial="S1234", wwn="0x5000c5")
DATA = Partition(1, 200 * GIB, 250 * GIB, "data", "xfs", "data")
FILLED = replace(DISK, table="gpt", partitions=(DATA,), is_blank=False)


@pytest.mark.parametrize(
    ("text", "size"),
    [("250GiB", 250 * GIB), ("250G", 250 * GIB), ("1 TiB", 1024 * GIB), ("900MB", 900 * 1000**2), ("all", 0)],
)
def test_a_size_is_read(text, size):
    assert read_size(text) == size


@pytest.mark.parametrize("text", ["", "250", "GiB", "-1GiB", "1.5GiB", "0GiB", "10PiB", "٣GiB", "1GiB "])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ConfigError, match="cannot read the size"):
        read_size(text)


def test_on_a_blank_disk_it_is_the_last_250_gib_less_than_two_mib_from_the_end():
    found = plan(DISK, Wanted())
    assert (found.is_erasing, found.is_making, found.is_formatting) == (False, True, True)
    made = found.partition
    assert made.size >= 250 * GIB
    assert made.start % MIB == 0
    assert 0 < DISK.size - (made.start + made.size) <= 2 * MIB


def test_all_of_a_disk_leaves_room_for_the_tables_only():
    made = plan(DISK, Wanted(size=0)).partition
    assert (made.start, made.start + made.size) == (MIB, DISK.size - MIB)


def test_one_that_is_there_is_used_even_where_the_disk_may_be_erased():
    for wanted in (Wanted(), Wanted(size=200 * GIB), Wanted(erase="S1234")):
        found = plan(FILLED, wanted)
        assert found.is_nothing
        assert found.partition == DATA
        assert found.steps == ()


def test_one_that_is_there_and_empty_gets_its_file_system_and_nothing_else_is_done():
    empty = replace(DATA, content="", label="")
    beside = Partition(2, MIB, GIB, "EFI System", "vfat")
    found = plan(replace(FILLED, partitions=(empty, beside)), Wanted())
    assert (found.is_erasing, found.is_making, found.is_formatting) == (False, False, True)


@pytest.mark.parametrize(
    ("device", "wanted", "why"),
    [
        (replace(DISK, is_blank=False), Wanted(), "data in its first or last MiB"),
        (replace(DISK, is_blank=False, signatures=("LVM2_member",)), Wanted(), "LVM2_member"),
        (
            replace(FILLED, partitions=(replace(DATA, content="ext4"),)),
            Wanted(),
            "'data' of 250.0 GiB with ext4",
        ),
        (FILLED, Wanted(label="other"), "partition 1 'data'"),
        (replace(DISK, table="dos", is_blank=False), Wanted(), "a partition table (dos)"),
    ],
)
def test_a_disk_that_is_not_empty_is_refused_unless_it_is_named(device, wanted, why):
    with pytest.raises(HostError) as refused:
        plan(device, wanted)
    assert why in refused.value.why
    assert "--erase S1234" in refused.value.fix
    for name in ("S1234", "0x5000c5"):
        found = plan(device, replace(wanted, erase=name))
        assert (found.is_erasing, found.is_making, found.is_formatting) == (True, True, True)


@pytest.mark.parametrize("name", ["", "S123", "/dev/sdb", "sdb", "yes", "Example 480"])
def test_another_name_erases_nothing(name):
    for device in (DISK, replace(DISK, is_blank=False)):
        with pytest.raises(ConfigError, match="S1234 or 0x5000c5"):
            plan(device, Wanted(erase=name))


def test_a_disk_without_a_serial_number_is_named_by_its_path():
    device = replace(DISK, serial="", wwn="", is_blank=False)
    assert plan(device, Wanted(erase="/dev/sdb")).is_erasing


@pytest.mark.parametrize("erase", [None, "S1234"])
def test_a_disk_in_use_is_never_written_to(erase):
    for device in (
        DISK,
        replace(DISK, is_blank=False),
        replace(FILLED, partitions=(replace(DATA, content=""),)),
    ):
        with pytest.raises(HostError, match="mounted at /"):
            plan(replace(device, uses=("/dev/sdb2 is mounted at /",)), Wanted(erase=erase))


def test_what_is_too_small_is_refused_with_figures():
    for device, wanted, why in (
        (replace(DISK, size=100 * GIB), Wanted(), "100.0 GiB, and 250.0 GiB are wanted"),
        (FILLED, Wanted(size=300 * GIB), "has 250.0 GiB; 300.0 GiB are wanted"),
        (
            FILLED,
            Wanted(needed=260 * GIB),
            "260.0 GiB have to go on it, and of its 250.0 GiB xfs leaves 246.0",
        ),
        (DISK, Wanted(needed=260 * GIB), "260.0 GiB have to go on it"),
    ):
        with pytest.raises(HostError, match="too small") as refused:
            plan(device, wanted)
        assert why in refused.value.why
    assert plan(DISK, Wanted(needed=room(250 * GIB))).is_making


def test_two_partitions_of_that_name_are_refused():
    with pytest.raises(HostError, match="1 and 2 are both called data"):
        plan(replace(FILLED, partitions=(DATA, replace(DATA, number=2))), Wanted())


def test_everything_wrong_with_a_request_is_told_at_once():
    with pytest.raises(Problems) as told:
        plan(DISK, Wanted(label="a/b", size=MIB, number=0, erase="no"))
    assert len(told.value.problems) == 4


@pytest.mark.parametrize("label", ["", "a" * 37, "with space", "é", "a/b", 'x"y', "-a"])
def test_a_name_that_nodes_could_not_find_is_refused(label):
    with pytest.raises(ConfigError, match="cannot call a partition"):
        plan(DISK, Wanted(label=label))
