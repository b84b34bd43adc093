"""The reference page of all settings, made from the roles.

``python -m bootstrap.site.reference > docs/settings.md`` writes it; a test says when it is out of date.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

from bootstrap.site.limits import describe
from bootstrap.site.schema import Schema

if TYPE_CHECKING:
    from bootstrap.site.schema import Option

_HEAD = """\
# Settings

<!-- Made from the roles by `python -m bootstrap.site.reference > docs/settings.md`: edit those, not this. -->

Every setting belongs to one role and begins with its name. Set it where Ansible looks for variables: in
`group_vars/all.yml` of your site for all hosts, in `host_vars/HOST.yml` for one, or with `-e` for one run. A
default such as `{{ inventory_hostname }}` is worked out for each host. A name that begins like ours and is
not on this page is refused, as is a value outside its limits, before anything is changed.
"""
_COLUMNS = "| Setting | Description | Type | Default |\n|---|---|---|---|\n"
_HANDED_ON = """
## Handed on

What several roles need is set once, at its owner, and handed on to the others. Setting one of these is
refused; set the owner. (In a playbook of your own that uses one of the roles alone, set it.)

| Variable | Handed on from | As |
|---|---|---|
"""


def reference(schema: Schema) -> str:
    """Return the page as Markdown."""
    parts = [_HEAD]
    for role in schema.roles:
        options = schema.settings(role)
        if options:
            rows = "".join(_row(option) for option in options)
            parts.append(
                f"\n## {role}\n\n| Setting | Description | Type | Default |\n|---|---|---|---|\n{rows}"
            )
    handed = [option for option in schema.options.values() if option.handed_on]
    if handed:
        rows = "".join(
            f"| `{option.name}` | {_code(option.owner) if option.owner else 'the playbook'} "
            f"| {_code(option.handed_on)} |\n"
            for option in handed
        )
        parts.append(_HANDED_ON + rows)
    return "".join(parts)


def bound_of(option: Option) -> str:
    """Return the sentence of what a value must be, "" when its type or its description says so already."""
    described = describe(option.limit)
    numbers = set(re.findall(r"\d+", described))
    is_told = bool(numbers) and numbers <= set(re.findall(r"\d+", " ".join(option.description)))
    if described == "a value" or is_told:
        return ""
    subject = "Every item must be" if option.type == "list" else "Must be"
    empty = ", or empty" if option.limit.get("optional") else ""
    return f"{subject} {described}{empty}."


def _row(option: Option) -> str:
    kind = f"{option.type} of {option.elements}" if option.elements else option.type
    text = " ".join([*option.description, bound_of(option)]).strip().replace("|", "\\|")
    default = "required" if option.is_required or not option.has_default else _code(_spelled(option.default))
    return f"| `{option.name}` | {text} | {kind} | {default} |\n"


def _spelled(value: object) -> str:
    if isinstance(value, str):
        return value.strip() or '""'
    return json.dumps(value)


def _code(text: str) -> str:
    return "`" + " ".join(text.split()).replace("|", "\\|") + "`"


if __name__ == "__main__":
    sys.stdout.write(reference(Schema.load()))
