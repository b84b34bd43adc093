"""The measurements still run: each part on a few tiny images, with no word about how long it takes."""

from __future__ import annotations

import pytest

from bench import mirror

pytestmark = pytest.mark.sandbox  # root: mount namespaces, and port 443 of a loopback address

BOUNDS = {
    "images": ["limit / native, whole run:", "bound 0.85", "native's memory:"],
    "release": ["limit / native, whole run:", "bound 0.85", "native's memory:"],
    "again": ["requests an image, source and destination:", "limit / deep:", "verify:"],
    "growth": ["times the requests"],
    "memory": ["nothing new:", "verified:"],
}


@pytest.fixture(scope="module")
def printed():
    """What a measurement of everything prints, by part."""
    found: dict[str, list[str]] = {}

    def say(text: str = "") -> None:
        if not text.startswith(" "):
            found[text.partition(":")[0]] = []
        found[list(found)[-1]].append(text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mirror, "_say", say)
        patch.setattr(mirror.shutil, "which", lambda _: None)  # others' tools are not ours to test
        mirror.main(["--pairs", "1"], mirror.TINY)
    return {part: "\n".join(lines) for part, lines in found.items()}


@pytest.mark.parametrize("part", mirror.PARTS)
def test_every_part_of_the_bench_measures_what_it_has_a_bound_for(printed, part):
    assert [words for words in BOUNDS[part] if words not in printed[part]] == []


def test_a_tool_that_is_not_installed_is_left_out_and_that_is_said(printed):
    assert "skopeo is not on PATH: left out" in printed["images"]
    assert "oc is not on PATH: left out" in printed["release"]
