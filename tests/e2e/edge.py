"""An edge node: a sandbox host that is given Ignition and a disk as a real one is, and has no registry."""

from __future__ import annotations

import base64
import json
import subprocess
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote_to_bytes

SERVICES = {"ai": "precache-images.service", "ocp": "precache-ocp-images.service"}
_DONE = "/var/lib/precache-images"
_CUT_OFF = "cut-off.service"
_DEVICES = "etc/tmpfiles.d/edge.conf"


class Node:
    """A sandbox host in the part of an edge node; it is off, and what it is given is there when it boots."""

    def __init__(self, host):
        self.host, self.written, self.devices, self.unreachable = host, [], [], []

    def put(self, path, content, mode=0o644):
        target = self.host.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod(mode)
        self.written.append(path)

    def ignite(self, text):
        """Do what Ignition does with a config: files with their modes, units, and those enabled."""
        config = json.loads(text)
        for file in config["storage"]["files"]:
            assert set(file) <= {"path", "overwrite", "mode", "user", "contents"}
            self.put(file["path"], decoded(file["contents"]["source"]), file["mode"])
        for unit in config["systemd"]["units"]:
            self.put(f"/etc/systemd/system/{unit['name']}", unit["contents"].encode())
            if unit["enabled"]:
                self.enable(unit["name"], unit["contents"])

    def enable(self, name, contents):
        (line,) = [line for line in contents.splitlines() if line.startswith("WantedBy=")]
        for target in line.removeprefix("WantedBy=").split():
            link = f"/etc/systemd/system/{target}.wants/{name}"
            (self.host.root / link.lstrip("/")).parent.mkdir(exist_ok=True)
            (self.host.root / link.lstrip("/")).symlink_to(f"../{name}")
            self.written.append(link)

    def insert(self, loops, label="data"):
        """Give it block devices by name, the first as the partition ``label``: no udev is there."""
        lines = [
            f"b /dev/{name} 0600 root root - 7:{Path(loop).name.removeprefix('loop')}"
            for name, loop in loops.items()
        ]
        lines += ["d /dev/disk 0755", "d /dev/disk/by-partlabel 0755"]
        lines += [f"L /dev/disk/by-partlabel/{label} - - - - ../../{next(iter(loops))}"]
        self.devices = [f"/dev/{name}" for name in loops]
        self.put(_DEVICES, "\n".join(lines).encode() + b"\n")

    def cut_off(self, addresses):
        """Let it reach none of these from its next boot on."""
        self.unreachable = addresses
        routes = "".join(f"ExecStart=ip route replace unreachable {each}\n" for each in addresses)
        before = " ".join(SERVICES.values())
        unit = f"[Unit]\nBefore={before}\n[Service]\nType=oneshot\n{routes}"
        unit += "[Install]\nWantedBy=multi-user.target\n"
        self.put(f"/etc/systemd/system/{_CUT_OFF}", unit.encode())
        self.enable(_CUT_OFF, unit)

    def reached(self, places):
        """Which of these addresses and ports answer."""
        script = (
            "import socket, sys\n"
            f"for place in {places!r}:\n"
            "    try: socket.create_connection(place, 5).close(); print(*place)\n"
            "    except OSError: pass\n"
        )
        return self.host.run(["python3", "-c", script]).stdout.splitlines()

    def boot(self):
        self.host.poweroff()
        self.host.start(may_be_degraded=True)

    def unit(self, name):
        """What systemd says of a unit, by property."""
        properties = "ActiveState,Result,ConditionResult,ExecMainStartTimestampMonotonic"
        lines = self.host.run(["systemctl", "show", f"--property={properties}", name]).stdout.splitlines()
        return dict(line.split("=", 1) for line in lines)

    def journal(self, name):
        """What a unit said since the node has booted."""
        return self.host.run(
            ["journalctl", "--boot", "--unit", name, "--output", "cat", "--no-pager"]
        ).stdout.splitlines()

    def forget(self):
        """Remove all images, and what says that they were loaded."""
        self.host.run(["podman", "rmi", "--all", "--force"])
        self.host.run(["rm", "-rf", _DONE])

    def leave(self):
        """Be the host again that it was."""
        if not self.host.is_running():  # it did not come so far
            self.host.start(may_be_degraded=True)
        self.forget()
        for path in self.written:
            (self.host.root / path.lstrip("/")).unlink(missing_ok=True)
        self.host.run(["systemctl", "stop", *SERVICES.values()])
        self.host.run(["systemctl", "daemon-reload"])
        self.host.run(["systemctl", "reset-failed"])
        self.host.run(["rm", "-rf", "/dev/disk/by-partlabel", *self.devices])
        for address in self.unreachable:
            self.host.run(["ip", "route", "delete", "unreachable", address], check=False)


def decoded(source):
    head, _, body = source.partition(",")
    raw = unquote_to_bytes(body)
    return base64.b64decode(raw, validate=True) if head.endswith(";base64") else raw


def said(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


@contextmanager
def plugged_in(image):
    """The first partition of an image of a disk as a block device that cannot be written to."""
    found = said("partx", "--bytes", "--raw", "--noheadings", "--output", "START,SIZE", str(image))
    start, size = map(int, found.split())
    where = ["--offset", str(start * 512), "--sizelimit", str(size)]
    loop = said("losetup", "--find", "--show", "--read-only", *where, str(image)).strip()
    try:
        yield loop
    finally:
        said("losetup", "--detach", loop)
