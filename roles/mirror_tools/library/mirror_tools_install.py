#!/usr/bin/python
"""Installs oc and oc-mirror from their archives. Runs on the host's Python (3.9 or newer)."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
import struct
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: mirror_tools_install
short_description: Install oc and oc-mirror from their archives
description:
  - Checks an archive's sha256, takes the program out of it, and lets it say its version. One that does not
    run is thrown away, and the one that was there stays.
  - What it has installed it writes down; without I(tools) it only says what is there.
options:
  directory:
    description: Where programs are installed.
    type: path
    required: true
  record:
    description: File in which is written what was installed.
    type: path
    required: true
  tools:
    description:
      - What to install, each with I(tool), I(version), I(sha256), I(path) (the archive on the host), and
        I(src), which names it in messages.
    type: list
    elements: dict
    default: []
  state:
    description: C(absent) removes what was installed, as far as nobody has changed it since.
    type: str
    choices: [present, absent]
    default: present
author: bootstrap-registry
"""

EXAMPLES = r"""
- name: Look at what is there
  mirror_tools_install:
    directory: /usr/local/bin
    record: /etc/bootstrap-registry/tools.json
"""

RETURN = r"""
machine:
  description: C(architecture) (the kernel's name), C(glibc) (its version, "" without one) and C(fips).
  type: dict
  returned: always
installed:
  description: By tool, the sha256 of the archive that it came from; those that are as they were installed.
  type: dict
  returned: always
foreign:
  description: By tool, paths of programs that somebody else has put there.
  type: dict
  returned: always
paths:
  description: What was installed or removed, or would be.
  type: list
  returned: always
"""

TOOLS = {"oc": ["version", "--client"], "oc-mirror": ["version"]}
# What they look for; a version is told without any of it.
VARIABLES = {"HOME": "/nonexistent", "PATH": os.defpath, "LC_ALL": "C"}
RUN_SECONDS = 60
PIECE = 1024 * 1024


class Refused(Exception):
    """A tool cannot be installed; its text says what, why and how to mend it."""


class Tools:
    """The programs, what is written down of them, and what is done to them."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.directory = Path(module.params["directory"])
        self.record = Path(module.params["record"])
        self.known = read_record(self.record)
        self.digests = {tool: digest_of(self.directory / tool) for tool in TOOLS}
        self.paths: list[str] = []

    def is_ours(self, tool: str) -> bool:
        """Say whether the program is one that we have put there; one that is being replaced may be either."""
        entry = self.known.get(tool, {})
        same_place = entry.get("path") == str(self.directory / tool)
        return same_place and self.digests[tool] in (entry.get("binary"), entry.get("previous"))

    def installed(self) -> dict[str, str]:
        """Return the archives that the programs came from, by tool."""
        return {
            tool: self.known[tool]["archive"]
            for tool, digest in self.digests.items()
            if digest is not None and self.is_ours(tool) and digest == self.known[tool]["binary"]
        }

    def foreign(self) -> dict[str, str]:
        """Return the programs that somebody else has put there, by tool."""
        return {
            tool: str(self.directory / tool)
            for tool in TOOLS
            if os.path.lexists(str(self.directory / tool)) and not self.is_ours(tool)
        }

    def install(self, wanted: dict[str, Any]) -> None:
        """Install one tool, or refuse and leave all as it was."""
        tool = wanted["tool"]
        path = self.directory / tool
        self.paths.append(str(path))
        if self.module.check_mode:
            return
        self.directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        for left in self.directory.glob(f".{tool}.*.new"):
            left.unlink()
        archive = self.archive(wanted)
        partial = self.directory / f".{tool}.{os.getpid()}.new"
        try:
            unpack(archive, tool, wanted["src"], partial)
            partial.chmod(0o755)
            if machine()["fips"] and is_static(partial):
                raise Refused(
                    f"{tool} {wanted['version']} was not installed: the host is in FIPS mode, and the program"
                    " is static: it has crypto of its own. To mend it: list the build for the host's EL"
                    " release in mirror_tools_archives."
                )
            said = try_out(partial, wanted, self.module.tmpdir)
            earlier = dict(self.known.get(tool, {"path": str(path)}))
            self.write_down(wanted, digest_of(partial), said)
            if self.module.selinux_enabled():
                context = self.module.selinux_default_context(str(path))
                self.module.set_context_if_different(str(partial), context, False)
            partial.replace(path)
            if earlier["path"] != str(path) and digest_of(Path(earlier["path"])) == earlier["binary"]:
                Path(earlier["path"]).unlink()  # the setting of the directory has changed
        finally:
            with contextlib.suppress(FileNotFoundError):
                partial.unlink()

    def archive(self, wanted: dict[str, Any]) -> Path:
        """Return the archive, which has the right bytes."""
        path = Path(wanted["path"])
        found = digest_of(path)
        if found != wanted["sha256"].lower():
            raise Refused(
                f"{wanted['tool']} {wanted['version']} was not installed: the sha256 of {wanted['src']} is"
                f" {found}, and must be {wanted['sha256']}. To mend it: correct src or sha256 of it in"
                " mirror_tools_archives."
            )
        return path

    def remove(self) -> None:
        """Remove what is ours, and what is written down of it."""
        for tool, entry in sorted(self.known.items()):
            path = Path(entry["path"])
            if digest_of(path) in (entry["binary"], entry.get("previous")) and path.exists():
                self.paths.append(str(path))
                if not self.module.check_mode:
                    path.unlink()
            if not self.module.check_mode:
                for left in path.parent.glob(f".{tool}.*.new"):
                    left.unlink()
        if self.record.exists():
            self.paths.append(str(self.record))
            if not self.module.check_mode:
                self.record.unlink()
                with contextlib.suppress(OSError):  # others have files there
                    self.record.parent.rmdir()

    def write_down(self, wanted: dict[str, Any], binary: str | None, said: str) -> None:
        """Write down what will be installed, before it is: one that is killed here must know it again."""
        tool = wanted["tool"]
        self.known[tool] = {
            "path": str(self.directory / tool),
            "version": wanted["version"],
            "says": said,
            "archive": wanted["sha256"].lower(),
            "binary": binary,
            "previous": self.digests[tool],
        }
        self.record.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        descriptor, partial = tempfile.mkstemp(dir=self.module.tmpdir)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(self.known, file, indent=1, sort_keys=True)
        self.module.atomic_move(partial, str(self.record))
        self.module.set_mode_if_different(str(self.record), "0644", False)


def unpack(archive: Path, tool: str, source: str, target: Path) -> None:
    """Write the program that an archive holds, or that it is, to ``target``."""
    try:
        with tarfile.open(archive) as opened, target.open("xb") as file:
            names = []
            for member in opened:
                names.append(member.name)
                if member.isfile() and Path(member.name).name == tool:
                    content = opened.extractfile(member)
                    assert content is not None
                    shutil.copyfileobj(content, file, PIECE)
                    return
    except tarfile.ReadError:
        if head_of(archive, 2) == b"\x1f\x8b":
            raise Refused(
                f"cannot unpack {source}: it is not a tar archive. To mend it: name the .tar.gz in src."
            ) from None
        shutil.copyfile(archive, target)
        return
    held = ", ".join(names[:9]) or "nothing"
    raise Refused(
        f"there is no {tool} in {source}: it holds {held}. To mend it: name the archive of {tool} in src."
    )


def is_static(program: Path) -> bool:
    """Say whether a file is an ELF program that no dynamic linker loads.

    Source: elf(5): e_phoff, e_phentsize and e_phnum of a 64-bit header; PT_INTERP is 3.
    """
    content = head_of(program, 65536)
    if content[:5] != b"\x7fELF\x02":
        return False
    order = "<" if content[5] == 1 else ">"
    (start,) = struct.unpack_from(order + "Q", content, 32)
    size, count = struct.unpack_from(order + "HH", content, 54)
    kinds = [struct.unpack_from(order + "I", content, start + size * number)[0] for number in range(count)]
    return 3 not in kinds


def try_out(program: Path, wanted: dict[str, Any], directory: str) -> str:
    """Return what the new program says of its version; what it may write there goes with ``directory``."""
    try:
        done = subprocess.run(
            [str(program), *TOOLS[wanted["tool"]]],
            env=VARIABLES,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=RUN_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        why = str(getattr(error, "strerror", None) or error)
    else:
        out, err = (text.decode(errors="replace").strip() for text in (done.stdout, done.stderr))
        if done.returncode == 0:
            return " ".join(out.split())[:300]
        why = (err or out or f"it ends with {done.returncode}")[-600:].rstrip(".")
    raise Refused(
        f"{wanted['tool']} {wanted['version']} does not run on this host: {why}. To mend it: list the build"
        " for this host in mirror_tools_archives (arch, el, fips)."
    )


def head_of(path: Path, size: int) -> bytes:
    """Return the first bytes of a file."""
    with path.open("rb") as file:
        return file.read(size)


def read_record(path: Path) -> dict[str, dict[str, Any]]:
    """Return what is written down, by tool; nothing where it cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {
            tool: entry
            for tool, entry in found.items()
            if tool in TOOLS and entry["path"] and entry["binary"]
        }
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return {}


def machine() -> dict[str, Any]:
    """Return what of this host decides which build runs here."""
    try:
        library = os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (ValueError, OSError):
        library = ""
    fips = Path("/proc/sys/crypto/fips_enabled")
    return {
        "architecture": platform.machine(),
        "glibc": library.rpartition(" ")[2],
        "fips": fips.exists() and fips.read_text(encoding="ascii").strip() == "1",
    }


def digest_of(path: Path) -> str | None:
    """Return the SHA-256 of a file, None where there is none."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            for piece in iter(lambda: file.read(PIECE), b""):
                digest.update(piece)
    except OSError:
        return None
    return digest.hexdigest()


def main() -> None:
    """Do what the parameters ask."""
    os.umask(0o022)  # the directories we make are for all to enter, whatever root's umask is
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "record": {"type": "path", "required": True},
            "tools": {"type": "list", "elements": "dict", "default": []},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    tools = Tools(module)
    before = {"installed": tools.installed(), "foreign": tools.foreign(), "machine": machine()}
    try:
        if module.params["state"] == "absent":
            tools.remove()
        for wanted in module.params["tools"]:
            tools.install(wanted)
    except (Refused, OSError) as error:
        module.fail_json(msg=str(error), changed=bool(tools.paths[:-1]))
    module.exit_json(changed=bool(tools.paths), paths=tools.paths, **before)


if __name__ == "__main__":
    main()
