"""The controller's half of the module ``host_files``: reads sources here, sends only what differs there."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from bootstrap.errors import BootstrapError
from bootstrap.host.action import as_failure, place


class ActionModule(ActionBase):
    """Places files."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what ``host_files`` returns."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        try:
            placed = place(self, task_vars, **self._task.args)
        except BootstrapError as error:
            return result | as_failure(error)
        return result | placed
