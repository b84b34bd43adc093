"""Keeps a registry's htpasswd as it has to be; passwords are made, stored and hashed on the controller."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from bootstrap.credentials.htpasswd import with_user, without_user
from bootstrap.credentials.settle import Request, judge
from bootstrap.credentials.state import Credentials
from bootstrap.errors import BootstrapError
from bootstrap.host.action import as_failure, place, read

MODE = "0600"


class ActionModule(ActionBase):
    """See ``README.md`` of the role; the arguments are its settings without their prefix.

    ``state`` is ``judged`` (look only: ``problems`` and ``reason``), ``present`` or ``absent``.
    """

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return ``changed`` with, by state, ``problems`` and ``reason``."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        state = self._task.args["state"]
        try:
            if state == "judged":
                return result | self._judge(task_vars)
            return result | (self._write(task_vars) if state == "present" else self._remove(task_vars))
        except BootstrapError as error:
            # A task with no_log hides its message, so that what is judged tells by its result.
            failure = as_failure(error)
            if state == "judged":
                return result | {"changed": False, "problems": [failure["msg"]], "reason": ""}
            return result | failure

    def _judge(self, task_vars: dict[str, Any] | None) -> dict[str, Any]:
        verdict = judge(self._request, self._credentials, self._htpasswd(task_vars))
        return {"changed": False, "problems": list(verdict.problems), "reason": verdict.reason}

    def _write(self, task_vars: dict[str, Any] | None) -> dict[str, Any]:
        request, credentials = self._request, self._credentials
        if self._task.check_mode:
            return {"changed": True}
        # The state first: a host must never have a password that nobody knows.
        password, is_new = credentials.make(request.chosen)
        is_new |= credentials.remember(request.location, request.user, password.text)
        held = self._htpasswd(task_vars)
        text = held or ""
        if judge(request, credentials, held).reason:
            text = with_user(text, request.wanted(password))
        placed = self._place(task_vars, text)
        return {"changed": placed["changed"] or is_new}

    def _remove(self, task_vars: dict[str, Any] | None) -> dict[str, Any]:
        held = self._htpasswd(task_vars)
        if held is None:
            return {"changed": False}
        left = without_user(held, str(self._task.args["user"]))
        if left:
            return self._place(task_vars, left)
        return place(self, task_vars, absent=[self._path])

    def _place(self, task_vars: dict[str, Any] | None, text: str) -> dict[str, Any]:
        directory = {"path": str(Path(self._path).parent), "mode": "0700"}
        file = {"path": self._path, "mode": MODE, "content": text}
        return place(self, task_vars, directories=[directory], files=[file])

    def _htpasswd(self, task_vars: dict[str, Any] | None) -> str | None:
        content = read(self, task_vars, [self._path])[self._path]
        return None if content is None else content.decode(errors="replace")

    @property
    def _path(self) -> str:
        return f"{self._task.args['dir']}/htpasswd"

    @property
    def _credentials(self) -> Credentials:
        return Credentials(Path(str(self._task.args["state_dir"])).expanduser() / "credentials")

    @property
    def _request(self) -> Request:
        arguments = self._task.args
        return Request(
            location=str(arguments["location"]),
            user=str(arguments["user"]),
            chosen=str(arguments["password"] or ""),
            chosen_cost=int(arguments["bcrypt_cost"]),
            replaces_unknown=boolean(arguments["replace_unknown"]),
            joins_unknown=boolean(arguments["adopt"]),
        )
