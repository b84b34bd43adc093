"""The file systems that will be written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bootstrap.errors import HostError
from bootstrap.host.preflight.wanted import Wanted

WEB_ROOT = "web_server_root"
GRAPH_ROOT = "graphroot"  # what the look calls podman's own storage
MINIMUM_BYTES = 2 * 1024**3
IMAGE_BYTES = 256 * 1024**2  # the registry's own image, unpacked, with room to replace it
_FEWEST_FILES = 1000
_STORAGE_CONF = "graphroot in /etc/containers/storage.conf"


def disks(host: str, seen: Mapping[str, Any], wanted: Wanted) -> list[HostError]:
    """Return what is wrong with the file systems; one that several directories share is told once."""
    problems: list[HostError] = []
    told: set[tuple[object, str]] = set()
    for setting, disk in sorted(seen["disks"].items(), key=lambda item: (item[0] == GRAPH_ROOT, item[0])):
        for kind, problem in _problems(host, setting, disk):
            if (disk["device"], kind) not in told:
                told.add((disk["device"], kind))
                problems.append(problem)
    if wanted.is_registry and seen["selinux"] != "disabled":
        problems += _labels(host, seen["disks"].get("registry_storage_root"))
    return problems


def _problems(host: str, setting: str, disk: Mapping[str, Any]) -> Iterator[tuple[str, HostError]]:
    name = _STORAGE_CONF if setting == GRAPH_ROOT else setting
    fix = f"or set {name} to a directory on another file system"
    if not disk["is_directory"]:
        why = f"{disk['mount_of']} is a file, and {disk['path']} has to be a directory"
        yield (
            f"file {setting}",
            HostError(
                f"{host}: cannot make {disk['path']}",
                why=why,
                fix=f"move {disk['mount_of']} away, or change {name}",
            ),
        )
    if disk["is_read_only"]:
        why = f"the file system of {disk['mount_of']} is mounted read-only"
        fix = f"mount -o remount,rw it, {fix}"
        yield "read-only", HostError(f"{host}: cannot write {disk['path']}", why=why, fix=fix)
    elif disk["free"] < (bound := _bound(setting, disk)):
        why = f"{disk['free'] / 1e9:.1f} GB are free on the file system of {disk['mount_of']}, for {setting}"
        why += f"; less than {bound / 1e9:.1f} GB fill up at once"
        yield "full", HostError(f"{host}: its disk is full", why=why, fix=f"free space, {fix}")
    elif disk["free_files"] is not None and disk["free_files"] < _FEWEST_FILES:
        why = f"{disk['free_files']} inodes are free on the file system of {disk['mount_of']}, for {setting}"
        fix = f"remove files there, {fix}"
        yield "files", HostError(f"{host}: its disk takes no more files", why=why, fix=fix)


def _bound(setting: str, disk: Mapping[str, Any]) -> int:
    """Return the fewest bytes that have to be free: boot images that are there already need no more room."""
    serves = setting == WEB_ROOT and disk["mount_of"] == disk["path"]
    return IMAGE_BYTES if setting == GRAPH_ROOT or serves else MINIMUM_BYTES


def _labels(host: str, disk: Mapping[str, Any] | None) -> list[HostError]:
    if disk is None or disk["has_labels"]:
        return []
    return [
        HostError(
            f"{host}: {disk['path']} cannot be labelled for SELinux",
            why=f"its file system ({disk['type'] or 'unknown'}, at {disk['mount_of']}) keeps no labels, and a"
            " container may only write what is labelled container_file_t",
            fix="mount it with -o context=system_u:object_r:container_file_t:s0 and seclabel support, or set"
            " registry_storage_root to a directory on a local xfs or ext4",
        )
    ]
