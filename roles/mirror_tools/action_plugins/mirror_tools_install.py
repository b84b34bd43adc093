"""The controller's half of ``mirror_tools_install``: brings the archives to the host before it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Installs tools.

    Arguments: those of the module; ``proxy`` and ``no_proxy`` as ``mirror_tools_fetch`` has them; of each
    tool ``is_url`` instead of ``path``. Archives lie in Ansible's directory on the host, which goes with the
    task.
    """

    TRANSFERS_FILES = True
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what the module returns."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        self._shell = self._connection._shell  # noqa: SLF001  # Ansible's interface for its action plugins
        arguments = dict(self._task.args)
        way = {name: arguments.pop(name) for name in ("proxy", "no_proxy") if name in arguments}
        try:
            tools = [self._brought(each, way, task_vars) for each in arguments.get("tools", [])]
            return result | dict(
                self._execute_module(
                    module_name="mirror_tools_install",
                    module_args={**arguments, "tools": tools},
                    task_vars=task_vars,
                )
            )
        finally:
            self._remove_tmp_path(self._shell.tmpdir)

    def _brought(
        self, tool: dict[str, Any], way: dict[str, Any], task_vars: dict[str, Any] | None
    ) -> dict[str, Any]:
        """Return what the module is told of a tool whose archive is on the host now."""
        path = self._shell.join_path(self._shell.tmpdir, f"{tool['tool']}.archive")
        told = {key: tool[key] for key in ("tool", "version", "sha256", "src")} | {"path": path}
        if self._task.check_mode:
            return told
        if tool["is_url"]:
            asked = {"url": tool["src"], "path": path, **way}
            answer = self._execute_module(
                module_name="mirror_tools_fetch", module_args=asked, task_vars=task_vars
            )
            if answer.get("failed"):
                raise AnsibleActionFail(str(answer.get("module_stderr") or answer.get("msg")))
        else:
            self._transfer_file(str(Path(tool["src"]).expanduser()), path)
            self._fixup_perms2((self._shell.tmpdir, path), execute=False)
        return told
