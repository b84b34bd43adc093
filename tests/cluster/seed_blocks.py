"""Blocks of the documents that people follow today, verbatim but for what their HTML left in them."""

import re
import textwrap
from pathlib import Path

import pytest

SEEDS = Path(__file__).parents[3] / "shared" / "seeds"
needs_seeds = pytest.mark.skipif(not SEEDS.is_dir(), reason="the seed documents are not beside this clone")

_HOSTED = "002_11ab9f7307fa56aa.txt"
_END = "    Copy to Clipboard Toggle word wrap"
_CALLOUT = re.compile(r"\s*\d+")  # a number in a circle


def block(marker, nth=1):
    """Return the block of YAML that has the ``nth`` line which is ``marker`` but for its indentation."""
    lines = (SEEDS / _HOSTED).read_text(encoding="utf-8").splitlines()
    at = [number for number, line in enumerate(lines) if line.strip() == marker][nth - 1]
    end = next(number for number in range(at, len(lines)) if lines[number].rstrip() == _END)
    begin = next(number for number in range(at, 0, -1) if _is_prose(lines[number])) + 1
    kept = [line for line in lines[begin:end] if not _CALLOUT.fullmatch(line)]
    return textwrap.dedent("\n".join(kept)).strip() + "\n"


def _is_prose(line):
    return bool(line) and (len(line) - len(line.lstrip()) < 4 or not line.isascii())
