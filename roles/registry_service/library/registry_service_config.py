#!/usr/bin/python
"""Writes the registry's config with a secret that never leaves the host. Runs on the host's Python (3.9+)."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: registry_service_config
short_description: Write the registry's config file with this host's HTTP secret in it
description:
  - The secret signs the state of uploads, so it must outlive restarts. It is made once, on the host, and is
    neither sent over the network nor part of what this module is given or returns.
  - A config that does not begin as ours do is kept once beside it, as C(config.yml.before-adoption).
  - Distribution reads the secret from its config file or from the environment; the environment can be seen by
    C(podman inspect), so it goes into the file, which only root reads.
options:
  path:
    description: The config file. It is replaced as a whole, mode 0600.
    type: path
    required: true
  content:
    description: Its text, with C(@HTTP_SECRET@) where the secret goes.
    type: str
    required: true
  secret_path:
    description: Where the secret is kept, mode 0600.
    type: path
    required: true
author: bootstrap-registry
"""

EXAMPLES = r"""
- name: Write the config
  registry_service_config:
    path: /opt/registry/conf/config.yml
    secret_path: /opt/registry/conf/http-secret
    content: |
      version: 0.1
      http: {addr: ":5000", secret: "@HTTP_SECRET@"}
"""

RETURN = r"""
actions:
  description: What was done, or would be; one sentence each.
  type: list
  returned: always
"""

PLACEHOLDER = "@HTTP_SECRET@"
MODE = "0600"
OURS = "# Managed by bootstrap-registry"


def read(path: Path) -> str:
    """Return the text of a file, "" when there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def write(path: Path, text: str) -> None:
    """Put ``text`` into ``path``, all of it or nothing; nobody else can read it at any moment."""
    for leftover in path.parent.glob(".partial-*"):  # of one that was killed in the middle
        leftover.unlink()
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=".partial-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink()
        raise


def kept(path: Path) -> Path:
    """Return where a config goes that somebody else wrote."""
    return path.with_name(f"{path.name}.before-adoption")


def host_secret(module: AnsibleModule, path: Path, actions: list[str]) -> str:
    """Return this host's secret; make it when there is none worth the name."""
    found = read(path).strip()
    if re.fullmatch(r"[0-9a-f]{64}", found):
        return found
    actions.append("make a random HTTP secret")
    made = secrets.token_hex(32)
    if not module.check_mode:
        write(path, made + "\n")
    return made


def keep_private(module: AnsibleModule, path: Path, actions: list[str]) -> None:
    """Set owner and mode of a file that exists."""
    if path.exists():
        is_changed = module.set_owner_if_different(str(path), "root", False)
        is_changed = module.set_group_if_different(str(path), "root", is_changed)
        if module.set_mode_if_different(str(path), MODE, is_changed):
            actions.append(f"make {path} private")


def difference(path: Path, before: str, after: str) -> dict[str, str]:
    """Return what ``--diff`` shows: both texts, without this or any earlier secret."""
    shown = re.sub(r"(\bsecret:\s*).*", rf'\1"{PLACEHOLDER}"', before)
    return {"before": shown, "after": after, "before_header": str(path), "after_header": str(path)}


def main() -> None:
    """Do what the parameters ask."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "content": {"type": "str", "required": True},
            "secret_path": {"type": "path", "required": True, "no_log": False},  # a path, no secret
        },
        supports_check_mode=True,
    )
    path, secret_path = Path(module.params["path"]), Path(module.params["secret_path"])
    content = module.params["content"]
    if not path.parent.is_dir() and not module.check_mode:
        module.fail_json(msg=f"{path.parent} is not there; run the role registry_storage first.")
    actions: list[str] = []
    secret, before = host_secret(module, secret_path, actions), read(path)
    if before and not before.startswith(OURS) and not kept(path).exists():
        actions.append(f"keep {path}, which is somebody else's, as {kept(path)}")
        if not module.check_mode:
            write(kept(path), before)
    if before != (after := content.replace(PLACEHOLDER, secret)):
        actions.append(f"write {path}")
        if not module.check_mode:
            write(path, after)
    for each in (secret_path, path):
        keep_private(module, each, actions)
    module.exit_json(changed=bool(actions), actions=actions, diff=difference(path, before, content))


if __name__ == "__main__":
    main()
