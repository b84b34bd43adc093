"""Does the installer take an install-config? What it would say of the keys we know, all of it at once.

The form is in ``schema.json``; what no schema can say is here. No message repeats a value that may be secret.

Source: openshift/installer, ``pkg/types/validation/installconfig.go`` (``ValidateInstallConfig``,
``validateImageContentSources``, ``validateImageDigestSources``) and ``pkg/validate/validate.go``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from bootstrap.cluster.install_config.bundle import bundle_problem
from bootstrap.credentials.pull_secret import PullSecret
from bootstrap.errors import BootstrapError, ConfigError
from bootstrap.oci.reference import Reference, is_registry

SECTIONS = ("imageDigestSources", "imageContentSources")
_SCHEMA = Path(__file__).with_name("schema.json")
_KINDS = {"object": "a mapping", "array": "a list", "string": "a text"}


def problems(data: Mapping[str, Any], name: str) -> list[BootstrapError]:
    """Return why the installer would refuse ``data``, or would not do what it says; [] when it is well.

    Args:
        data: The file's content.
        name: The file, for messages.
    """
    found: list[BootstrapError] = []
    errors = sorted(_validator().iter_errors(data), key=lambda each: (each.json_path, each.message))
    for error in errors:
        place = error.json_path.removeprefix("$").removeprefix(".")
        found += [_wrong(name, place or "the file", why) for why in _whys(error)]
    places = {error.json_path.removeprefix("$.").partition("[")[0] for error in errors}
    for key, judge in _JUDGES.items():
        if key in data and key not in places:
            found += [_wrong(name, key, why) for why in judge(data[key])]
    if "pullSecret" in data and "pullSecret" not in places:
        try:
            label = f"pullSecret of {name}"
            PullSecret.parse(data["pullSecret"].encode(), label).raise_unusable(label)
        except BootstrapError as error:
            found.append(error)
    return found


@cache
def _validator() -> Any:  # noqa: ANN401  # it ships no types
    return Draft202012Validator(json.loads(_SCHEMA.read_text(encoding="utf-8")))


def _wrong(name: str, place: str, why: str) -> ConfigError:
    return ConfigError(
        f"{name}: the installer would refuse {place}",
        why=why,
        fix="mend the file by hand: nothing was changed in it; docs/install-config.md has a sample",
    )


def _whys(error: ValidationError) -> Iterator[str]:
    """Yield an error of the schema in words of ours: the library's repeat the value."""
    wanted, value = error.validator_value, error.instance
    if error.validator == "required":
        yield from (f"it has no {key}" for key in wanted if key not in value and f"'{key}'" in error.message)
    elif error.validator == "not":
        yield "it has imageContentSources and imageDigestSources, and may have one of them"
    elif error.validator == "type":
        yield f"it is {_kind(value)}, and has to be {_KINDS[wanted]}"
    elif error.validator == "const":
        yield f"it has to be {wanted}"
    elif error.validator == "enum":
        yield f"it has to be {' or '.join(wanted)}"
    elif error.validator == "additionalProperties":
        known = error.schema["properties"]
        foreign = ", ".join(str(key) for key in value if key not in known)
        yield f"it has keys that do not belong there: {foreign}"
    elif error.validator == "pattern":
        yield "it is not PEM certificates and nothing else: no comment, and no empty line behind the last"
    elif error.validator == "maxProperties":
        yield f"it names {len(value)} platforms: {', '.join(map(str, value))}"
    else:
        yield "it is empty"


def _kind(value: object) -> str:
    kinds: tuple[tuple[type, str], ...] = (
        (dict, "a mapping"),
        (list, "a list"),
        (str, "a text"),
        (bool, "true or false"),
        (type(None), "empty"),
    )
    return next((words for kind, words in kinds if isinstance(value, kind)), "a number or date")


def _entries(entries: list[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what is wrong with the entries of a mirror section."""
    for entry in entries:
        for place in (entry["source"], *entry.get("mirrors", ())):
            if not is_repository_name(place):
                yield f"{place!r} is not a repository: it has no scheme, tag or digest"
        if "sourcePolicy" in entry and not entry.get("mirrors"):
            yield f"{entry['source']!r} has a sourcePolicy, which needs at least one mirror"


_JUDGES: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "additionalTrustBundle": bundle_problem,
    **dict.fromkeys(SECTIONS, _entries),
}


def is_repository_name(text: str) -> bool:
    """Is this ``host[:port]/path``, or a registry by itself, without tag and digest?"""
    if is_registry(text):
        return True
    try:
        found = Reference.parse(text)
    except ConfigError:
        return False
    return found.tag is None and found.digest is None
