"""Reading ``registries.conf``, as podman, skopeo, CRI-O and oc-mirror have it, on the controller.

It is TOML, which the mirror host's Python may not know: what the agent gets are its ``[[registry]]`` tables.

Source: containers-registries.conf(5).
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap.errors import ConfigError
from bootstrap.registry.redirects import read_redirects

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# About short names, log-ins and stores: nothing that says where a full name is fetched.
_OTHER_KEYS = (
    "unqualified-search-registries",
    "short-name-mode",
    "aliases",
    "credential-helpers",
    "additional-layer-store-auth-helper",
)
_SETTING = "mirror_content_registries_conf"


def read(path: str | Path) -> list[dict[str, Any]]:
    """Return the ``[[registry]]`` tables of the file ``path``, as written.

    Raises:
        ConfigError: It cannot be read, or something in it is wrong; all of it is said at once.
    """
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot read {path} on the controller ({_SETTING})",
            why=error.strerror or str(error) if isinstance(error, OSError) else "it is not UTF-8 text",
            fix="give the path of a registries.conf, or leave the setting empty",
        ) from error
    return parse(text, str(path))


def parse(text: str, name: str) -> list[dict[str, Any]]:
    """Likewise, of a text; ``name`` is what messages call it.

    Raises:
        ConfigError: See ``read``.
    """
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"cannot use {name} ({_SETTING})",
            why=f"it is not TOML: {error}",
            fix="correct the syntax at that place; the format is containers-registries.conf(5)",
        ) from error
    tables = value.pop("registry", [])
    wrong = []
    if "registries" in value:
        value.pop("registries")
        wrong.append("registries: this is version 1 of the format; write [[registry]] tables")
    wrong += [f"{key}: there is no such key" for key in value if key not in _OTHER_KEYS]
    if not isinstance(tables, list):
        wrong.append("registry: it has to be an array of tables: [[registry]]")
        tables = []
    wrong += [f"registry{line}" for line in read_redirects(tables)[1]]
    if wrong:
        raise ConfigError(
            f"cannot use {name} ({_SETTING})",
            why="\n".join(wrong),
            fix="correct these entries, or give a file of its own for mirroring",
        )
    return tables


def merged(redirects: Sequence[dict[str, Any]], path: str) -> list[dict[str, Any]]:
    """Return the entries of the setting, then those of the file at ``path`` (empty: none).

    Where both have a prefix, that of the setting counts, for it is the first.

    Raises:
        ConfigError: See ``read``.
    """
    return [*redirects, *(read(path) if path else [])]


def problems(redirects: Sequence[dict[str, Any]], path: str) -> list[str]:
    """Return what is wrong with the setting's entries and the file, a sentence each."""
    found = [f"mirror_content_redirects{line}." for line in read_redirects(redirects)[1]]
    try:
        merged([], path)
    except ConfigError as error:
        found.append(f"{error.what}: {error.why}. To mend it: {error.fix}.")
    return found


class FilterModule:
    """The same as filters, for the role."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "mirror_content_merged_redirects": merged,
            "mirror_content_redirect_problems": problems,
        }
