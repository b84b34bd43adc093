"""How a workflow tells what it is doing, without knowing who listens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from bootstrap.host.playbook import TaskEvent


class Progress(Protocol):
    """Hears what happens, in order, from one thread."""

    def phase(self, title: str) -> None:
        """A new part of the story begins (``"check"``, ``"mirror the content"``)."""
        ...

    def task(self, event: TaskEvent) -> None:
        """An Ansible task begins or ended on a host."""
        ...

    def mirror(self, event: Mapping[str, Any]) -> None:
        """The mirror agent told something; the kinds are listed in docs/agent.md."""
        ...

    def note(self, text: str) -> None:
        """Something that the user should know and that is no failure."""
        ...


class Silent:
    """Hears all and says nothing: the default."""

    def phase(self, title: str) -> None:
        """Say nothing."""

    def task(self, event: TaskEvent) -> None:
        """Say nothing."""

    def mirror(self, event: Mapping[str, Any]) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""
