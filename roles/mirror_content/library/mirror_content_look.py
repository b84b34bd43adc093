#!/usr/bin/python
"""Looks at what the mirror agent needs of a host. Runs on the host's own Python (3.9 or newer)."""

from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: mirror_content_look
short_description: Says whether a host can run the mirror agent
description:
  - Looks for the Python that the agent's unit names, gpgv and a running systemd.
options:
  python:
    description: Interpreter that the agent is started with.
    type: path
    required: true
author: bootstrap-registry
"""

EXAMPLES = r"""
- name: Look at the mirror host
  mirror_content_look:
    python: /usr/bin/python3
"""

RETURN = r"""
has_gpgv:
  description: Whether gpgv is installed.
  type: bool
  returned: always
has_systemd:
  description: Whether systemd runs.
  type: bool
  returned: always
problems:
  description: Why the agent cannot run here, one sentence each.
  type: list
  returned: always
"""

OLDEST = (3, 9)


def main() -> None:
    """Look, and tell."""
    module = AnsibleModule(
        argument_spec={"python": {"type": "path", "required": True}}, supports_check_mode=True
    )
    python = module.params["python"]
    code, version, _said = 1, "", ""
    if Path(python).exists():
        code, version, _said = module.run_command(
            [python, "-c", "import sys; print(*sys.version_info[:2], sep='.')"]
        )
    problems = []
    wanted = ".".join(map(str, OLDEST))
    if code != 0:
        problems.append(
            f"The mirror agent needs {python}, which is not there; install Python {wanted} or newer."
        )
    elif tuple(map(int, version.split("."))) < OLDEST:
        problems.append(
            f"The mirror agent needs Python {wanted} or newer, and {python} is {version.strip()}."
        )
    module.exit_json(
        changed=False,
        has_gpgv=module.get_bin_path("gpgv") is not None,
        has_systemd=Path("/run/systemd/system").is_dir(),
        problems=problems,
    )


if __name__ == "__main__":
    main()
