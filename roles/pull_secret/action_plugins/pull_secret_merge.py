"""Merges pull secrets on the controller and places them on a host.

The arguments name files; what is in them is in no argument and no result, so that messages can be shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from bootstrap.credentials import files
from bootstrap.credentials.pull_secret import Entry, PullSecret
from bootstrap.errors import BootstrapError, HostError
from bootstrap.host.action import as_failure, place, read

PRIVATE_MODE = "0600"


class ActionModule(ActionBase):
    """See ``README.md`` of the role; ``state`` is ``present`` or ``absent``."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return ``changed`` and ``paths``."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = self._task.args
        registries, merged = list(arguments["registries"]), list(arguments["merged_files"])
        mirror_file = str(arguments["mirror_file"] or "")
        try:
            held = read(self, task_vars, merged) if merged else {}
            if arguments["state"] == "absent":
                return result | self._remove(task_vars, held, registries, mirror_file)
            entries = self._entries(registries)
            wanted = {
                path: PullSecret.parse(content, f"{path} of the host").merged(entries).to_bytes()
                for path, content in held.items()
                if not _has(content, entries, path)
            }
            if mirror_file:
                wanted[mirror_file] = _user_secret(str(arguments["file"] or "")).merged(entries).to_bytes()
            return result | self._place(task_vars, {**dict.fromkeys(held), **wanted})
        except BootstrapError as error:
            return result | as_failure(error)

    def _entries(self, registries: Sequence[str]) -> dict[str, Entry]:
        """Return the registries' entries from the controller's own auth file."""
        path = Path(str(self._task.args["credentials_file"])).expanduser()
        known = PullSecret.parse(files.read(path), str(path)).auths
        missing = [location for location in registries if location not in known]
        if missing and not self._task.check_mode:
            raise HostError(
                f"there are no credentials for {', '.join(missing)}",
                why=f"{path} on the controller has none",
                fix="run playbooks/site.yml without a limit once: registry_auth makes them",
            )
        # In check mode what a real run would have made by now is a change to report.
        return {location: known.get(location, {"auth": ""}) for location in registries}

    def _place(self, task_vars: dict[str, Any] | None, wanted: dict[str, bytes | None]) -> dict[str, Any]:
        items = [{"path": path, "mode": PRIVATE_MODE, "content": text} for path, text in wanted.items()]
        return place(self, task_vars, files=items) if items else {"changed": False, "paths": []}

    def _remove(
        self,
        task_vars: dict[str, Any] | None,
        held: dict[str, bytes | None],
        registries: Sequence[str],
        mirror_file: str,
    ) -> dict[str, Any]:
        """Take our entries out again; a file that then says nothing goes, and so does the mirror's own."""
        absent = [mirror_file] if mirror_file else []
        left = []
        for path, content in held.items():
            if content is None:
                continue
            secret = PullSecret.parse(content, f"{path} of the host")
            if not set(registries) & set(secret.auths):
                continue
            remaining = secret.without(registries)
            if remaining.is_empty:
                absent.append(path)
            else:
                left.append({"path": path, "mode": PRIVATE_MODE, "content": remaining.to_bytes()})
        if not absent and not left:
            return {"changed": False, "paths": []}
        emptied = [str(Path(mirror_file).parent)] if mirror_file else []
        return place(self, task_vars, files=left, absent=absent, emptied=emptied)


def _has(content: bytes | None, entries: dict[str, Entry], path: str) -> bool:
    """Say whether a file has all the entries, however it is laid out: it is not rewritten for its looks."""
    held = PullSecret.parse(content, f"{path} of the host").auths
    return content is not None and all(held.get(key) == entry for key, entry in entries.items())


def _user_secret(path: str) -> PullSecret:
    return PullSecret.load(Path(path)) if path else PullSecret({})
