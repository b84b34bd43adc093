"""Cluster resources that oc-mirror makes: taken over, and kept, for it removes the last ones when it begins.

Source: oc-mirror v2 at 855b64a: ``internal/pkg/cli/executor.go`` (``setupWorkingDir``) and
``internal/pkg/clusterresources``.
"""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any, Dict, Tuple

import yaml

from bootstrap.errors import HostError

_FOLDER = "cluster-resources"
_MOST_KEPT = 10
# These are rendered from the ledger, over all runs and for all registries.
_RENDERED = frozenset({"ImageDigestMirrorSet", "ImageTagMirrorSet", "ConfigMap", "UpdateService"})


def take_over(working_dir: Path) -> Tuple[Dict[str, Any], ...]:
    """Return the objects of kinds that are not rendered from the ledger: CatalogSource, ClusterCatalog.

    Raises:
        HostError: A file there is damaged.
    """
    found: list[Dict[str, Any]] = []
    for path in sorted((working_dir / _FOLDER).glob("*.y*ml")):
        try:
            documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise HostError(
                f"cannot read {path}",
                why=str(error),
                fix="run the same command again: oc-mirror writes it anew",
            ) from error
        found += [
            {key: value for key, value in each.items() if key != "status"}
            for each in documents
            if isinstance(each, dict) and each.get("kind") not in _RENDERED and "metadata" in each
        ]
    return tuple(found)


def keep(working_dir: Path) -> Path | None:
    """Copy the resources of the last run aside, the oldest of many away; return where they are now."""
    current = working_dir / _FOLDER
    if not current.is_dir() or not any(current.iterdir()):
        return None
    stamp = dt.datetime.now(dt.timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
    kept = working_dir.parent / "earlier-resources"
    try:
        kept.mkdir(exist_ok=True)
        shutil.copytree(current, kept / stamp)
        for oldest in sorted(kept.iterdir())[:-_MOST_KEPT]:
            shutil.rmtree(oldest, ignore_errors=True)
    except OSError as error:
        raise HostError(
            f"cannot keep the cluster resources in {current}",
            why=str(error),
            fix="see the free space of its file system",
        ) from error
    return kept / stamp
