"""Makes the mirror agent's file on the controller, or takes the one that is given."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from bootstrap.credentials.files import locked
from bootstrap.errors import BootstrapError, ConfigError
from bootstrap.host.action import as_failure


class ActionModule(ActionBase):
    """Arguments: ``file`` (a path, or empty to make one) and ``directory`` (where it is made)."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return ``path`` (on the controller), ``name`` (with version and hash) and ``changed``."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        given = str(self._task.args["file"] or "")
        try:
            return result | (_given(Path(given).expanduser()) if given else self._made())
        except BootstrapError as error:
            return result | as_failure(error)

    def _made(self) -> dict[str, Any]:
        from bootstrap.host.agent_file import build_agent

        directory = Path(str(self._task.args["directory"])).expanduser()
        if self._task.check_mode:
            with tempfile.TemporaryDirectory() as scratch:
                name = build_agent(Path(scratch)).name
            path = directory / name
            return {"changed": not path.exists(), "path": str(path), "name": name}
        with locked(directory):
            before = set(directory.iterdir())
            path = build_agent(directory)
        return {"changed": path not in before, "path": str(path), "name": path.name}


def _given(path: Path) -> dict[str, Any]:
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(
            f"cannot read the mirror agent {path} on the controller",
            why=error.strerror or str(error),
            fix="correct mirror_content_agent_file, or leave it empty to have the agent made",
        ) from error
    # A run that is going on keeps the file it was started with, so every content has a name of its own.
    name = path.name if path.stem.endswith(digest[:8]) else f"agent-{digest[:8]}.pyz"
    return {"changed": False, "path": str(path), "name": name}
