"""What the mirror agent told, in words for a person."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any


def failure(done: Mapping[str, Any]) -> str:
    """Return why a call of the agent failed: every error that it tells, else whatever it printed."""
    try:
        told = json.loads(done["stdout"])["error"]
        return " ".join(map(_sentence, told.get("problems") or [told]))
    except (AttributeError, KeyError, TypeError, ValueError):
        said = str(done.get("stderr") or done.get("stdout") or done.get("msg") or "no reason given")
        return f"The mirror agent does not answer: {said[-1000:]} Run playbooks/site.yml, which installs it."


def is_over(done: Mapping[str, Any], run: str) -> bool:
    """Say whether a run has ended, by the agent's ``status``; one that cannot be read says nothing."""
    status = _parsed(str(done.get("stdout") or ""))
    return isinstance(status, dict) and "live_run" in status and status["live_run"] != run


def unfinished(done: Mapping[str, Any], run: str, hours: int) -> str:
    """Return why nobody waits for a run any more, by the agent's last ``status``."""
    status = _parsed(str(done.get("stdout") or ""))
    if not isinstance(status, dict) or "live_run" not in status:
        return f"{failure(done)} Run {run} may be going on: run playbooks/mirror.yml again, which joins it."
    return (
        f"Run {run} has not ended within {hours} hours (mirror_content_wait_hours), and goes on by itself. "
        "To mend it: run playbooks/mirror.yml again, which joins it and waits as long once more."
    )


def outcome(lines: Iterable[str]) -> dict[str, Any]:
    """Return how a run ended.

    Args:
        lines: The last of its events, JSON each.

    Returns:
        ``is_ok``, and ``text``: what was moved, or everything that failed with why and fix.
    """
    events = [event for line in lines if isinstance(event := _parsed(line), dict)]
    finished = next((event for event in reversed(events) if event.get("event") == "run_finished"), None)
    failures = [_sentence(event) for event in events if event.get("event") == "failed"]
    if finished is not None and finished["outcome"] == "ok":
        return {"is_ok": True, "text": " ".join(map(_moved, finished["registries"]))}
    ended = finished["outcome"] if finished else "died"
    no_reason = (
        f"The run {ended} without an error of its own; run the same again: it moves only what is missing."
    )
    return {"is_ok": False, "text": " ".join(failures) or no_reason}


def _moved(registry: Mapping[str, Any]) -> str:
    copied, size = registry["blobs_copied"], registry["bytes_copied"]
    return f"{registry['location']}: {registry['images']} images, {copied} blobs copied ({size} bytes)."


def _sentence(told: Mapping[str, Any]) -> str:
    return f"{told.get('what')}: {told.get('why')}. To mend it: {told.get('fix')}."


def _parsed(line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None  # the file ends in the middle of a line when the machine was switched off


class FilterModule:
    """The agent's answers, as filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "mirror_content_failure": failure,
            "mirror_content_is_over": is_over,
            "mirror_content_outcome": outcome,
            "mirror_content_unfinished": unfinished,
        }
