"""What asking the sources has come to so far; several threads tell it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Sequence

from bootstrap.agent.events import as_fields
from bootstrap.errors import BootstrapError, NotFound, Problems
from bootstrap.registry.redirects import resolve

if TYPE_CHECKING:
    from bootstrap.registry.redirects import Redirect
    from bootstrap.release.graph import Node

SCHEMA = 1


class Findings:
    """Problems, warnings and releases.

    Args:
        redirects: They say which registry stands for a source: what fails there is told once.
    """

    def __init__(self, redirects: Sequence[Redirect] = ()) -> None:
        self._redirects = redirects
        self._lock = threading.Lock()
        self._problems: list[BootstrapError] = []
        self._warnings: list[str] = []
        self._nodes: list[tuple[Node, str]] = []
        # By registry and reason: the sources that failed for it.
        self._failed: dict[tuple[str, str], list[tuple[str, BootstrapError]]] = {}

    def problem(self, error: BootstrapError) -> None:
        """Take in what stands by itself; several at once are several."""
        with self._lock:
            self._problems += error.problems if isinstance(error, Problems) else (error,)

    def warning(self, text: str) -> None:
        """Take in what does not hinder a run."""
        with self._lock:
            self._warnings.append(text)

    def releases(self, architecture: str, nodes: Sequence[Node]) -> None:
        """Take in releases that the image set stands for, the newest last."""
        with self._lock:
            self._nodes += [(node, architecture) for node in nodes]

    def failed(self, name: str, error: BootstrapError) -> None:
        """Take in why a source cannot be read: ``registry/repository``, or an image."""
        registry = resolve(name, self._redirects).partition("/")[0]
        key = (registry, error.why if not isinstance(error, NotFound) else name)
        with self._lock:
            self._failed.setdefault(key, []).append((name, error))

    def newest(self) -> Sequence[tuple[Node, str]]:
        """Return the newest release of every architecture: one stands for all."""
        newest = {architecture: (node, architecture) for node, architecture in self._nodes}
        return tuple(newest.values())

    def answer(self) -> dict[str, Any]:
        """Return problems, warnings and the releases that the image set stands for."""
        with self._lock:
            problems = [*self._problems]
            for (registry, _), failures in sorted(self._failed.items()):
                problems.append(_told(registry, failures))
            return {
                "schema": SCHEMA,
                "problems": [as_fields(problem) for problem in problems],
                "warnings": self._warnings,
                "releases": sorted({f"{node.version} {arch}" for node, arch in self._nodes}),
            }


def _told(registry: str, failures: Sequence[tuple[str, BootstrapError]]) -> BootstrapError:
    """Return one error for all that failed at one registry for one reason."""
    names = list(dict.fromkeys(name for name, _ in failures))
    error = failures[0][1]
    listed = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    at = "" if all(name.startswith(registry) for name in names) else f" at {registry}"
    return type(error)(f"cannot read the source {listed}{at}", why=error.why, fix=error.fix)
