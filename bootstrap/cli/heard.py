"""Remembers, of all that is told, which run goes on on the mirror host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bootstrap.host.playbook import TaskEvent
from bootstrap.workflow.progress import Progress, Silent


class Heard:
    """Hands on what it hears to ``listener``.

    Attributes:
        listener: Who shows it.
        live_run: Id of the run that is followed; "" before it begins and after it has ended.
    """

    def __init__(self) -> None:
        self.listener: Progress = Silent()
        self.live_run = ""

    def phase(self, title: str) -> None:
        """Hand it on."""
        self.listener.phase(title)

    def task(self, event: TaskEvent) -> None:
        """Hand it on."""
        self.listener.task(event)

    def mirror(self, event: Mapping[str, Any]) -> None:
        """Note begin and end of the run, and hand it on."""
        if event["event"] == "run_started":
            self.live_run = str(event["run"])
        elif event["event"] == "run_finished":
            self.live_run = ""
        self.listener.mirror(event)

    def note(self, text: str) -> None:
        """Hand it on."""
        self.listener.note(text)
