"""What a command says that waits for a person to type what other programs print."""

from __future__ import annotations

import sys
from pathlib import Path


def say_waiting(file: Path, what: str) -> None:
    """Say on standard error that ``what`` is awaited, when ``file`` is ``-`` and that is a terminal."""
    if str(file) == "-" and sys.stdin.isatty():
        sys.stderr.write(f"waiting for {what} on standard input; Ctrl-D ends it, Ctrl-C gives up\n")
        sys.stderr.flush()
