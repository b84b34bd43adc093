"""Tells the driver what one host's settings are, templated by Ansible; touches no host.

The request (JSON, named by ``BOOTSTRAP_REGISTRY_REQUEST``) and the answers (one 0600 file a host) lie in a
private directory of the driver's, which removes it. The task's own result carries no value, so that no
callback, log or artefact of Ansible can keep one.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader

_GROUPS = ("registry", "mirror", "web_server")
_CONNECTION_OPTIONS = (
    *("host", "port", "remote_user", "private_key_file", "password"),
    *("ssh_args", "ssh_common_args", "ssh_extra_args"),
)
_BECOME_OPTIONS = ("become_exe", "become_user", "become_pass")


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core ships no types
    """Writes one host's answer."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:  # noqa: ANN401, D102  # the base class says so
        super().run(tmp, task_vars)
        request = json.loads(Path(os.environ["BOOTSTRAP_REGISTRY_REQUEST"]).read_text(encoding="utf-8"))
        inventory_vars: dict[str, Any] = task_vars or {}
        variables = {
            **self._role_variables(Path(request["roles_dir"]), request["roles"]),
            **inventory_vars,
            "playbook_dir": request["playbooks_dir"],
        }
        self._templar.available_variables = variables
        host = str(inventory_vars["inventory_hostname"])
        problems: dict[str, str] = {}
        answer = {
            "host": host,
            "groups": sorted(inventory_vars["group_names"]),
            "members": {name: list(inventory_vars["groups"].get(name, [])) for name in _GROUPS},
            "selected": self._selected(request["limit"], inventory_vars),
            "values": self._values(request["options"], variables, problems),
            "connection": self._connection_options(variables, problems),
            "names": {name: _origin(name, value) for name, value in inventory_vars.items()},
            "problems": problems,
        }
        _write(Path(request["answers_dir"]) / _file_name(host), answer)
        return {"changed": False}

    def _role_variables(self, roles_dir: Path, roles: list[str]) -> dict[str, Any]:
        """Return the roles' defaults and own variables; Ansible's loader marks their templates as trusted."""
        found: dict[str, Any] = {}
        for role in roles:
            for part in ("defaults", "vars"):
                path = roles_dir / role / part / "main.yml"
                if path.exists():
                    found |= self._loader.load_from_file(str(path), trusted_as_template=True) or {}
        return found

    def _values(
        self, options: list[str], variables: Mapping[str, Any], problems: dict[str, str]
    ) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name in options:
            if name in variables:
                self._keep(values, name, variables[name], problems)
        return values

    def _connection_options(self, variables: Mapping[str, Any], problems: dict[str, str]) -> dict[str, Any]:
        connection, become = self._connection, self._connection.become
        found: dict[str, Any] = {"kind": connection.transport, "become_method": become and become.name}
        for plugin, options in ((connection, _CONNECTION_OPTIONS), (become, _BECOME_OPTIONS)):
            for option in options if plugin else ():
                try:
                    found[option] = plugin.get_option(option)
                except KeyError:  # this plugin has no such option
                    continue
        interpreter = "ansible_python_interpreter"
        if interpreter in variables:
            self._keep(found, interpreter, variables[interpreter], problems)
        return found

    def _selected(self, limit: str | None, inventory_vars: Mapping[str, Any]) -> list[str] | None:
        """Return the hosts that the user's pattern matches, by Ansible's rules; None without one."""
        if limit is None:
            return None
        lookup = lookup_loader.get("ansible.builtin.inventory_hostnames", loader=self._loader)
        return [str(name) for name in lookup.run([limit], variables=inventory_vars)]

    def _keep(self, found: dict[str, Any], name: str, value: object, problems: dict[str, str]) -> None:
        """Put a templated value into ``found``; what goes wrong becomes a problem of its own."""
        try:
            found[name] = json.loads(json.dumps(self._templar.template(value), default=str))
        except AnsibleError as error:
            problems[name] = str(error.message)
        except Exception as error:  # noqa: BLE001  # lookups may raise anything; one bad option must not hide others
            problems[name] = f"{type(error).__name__}: {error}"


def _origin(name: str, value: object) -> str:
    """Return ``file:line`` (or what Ansible says instead) of where a variable was set, "" when not known."""
    try:
        from ansible._internal._datatag._tags import Origin
    except ImportError:  # a private name of core 2.19, worth having: errors name the line
        return ""
    origin = Origin.get_tag(value) or Origin.get_tag(name)
    if origin is None:
        return ""
    place = origin.path or origin.description or ""
    return f"{place}:{origin.line_num}" if origin.path and origin.line_num else str(place)


def _file_name(host: str) -> str:
    return hashlib.sha256(host.encode()).hexdigest()[:32] + ".json"


def _write(path: Path, answer: Mapping[str, Any]) -> None:
    text = json.dumps(answer)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
