"""What is wrong with one host's settings: every problem at once, nothing changed.

A finding says nothing of its host: the same mistake in a group's variables is one problem of all its hosts.
"""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap.site.ansible_says import is_about_vault
from bootstrap.site.limits import find_limit_problems
from bootstrap.site.state import STATE_OPTION
from bootstrap.site.types import WrongTypeError, coerce

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bootstrap.site.effective import Answer
    from bootstrap.site.schema import Option, Schema

_SIMILAR = 0.75
_ALMOST_THE_SAME = 0.9
_VAULT_FIX = "give the vault's password: --vault-password-file FILE, or ANSIBLE_VAULT_PASSWORD_FILE"


@dataclass(frozen=True)
class Finding:
    """One thing wrong; what, why and fix as in :class:`bootstrap.errors.BootstrapError`."""

    what: str
    why: str
    fix: str


def judge(
    answer: Answer, schema: Schema, inventory: Path, state_directory: Path
) -> tuple[dict[str, Any], list[Finding]]:
    """Return the host's settings, typed, and everything that is wrong with them.

    Args:
        answer: What Ansible says about the host.
        schema: All options.
        inventory: The inventory directory; places are told relative to it.
        state_directory: Files below it are made by us, so they may be missing.
    """
    findings = [*_names(answer, schema, inventory), *_untemplated(answer, schema, inventory)]
    values: dict[str, Any] = {}
    for option in schema.settings():
        if option.name in answer.problems:
            continue
        place = _place(answer, option.name, inventory)
        if option.name not in answer.values:
            if option.is_required:
                findings.append(_missing(option))
            continue
        try:
            values[option.name] = coerce(answer.values[option.name], _spec(option))
        except WrongTypeError as error:
            findings.append(_wrong_type(option, error, place))
    findings += _outside_limits(values, answer, schema, inventory)
    findings += _missing_files(values, answer, schema, inventory, state_directory)
    return values, findings


def almost_ours(answer: Answer, schema: Schema) -> list[str]:
    """Return warnings of variables that are the user's own by their name, yet look like one of ours."""
    known = [option.name for option in schema.settings()]
    warnings = []
    for name in answer.names:
        if name.startswith("ansible_") or schema.is_ours(name):
            continue
        if close := difflib.get_close_matches(name, known, 1, _ALMOST_THE_SAME):
            warnings.append(f"{name} is no setting of ours; did you mean {close[0]}?")
    return warnings


def _spec(option: Option) -> dict[str, Any]:
    return {"type": option.type, "elements": option.elements or "raw", "options": option.suboptions}


def _names(answer: Answer, schema: Schema, inventory: Path) -> Iterator[Finding]:
    """Yield what is wrong with the names of variables: unknown ones, and those that a playbook sets."""
    known = [option.name for option in schema.settings()]
    for name in answer.names:
        option = schema.options.get(name)
        place = _place(answer, name, inventory)
        if option is None and schema.is_ours(name):
            close = difflib.get_close_matches(name, known, 1, _SIMILAR)
            fix = f"did you mean {close[0]}?" if close else "remove it; docs/settings.md lists every setting"
            yield Finding(f"{name} is no setting", f"no role declares it{place}", fix)
        elif option is not None and option.handed_on:
            fix = f"set {option.owner} instead" if option.owner else "remove it"
            why = f"it is handed on as {option.handed_on}, and would contradict that{place}"
            yield Finding(f"{name} cannot be set", why, fix)


def _untemplated(answer: Answer, schema: Schema, inventory: Path) -> Iterator[Finding]:
    for name, message in answer.problems.items():
        place = _place(answer, name, inventory)
        option = schema.options.get(name)
        if is_about_vault(message):
            fix = _VAULT_FIX
        elif place or option is None or not option.has_default:
            fix = f"correct it, or what it refers to; to look: ansible-inventory -i {inventory} --list"
        else:
            fix = f"set {name}: its default refers to something that is not there"
        yield Finding(f"cannot work out {name}", f"{_one_line(message)}{place}", fix)


def _missing(option: Option) -> Finding:
    described = option.description[0] if option.description else option.type
    return Finding(f"{option.name} is not set", f"it has no default: {described}", f"set {option.name}")


def _wrong_type(option: Option, error: WrongTypeError, place: str) -> Finding:
    fix = f"write {error.wanted}"
    if option.type in {"list", "dict"} and not error.where:
        fix += " in YAML; on the command line as JSON: -e '{\"" + option.name + "\": …}'"
    is_shown = error.value is not None and not option.is_secret
    shown = repr(error.value) if is_shown else error.is_a
    why = f"it must be {error.wanted}{f', and is {error.is_a}' if is_shown else ''}{place}"
    return Finding(f"{option.name}{error.where} is {shown}", why, fix)


def _outside_limits(
    values: Mapping[str, Any], answer: Answer, schema: Schema, inventory: Path
) -> Iterator[Finding]:
    limits = {
        name: option.limit for name, option in schema.options.items() if option.limit and name in values
    }
    secrets = [name for name, option in schema.options.items() if option.is_secret]
    found = {name: find_limit_problems(values, {name: limit}, secrets) for name, limit in limits.items()}
    wrong = [name for name, problems in found.items() if problems]
    for name, problems in found.items():
        default = str(schema.options[name].default)
        if name not in answer.names and any(each in default for each in wrong if each != name):
            continue  # it follows from another one, which is told
        for problem in problems:
            place = _place(answer, name, inventory)
            yield Finding(
                f"{problem.name} {problem.observed}", f"it must {problem.bound}{place}", problem.fix
            )


def _missing_files(
    values: Mapping[str, Any], answer: Answer, schema: Schema, inventory: Path, state_directory: Path
) -> Iterator[Finding]:
    """Yield files on the controller that are named and not there; those of the site state are made by us."""
    for name, value in values.items():
        is_file = schema.options[name].limit.get("format") == "controller_path" and name != STATE_OPTION
        for text in value if isinstance(value, list) else [value]:
            if not is_file or not text or not isinstance(text, str):
                continue
            path = Path(text).expanduser()
            if not path.is_absolute():  # told as such
                continue
            if path == state_directory or path.is_relative_to(state_directory) or os.access(path, os.R_OK):
                continue
            why = "you may not read it" if path.exists() else "there is no such file on this machine"
            place = _place(answer, name, inventory)
            yield Finding(f"{name} is {text}", f"{why}{place}", f"put the file there, or correct {name}")


def _place(answer: Answer, name: str, inventory: Path) -> str:
    """Return " (group_vars/all.yml:3)" where the variable was set, "" when that is not known."""
    place = answer.names.get(name, "").removeprefix(f"{inventory}/")
    return f" ({place.removeprefix('<CLI option ').strip('<>').strip(chr(39))})" if place else ""


def _one_line(message: str) -> str:
    return " ".join(message.split())
