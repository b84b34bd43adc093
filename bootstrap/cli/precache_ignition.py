"""``bootstrap-registry precache ignition``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.cli.request import Json, NoColor
from bootstrap.cli.session import Look, execute
from bootstrap.cli.take_away import Out, hand_over
from bootstrap.cli.waiting import say_waiting
from bootstrap.cluster.take_away import TakeAway
from bootstrap.errors import ConfigError

if TYPE_CHECKING:
    from bootstrap.precache.ignition.correct import Override
    from bootstrap.precache.ignition.file import Judged


def _file(name: str, words: str) -> typer.models.OptionInfo:
    option = typer.Option(name, metavar="FILE", help=words, show_default=False, readable=False)
    assert isinstance(option, typer.models.OptionInfo)
    return option


def ignition(
    site: Annotated[Path | None, _file("--site", "An edge site: the name of its partition is in it.")] = None,
    label: Annotated[
        str | None,
        typer.Option(help="Name of the partition, where no site says it. Default: data.", show_default=False),
    ] = None,
    merge_discovery: Annotated[
        Path | None,
        _file("--merge-discovery", "Ignition that the discovery stage has already: ours goes into it."),
    ] = None,
    merge_install: Annotated[
        Path | None,
        _file("--merge-install", "Ignition that the install stage has already: ours goes into it."),
    ] = None,
    check: Annotated[
        Path | None,
        _file(
            "--check",
            "Name every defect of the overrides in this file: Ignition, ClusterInstance, SiteConfig; - is "
            "standard input.",
        ),
    ] = None,
    correct: Annotated[
        Path | None,
        _file("--correct", "Correct them in their place, the old file is kept; with --out: there."),
    ] = None,
    out: Out = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Give what makes nodes load images from their disks; check and correct what sites have for it."""
    look = Look.of(json=json, no_color=no_color, verbose=0)
    if check is None and correct is None:
        hand_over(
            "precache ignition",
            None,
            look,
            lambda: _rendered(site, label, merge_discovery, merge_install),
            out=out,
        )
        return

    def do(_progress: object) -> Judged:
        from bootstrap.precache.ignition.file import check_file, correct_file

        given = [site, merge_discovery, merge_install, *((label, out, correct) if check is not None else ())]
        if any(each is not None for each in given):
            raise ConfigError(
                "cannot check or correct a file and do something else, too",
                why="--check goes alone, and --correct with --label and --out alone",
                fix="give the others in a command of their own",
            )
        if check is not None:
            say_waiting(check, "Ignition, or objects that have it,")
            return check_file(check)
        assert correct is not None, "one of both is given"
        return correct_file(correct, label=_checked(label), out=out)

    execute("precache ignition", look, do, judged_text, problems_of=lambda judged: judged.problems)


def _rendered(site: Path | None, label: str | None, discovery: Path | None, install: Path | None) -> TakeAway:
    from bootstrap.precache.ignition.render import render
    from bootstrap.precache.read import read_file
    from bootstrap.precache.spec import LABEL

    if site is not None and label is not None:
        raise ConfigError(
            "cannot take the partition's name from two places",
            why="--site and --label are both given",
            fix="give one of them; content.partLabel in the site's file is its name",
        )
    name = read_file(site, is_installed=False).content.label if site is not None else label or LABEL
    return render(name, discovery=discovery, install=install)


def _checked(label: str | None) -> str | None:
    """Return the label; raises ConfigError for one that no partition can have."""
    if label is not None:
        from bootstrap.precache.ignition.overrides import overrides

        overrides(label)
    return label


def judged_text(judged: Judged) -> str:
    """Return every defect with its place and its fix, and what became of it."""
    lines = [line for override in judged.overrides for line in _about(override, judged.is_corrected)]
    if judged.backup is not None:
        lines += [f"{judged.file}: corrected", f"what it was: {judged.backup}"]
    elif judged.written is not None:
        lines += [f"{judged.written.directory}:", *(f"  {name}" for name in judged.written.files)]
    elif judged.is_corrected:
        left = any(each.left for each in judged.overrides)
        lines.append(f"{judged.file}: as it was, there was nothing {'that we can' if left else 'to'} correct")
    return "\n".join(lines) + "\n"


def _about(override: Override, is_corrected: bool) -> list[str]:
    place = f"{override.place or 'Ignition'} (line {override.line})"
    stages = ", ".join(override.stages) or "no stage of ours"
    count = len(override.defects)
    lines = [f"{place}, {stages}: {'well' if not count else f'{count} defects' if count > 1 else '1 defect'}"]
    left = set(override.left)
    for each in override.defects:
        done = "corrected" if is_corrected and each.is_corrected and each not in left else "fix"
        lines += [f"  {each.where}: {each.what} [{each.rule}]", f"    {done}: {each.fix}"]
    return lines
