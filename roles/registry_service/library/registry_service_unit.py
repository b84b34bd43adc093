#!/usr/bin/python
"""Installs a Quadlet unit that podman's generator accepts. Runs on the host's own Python (3.9 or newer)."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: registry_service_unit
short_description: Write a Quadlet .container file, after podman's generator has accepted it
description:
  - One key that this host's podman does not know, and systemd says "unit not found". So the generator is run
    on the new text first, and the live file is replaced only when a service came out of it.
  - Neither reloads systemd nor starts anything.
options:
  path:
    description: The unit file, below /etc/containers/systemd.
    type: path
    required: true
  content:
    description: Its text.
    type: str
    required: true
author: bootstrap-registry
"""

EXAMPLES = r"""
- name: Install the unit
  registry_service_unit:
    path: /etc/containers/systemd/hello.container
    content: |
      [Container]
      Image=example.com/hello:1
"""

RETURN = r"""
is_validated:
  description: Whether the generator looked at the text; false where the file was right already, or in
    check mode on a host that has no podman yet.
  type: bool
  returned: always
"""

GENERATORS = (
    "/usr/lib/systemd/system-generators/podman-system-generator",
    "/lib/systemd/system-generators/podman-system-generator",
    "/usr/local/lib/systemd/system-generators/podman-system-generator",
)


def refusal(module: AnsibleModule, generator: str, name: str, content: str) -> str:
    """Return why ``generator`` makes no service of ``content``; "" when it makes one."""
    with tempfile.TemporaryDirectory(dir=module.tmpdir) as directory:
        (Path(directory) / name).write_text(content, encoding="utf-8")
        code, out, said = module.run_command(
            [generator, "--dryrun"], environ_update={"QUADLET_UNIT_DIRS": directory}
        )
    # Older generators say what is wrong and still exit with 0: the service must be in what they print.
    if code == 0 and f"---{Path(name).stem}.service---" in out and "unsupported key" not in said:
        return ""
    lines = [line for line in said.splitlines() if re.search(r"unsupported|error|converting", line)]
    return ("; ".join(lines) or said.strip() or f"exit code {code}")[-1500:]


def write(module: AnsibleModule, path: Path, content: str) -> None:
    """Put ``content`` into ``path`` at once."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(dir=module.tmpdir)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())  # a power cut must not leave an empty unit, which Quadlet makes nothing of
    module.atomic_move(partial, str(path))


def replace(module: AnsibleModule, path: Path, content: str) -> bool:
    """Put new content in place once the generator accepts it; return whether it was asked."""
    generator = next((each for each in GENERATORS if Path(each).exists()), None)
    if generator is not None and (reason := refusal(module, generator, path.name, content)):
        module.fail_json(
            msg=f"podman's generator makes no {path.stem}.service of the new {path.name}: {reason}. "
            "The unit in place was left alone; update podman, or report this with `podman --version`."
        )
    if module.check_mode:
        return generator is not None
    if generator is None:
        module.fail_json(
            msg="podman's systemd generator (Quadlet) is not there; run the role container_host first."
        )
    write(module, path, content)
    return True


def main() -> None:
    """Do what the parameters ask."""
    os.umask(0o022)  # the directories we make are for all to enter, whatever root's umask is
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "content": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    path, content = Path(module.params["path"]), module.params["content"]
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    is_changed = before != content
    is_validated = is_changed and replace(module, path, content)
    if path.exists():
        is_changed = module.set_owner_if_different(str(path), "root", is_changed)
        is_changed = module.set_group_if_different(str(path), "root", is_changed)
        is_changed = module.set_mode_if_different(str(path), "0644", is_changed)
    diff = {"before": before, "after": content, "before_header": str(path), "after_header": str(path)}
    module.exit_json(changed=is_changed, is_validated=is_validated, diff=diff)


if __name__ == "__main__":
    main()
