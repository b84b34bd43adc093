"""The manifests of the documents that people follow today, verbatim but for what their HTML left in them."""

import functools
import re

from tests.cluster.seed_blocks import SEEDS

_FILES = {
    "ClusterInstance": "000_4e7b8a3af34ea7a4.txt",
    "SiteConfig": "001_307facc2273d37ca.txt",
}
_CALLOUT = re.compile(r"\s*\d+")  # a number in a circle, on a line of its own or at the end of one
_FIRST = re.compile(r"apiVersion: .*")


@functools.cache
def manifest(kind):
    """Return the YAML of the document about ``kind``."""
    lines = (SEEDS / _FILES[kind]).read_text(encoding="utf-8").splitlines()
    begin = next(number for number, line in enumerate(lines) if _FIRST.fullmatch(line))
    callouts = [number for number, line in enumerate(lines) if line.strip() == "1" and number > begin]
    end = next(number for number in callouts if not lines[number + 1].startswith(" ") and lines[number + 1])
    kept = [re.sub(r" \d$", "", line) for line in lines[begin:end] if not _CALLOUT.fullmatch(line)]
    return "\n".join(kept).rstrip() + "\n"
