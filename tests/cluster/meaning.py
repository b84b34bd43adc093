"""Do two collections of mirror sets mean the same? Objects differ in form (namespaces or repositories, one
object or several, ICSP or IDMS); what counts is where a node looks for an image.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from bootstrap.cluster.registries_conf import places, registries_conf
from bootstrap.oci.reference import Reference

Objects = Iterable[Mapping[str, Any]]


def objects_in(*files: Path) -> list[dict[str, Any]]:
    """Return the objects in YAML files, in their order."""
    return [item for file in files for item in yaml.safe_load_all(file.read_text()) if item]


def resolved(objects: Objects, pull_specs: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return, for each pull spec, the repositories that a node with ``objects`` asks for it, in its order."""
    conf = registries_conf(objects)
    return {spec: places(conf, Reference.parse(spec)) for spec in pull_specs}


def differences(
    ours: Objects, theirs: Objects, pull_specs: Iterable[str]
) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return what is looked for in other places with ``ours`` than with ``theirs``; empty: the same meaning.

    Every pull spec must be found in a mirror with ``theirs``, else the comparison would say nothing of it.
    """
    specs = list(pull_specs)
    one, other = resolved(ours, specs), resolved(theirs, specs)
    unmapped = [spec for spec in specs if len(other[spec]) < 2]
    assert not unmapped, f"with theirs, nothing stands in for {unmapped}"
    return {spec: (one[spec], other[spec]) for spec in specs if one[spec] != other[spec]}
