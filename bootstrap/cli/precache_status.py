"""``precache status``: how pre-caching gets on by what the hub says, and whether to go on."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.cli.request import Json, NoColor
from bootstrap.cli.session import Look, execute
from bootstrap.cli.waiting import say_waiting

if TYPE_CHECKING:
    from bootstrap.precache.talm.status.judge import Judged
    from bootstrap.precache.talm.status.overview import Overview


def status(
    file: Annotated[
        Path,
        typer.Argument(help="What `oc get cgu NAME -n NAMESPACE -o json` printed; - is standard input."),
    ] = Path("-"),
    threshold: Annotated[
        str | None,
        typer.Option(
            help="How many clusters are enough to enable it, 9 or 90%. Default: all.", show_default=False
        ),
    ] = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Tell how TALM's pre-caching gets on, cluster by cluster, and what enables the update once it may be."""
    from bootstrap.precache.talm.status.group import QUESTION, read_groups
    from bootstrap.precache.talm.status.overview import overview
    from bootstrap.precache.talm.status.threshold import Threshold

    def do(_progress: object) -> Overview:
        enough = None if threshold is None else Threshold.parse(threshold)
        say_waiting(file, f"what `{QUESTION}` prints")
        return overview(read_groups(file), dt.datetime.now(dt.UTC), enough)

    execute(
        "precache status",
        Look.of(json=json, no_color=no_color, verbose=0),
        do,
        _text,
        problems_of=lambda found: found.problems,
        code_of=lambda found: found.exit_code,
    )


def _text(found: Overview) -> str:
    lines = [line for group in found.groups for line in _group_lines(group)]
    if found.skipped:
        lines.append(f"no pre-caching is asked for by {', '.join(found.skipped)}")
    return "\n".join(lines) + "\n"


def _group_lines(group: Judged) -> list[str]:
    """Return a line for the group, one for each cluster, and what to do."""
    from bootstrap.precache.talm.status.clusters import Outcome

    order = [Outcome.FAILED, Outcome.STUCK, Outcome.WAITING, Outcome.DONE, Outcome.UNNEEDED]
    sums = ", ".join(f"{group.counts[each]} {each.value}" for each in order if group.counts[each])
    title = f"{group.namespace}/{group.name}" if group.name else "ClusterGroupUpgrade"
    count = len(group.clusters)
    lines = [
        f"{title}: {count} cluster{'s' if count != 1 else ''}: {sums}" if sums else f"{title}: no cluster yet"
    ]
    rows = sorted(group.clusters, key=lambda each: order.index(each.outcome))
    widths = [
        max((len(text) for text in column), default=0)
        for column in zip(
            *((each.outcome.value, each.name, str(each.state or "-")) for each in rows), strict=True
        )
    ]
    for each in rows:
        cells = (each.outcome.value, each.name, str(each.state or "-"))
        line = "  ".join(text.ljust(width) for text, width in zip(cells, widths, strict=True))
        lines.append(f"  {line}  {each.why}".rstrip())
    lines += [f"  note: {note}" for note in group.notes]
    if group.patch:
        lines.append(f"  {_said(group)}: enable: true, by")
        lines.append(f"    {group.patch}")
    return lines


def _said(group: Judged) -> str:
    done = group.counts["done"]
    return (
        f"{done} of {done + len(group.left_out)} clusters are pre-cached"
        if group.left_out
        else "all is pre-cached"
    )
