"""Mirror sets: which repository of the mirror stands in for which source, as clusters take it.

ImageDigestMirrorSet and ImageTagMirrorSet are two ways to write down one model,
:class:`~bootstrap.mirror.mirror_sets.Mirror`.

Source: openshift/api config/v1 ``ImageDigestMirrorSet`` and ``ImageTagMirrorSet``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from bootstrap.mirror.mirror_sets import Mirror


def with_blocks(dumper: type[yaml.SafeDumper]) -> type[yaml.SafeDumper]:
    """Return a dumper like ``dumper`` that writes texts of several lines as people do: line by line."""
    made: type[yaml.SafeDumper] = type("Blocks", (dumper,), {})
    made.add_representer(str, _text)
    return made


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


# libyaml's is ten times as fast: a hosted cluster of 200 hosts has 400 objects.
_DUMPER = with_blocks(getattr(yaml, "CSafeDumper", yaml.SafeDumper))


def image_digest_mirror_sets(mirrors: Iterable[Mirror]) -> list[dict[str, Any]]:
    """Return the ImageDigestMirrorSet objects, one a group."""
    return _objects(mirrors, "digest", "ImageDigestMirrorSet", "imageDigestMirrors", "idms")


def image_tag_mirror_sets(mirrors: Iterable[Mirror]) -> list[dict[str, Any]]:
    """Return the ImageTagMirrorSet objects, one a group."""
    return _objects(mirrors, "tag", "ImageTagMirrorSet", "imageTagMirrors", "itms")


def to_yaml(objects: Sequence[Mapping[str, Any]]) -> str:
    """Return ``objects`` as a YAML stream; the same objects give the same bytes, with libyaml or without."""
    return "".join("---\n" + to_fragment(item) for item in objects)


def to_fragment(value: Mapping[str, Any]) -> str:
    """Return ``value`` as YAML that goes into somebody else's document, or is a patch of one."""
    return yaml.dump(dict(value), Dumper=_DUMPER, sort_keys=False, default_flow_style=False)


def _objects(mirrors: Iterable[Mirror], by: str, kind: str, field: str, prefix: str) -> list[dict[str, Any]]:
    grouped: dict[str, list[dict[str, Any]]] = {}
    for mirror in sorted(mirrors):
        if mirror.by == by:
            entry = {"source": mirror.source, "mirrors": list(mirror.mirrors)}
            grouped.setdefault(mirror.group, []).append(entry)
    return [
        {
            "apiVersion": "config.openshift.io/v1",
            "kind": kind,
            "metadata": {"name": f"{prefix}-{group}-0"},
            "spec": {field: entries},
        }
        for group, entries in sorted(grouped.items(), reverse=True)  # release before generic
    ]
