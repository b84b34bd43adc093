"""Every setting there is, read from the roles' own files: nothing is declared a second time.

``meta/argument_specs.yml`` (type, description, choices) · ``defaults/main.yml`` (value) · ``vars/main.yml``
(``__<role>_limits``) · ``playbooks/site.yml``, for what it hands on from one role to another.

Users do not set what is handed on, they set its owner. A variable is handed on when the playbook sets it in
every play that uses its role (role variables, ``vars``, ``vars_files``), when its default is nothing but
another role's option, or when its limit names its ``owner``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import yaml

from bootstrap.shipped import shipped
from bootstrap.site.limits import is_secret

if TYPE_CHECKING:
    from pathlib import Path

_WORD = re.compile(r"[a-z][a-z0-9_]*")
# "{{ registry_service_port }}" or "{{ registry_service_port | default(5000) }}", and nothing around it.
_ALIAS = re.compile(r"\s*\{\{\s*(\w+)\s*(?:\|\s*default\([^()]*\)\s*)?\}\}\s*")
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
        handed_on: The expression that it is set to, "" when users set it.
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
        uses = _role_uses(playbooks_dir / "site.yml")
        present = [path.parent.parent.name for path in sorted(roles_dir.glob("*/meta/argument_specs.yml"))]
        order = [name for name in dict.fromkeys(name for name, _ in uses) if name in present]
        roles = (*order, *(name for name in present if name not in order))
        declared = {option.name: option for role in roles for option in _role_options(roles_dir / role)}
        options = {
            name: _with_owner(option, _handed_on(option, uses, declared), declared)
            for name, option in declared.items()
        }
        return cls(roles, options)

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


def _role_uses(playbook: Path) -> list[tuple[str, Mapping[str, Any]]]:
    """Return every role that a playbook names, in its order, with the variables that it sets for it."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    for play in _yaml_list(playbook) if playbook.exists() else []:
        files = [_yaml_mapping(playbook.parent / name) for name in play.get("vars_files") or []]
        shared = {key: value for part in (play.get("vars") or {}, *files) for key, value in part.items()}
        found += [(role, {**shared, **own}) for role, own in _play_uses(play)]
    return found


def _play_uses(play: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from _task_uses(play.get("pre_tasks") or [])
    for entry in play.get("roles") or []:
        if isinstance(entry, str):
            yield entry, {}
        else:
            yield str(entry.get("role") or entry.get("name")), {**entry, **(entry.get("vars") or {})}
    yield from _task_uses([*(play.get("tasks") or []), *(play.get("post_tasks") or [])])


def _task_uses(tasks: list[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for task in tasks:
        for part in ("block", "rescue", "always"):
            yield from _task_uses(task.get(part) or [])
        for key in task.keys() & _INCLUDES:
            yield str(task[key]["name"]), task.get("vars") or {}


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


def _handed_on(
    option: Option, uses: list[tuple[str, Mapping[str, Any]]], declared: Mapping[str, Option]
) -> str:
    """Return what an option is set to by others, "" when it is the user's."""
    values = [variables.get(option.name) for role, variables in uses if role == option.role]
    if values and all(value is not None for value in values):
        return str(values[0]).strip()
    alias = _ALIAS.fullmatch(str(option.default))
    is_alias = alias is not None and alias[1] in declared and declared[alias[1]].role != option.role
    return str(option.default).strip() if is_alias or "owner" in option.limit else ""


def _with_owner(option: Option, handed_on: str, declared: Mapping[str, Option]) -> Option:
    if not handed_on:
        return option
    words = (
        word for word in _WORD.findall(handed_on) if word in declared and declared[word].role != option.role
    )
    owner = str(option.limit.get("owner") or next(words, ""))
    return replace(option, handed_on=handed_on, owner=owner)


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
