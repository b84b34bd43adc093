#!/usr/bin/python
"""Looks at what a container host needs; changes nothing. Runs on the host's own Python (3.9 or newer)."""

from __future__ import annotations

import re
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: container_host_probe
short_description: Say what a container host has and lacks
description:
  - Looks for commands, not for packages, so that a podman that was installed by hand counts.
  - Works in check mode; never changes anything.
options:
  needed:
    description: What has to be there. Any one of the C(commands) is enough; else C(package) is missing.
    type: list
    elements: dict
    required: true
    suboptions:
      package:
        description: Package that brings the commands.
        type: str
        required: true
      commands:
        description: Names of programs.
        type: list
        elements: str
        required: true
author: bootstrap-registry
"""

EXAMPLES = r"""
- name: Look for podman
  container_host_probe:
    needed:
      - package: podman
        commands: [podman]
"""

RETURN = r"""
missing:
  description: Packages whose commands are not there, in the order given.
  type: list
  returned: always
podman_version:
  description: Version of podman, null when it is not there.
  type: str
  returned: always
quadlet_generator:
  description: Path of podman's systemd generator, "" when it is not there.
  type: str
  returned: always
cgroup_version:
  description: 2, or 1 where the unified hierarchy is not what /sys/fs/cgroup shows.
  type: int
  returned: always
is_systemd:
  description: Whether systemd is the init of this host.
  type: bool
  returned: always
"""

GENERATORS = (
    "/usr/lib/systemd/system-generators/podman-system-generator",
    "/lib/systemd/system-generators/podman-system-generator",
    "/usr/local/lib/systemd/system-generators/podman-system-generator",
)


def podman_version(module: AnsibleModule) -> str | None:
    """Return podman's version, or None when there is no podman that runs."""
    podman = module.get_bin_path("podman")
    if podman is None:
        return None
    code, out, _said = module.run_command([podman, "--version"])
    found = re.search(r"\d+(\.\d+)+\S*", out) if code == 0 else None
    return found.group(0) if found else None


def main() -> None:
    """Answer with what is there."""
    needed = {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "package": {"type": "str", "required": True},
            "commands": {"type": "list", "elements": "str", "required": True},
        },
    }
    module = AnsibleModule(argument_spec={"needed": needed}, supports_check_mode=True)
    missing = [
        need["package"]
        for need in module.params["needed"]
        if not any(module.get_bin_path(command) for command in need["commands"])
    ]
    module.exit_json(
        changed=False,
        missing=missing,
        podman_version=podman_version(module),
        quadlet_generator=next((path for path in GENERATORS if Path(path).exists()), ""),
        cgroup_version=2 if Path("/sys/fs/cgroup/cgroup.controllers").exists() else 1,
        is_systemd=Path("/run/systemd/system").is_dir(),
    )


if __name__ == "__main__":
    main()
