"""The documents say what the program says."""

import re
from pathlib import Path

import pytest

from bootstrap.cli.helptext import replaced
from bootstrap.errors import ExitCode

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("roles/*/README.md")])


def test_the_readme_has_the_help_of_every_command():
    readme = (ROOT / "README.md").read_text()
    assert readme == replaced(readme), "run: python -m bootstrap.cli.helptext README.md"


@pytest.mark.parametrize("code", ExitCode)
def test_every_exit_code_is_in_the_table(code):
    row = f"| {int(code)} | `{code.name}` | {code.meaning} |"
    assert row in (ROOT / "docs" / "exit-codes.md").read_text().splitlines()


def test_the_table_has_no_other_exit_code():
    rows = re.findall(r"^\| (\d+) \|", (ROOT / "docs" / "exit-codes.md").read_text(), re.MULTILINE)
    assert [int(row) for row in rows] == [int(code) for code in ExitCode]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_documents_leads_somewhere(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []


def test_every_command_in_the_readme_exists():
    from typer.main import get_command

    from bootstrap.cli.main import app

    known = set(get_command(app).commands)
    used = re.findall(r"bootstrap-registry ([a-z]+)", (ROOT / "README.md").read_text())
    assert set(used) - {"from"} <= known
