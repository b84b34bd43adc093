"""Everything that is wrong with one override."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Any

from bootstrap.errors import ConfigError
from bootstrap.precache.ignition.config import content_of, parse
from bootstrap.precache.ignition.defect import Defect, found
from bootstrap.precache.ignition.overrides import is_our_file, is_our_unit, room_of
from bootstrap.precache.ignition.rules_config import about_config, members
from bootstrap.precache.ignition.rules_scripts import about_script
from bootstrap.precache.ignition.rules_units import about_unit
from bootstrap.precache.ignition.stages import SCRIPT, STAGES, Stage, partition_label, unit_of
from bootstrap.precache.spec import LABEL

_LABELS = (
    r"/dev/disk/by-partlabel/([^\s\"']+)",
    r"ExecStart=.*\s--label[ =](\S+)",
    r"ExecStart=.*/extract-(?:ai|ocp)\.sh (?:ai|ocp) (\S+)",
)


def defects(text: str) -> tuple[Defect, ...]:
    """Return all that is wrong with an override, in the order of its text; empty when all is well.

    Args:
        text: Ignition as JSON, as a site has it: nothing of it has to be ours.
    """
    try:
        config = parse(text)
    except ConfigError as error:
        return (found("not-json", "it", error.why),)
    return (
        *_about_text(text),
        *about_config(config),
        *_about_ours(config),
        *_about_size(text, stages_of(config)),
    )


def stages_of(config: dict[str, Any]) -> tuple[Stage, ...]:
    """Return the stages whose images the config loads."""
    names = {str(unit.get("name")) for _, unit in members(config, "systemd", "units") if is_our_unit(unit)}
    paths = {str(file.get("path")) for _, file in members(config, "storage", "files")}
    return tuple(
        stage
        for stage in STAGES
        if stage.script in paths
        or any(("-ocp" in name) == (stage.list == "ocp") for name in names if _is_loader(name))
    )


def label_of(config: dict[str, Any]) -> str:
    """Return the name of the partition that the config's units look for; ``data`` where they name none."""
    units = [unit for _, unit in members(config, "systemd", "units")]
    mounts = [unit for unit in units if unit.get("name") == "var-mnt.mount"]
    for unit in (*filter(is_our_unit, units), *mounts):
        for pattern in _LABELS:
            if match := re.search(pattern, str(unit.get("contents") or "")):
                return match[1]
    return LABEL


def about_installer_args(args: str, label: str) -> Iterator[Defect]:
    """Yield that a node's words for coreos-installer let it take the partition ``label`` away.

    Args:
        args: As they are written: a JSON list, or words.
        label: Which it loads images from.
    """
    words = re.findall(r"[^][\s,\"'=]+", args)
    kept = [word for option, word in pairwise(words) if option == "--save-partlabel"]
    if "--save-partindex" not in words and not any(fnmatchcase(label, each) for each in kept):
        has = f"keep {', '.join(kept)} alone" if kept else "keep no partition"
        yield found("partition-lost", "installerArgs", f"they {has}: the installation takes {label} away")


def _is_loader(name: str) -> bool:
    return name.startswith("precache-")


def _about_text(text: str) -> Iterator[Defect]:
    if "'" in text:
        what = "an apostrophe: the SiteConfig operator's YAML ends there, and nothing is rendered"
        yield found("apostrophe", f"line {text[: text.index(chr(39))].count(chr(10)) + 1}", what)
    if (lines := text.strip().count("\n") + 1) > 1:
        yield found("lines", "it", f"{lines} lines: whether templates keep them depends on the indentation")
    doubles: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        doubles.extend(key for number, key in enumerate(keys) if key in keys[:number])
        return dict(pairs)

    json.loads(text, object_pairs_hook=note)
    for key in doubles:
        yield found("key-twice", key, "it is there twice in one object")


def _about_ours(config: dict[str, Any]) -> Iterator[Defect]:
    label = label_of(config)
    try:
        partition_label(label)
    except ValueError as error:
        yield found("label", "systemd.units", str(error))
    right = {stage.unit: unit_of(stage, label) for stage in STAGES}
    for where, unit in members(config, "systemd", "units"):
        if not is_our_unit(unit) or unit.get("contents") == right.get(str(unit.get("name"))):
            continue
        about = list(about_unit(where, unit))
        yield from about or [found("other-unit", where, "it is not the unit that this version writes")]
    for where, file in members(config, "storage", "files"):
        if is_our_file(file):
            yield from _about_script(f"{where}.contents", file)


def _about_script(where: str, file: Mapping[str, Any]) -> Iterator[Defect]:
    contents = file.get("contents")
    source = contents.get("source") if isinstance(contents, dict) else None
    if not isinstance(contents, dict) or not isinstance(source, str):
        return
    try:
        raw = content_of(source, contents.get("compression"))
    except ValueError:
        return  # said by the rules of configs, or not here
    if raw == SCRIPT.read_bytes():
        return
    about = list(about_script(where, str(file.get("path")), raw.decode(errors="replace")))
    yield from about or [found("other-script", where, "it is not the script that this version writes")]


def _about_size(text: str, stages: tuple[Stage, ...]) -> Iterator[Defect]:
    for stage in stages:
        has, size, room = room_of(text, stage)
        if size > room:
            yield found("size", "it", f"{size} bytes{has}: there is room for {room}")
