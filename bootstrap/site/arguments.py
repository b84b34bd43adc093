"""What is wrong with the arguments handed on to Ansible: it asks, ignores, or blames the inventory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import yaml

from bootstrap.errors import ConfigError

_AS_FILE = "write name=value, JSON, or @FILE"


def argument_problems(
    limit: str | None, extra_vars: Sequence[str], vault_args: Sequence[str]
) -> Iterator[ConfigError]:
    """Yield everything that is wrong with them; files are only read.

    Args:
        limit: A host pattern.
        extra_vars: Values of ``-e``.
        vault_args: ``--vault-password-file`` and ``--vault-id`` with their values.
    """
    if any("ask-vault" in word or word.endswith("@prompt") or word == "-J" for word in vault_args):
        yield ConfigError(
            "cannot ask for the vault's password",
            why="Ansible runs several times, and would ask each time",
            fix="put it into a file that only you can read: --vault-password-file FILE",
        )
    if limit is not None and "@" in limit:
        yield ConfigError(
            f"cannot use --limit {limit}",
            why="files of host names are not supported",
            fix="write the names, separated by commas",
        )
    for option, path in pairwise(vault_args):
        if option == "--vault-password-file" and (why := _unreadable(Path(path))):
            yield ConfigError(
                f"cannot read the vault password file {path}",
                why=why,
                fix="correct the path after --vault-password-file",
            )
    for value in extra_vars:
        yield from _extra_vars_problems(value)


def _extra_vars_problems(value: str) -> Iterator[ConfigError]:
    if value.startswith("@"):
        path = Path(value[1:]).expanduser()
        if why := _unreadable(path) or _no_mapping(path.read_text(encoding="utf-8", errors="replace")):
            yield ConfigError(f"cannot read the settings in {value[1:]}", why=why, fix="correct -e " + value)
    elif value.startswith(("{", "[")):
        if why := _no_mapping(value):  # not repeated: it may hold what is secret
            yield ConfigError("cannot read the settings after -e", why=why, fix=_AS_FILE)
    elif "=" not in value:
        why = "it has no `=`, and Ansible would ignore it"
        yield ConfigError(f"cannot read the setting -e {value}", why=why, fix=_AS_FILE)


def _unreadable(path: Path) -> str:
    path = path.expanduser()
    if not path.exists():
        return f"{path.absolute()} does not exist"
    if path.is_dir():
        return "it is a directory"
    return "" if os.access(path, os.R_OK) else "you may not read it"


def _no_mapping(text: str) -> str:
    """Return why ``text`` is no YAML (or JSON) mapping; "" when it is, or is vaulted."""
    if text.startswith("$ANSIBLE_VAULT"):
        return ""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        return f"{where}it is neither YAML nor JSON: {error.problem}"
    except yaml.YAMLError as error:
        return f"it is neither YAML nor JSON: {error}"
    return "" if node is None or isinstance(node, yaml.MappingNode) else "it is no mapping of names to values"
