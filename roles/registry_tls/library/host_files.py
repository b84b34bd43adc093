#!/usr/bin/python
"""Places several files in one round trip. Runs on the host's own Python (3.9 or newer)."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import stat
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: host_files
short_description: Reads, places and removes several files in one round trip
description:
  - Makes directories, files and symbolic links owned by root, and removes paths; all in one call, because
    every task costs half a second.
  - A file is created under another name with the rights it is to have, and renamed. Nobody ever sees half of
    it, or a secret with wider rights.
  - Its action plugin reads what is on the controller and sends only the content that differs.
  - Where one of several files cannot be placed, those after it are not.
options:
  read:
    description: Paths whose content is returned.
    type: list
    elements: path
    default: []
  directories:
    description: Directories to make, each with I(path) and I(mode).
    type: list
    elements: dict
    default: []
  files:
    description:
      - Files to place, each with I(path), I(mode), and I(content) (text) or I(src) (a path on the
        controller); with neither, only the mode of what exists is set. A symbolic link is followed.
    type: list
    elements: dict
    default: []
  links:
    description: Symbolic links to make, each with I(path) and I(target).
    type: list
    elements: dict
    default: []
  absent:
    description: Paths to remove, directories with all they hold.
    type: list
    elements: path
    default: []
  emptied:
    description: Directories to remove when nothing is left in them, after all else.
    type: list
    elements: path
    default: []
  contents:
    description: Content of files by path, base64. For action plugins.
    type: dict
    default: {}
author: bootstrap-registry
"""

EXAMPLES = r"""
- name: Put the settings in place
  host_files:
    directories:
      - {path: /etc/bootstrap-registry, mode: "0755"}
    files:
      - {path: /etc/bootstrap-registry/agent.json, mode: "0644", content: "{}"}
"""

RETURN = r"""
paths:
  description: What was made, changed or removed, or would be.
  type: list
  returned: always
needs:
  description: Files that differ and whose content was not given; when there are some, nothing was changed.
  type: list
  returned: always
read:
  description: Content (base64) of each path of I(read); null where there is no file.
  type: dict
  returned: always
"""


class Files:
    """What is asked for, and what was done about it.

    Attributes:
        paths: What was changed, or would be.
    """

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.contents = module.params["contents"]
        self.paths: list[str] = []

    def needs(self) -> list[str]:
        """Return the files whose bytes differ from what is wanted and are not at hand."""
        return [
            each["path"]
            for each in self.module.params["files"]
            if each.get("sha256")
            and each["path"] not in self.contents
            and digest_of(real(each["path"])) != each["sha256"]
        ]

    def do(self, path: str) -> bool:
        """Note that ``path`` changes; return whether to carry it out."""
        if path not in self.paths:
            self.paths.append(path)
        return not self.module.check_mode

    def place(self) -> None:
        """Make, change and remove all that is asked for, in that order."""
        for each in self.module.params["directories"]:
            self.directory(each["path"], each["mode"])
        for each in self.module.params["files"]:
            self.file(each["path"], each["mode"], each.get("sha256"))
        for each in self.module.params["links"]:
            self.link(Path(each["path"]), each["target"])
        for path in self.module.params["absent"]:
            if os.path.lexists(path) and self.do(path):
                remove(Path(path))
        for path in self.module.params["emptied"]:
            if self.is_emptied(Path(path)) and self.do(path):
                Path(path).rmdir()

    def is_emptied(self, path: Path) -> bool:
        """Say whether nothing is in a directory, or only what goes."""
        is_directory = path.is_dir() and not path.is_symlink()
        return is_directory and all(str(entry) in self.paths for entry in path.iterdir())

    def directory(self, path: str, mode: str) -> None:
        """Make a directory, and those above it."""
        if not Path(path).is_dir():
            if not self.do(path):
                return
            Path(path).mkdir(mode=int(mode, 8), parents=True)
        self.attributes(path, mode)

    def file(self, path: str, mode: str, sha256: str | None) -> None:
        """Place one file, or set the mode of one that has the right bytes."""
        target = real(path)
        if sha256 is not None and digest_of(target) != sha256:
            if self.do(path):
                self.write(target, base64.b64decode(self.contents[path]), int(mode, 8))
        elif target.exists():
            self.attributes(str(target), mode)

    def attributes(self, path: str, mode: str) -> None:
        """Set owner and mode of what exists."""
        if self.module.set_mode_if_different(path, mode, False) | self.own(path):
            self.do(path)

    def own(self, path: str) -> bool:
        """Give ``path`` to who runs this (root, but for our own tests)."""
        is_changed = self.module.set_owner_if_different(path, str(os.geteuid()), False)
        return bool(self.module.set_group_if_different(path, str(os.getegid()), is_changed))

    def write(self, target: Path, content: bytes, mode: int) -> None:
        """Replace ``target`` in one step; the new file never had more rights than ``mode``."""
        target.parent.mkdir(mode=0o700 if not mode & 0o077 else 0o755, parents=True, exist_ok=True)
        remove_leftovers(target)
        descriptor, partial = tempfile.mkstemp(dir=str(target.parent), prefix=f".{target.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                os.fchmod(file.fileno(), mode)
                file.flush()
                os.fsync(file.fileno())
            if self.module.selinux_enabled():
                context = self.module.selinux_default_context(str(target))
                self.module.set_context_if_different(partial, context, False)
            Path(partial).replace(target)
            sync_directory(target.parent)
        except BaseException:
            if os.path.lexists(partial):
                Path(partial).unlink()
            raise

    def link(self, path: Path, target: str) -> None:
        """Make a symbolic link, in place of one that points elsewhere."""
        is_so = path.is_symlink() and str(path.readlink()) == target
        if is_so or not self.do(str(path)):
            return
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.link")
        if os.path.lexists(str(partial)):
            partial.unlink()
        partial.symlink_to(target)
        partial.replace(path)


def remove_leftovers(target: Path) -> None:
    """Remove what one that was killed left beside ``target``: mkstemp's names, no others."""
    for path in target.parent.iterdir():
        start, _, end = path.name.rpartition(".")
        if start == f".{target.name}" and re.fullmatch("[a-z0-9_]{8}", end) and path.is_file():
            path.unlink()


def sync_directory(path: Path) -> None:
    """Let what was renamed in ``path`` survive a power cut."""
    descriptor = os.open(str(path), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def real(path: str) -> Path:
    """Return where a path leads, through symbolic links."""
    return Path(os.path.realpath(path))


def digest_of(path: Path) -> str | None:
    """Return the SHA-256 of a file, None where there is none."""
    content = content_of(path)
    return None if content is None else hashlib.sha256(content).hexdigest()


def content_of(path: Path) -> bytes | None:
    """Return a file's bytes, None where there is none."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def remove(path: Path) -> None:
    """Remove whatever stands at ``path``."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(str(path))
    else:
        path.unlink()


def read(paths: list[str]) -> dict[str, str | None]:
    """Return files' content by path, base64; sockets, devices and directories have none."""
    found: dict[str, str | None] = {}
    for path in paths:
        target = real(path)
        is_file = target.exists() and stat.S_ISREG(target.stat().st_mode)
        found[path] = base64.b64encode(target.read_bytes()).decode() if is_file else None
    return found


def main() -> None:
    """Do what the parameters ask."""
    os.umask(0o022)  # the directories we make are for all to enter, whatever root's umask is
    listed = {"type": "list", "elements": "dict", "default": []}
    module = AnsibleModule(
        argument_spec={
            "read": {"type": "list", "elements": "path", "default": []},
            "directories": listed,
            "files": listed,
            "links": listed,
            "absent": {"type": "list", "elements": "path", "default": []},
            "emptied": {"type": "list", "elements": "path", "default": []},
            "contents": {"type": "dict", "default": {}, "no_log": True},
        },
        supports_check_mode=True,
    )
    files = Files(module)
    needs = files.needs()
    try:
        if not needs or module.check_mode:
            files.place()
        found = read(module.params["read"])
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}", paths=files.paths)
    module.exit_json(changed=bool(files.paths), paths=files.paths, needs=needs, read=found)


if __name__ == "__main__":
    main()
