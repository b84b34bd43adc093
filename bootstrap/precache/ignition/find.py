"""Finding overrides in a text: Ignition itself, objects that hold it, and what web pages make of those."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from bootstrap.imageset.document import UNREADABLE

# Of a ClusterInstance, a SiteConfig and an InfraEnv; of a BareMetalHost.
_KEYS = ("ignitionConfigOverride", "bmac.agent-install.openshift.io/ignition-config-overrides")
_ARGS = ("installerArgs", "bmac.agent-install.openshift.io/installer-args")  # beside each of these keys
_OF_A_NODE = {"hostName", "bmcAddress", "bootMACAddress"}
# Between a key and its value, where YAML was flattened: how it is quoted, and the number of a footnote.
_IN_TEXT = re.compile(rf"(?:{'|'.join(map(re.escape, _KEYS))})[\"']?[ \t]*:(?:\s|[|>'+-]|\d+\s)*(?={{)")
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")  # of a value: its anchor and tag (YAML 1.2.2, 6.9)
_NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True)
class Place:
    """Where an override stands.

    Attributes:
        name: Path of its field, or the field's name; empty when the whole text is the override.
        line: On which it begins, from 1.
        text: The override.
        start: Of what is replaced in the whole text.
        end: Behind that.
        quote: What the new text is put between, ``'`` or ``"``; the rest of what is replaced, white space,
            comes after it.
        installer_args: Words for coreos-installer that stand beside it, as they are written; None where it is
            no node's, or nothing can be told.
    """

    name: str
    line: int
    text: str
    start: int
    end: int
    quote: str = ""
    installer_args: str | None = None

    def spelled(self, text: str, whole: str) -> str:
        """Return how an override ``text`` (without apostrophes) is written there instead."""
        if not self.quote:
            return text
        old = whole[self.start : self.end]
        spelled = json.dumps(text) if self.quote == '"' else f"'{text}'"
        return spelled + old[len(old.rstrip()) :]


def find(whole: str) -> tuple[Place, ...]:
    """Return every override in ``whole``, in order; those without a value are left out."""
    if whole.lstrip().startswith("{") and not any(f'"{key}"' in whole for key in _KEYS):
        start = len(whole) - len(whole.lstrip())
        end = len(whole.rstrip())
        return (Place("", whole.count("\n", 0, start) + 1, whole[start:end], start, end),)
    try:
        documents = list(yaml.compose_all(whole, Loader=yaml.SafeLoader))
    except UNREADABLE:
        return tuple(_in_text(whole))
    seen = set[int]()
    places = [each for node in documents if node is not None for each in _in_yaml(whole, node, "", seen)]
    return tuple(sorted(places, key=lambda each: each.start))


def _in_text(whole: str) -> Iterator[Place]:
    for match in _IN_TEXT.finditer(whole):
        start = match.end()
        try:
            end = json.JSONDecoder().raw_decode(whole, start)[1]
        except (ValueError, RecursionError):
            end = len(whole)  # what reads it says where it ends being JSON
        line = whole.count("\n", 0, start) + 1
        yield Place(_KEYS[0], line, whole[start:end], start, end)


def _in_yaml(whole: str, node: yaml.Node, path: str, seen: set[int]) -> Iterator[Place]:
    """Yield the overrides below ``node``; ``seen`` are the nodes met before, which aliases repeat."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = f"{path}.{key.value}" if path else str(key.value)
            if key.value in _KEYS and isinstance(value, yaml.ScalarNode):
                if value.value.strip() and value.tag != _NULL and id(value) not in seen:
                    seen.add(id(value))
                    quote = '"' if value.style == '"' else "'"
                    start, end = value.start_mark.index, value.end_mark.index
                    if properties := _PROPERTIES.match(whole, start, end):  # aliases go by them
                        start = properties.end()
                    args = _installer_args(key.value, node)
                    yield Place(name, value.start_mark.line + 1, value.value, start, end, quote, args)
            else:
                yield from _in_yaml(whole, value, name, seen)
    elif isinstance(node, yaml.SequenceNode):
        for number, each in enumerate(node.value):
            yield from _in_yaml(whole, each, f"{path}[{number}]", seen)


def _installer_args(key: str, around: yaml.MappingNode) -> str | None:
    """Return a node's words for coreos-installer, empty where it has none; None of what is no node."""
    beside = {str(name.value): value for name, value in around.value}
    if key == _KEYS[0] and not _OF_A_NODE & beside.keys():
        return None
    found = beside.get(_ARGS[_KEYS.index(key)])
    if found is None and "<<" in beside:  # it may come from there
        return None
    if isinstance(found, yaml.SequenceNode):
        return " ".join(str(each.value) for each in found.value)
    return str(found.value) if isinstance(found, yaml.ScalarNode) else ""
