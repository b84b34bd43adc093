"""Whether the mirror host has, or will get, the programs that the image set needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bootstrap.errors import BootstrapError, HostError, Problems
from bootstrap.host.tools import Archive, archive_problems, example, host_problems
from bootstrap.imageset.model import ImageSet
from bootstrap.imageset.read import read_file
from bootstrap.site.model import Host

_KEYS = frozenset({"tool", "version", "arch", "src", "sha256"})


def needed(mirror: Host) -> dict[str, str]:
    """Return the programs that mirroring needs, by name, with the reason.

    None where the image set cannot be read: that is told by itself.
    """
    engine = mirror.values.get("mirror_content_engine")
    if engine in ("oc", "oc-mirror"):
        return {str(engine): f"mirror_content_engine is {engine}"}
    path = mirror.path("mirror_content_imageset") if "mirror_content_imageset" in mirror.values else None
    try:
        image_set = read_file(path) if path else None
    except (BootstrapError, Problems):
        return {}
    lacking = image_set.needs_oc_mirror if isinstance(image_set, ImageSet) and engine == "auto" else ()
    return {"oc-mirror": f"the image set has {', '.join(lacking)}"} if lacking else {}


def file_problems(mirror: Host) -> Iterator[BootstrapError]:
    """Yield what is wrong with the archives of tools; those of the controller are read."""
    yield from archive_problems(_archives(mirror))


def look_problems(mirror: Host, seen: Mapping[str, Any]) -> Iterator[BootstrapError]:
    """Yield which programs the mirror host lacks and will not get.

    Args:
        mirror: The mirror host.
        seen: What a look at it showed.
    """
    archives = _archives(mirror)
    yield from host_problems(archives, mirror.name, seen)
    listed = {each["tool"] for each in archives}
    for tool, why in needed(mirror).items():
        if tool not in listed and not seen["tools"].get(tool):
            yield HostError(
                f"{mirror.name}: {tool} is needed there, and is not there",
                why=why,
                fix=f"set mirror_tools_archives: [{example(tool, seen)}], and `up` installs it; or put it in"
                " /usr/local/bin there",
            )


def _archives(mirror: Host) -> list[Archive]:
    found = mirror.values.get("mirror_tools_archives")
    is_right = isinstance(found, list | tuple) and all(map(_is_right, found))
    return list(found) if is_right and isinstance(found, list | tuple) else []


def _is_right(archive: object) -> bool:
    """Say whether an archive can be judged; what is wrong with it is told with the settings."""
    return (
        isinstance(archive, Mapping)
        and archive.keys() >= _KEYS
        and str(archive.get("el") or 9) in ("9", "10")
    )
