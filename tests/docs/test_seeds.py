"""The page on the documents that people follow names commands that are there, and says of the others so."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from bootstrap.cli.main import app

PAGE = (Path(__file__).parents[2] / "docs" / "seeds.md").read_text()
NAMED = sorted(set(re.findall(r"`bootstrap-registry ([^`]+)`( \(not yet\))?", PAGE)))


def is_there(words):
    """Whether the program takes these: commands, then options of the last."""
    found = get_command(app)
    for word in words.split():
        if word.startswith("--"):
            if word not in {option for each in found.params for option in each.opts}:
                return False
        elif word in getattr(found, "commands", {}):
            found = found.commands[word]
        else:
            return False
    return not hasattr(found, "commands")


@pytest.mark.parametrize(("words", "mark"), NAMED, ids=lambda value: value.strip() or "there")
def test_a_command_is_there_unless_it_is_said_not_to_be(words, mark):
    assert is_there(words) != bool(mark)


@pytest.mark.parametrize("words", ["resources", "resources nothing", "up --nothing", "nothing"])
def test_what_is_not_there_is_told(words):
    assert not is_there(words)


def test_every_row_has_a_command_or_says_why_not():
    rows = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if re.match(r"\| (?!step)[^-]", line)]
    assert len(rows) > 50
    for row in rows:
        assert re.match(r"`bootstrap-registry |\*not yet\*|none|all below|as with", row[1]), row[0]


def test_all_five_documents_are_there():
    assert len(re.findall(r"^## \d\. ", PAGE, re.MULTILINE)) == 5
