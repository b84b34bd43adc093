"""Every setting there is, read from the roles' own files: nothing is declared a second time.

``meta/argument_specs.yml`` (type, description, choices) · ``defaults/main.yml`` (value) · ``vars/main.yml``
(``__<role>_limits``) · the playbooks, for what they hand on from one role to another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from bootstrap.shipped import shipped
from bootstrap.site.limits import is_secret

if TYPE_CHECKING:
    from pathlib import Path

_WORD = re.compile(r"[a-z][a-z0-9_]*")
_INCLUDES = frozenset(
    {f"{prefix}{kind}_role" for prefix in ("", "ansible.builtin.") for kind in ("import", "include")}
)


@dataclass(frozen=True)
class Option:
    """One setting.

    Attributes:
        type: As Ansible names it: str, int, bool, list, dict, path, float, raw.
        elements: Type of a list's items, "" when not declared.
        suboptions: Declarations of a mapping's keys (or of every mapping in a list), as in the specs.
        description: Paragraphs.
        default: As written in ``defaults/main.yml``, templates untouched; None also when there is none.
        limit: What ``site/limits.py`` judges by, the specs' choices included.
        handed_on: The expression by which a playbook sets it, "" when users set it.
        owner: The option that users set instead, "" when there is none.
    """

    role: str
    name: str
    type: str
    description: tuple[str, ...]
    default: object = None
    has_default: bool = False
    is_required: bool = False
    elements: str = ""
    suboptions: Mapping[str, Any] = field(default_factory=dict)
    limit: Mapping[str, Any] = field(default_factory=dict)
    is_secret: bool = False
    handed_on: str = ""
    owner: str = ""


@dataclass(frozen=True)
class Schema:
    """All options.

    Attributes:
        roles: Role names in the order of the playbook, those it does not name after them.
        options: By name, in the order of the roles and of their specs.
    """

    roles: tuple[str, ...]
    options: Mapping[str, Option]

    @classmethod
    def load(cls, roles_dir: Path | None = None, playbooks_dir: Path | None = None) -> Schema:
        """Read the roles and playbooks; None means those that we ship.

        Raises:
            ValueError: A role's files are not what they have to be. A bug in the role.
        """
        roles_dir, playbooks_dir = roles_dir or shipped("roles"), playbooks_dir or shipped("playbooks")
        plays = [play for file in _playbooks(playbooks_dir) for play in _yaml_list(file)]
        used = [use for play in plays for use in _role_uses(play)]
        handed = {name: str(value) for _, variables in used for name, value in variables.items()}
        present = [path.parent.parent.name for path in sorted(roles_dir.glob("*/meta/argument_specs.yml"))]
        order = [name for name in dict.fromkeys(name for name, _ in used) if name in present]
        roles = (*order, *(name for name in present if name not in order))
        declared = [option for role in roles for option in _role_options(roles_dir / role)]
        names = {option.name for option in declared}
        options = {option.name: _with_owner(option, handed.get(option.name), names) for option in declared}
        return cls(tuple(roles), options)

    def settings(self, role: str | None = None) -> tuple[Option, ...]:
        """Return the options that users set, of one role or of all."""
        return tuple(
            option
            for option in self.options.values()
            if not option.handed_on and (role is None or option.role == role)
        )

    def is_ours(self, name: str) -> bool:
        """Say whether a variable's name begins with one of our roles' names and an underscore."""
        return any(name.startswith(f"{role}_") for role in self.roles)


def _playbooks(directory: Path) -> list[Path]:
    """Return the playbooks, ``site.yml`` first: its order of roles is the order of everything we print."""
    return sorted(directory.glob("*.yml"), key=lambda path: (path.name != "site.yml", path.name))


def _role_uses(play: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every role that a play names, with the variables that the play hands on to it."""
    for entry in play.get("roles") or []:
        if isinstance(entry, str):
            yield entry, {}
        else:
            role = str(entry.get("role") or entry.get("name"))
            inline = {key: value for key, value in entry.items() if key.startswith(f"{role}_")}
            yield role, {**inline, **(entry.get("vars") or {})}
    for part in ("pre_tasks", "tasks", "post_tasks"):
        yield from _task_uses(play.get(part) or [])


def _task_uses(tasks: list[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for task in tasks:
        for part in ("block", "rescue", "always"):
            yield from _task_uses(task.get(part) or [])
        for key in task.keys() & _INCLUDES:
            role = str(task[key]["name"])
            variables = task.get("vars") or {}
            yield role, {name: value for name, value in variables.items() if name.startswith(f"{role}_")}


def _role_options(role: Path) -> Iterator[Option]:
    specs = _yaml_mapping(role / "meta/argument_specs.yml").get("argument_specs") or {}
    defaults = _yaml_mapping(role / "defaults/main.yml")
    limits = _yaml_mapping(role / "vars/main.yml").get(f"__{role.name}_limits") or {}
    seen: set[str] = set()
    for entry_point in sorted(specs, key=lambda name: name != "main"):
        for name, spec in (specs[entry_point].get("options") or {}).items():
            if name not in seen:
                seen.add(name)
                yield _option(role.name, name, spec, defaults, limits.get(name) or {})


def _option(
    role: str, name: str, spec: Mapping[str, Any], defaults: Mapping[str, Any], limit: Mapping[str, Any]
) -> Option:
    if "type" not in spec or "description" not in spec:
        raise ValueError(f"{role}: {name} has no type or no description in meta/argument_specs.yml")
    described = spec["description"]
    paragraphs = [described] if isinstance(described, str) else described
    choices = {"choices": spec["choices"]} if "choices" in spec else {}
    return Option(
        role=role,
        name=name,
        type=spec["type"],
        description=tuple(" ".join(str(paragraph).split()) for paragraph in paragraphs),
        default=defaults.get(name),
        has_default=name in defaults,
        is_required=bool(spec.get("required")),
        elements=spec.get("elements", ""),
        suboptions=spec.get("options") or {},
        limit={**choices, **limit},
        is_secret=bool(spec.get("no_log")) or is_secret(name, limit),
    )


def _with_owner(option: Option, handed_on: str | None, names: set[str]) -> Option:
    """Return the option with what a playbook hands on to it, and who owns that."""
    if handed_on is None:
        return option
    words = (word for word in _WORD.findall(handed_on) if word in names and word != option.name)
    values = {**vars(option), "handed_on": handed_on, "owner": next(words, "")}
    return Option(**values)


def _yaml_mapping(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None
    if not isinstance(content or {}, dict):
        raise ValueError(f"{path} is not a mapping")
    return content or {}


def _yaml_list(path: Path) -> list[dict[str, Any]]:
    content = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    if not isinstance(content, list):
        raise ValueError(f"{path} is not a list of plays")
    return content
