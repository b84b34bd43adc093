"""What the pages on edge sites tell to type can be typed, and what they name is called so."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from bootstrap.cli.main import app
from bootstrap.precache.disk import names
from bootstrap.precache.ignition.stages import STAGES

DOCS = Path(__file__).parents[2] / "docs"
STORY = (DOCS / "precache.md").read_text()
BLOCKS = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
TYPED = [
    (page.name, line)
    for page in sorted(DOCS.glob("precache*.md"))
    for block in BLOCKS.findall(page.read_text())
    for line in re.findall(r"bootstrap-registry ((?:[^\n#|;\\]|\\\n)+)", block)
]
INLINE = sorted(set(re.findall(r"`((?:bootstrap-registry )?(?:precache|resources) [a-z-]+[^`]*)`", STORY)))


def found(words):
    """The command that these words begin with, and the rest of them."""
    command, rest = get_command(app), list(words)
    while rest and rest[0] in getattr(command, "commands", {}):
        command = command.commands[rest.pop(0)]
    assert not hasattr(command, "commands"), f"no such command: {words}"
    return command, rest


@pytest.mark.parametrize(("page", "line"), TYPED)
def test_every_command_can_be_typed_as_it_stands_there(page, line):
    command, rest = found(shlex.split(line))
    if "…" not in rest:
        command.make_context("", rest)  # reads the options, and runs nothing


@pytest.mark.parametrize("text", INLINE)
def test_every_command_in_a_sentence_has_its_options(text):
    command, rest = found(text.removeprefix("bootstrap-registry ").split())
    known = {option for each in command.params for option in each.opts}
    assert {word for word in rest if word.startswith("-")} <= known


def test_the_story_names_services_and_files_as_they_are_called():
    for stage in STAGES:
        assert f"journalctl -fu {stage.unit.removesuffix('.service')}`" in STORY
        assert f"| {stage.minutes} minutes" in STORY
        assert f"`{stage.list}-images.txt`" in STORY
    assert f"`cat {names.ABOUT}`" in STORY


def test_the_story_leads_to_every_page_on_edge_sites():
    pages = {page.name for page in DOCS.glob("precache-*.md")}
    assert pages <= {link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", STORY)}
