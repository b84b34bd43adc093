"""What a message tells to type is what can be typed: with the inventory that the user gave.

Only the command line knows how the user named the site; whoever raises an error writes the command without.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from pathlib import Path

from bootstrap.errors import BootstrapError

# These are given no inventory, or make one.
_WITHOUT = (
    r"init\b|sandbox\b|resources hosted-cluster-|precache (?:init|partition|ignition|check-talm|status)\b|"
    r"precache instance --(?:into|from-siteconfig)\b"
)
_COMMAND = re.compile(rf"`bootstrap-registry (?!{_WITHOUT})([a-z][^`]*)`")


def with_inventory(text: str, inventory: Path) -> str:
    """Return ``text`` with ``-i`` in every command of ours that stands in backquotes and has none."""
    given = f"-i {shlex.quote(str(inventory))}"

    def typed(match: re.Match[str]) -> str:
        words = re.sub(r"-i SITE\b", lambda _match: given, match[1])
        return f"`bootstrap-registry {words}`" if " -i " in words else f"`bootstrap-registry {words} {given}`"

    return _COMMAND.sub(typed, text)


def say_inventory(problems: Iterable[BootstrapError], inventory: Path) -> None:
    """Put the inventory into the fixes of ``problems``; a result that holds the same errors tells it, too."""
    for problem in problems:
        problem.fix = with_inventory(problem.fix, inventory)
