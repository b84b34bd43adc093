"""What the action plugins of our roles share: asking a host through a module, and placing files on it.

They run inside Ansible on the controller, under its own strategy or mitogen's.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bootstrap.errors import BootstrapError, ConfigError, HostError

# Ansible ships no types; this is ansible.plugins.action.ActionBase.
Action = Any


def ask(
    action: Action, module: str, arguments: Mapping[str, Any], task_vars: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Run one of our modules on the host and return its answer, with what it was asked left out.

    Raises:
        HostError: The module failed, or the host cannot be reached.
    """
    answer: dict[str, Any] = dict(
        action._execute_module(  # noqa: SLF001  # Ansible's interface for its action plugins
            module_name=module, module_args=dict(arguments), task_vars=dict(task_vars or {})
        )
    )
    answer.pop("invocation", None)
    if answer.get("failed") or answer.get("unreachable"):
        said = str(answer.get("module_stderr") or answer.get("msg") or "it did not say why").strip()
        raise HostError(
            f"cannot work with files of the host (module {module})",
            why=said[-1000:],
            fix="mend what the message says, then run the same again",
        )
    return answer


def read(
    action: Action, task_vars: Mapping[str, Any] | None, paths: Sequence[str]
) -> dict[str, bytes | None]:
    """Return the content of files on the host, by path; None where there is none."""
    answer = ask(action, "host_files", {"read": list(paths)}, task_vars)
    return {
        path: None if content is None else base64.b64decode(content)
        for path, content in answer["read"].items()
    }


def place(
    action: Action,
    task_vars: Mapping[str, Any] | None,
    *,
    files: Sequence[Mapping[str, Any]] = (),
    **others: object,
) -> dict[str, Any]:
    """Place files on the host, sending only the content that differs.

    Args:
        action: The action plugin that calls.
        task_vars: As it got them.
        files: Each with ``path``, ``mode``, and ``content`` (text or bytes) or ``src`` (on the controller).
        others: ``directories``, ``links``, ``absent``, ``emptied`` as the module ``host_files`` takes them.

    Returns:
        ``changed`` and ``paths``.

    Raises:
        ConfigError: A ``src`` cannot be read.
        HostError: The host refuses.
    """
    is_check = bool(action._task.check_mode)  # noqa: SLF001  # as above
    contents = {str(each["path"]): found for each in files if (found := _content(each, is_check)) is not None}
    asked = {
        **others,
        "files": [
            {"path": each["path"], "mode": each["mode"], "sha256": _sha256(contents.get(str(each["path"])))}
            for each in files
        ],
    }
    answer = ask(action, "host_files", asked, task_vars)
    if answer["needs"] and not is_check:
        needed = {path: base64.b64encode(contents[path]).decode() for path in answer["needs"]}
        answer = ask(action, "host_files", {**asked, "contents": needed}, task_vars)
        if answer["needs"]:
            raise HostError(
                "cannot place files on the host",
                why=f"somebody else is changing {', '.join(answer['needs'])}",
                fix="see that nobody does, then run the same again",
            )
    return {"changed": answer["changed"], "paths": answer["paths"]}


def as_failure(error: BootstrapError) -> dict[str, Any]:
    """Return the result of a task that failed as ``error`` says."""
    return {"failed": True, "changed": False, "msg": f"{error.what}: {error.why}. To mend it: {error.fix}."}


def _content(item: Mapping[str, Any], is_check: bool) -> bytes | None:
    if (source := item.get("src")) is not None:
        try:
            return Path(str(source)).expanduser().read_bytes()
        except OSError as error:
            if is_check and isinstance(error, FileNotFoundError):
                return b""  # a real run would have made it by now: a change to report
            raise ConfigError(
                f"cannot read {source} on the controller",
                why=error.strerror or str(error),
                fix="correct the setting that names it, or make the file readable",
            ) from error
    content = item.get("content")
    return content.encode() if isinstance(content, str) else content


def _sha256(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()
