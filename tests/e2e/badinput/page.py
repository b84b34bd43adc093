"""The messages of docs/troubleshooting.md, as they look on the screen."""

from __future__ import annotations

import functools
import re

from tests.e2e.lab import ROOT

_HOST = re.compile(r"^‹(host|names|empty)›: ")


@functools.cache
def whats() -> list[re.Pattern[str]]:
    """Return every message of the page as a pattern; those about one host without its name."""
    blocks = re.findall(r"```text\n(.*?)\n", (ROOT / "docs/troubleshooting.md").read_text())
    texts = [_HOST.sub("", text) for block in blocks for text in re.split(r", (?=cannot )", block)]
    return [re.compile(".+?".join(map(re.escape, re.split(r"‹[^›]*›|…", text)))) for text in texts]
