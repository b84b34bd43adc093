"""Values of the type that a role declares: Ansible passes ``-e port=5000`` on as the text "5000"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TRUE = frozenset({"yes", "on", "1", "true", "t", "y"})  # as ansible.module_utils.parsing.convert_bool
_FALSE = frozenset({"no", "off", "0", "false", "f", "n"})
_NAMES = {
    "bool": "true or false",
    "dict": "a mapping",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "path": "a path",
    "str": "a text",
}


class WrongTypeError(ValueError):
    """A value is not of its declared type.

    Args:
        where: The place inside the option, "" for the option itself ("[0].prefix").
        is_a: What the value is ("a mapping").
        wanted: What it must be ("a list").
        value: The value itself when it is a text or a number, else None; it may be a secret.
    """

    def __init__(self, where: str, is_a: str, wanted: str, value: object = None) -> None:
        super().__init__(where, is_a, wanted)
        self.where, self.is_a, self.wanted, self.value = where, is_a, wanted, value


def coerce(value: object, spec: Mapping[str, Any], where: str = "") -> object:
    """Return ``value`` as the declared type; null stays null.

    Args:
        value: As Ansible templated it.
        spec: ``type``, and where they apply ``elements`` and ``options``, as in ``argument_specs.yml``.
        where: The place inside the option, for the error.

    Raises:
        WrongTypeError: It cannot be spelled that way.
        ValueError: The type is none we know. A bug in the role.
    """
    kind = spec.get("type", "str")
    if value is None or kind in {"raw", "jsonarg", "json"}:
        return value
    if kind not in _NAMES:
        raise ValueError(f"unknown type in argument_specs.yml: {kind}")
    if kind == "list" and isinstance(value, list):
        inner = {**spec, "type": spec.get("elements", "raw")}
        return [coerce(item, inner, f"{where}[{number}]") for number, item in enumerate(value)]
    if kind == "dict" and isinstance(value, Mapping):
        return _mapping(value, spec.get("options") or {}, where)
    found = _scalar(value, kind)
    if found is None:
        shown = value if isinstance(value, str | int | float) else None
        raise WrongTypeError(where, _describe(value), _NAMES[kind], shown)
    return found


def _mapping(value: Mapping[str, object], options: Mapping[str, Any], where: str) -> Mapping[str, object]:
    if not options:
        return dict(value)
    if unknown := [key for key in value if key not in options]:
        known = ", ".join(options)
        raise WrongTypeError(
            where, f"a mapping with the key {unknown[0]!r}", f"a mapping with the keys {known}"
        )
    for key, spec in options.items():
        if spec.get("required") and value.get(key) is None:
            raise WrongTypeError(
                where, f"a mapping without the key {key!r}", f"a mapping with the key {key!r}"
            )
    return {key: coerce(item, options[key], f"{where}.{key}") for key, item in value.items()}


def _scalar(value: object, kind: str) -> object | None:
    """Return a text, number or boolean of the type; None when ``value`` is not one."""
    if kind == "bool":
        spelled = str(value).lower()
        if isinstance(value, bool | int | str) and spelled in _TRUE | _FALSE:
            return spelled in _TRUE
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if kind in {"str", "path"}:
        return str(value)
    try:
        number = float(value)
        if kind == "float":
            return number
        return (
            int(str(value)) if not isinstance(value, float) else int(value) if number.is_integer() else None
        )
    except (ValueError, OverflowError):
        return None


def _describe(value: object) -> str:
    for kind, name in ((bool, "bool"), (str, "str"), (Mapping, "dict"), (list, "list"), (int, "int")):
        if isinstance(value, kind):
            return _NAMES[name]
    return "a number"
