"""Correcting overrides: one, and all of those in a text."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bootstrap.errors import ConfigError
from bootstrap.precache.ignition.check import about_installer_args, defects, label_of, stages_of
from bootstrap.precache.ignition.config import VERSION, VERSIONS, compact, parse
from bootstrap.precache.ignition.defect import Defect
from bootstrap.precache.ignition.find import Place, find
from bootstrap.precache.ignition.overrides import config_of, merge, prune
from bootstrap.precache.ignition.rules_config import members, right_mode
from bootstrap.precache.ignition.stages import INSTALL, partition_label


@dataclass(frozen=True)
class Override:
    """An override that was read.

    Attributes:
        place: Path of its field; empty when it was the whole text.
        line: On which it begins.
        stages: Whose images it loads: ``discovery``, ``install``.
        defects: What is wrong with it.
        text: It, or what it is after correction.
        left: What is wrong still, after correction.
    """

    place: str
    line: int
    stages: tuple[str, ...]
    defects: tuple[Defect, ...]
    text: str
    left: tuple[Defect, ...]


@dataclass(frozen=True)
class Corrected:
    """A text and the overrides in it, corrected."""

    text: str
    overrides: tuple[Override, ...]


def read_overrides(whole: str, name: str, *, label: str | None = None) -> Corrected:
    """Return every override in ``whole``, judged, and what the text is with all of them corrected.

    Args:
        whole: Ignition; YAML or JSON of objects; or what is left of YAML on a web page.
        name: Of the text, for messages.
        label: Name of the partition, where another is wanted than the one they have.

    Raises:
        ConfigError: There is none in it.
    """
    places = find(whole)
    if not places:
        raise ConfigError(
            f"there is no Ignition override in {name}",
            why="it is no Ignition config, and no ignitionConfigOverride in it has a value",
            fix="give a config.ign, a ClusterInstance, a SiteConfig, an InfraEnv or a BareMetalHost",
        )
    read = [_read(place, label) for place in places]
    corrected = whole
    for place, override in reversed(list(zip(places, read, strict=True))):
        if override.text != place.text:
            spelled = place.spelled(override.text, whole)
            corrected = corrected[: place.start] + spelled + corrected[place.end :]
    return Corrected(corrected, tuple(read))


def _read(place: Place, label: str | None) -> Override:
    wrong = defects(place.text)
    text = place.text if _is_well(wrong) and label is None else correct(place.text, label=label)
    stages, lost = tuple[str, ...](), tuple[Defect, ...]()
    with suppress(ConfigError):
        config = parse(text)
        stages = tuple(stage.name for stage in stages_of(config))
        if INSTALL.name in stages and place.installer_args is not None:
            lost = tuple(about_installer_args(place.installer_args, label_of(config)))
    return Override(place.name, place.line, stages, (*wrong, *lost), text, (*defects(text), *lost))


def _is_well(wrong: Sequence[Defect]) -> bool:
    return not any(each.is_corrected for each in wrong)


def correct(text: str, *, label: str | None = None) -> str:
    """Return an override with all corrected that we can correct, compact; one that is no JSON as it is.

    What loads pre-cached images is replaced by ours, for the same stages and the same partition; of all else
    modes and the version alone are changed.

    Args:
        text: The override.
        label: Name of the partition, where another is wanted than the one it has.
    """
    try:
        config = parse(text)
    except ConfigError:
        return text
    rules = {each.rule for each in defects(text)}
    if "version" in rules:
        config["ignition"]["version"] = VERSION
    for key in ("files", "directories"):
        for _, node in members(config, "storage", key):
            if (meant := right_mode(node.get("mode"))) is not None:
                node["mode"] = meant
    stages, label = stages_of(config), label or label_of(config)
    is_mergeable = isinstance(config.get("ignition"), dict) and config["ignition"].get("version") in VERSIONS
    try:
        partition_label(label)
        if is_mergeable:
            _replace_ours(config, [config_of(stage, label) for stage in stages])
    except (ValueError, ConfigError):
        pass  # said by the defects that are left
    return compact(config)


def _replace_ours(config: dict[str, Any], ours: list[dict[str, Any]]) -> None:
    """Put ``ours`` in; what they stand for is taken out.

    Raises:
        ConfigError: They do not go in; then ``config`` is as it was.
    """
    found = parse(compact(config))
    prune(found)
    for each in ours:
        found = parse(merge(compact(found), compact(each)))
    config.clear()
    config.update(found)
