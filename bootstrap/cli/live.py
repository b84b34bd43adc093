"""Progress on a terminal: what is going on now stands in the last lines, what is done scrolls away above."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, Task, TaskID, TextColumn, TimeElapsedColumn

from bootstrap.cli.lines import mirror_text, progress_text
from bootstrap.host.playbook import TaskEvent

_STYLES = {"changed": "yellow", "failed": "bold red", "unreachable": "bold red"}


class _Bar(BarColumn):
    """A bar once it is known how long; until then its place goes to the words."""

    def render(self, task: Task) -> Any:  # noqa: ANN401  # a bar or nothing, both renderable
        return super().render(task) if task.total else ""


class Live:
    """Draws on ``console`` until :meth:`close`.

    Args:
        console: A terminal.
        verbosity: 0 tells roles, changes and failures; 1 tells every task.
    """

    def __init__(self, console: Console, verbosity: int = 0) -> None:
        self._console, self._verbosity = console, verbosity
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            _Bar(bar_width=20),
            TextColumn("{task.fields[detail]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._line: TaskID | None = None
        self._role = ""

    def phase(self, title: str) -> None:
        """Begin a heading and its moving line."""
        self._drop()
        self._console.print(title, style="bold", markup=False, highlight=False)
        self._progress.start()
        self._line = self._progress.add_task(title, total=None, detail="")

    def task(self, event: TaskEvent) -> None:
        """Show the running task in the moving line; keep changes and failures."""
        if event.outcome == "started":
            self._update(description=event.role or "…", detail=event.task)
            return
        style = _STYLES.get(event.outcome)
        if style or self._verbosity:
            text = f"  {event.outcome:<11} {event.host}  {event.role} | {event.task}"
            self._console.print(text, style=style, markup=False, highlight=False)

    def mirror(self, event: Mapping[str, Any]) -> None:
        """Move the bar; keep what is worth keeping."""
        kind = event["event"]
        if kind == "progress":
            done, total = int(event["bytes_done"]), int(event["bytes_total"])
            self._update(
                description=str(event["registry"]),
                completed=done,
                total=total or None,
                detail=progress_text(event),
            )
        elif kind == "resolving":
            self._update(description="resolving", detail=str(event["what"]))
        elif kind != "image_done" or self._verbosity:
            style = "yellow" if kind == "warning" else "bold red" if kind == "failed" else None
            self._console.print(f"  {mirror_text(event)}", style=style, markup=False, highlight=False)

    def note(self, text: str) -> None:
        """Keep something worth knowing."""
        self._console.print(f"  note: {text}", markup=False, highlight=False)

    def close(self) -> None:
        """Give the terminal back; may be called twice."""
        self._drop()

    def _update(self, **fields: Any) -> None:  # noqa: ANN401  # rich's own keywords
        if self._line is not None:
            self._progress.update(self._line, **fields)

    def _drop(self) -> None:
        if self._line is not None:
            self._progress.remove_task(self._line)
            self._line = None
        self._progress.stop()
