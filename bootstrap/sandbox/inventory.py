"""The part of the inventory that only exists with the sandbox: connections, and where content comes from."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import yaml

from bootstrap.sandbox import ssh
from bootstrap.sandbox.files import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from bootstrap.sandbox.host import SandboxHost

FILE_NAME = "sandbox.yml"
_VM_SECONDS = 60
_HEADER = (
    "# Written by `bootstrap-registry sandbox create`, removed by `sandbox destroy`; not for editing.\n---\n"
)


class _Dumper(yaml.SafeDumper):
    """Indents the items of a list, as ansible-lint wants it."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002  # PyYAML calls it
        super().increase_indent(flow, indentless=False)


def write(site: Path, hosts: Iterable[SandboxHost], settings: Mapping[str, object]) -> None:
    """Write ``sandbox.yml`` into the inventory ``site``.

    Args:
        site: An inventory directory; made when missing.
        hosts: The site's; each gets its connection and its registry's name. Groups are not set here.
        settings: For all hosts.
    """
    inventory = {"all": {"hosts": {host.name: _connection(host) for host in hosts}, "vars": dict(settings)}}
    site.mkdir(parents=True, exist_ok=True)
    text = _HEADER + yaml.dump(inventory, Dumper=_Dumper, sort_keys=False, width=1000)
    path = site / FILE_NAME
    if not path.exists() or path.read_text() != text:
        replace(path, text, mode=0o644)


def _connection(host: SandboxHost) -> dict[str, object]:
    options = ssh.common_args(host.known_hosts)
    # Emulated, sshd takes seconds to say its first word.
    patience = {"ansible_timeout": _VM_SECONDS} if host.state.kind == "vm" else {}
    if patience:
        options += ["-o", f"ConnectTimeout={_VM_SECONDS}"]
    return {
        **patience,
        "ansible_host": host.fqdn,
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(host.key),
        "ansible_ssh_common_args": shlex.join(options),
        "ansible_python_interpreter": "/usr/bin/python3",
        "registry_service_hostname": host.fqdn,
    }
