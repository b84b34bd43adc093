"""``precache instance --from-siteconfig FILE``: ClusterInstances of SiteConfigs, with our overrides."""

from __future__ import annotations

from pathlib import Path

from bootstrap.cluster.hosted.objects import Object
from bootstrap.cluster.install_config.nodes import read_documents
from bootstrap.cluster.mirror_sets import to_yaml
from bootstrap.cluster.object_names import dns_label
from bootstrap.cluster.take_away import TakeAway
from bootstrap.errors import BootstrapError, ConfigError
from bootstrap.precache.ignition.overrides import Overrides
from bootstrap.precache.instance.defect import text
from bootstrap.precache.instance.patch import corrected, put
from bootstrap.precache.instance.raising import defects_of_all, notes_of, raise_both, raise_defects
from bootstrap.precache.instance.site_config import converted
from bootstrap.precache.spec import Templates


def convert_file(path: Path, ours: Overrides, templates: Templates, *, despite_defects: bool) -> TakeAway:
    """Return a file with a ClusterInstance for each cluster of the SiteConfigs in ``path``, which stays.

    Args:
        path: The user's file.
        ours: Overrides and installerArgs, merged with those that are there.
        templates: What renders the ClusterInstances.
        despite_defects: Let defects be notes.

    Raises:
        ConfigError: (several as ``Problems``) It cannot be read, has defects, or what is there cannot be
            merged with.
    """
    documents = read_documents(_read(path), str(path))
    found = [each for each in documents if each.data.get("kind") == "SiteConfig"]
    if not found:
        raise ConfigError(
            f"cannot convert {path}", why="no SiteConfig is in it", fix="give the file that has one"
        )
    try:
        after = [put(each.data, ours, str(path)) for each in found]
    except BootstrapError as error:
        raise_both(error, defects_of_all(each.data for each in found), str(path))
    defects = defects_of_all(item for item, _ in after)
    if not despite_defects:
        raise_defects(defects, str(path))
    instances: dict[str, Object] = {}
    notes = [*notes_of(defects), *(line for _, changes in after for line in corrected(changes))]
    for (item, _), document in zip(after, found, strict=True):
        for each in converted(item, document.root, templates):
            name = _name(each.instance, instances, path)
            instances[name] = each.instance
            notes += [f"{name}: {note}" for note in each.notes]
    files = {f"{name}.yaml": to_yaml([instance]) for name, instance in instances.items()}
    return TakeAway(files, notes=tuple(notes))


def _read(path: Path) -> str:
    """Return the text of the user's file.

    Raises:
        ConfigError: It cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            f"cannot read the SiteConfig in {path}", why=why, fix="give the path of a file that can be read"
        ) from error


def _name(instance: Object, known: dict[str, Object], path: Path) -> str:
    """Return the cluster's name, which its file is called by.

    Raises:
        ConfigError: No cluster can be called so, or two are.
    """
    name = text(instance["metadata"], "name")
    try:
        dns_label(name)
        why = "two clusters are called so" if name in known else ""
    except ValueError as error:
        why = str(error)
    if why:
        fix = "give each cluster a clusterName of its own"
        raise ConfigError(f"cannot convert the cluster {name!r} of {path}", why=why, fix=fix)
    return name
