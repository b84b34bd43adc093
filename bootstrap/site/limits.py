"""What a setting may be: the limits that a role declares once, checked in two places.

The driver checks them before the first task (``site/load.py``), the role's own preflight through the filter
below, so that plain ``ansible-playbook`` refuses the same values in the same words. A role declares

    __registry_tls_limits:
      registry_tls_valid_days: {minimum: 1, maximum: 3650}
      registry_tls_mode: {choices: [site_ca, self_signed, provided]}
      registry_tls_names: {format: name_or_address}              # a list: every item is judged
      registry_tls_provided_key: {format: controller_path, optional: true}   # "" and null mean: not set
      mirror_content_redirects: {keys: {prefix: {format: image_prefix}, location: {format: location}}}

re-exports the filter in ``filter_plugins/limits.py``

    from bootstrap.site.limits import FilterModule

    __all__ = ["FilterModule"]

and asserts in ``tasks/preflight.yml``

    that: __registry_tls_problems | length == 0
    fail_msg: "{{ __registry_tls_problems | join(' ') }}"
    vars:
      __registry_tls_names: "{{ __registry_tls_limits.keys() | list }}"
      __registry_tls_problems: >-
        {{ dict(__registry_tls_names | zip(query('ansible.builtin.vars', *__registry_tls_names)))
           | limit_problems(__registry_tls_limits) }}

Keys of one limit: ``format`` (see ``formats.py``) · ``minimum``, ``maximum`` (numbers, inclusive) ·
``min_length``, ``max_length`` (characters of a text, items of a list) · ``choices`` · ``keys`` (limits of a
mapping's keys, or of every mapping in a list; other keys are refused) · ``optional`` · ``owner`` (the option
that users set instead; see ``schema.py``) · ``secret`` (the value is never repeated; names that end like a
secret's are treated so anyway). A format, range or choice judges
every item of a list. Values may be spelled as text ("5000"), as ``-e`` makes them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bootstrap.site.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

LIMIT_KEYS = frozenset(
    {
        "choices",
        "format",
        "keys",
        "max_length",
        "maximum",
        "min_length",
        "minimum",
        "optional",
        "owner",
        "secret",
    }
)
_SECRET_NAME = re.compile(r"(password|passphrase|secret|token|private_key)$")
_LONGEST_SHOWN = 120


@dataclass(frozen=True)
class LimitProblem:
    """One value outside its limits.

    Args:
        name: The option, with the path inside it ("mirror_content_redirects[0].prefix").
        observed: What the value is ("is 70000"), with no secret in it.
        bound: What it must do ("be a TCP port, 1-65535").
        fix: The next step, a sentence without its full stop.
    """

    name: str
    observed: str
    bound: str
    fix: str

    def __str__(self) -> str:
        return f"{self.name} {self.observed}, but must {self.bound}; {self.fix}."


def limit_problems(
    values: Mapping[str, object], limits: Mapping[str, Mapping[str, Any]], secrets: Collection[str] = ()
) -> list[str]:
    """Return one sentence for every value outside its limits, in the order of ``limits``.

    Args:
        values: Values by option name; options without a limit are not looked at, nor limits without a value.
        limits: What the module's docstring describes.
        secrets: More options whose values must not be repeated (``no_log`` in the role's specs).

    Raises:
        ValueError: The limits themselves are wrong: an unknown key or format. A bug in the role.
    """
    return [str(problem) for problem in find_limit_problems(values, limits, secrets)]


def find_limit_problems(
    values: Mapping[str, object], limits: Mapping[str, Mapping[str, Any]], secrets: Collection[str] = ()
) -> list[LimitProblem]:
    """As ``limit_problems``, but with the parts of every sentence apart."""
    return [
        problem
        for name, limit in limits.items()
        if name in values
        for problem in _judge(name, values[name], limit, is_secret(name, limit) or name in secrets)
    ]


def is_secret(name: str, limit: Mapping[str, Any] | None = None) -> bool:
    """Say whether the option's value must never be shown, by its name or its limit."""
    return bool((limit or {}).get("secret")) or _SECRET_NAME.search(name) is not None


def describe(limit: Mapping[str, Any]) -> str:
    """Return what a value must be, as the end of "it must be …"; "a value" when the limit does not say."""
    if "choices" in limit:
        return "one of " + ", ".join(str(choice) for choice in limit["choices"])
    if "format" in limit:
        return FORMATS[limit["format"]].meaning
    if "minimum" in limit and "maximum" in limit:
        return f"a number from {limit['minimum']} to {limit['maximum']}"
    if "minimum" in limit:
        return f"a number of {limit['minimum']} or more"
    if "maximum" in limit:
        return f"a number of {limit['maximum']} or less"
    if "keys" in limit:
        return f"a mapping with the keys {', '.join(limit['keys'])}"
    if "min_length" in limit:
        return f"at least {limit['min_length']} long"
    return "a value"


class FilterModule:
    """The filter ``limit_problems`` for Ansible; roles re-export it (see the module's docstring)."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Return the filters by name."""
        return {"limit_problems": limit_problems}


def _judge(name: str, value: object, limit: Mapping[str, Any], secret: bool) -> Iterator[LimitProblem]:
    if unknown := set(limit) - LIMIT_KEYS:
        raise ValueError(f"the limit of {name} has unknown keys: {', '.join(sorted(unknown))}")
    if value is None or value == "":
        if not limit.get("optional"):
            yield LimitProblem(name, "is empty", "be " + describe(limit), _fix(name, limit))
        return
    yield from _judge_length(name, value, limit)
    items = value if isinstance(value, list | tuple) else None
    if items is None:
        yield from _judge_item(name, value, limit, secret)
        return
    for number, item in enumerate(items):
        yield from _judge_item(f"{name}[{number}]", item, limit, secret)


def _judge_length(name: str, value: object, limit: Mapping[str, Any]) -> Iterator[LimitProblem]:
    if not limit.keys() & {"min_length", "max_length"}:
        return
    unit, length = "characters", len(str(value))
    if isinstance(value, list | tuple):
        unit, length = "items", len(value)
    low, high = limit.get("min_length", 0), limit.get("max_length")
    if length < low or (high is not None and length > high):
        bound = f"{low} to {high}" if high is not None else f"at least {low}"
        yield LimitProblem(name, f"has {length} {unit}", f"have {bound}", f"give it {bound} {unit}")


def _judge_item(name: str, value: object, limit: Mapping[str, Any], secret: bool) -> Iterator[LimitProblem]:
    if "keys" in limit:
        yield from _judge_keys(name, value, limit["keys"], secret)
    is_wrong = (
        ("choices" in limit and not _is_choice(value, limit["choices"]))
        or ("format" in limit and not _has_format(name, value, limit["format"]))
        or (bool(limit.keys() & {"minimum", "maximum"}) and not _is_in_range(value, limit))
    )
    if is_wrong:
        yield LimitProblem(name, f"is {_shown(value, secret)}", "be " + describe(limit), _fix(name, limit))


def _judge_keys(
    name: str, value: object, keys: Mapping[str, Mapping[str, Any]], secret: bool
) -> Iterator[LimitProblem]:
    wanted = "be " + describe({"keys": keys})
    if not isinstance(value, Mapping):
        yield LimitProblem(name, f"is {_shown(value, secret)}", wanted, "write it as such a mapping")
        return
    for key in value:
        if key not in keys:
            close = difflib.get_close_matches(str(key), keys, 1)
            fix = f"did you mean {close[0]}?" if close else f"remove {key!r}"
            yield LimitProblem(name, f"has the key {key!r}", wanted, fix)
    for key, limit in keys.items():
        inner = f"{name}.{key}"
        yield from _judge(inner, value.get(key), limit, secret or is_secret(key, limit))


def _is_choice(value: object, choices: Collection[Any]) -> bool:
    return value in choices or str(value) in {str(choice) for choice in choices}


def _has_format(name: str, value: object, wanted: str) -> bool:
    if wanted not in FORMATS:
        raise ValueError(f"the limit of {name} has an unknown format: {wanted}")
    is_text = isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))
    return is_text and FORMATS[wanted].accepts(str(value))


def _is_in_range(value: object, limit: Mapping[str, Any]) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    try:
        number = float(value)
    except ValueError:
        return False
    # Written so that "nan", which compares with nothing, is outside.
    return bool(limit.get("minimum", float("-inf")) <= number <= limit.get("maximum", float("inf")))


def _fix(name: str, limit: Mapping[str, Any]) -> str:
    if "choices" in limit:
        return f"choose one, for example {next(iter(limit['choices']))}"
    if "format" in limit:
        return f"set it to something like {FORMATS[limit['format']].example}"
    if limit.keys() & {"minimum", "maximum"}:
        return f"set it to {describe(limit)}"
    return f"set {name}"


def _shown(value: object, secret: bool) -> str:
    """Return the value as an error may show it: never a secret, never a flood."""
    if secret:
        return "a value that is not shown here"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
