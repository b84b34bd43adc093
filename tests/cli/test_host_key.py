"""A host key that is not known: asked about on a terminal, and the command is done again."""

import sys

import pytest
import typer

from bootstrap.cli import host_key
from bootstrap.cli.session import Look, execute
from bootstrap.errors import Problems
from bootstrap.host.interface import UnknownHostKey

OTHER = UnknownHostKey(
    "h2: not known", why="w", fix="f", host="h2", kind="ssh-ed25519", fingerprint="SHA256:x"
)
KEY = UnknownHostKey(
    "h1: not known", why="w", fix="f", host="h1", kind="ssh-ed25519", fingerprint="SHA256:abc"
)


@pytest.fixture
def terminal(monkeypatch):
    """Return a function that puts a user there who types something."""

    def types(text):
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(typer, "prompt", lambda *_words, **_options: text)

    return types


@pytest.mark.parametrize(
    ("typed", "is_accepted"), [("yes", True), ("no", False), ("y", False), ("YES", False)]
)
def test_only_yes_accepts(terminal, capsys, typed, is_accepted):
    terminal(typed)
    assert host_key.is_accepted(KEY) is is_accepted
    assert "SHA256:abc" in capsys.readouterr().err


def test_without_a_terminal_nobody_is_asked(monkeypatch):
    monkeypatch.setattr(typer, "prompt", lambda *_words, **_options: pytest.fail("asked"))
    assert not host_key.is_accepted(KEY)


def test_ctrl_c_at_the_question_is_an_interruption(terminal, monkeypatch):
    terminal("")

    def abort(*_words, **_options):
        raise typer.Abort

    monkeypatch.setattr(typer, "prompt", abort)
    with pytest.raises(KeyboardInterrupt):
        host_key.is_accepted(KEY)


@pytest.mark.parametrize("answer", [True, False])
def test_the_command_is_done_again_once_all_keys_are_accepted(answer, capsys):
    asked, tries = [], []

    def do(_progress):
        tries.append(1)
        if len(tries) == 1:
            raise Problems([KEY, OTHER, KEY])  # each is asked about once
        return "fine"

    def accept(problem):
        asked.append(problem)
        return answer

    with pytest.raises(typer.Exit) as ended:
        execute("up", Look(), do, lambda result: result, accept=accept)
    assert (ended.value.exit_code, len(tries), len(asked)) == ((0, 2, 2) if answer else (3, 1, 1))
    assert ("fine" in capsys.readouterr().out) is answer
