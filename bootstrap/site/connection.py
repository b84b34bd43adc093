"""How a host is reached, from the options that Ansible resolved for its own plugins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap.site.formats import is_port
from bootstrap.site.model import Connection, ConnectionKind
from bootstrap.site.validate import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bootstrap.site.effective import Answer

_KINDS: dict[str, ConnectionKind] = {
    "local": "local",
    "paramiko": "ssh",
    "paramiko_ssh": "ssh",
    "smart": "ssh",
    "ssh": "ssh",
}


def connection_of(answer: Answer) -> tuple[Connection | None, list[Finding]]:
    """Return the host's connection, or why there is none."""
    told: Mapping[str, Any] = answer.connection
    kind, port = _KINDS.get(told["kind"]), told.get("port")
    if kind is None:
        why = f"ansible_connection is {told['kind']}; the driver reaches hosts by ssh, or is on them (local)"
        return None, [Finding("cannot be reached that way", why, "set ansible_connection to ssh or local")]
    if port is not None and not is_port(str(port)):
        return None, [Finding(f"ansible_port is {port!r}", "it must be a TCP port, 1-65535", "correct it")]
    key = _text(told, "private_key_file")
    connection = Connection(
        kind=kind,
        address=_text(told, "host") or answer.host,
        port=None if port is None else int(port),
        user=_text(told, "remote_user"),
        private_key_file=None if key is None else str(Path(key).expanduser()),
        common_args=_text(told, "ssh_common_args") or "",
        extra_args=_text(told, "ssh_extra_args") or "",
        password=_text(told, "password"),
        become=told.get("become_method") is not None,
        become_method=_text(told, "become_method") or "sudo",
        become_user=_text(told, "become_user") or "root",
        become_password=_text(told, "become_pass"),
        python_interpreter=_text(told, "ansible_python_interpreter"),
    )
    return connection, []


def _text(told: Mapping[str, Any], name: str) -> str | None:
    """Return an option as text; YAML makes numbers of some passwords. None and "" are not set."""
    value = told.get(name)
    return None if value is None or value == "" else str(value)
