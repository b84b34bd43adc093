"""How a host is reached, from the options that Ansible resolved for its own plugins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap.host.privilege import METHODS
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
    address = _text(told, "host") or answer.host
    if address.startswith("["):
        why, bare = (
            f"ansible_host is {address}; ssh, which Ansible uses, takes no brackets",
            address.strip("[]"),
        )
        return None, [Finding("cannot be reached by that address", why, f"write it without: {bare}")]
    if refused := _cannot_become(told):
        return None, [refused]
    key = _text(told, "private_key_file")
    connection = Connection(
        kind=kind,
        address=address,
        port=None if port is None else int(port),
        user=_text(told, "remote_user"),
        private_key_file=None if key is None else str(Path(key).expanduser()),
        ssh_args=_text(told, "ssh_args") or "",
        has_own_ssh_args="ansible_ssh_args" in answer.names,
        common_args=_text(told, "ssh_common_args") or "",
        extra_args=_text(told, "ssh_extra_args") or "",
        password=_text(told, "password"),
        become=told.get("become_method") is not None,
        become_method=_method(told),
        become_program=_program(told),
        become_password=_text(told, "become_pass"),
        python_interpreter=_text(told, "ansible_python_interpreter"),
    )
    return connection, []


def _cannot_become(told: Mapping[str, Any]) -> Finding | None:
    """Return why we could not become root, None when we can."""
    method, user = told.get("become_method"), _text(told, "become_user") or "root"
    if method is None:
        return None
    if _method(told) not in METHODS:
        why = f"ansible_become_method is {method}; the driver knows {' and '.join(METHODS)}"
        return Finding("cannot become root that way", why, f"set ansible_become_method to {METHODS[0]}")
    if user != "root":
        why = f"ansible_become_user is {user}, and the roles write where only root may"
        return Finding("would not become root", why, "set ansible_become_user to root, or take it out")
    return None


def _method(told: Mapping[str, Any]) -> str:
    return (_text(told, "become_method") or METHODS[0]).removeprefix("ansible.builtin.")


def _program(told: Mapping[str, Any]) -> str | None:
    """Return ``ansible_become_exe`` where it says more than the method's own name."""
    program = _text(told, "become_exe")
    return None if program == _method(told) else program


def _text(told: Mapping[str, Any], name: str) -> str | None:
    """Return an option as text; YAML makes numbers of some passwords. None and "" are not set."""
    value = told.get(name)
    return None if value is None or value == "" else str(value)
