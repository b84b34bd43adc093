#!/usr/bin/python
"""Makes the registry's directories, labelled for containers. Runs on the host's own Python (3.9 or newer)."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: registry_storage_directories
short_description: Make or remove the directories of a registry
description:
  - Makes a root directory and the directories in it, owned by root, each with its mode.
  - Where SELinux is on, the policy is told once that containers may use all of it; what exists is relabelled
    only then, or when its label shows that an earlier run was stopped in between.
  - Only directories are looked at. What they hold is never touched, except to label it or by I(state=absent).
options:
  root:
    description: Absolute path; its mode is 0755.
    type: path
    required: true
  directories:
    description: What stands in it. I(state=absent) removes these, and the root when nothing else is in it.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name inside the root.
        type: str
        required: true
      mode:
        description: Octal mode, as text.
        type: str
        required: true
  selinux_type:
    description: SELinux type of everything below the root.
    type: str
    default: container_file_t
  state:
    description: Whether the directories are there.
    type: str
    choices: [present, absent]
    default: present
author: bootstrap-registry
"""

EXAMPLES = r"""
- name: Make the directories
  registry_storage_directories:
    root: /opt/registry
    directories:
      - {name: data, mode: "0700"}
"""

RETURN = r"""
actions:
  description: What was done, or would be, in order; one sentence each.
  type: list
  returned: always
"""

ROOT_MODE = "0755"


class Storage:
    """The directories as they are, and what is done to them.

    Attributes:
        root: The directory that holds the others.
        directories: Each with its mode, octal as text.
        actions: What was done, or would be.
    """

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.root = Path(os.path.normpath(module.params["root"]))
        self.directories = [(self.root / each["name"], each["mode"]) for each in module.params["directories"]]
        self.actions: list[str] = []

    @property
    def rule(self) -> str:
        """The pattern of our rule in the SELinux policy, which matches real paths."""
        return re.escape(str(self.root.resolve())).replace(r"\-", "-") + "(/.*)?"

    def do(self, action: str) -> bool:
        """Note an action; return whether it has to be carried out."""
        self.actions.append(action)
        return not self.module.check_mode

    def present(self) -> None:
        """Bring every directory into being, and to its owner, mode and label."""
        self.label()
        for path, mode in [(self.root, ROOT_MODE), *self.directories]:
            if not path.is_dir():
                self.make(path, mode)
            if path.is_dir():
                self.adjust(path.resolve(), mode)
        self.relabel()

    def make(self, path: Path, mode: str) -> None:
        """Make a directory, and those above it."""
        if path.exists() or path.is_symlink():
            self.module.fail_json(
                msg=f"cannot make the directory {path}: something else has that name; "
                "move it away, or set registry_storage_root to another directory."
            )
        if self.do(f"make {path}"):
            path.mkdir(mode=int(mode, 8), parents=True)

    def adjust(self, path: Path, mode: str) -> None:
        """Set owner, group and mode of one directory; a symbolic link to a larger disk was followed."""
        is_changed = self.module.set_owner_if_different(str(path), "root", False)
        is_changed = self.module.set_group_if_different(str(path), "root", is_changed)
        if self.module.set_mode_if_different(str(path), mode, is_changed):
            self.actions.append(f"set owner and mode {mode} of {path}")

    def label(self) -> None:
        """Tell the SELinux policy, once, what everything below the root is."""
        wanted = self.module.params["selinux_type"]
        if not self.module.selinux_enabled():
            return
        policy = self.module.selinux_default_context(str(self.root.resolve() / "data"))
        if policy[2:3] == [wanted] or not self.do(f"label {self.root} as {wanted}"):
            return
        semanage = self.module.get_bin_path("semanage", required=True)
        code, _out, _said = self.module.run_command([semanage, "fcontext", "--add", "-t", wanted, self.rule])
        if code != 0:  # a rule of that very text exists, with another type
            self.module.run_command(
                [semanage, "fcontext", "--modify", "-t", wanted, self.rule], check_rc=True
            )

    def relabel(self) -> None:
        """Give what exists the label that the policy names; after the first time there is nothing to do."""
        if not self.module.selinux_enabled():
            return
        wanted = [self.module.params["selinux_type"]]
        existing = [str(path.resolve()) for path, _mode in self.directories if path.is_dir()]
        if all(self.module.selinux_context(path)[2:3] == wanted for path in existing):
            return
        if self.do(f"relabel {self.root}"):
            restorecon = self.module.get_bin_path("restorecon", required=True)
            self.module.run_command([restorecon, "-R", str(self.root.resolve())], check_rc=True)

    def absent(self) -> None:
        """Remove the directories with all they hold; then the root, when nothing else is in it."""
        self.unlabel()
        for path, _mode in self.directories:
            if (path.exists() or path.is_symlink()) and not is_emptied(path) and self.do(f"remove {path}"):
                remove(path)
        ours = {path for path, _mode in self.directories if not is_elsewhere(path)}
        is_left = self.root.is_dir() and not is_elsewhere(self.root) and set(self.root.iterdir()) <= ours
        if is_left and self.do(f"remove {self.root}"):
            self.root.rmdir()

    def unlabel(self) -> None:
        """Take our rule out of the SELinux policy again."""
        semanage = self.module.get_bin_path("semanage")
        if not self.module.selinux_enabled() or semanage is None:
            return
        _code, out, _said = self.module.run_command([semanage, "fcontext", "--list", "-C", "--noheading"])
        is_ours = any(line.split()[:1] == [self.rule] for line in out.splitlines())
        if is_ours and self.do(f"forget the label of {self.root}"):
            self.module.run_command([semanage, "fcontext", "--delete", self.rule], check_rc=True)


def is_elsewhere(path: Path) -> bool:
    """Say whether what ``path`` names is a file system or a directory that somebody else placed here."""
    return path.is_symlink() or path.is_mount()


def is_emptied(path: Path) -> bool:
    """Say whether nothing is left to remove: a place of somebody else's, with nothing in it."""
    return is_elsewhere(path) and not (path.is_dir() and any(path.iterdir()))


def remove(path: Path) -> None:
    """Remove a tree; of a mount point or a symbolic link, only what it holds."""
    if not is_elsewhere(path):
        shutil.rmtree(path)
        return
    for entry in path.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def main() -> None:
    """Do what the parameters ask."""
    os.umask(0o022)  # the directories we make are for all to enter, whatever root's umask is
    directory = {"name": {"type": "str", "required": True}, "mode": {"type": "str", "required": True}}
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "directories": {"type": "list", "elements": "dict", "required": True, "options": directory},
            "selinux_type": {"type": "str", "default": "container_file_t"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    storage = Storage(module)
    if module.params["state"] == "present":
        storage.present()
    else:
        storage.absent()
    module.exit_json(changed=bool(storage.actions), actions=storage.actions)


if __name__ == "__main__":
    main()
