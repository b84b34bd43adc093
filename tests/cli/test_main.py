"""The command line, as a user types it: mistakes in it, and Ctrl-C at its question."""

import json
import sys

import pytest
import typer

from bootstrap.cli import main as cli
from bootstrap.cli.session import Look, execute


@pytest.fixture
def run(monkeypatch, capsys):
    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["bootstrap-registry", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return typed


@pytest.mark.parametrize(
    ("words", "command", "why"),
    [
        (["up", "--json", "--bogus"], "up", "--bogus"),
        (["status", "--json"], "status", "--inventory"),
        (["sandbox", "list", "--json", "more"], "sandbox list", "more"),
        (["nothing-of-ours", "--json"], "", "nothing-of-ours"),
    ],
)
def test_a_wrong_command_line_is_a_document_too(run, words, command, why):
    code, out, err = run(*words)
    told = json.loads(out)
    assert (code, told["exit_code"], told["command"], told["outcome"]) == (2, 2, command, "failed")
    assert why in told["problems"][0]["why"]
    assert why in err


def test_a_site_that_is_not_there_is_one_document(run, tmp_path):
    code, out, _ = run("up", "--json", "-i", str(tmp_path / "my site"))
    assert (code, json.loads(out)["exit_code"]) == (2, 2)


def test_help_and_version_need_no_document(run):
    assert run("--version")[0] == 0
    assert run("up", "--json", "--help")[0] == 0


def test_without_json_a_wrong_command_line_leaves_standard_output_empty(run):
    code, out, err = run("up", "--bogus")
    assert (code, out) == (2, "")
    assert "--bogus" in err


def test_ctrl_c_at_the_question_is_an_interruption(monkeypatch, capsys):
    def prompt(*_, **__):
        raise typer.Abort

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "prompt", prompt)
    with pytest.raises(typer.Exit) as ended:
        execute(
            "down",
            Look(),
            lambda _p: cli.confirm_by_name("lab", "This purges", "purging"),
            str,
            on_interrupt="all is as it was",
        )
    assert ended.value.exit_code == 130
    assert capsys.readouterr().err == "\nstopped: all is as it was\n"
