"""Progress as plain lines: for logs, pipes and ``--no-color``; one line a fact, none is ever rewritten."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from bootstrap.cli.units import bytes_text, seconds_text
from bootstrap.host.playbook import TaskEvent

_EVERY_SECONDS = 10.0


class Lines:
    """Writes what it hears to ``stream``.

    Args:
        stream: Text, usually standard error.
        verbosity: 0 tells roles, changes and failures; 1 tells every task.
    """

    def __init__(self, stream: TextIO, verbosity: int = 0) -> None:
        self._stream, self._verbosity = stream, verbosity
        self._role = ""
        self._begin = time.monotonic()
        self._last_progress = 0.0

    def phase(self, title: str) -> None:
        """Print a heading with the seconds since the start."""
        self._say(f"== {title} (after {seconds_text(time.monotonic() - self._begin)})")

    def task(self, event: TaskEvent) -> None:
        """Print a role when it begins, and tasks that changed something or failed."""
        if event.outcome == "started":
            if event.role and event.role != self._role:
                self._role = event.role
                self._say(f"   {event.role}")
        elif event.outcome in ("changed", "failed", "unreachable") or self._verbosity:
            self._say(f"     {event.outcome:<11} {event.host}: {event.task}")

    def mirror(self, event: Mapping[str, Any]) -> None:
        """Print an event of the mirror agent; progress only now and then."""
        if event["event"] == "progress":
            now = time.monotonic()
            if now - self._last_progress < _EVERY_SECONDS or not event["bytes_total"]:
                return
            self._last_progress = now
        if event["event"] == "image_done" and not self._verbosity:
            return
        text = mirror_text(event)
        if text:
            self._say(f"   {text}")

    def note(self, text: str) -> None:
        """Print something worth knowing."""
        self._say(f"   note: {text}")

    def close(self) -> None:
        """Nothing is held."""

    def _say(self, text: str) -> None:
        self._stream.write(text + "\n")
        self._stream.flush()


def mirror_text(event: Mapping[str, Any]) -> str:
    """Return a sentence for one event of the mirror agent; empty for those that need none."""
    tell = _TEXTS.get(str(event["event"]))
    return tell(event) if tell else ""


def progress_text(event: Mapping[str, Any]) -> str:
    """Return bytes, images, speed and the time left of a ``progress`` event."""
    done, total, seconds = int(event["bytes_done"]), int(event["bytes_total"]), float(event["seconds"])
    speed = done / seconds if seconds > 0 else 0.0
    left = f", {seconds_text((total - done) / speed)} left" if speed and done < total else ""
    images = f"{event['images_done']} of {event['images_total']} images, " if event["images_total"] else ""
    return f"{bytes_text(done)} of {bytes_text(total)}, {images}{bytes_text(speed)}/s{left}"


def _planned(event: Mapping[str, Any]) -> str:
    return (
        f"{event['registry']}: {event['images']} images, {event['blobs']} blobs, "
        f"{bytes_text(event['bytes'])}; "
        f"to move: {event['blobs_missing']} blobs, {bytes_text(event['bytes_missing'])}"
    )


def _started(event: Mapping[str, Any]) -> str:
    engine = f", {event['engine']} engine: {event['engine_reason']}" if event.get("engine") else ""
    return f"run {event['run']}: {event['operation']}{engine}"


_TEXTS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "run_started": _started,
    "resolving": lambda e: f"resolving {e['what']}",
    "planned": _planned,
    "progress": progress_text,
    "image_done": lambda e: f"done {e['destination']}",
    "warning": lambda e: f"warning: {e['what']}: {e['why']}; {e['fix']}",
    "archived": lambda e: f"{e['directory']}: {e['images']} images in {len(e['files'])} files",
    "to_delete": lambda e: f"{e['registry']}: {len(e['images'])} images to delete, {bytes_text(e['bytes'])}",
    "deleted": lambda e: f"{e['registry']}: {e['images']} images deleted",
    "verified": lambda e: f"{e['registry']}: {e['images']} images verified in {seconds_text(e['seconds'])}",
    "failed": lambda e: f"failed: {e['what']}",
    "run_finished": lambda e: f"run ended: {e['outcome']} after {seconds_text(e['seconds'])}",
}
