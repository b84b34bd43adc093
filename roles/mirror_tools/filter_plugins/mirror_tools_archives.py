"""Which archive of each tool a host gets, and why it would get none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bootstrap.errors import BootstrapError
from bootstrap.host.tools import archive_problems, choose, host_problems, is_url

Archive = Mapping[str, Any]


def problems(archives: Sequence[Archive], host: str, seen: Mapping[str, Any]) -> list[str]:
    """Return everything that keeps the tools from being installed, one sentence each.

    Args:
        archives: As ``mirror_tools_archives`` has them, within their limits.
        host: Name of the host in the inventory.
        seen: What ``mirror_tools_install`` said of it.
    """
    return _sentences([*archive_problems(archives), *host_problems(archives, host, seen["machine"])]) + [
        f"{path} is there, and was not installed by this role. To mend it: move it away, or set "
        "mirror_tools_dir to another directory."
        for tool, path in seen["foreign"].items()
        if any(each["tool"] == tool for each in archives)
    ]


def due(archives: Sequence[Archive], host: str, seen: Mapping[str, Any]) -> list[Archive]:
    """Return the archives to install: those that fit the host and are not what it has."""
    return [
        {**each, "is_url": is_url(str(each["src"]))}
        for each in choose(archives, host, seen["machine"])
        if seen["installed"].get(each["tool"]) != str(each["sha256"]).lower()
    ]


def _sentences(errors: Iterable[BootstrapError]) -> list[str]:
    return [f"{error.what}: {error.why}. To mend it: {error.fix}." for error in errors]


class FilterModule:
    """Choosing archives, as filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"mirror_tools_problems": problems, "mirror_tools_due": due}
