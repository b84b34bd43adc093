#!/usr/bin/python
"""Looks at what the mirror agent needs of a host. Runs on the host's own Python (3.9 or newer)."""

from __future__ import annotations

import contextlib
import os
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
  agents:
    description: Directory of the agents.
    type: path
    default: /usr/local/lib/bootstrap-registry
author: bootstrap-registry
"""

EXAMPLES = r"""
- name: Look at the mirror host
  mirror_content_look:
    python: /usr/bin/python3
"""

RETURN = r"""
agents:
  description: Names of the agents that are there.
  type: list
  returned: always
old_agents:
  description: Paths of those that neither the link nor a process uses.
  type: list
  returned: always
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


def found_agents(directory: Path) -> tuple[list[str], list[str]]:
    """Return the names of all agents, and the paths of those that neither the link nor a process uses."""
    link = directory / "agent.pyz"
    current = os.path.realpath(str(link))
    used = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            used.update(path.read_bytes().split(b"\0"))
    found = sorted(directory.glob("agent-*.pyz"))
    old = [str(each) for each in found if str(each) != current and os.fsencode(str(each)) not in used]
    return [each.name for each in found], old


def main() -> None:
    """Look, and tell."""
    module = AnsibleModule(
        argument_spec={
            "python": {"type": "path", "required": True},
            "agents": {"type": "path", "default": "/usr/local/lib/bootstrap-registry"},
        },
        supports_check_mode=True,
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
    agents, old_agents = found_agents(Path(module.params["agents"]))
    module.exit_json(
        changed=False,
        agents=agents,
        old_agents=old_agents,
        has_gpgv=module.get_bin_path("gpgv") is not None,
        has_systemd=Path("/run/systemd/system").is_dir(),
        problems=problems,
    )


if __name__ == "__main__":
    main()
