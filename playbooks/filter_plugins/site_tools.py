"""Where the role ``mirror_tools`` puts programs, for ``mirror_content``, which has to find them there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def site_tools(archives: Sequence[Mapping[str, Any]], directory: str) -> list[dict[str, str]]:
    """Return each program once, as ``mirror_content_tools`` has it.

    Args:
        archives: ``mirror_tools_archives``; what is wrong with one is told by its own role.
        directory: ``mirror_tools_dir``.
    """
    named = [each["tool"] for each in archives if isinstance(each, Mapping) and "tool" in each]
    tools = dict.fromkeys(map(str, named))
    return [{"tool": tool, "path": f"{directory.rstrip('/')}/{tool}"} for tool in tools]


class FilterModule:
    """A site's programs, as a filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"site_tools": site_tools}
