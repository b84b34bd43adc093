"""The page of our messages: as the code says, whole, and with the words that users see."""

import ast
import re
from pathlib import Path

import pytest

from bootstrap.cli.messages.collect import UndocumentedError, messages, sites
from bootstrap.cli.messages.source import Source, called
from bootstrap.cli.troubleshooting import page
from bootstrap.credentials.pull_secret import PullSecret
from bootstrap.errors import BootstrapError
from bootstrap.imageset.read import read_text
from bootstrap.oci.reference import Reference
from bootstrap.site.arguments import argument_problems
from bootstrap.tls.authority import TlsState, load_or_make
from tests.e2e.badinput.page import whats

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "troubleshooting.md"
ERRORS = (ROOT / "bootstrap/errors.py").read_text()


@pytest.fixture(scope="module")
def source():
    return Source.read(ROOT, ("bootstrap", "roles", "playbooks"))


def test_the_page_is_what_the_code_says():
    assert PAGE.read_text() == page(ROOT), (
        "docs/troubleshooting.md is out of date; to make it anew: "
        ".venv/bin/python -m bootstrap.cli.troubleshooting > docs/troubleshooting.md"
    )


def test_every_error_that_is_raised_is_on_the_page(source):
    known = {id(call) for _, call in sites(source)}
    raised = [
        (module.name, node.exc)
        for module in source.modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and called(node.exc) in source.errors
    ]
    assert len(raised) > 100
    assert [(name, call.lineno) for name, call in raised if id(call) not in known] == []


def test_subclasses_have_the_exit_code_of_the_class_they_come_from(source):
    assert source.errors["Denied"] == "Denied"
    assert source.errors["IncompleteImage"] in {"RegistryError", "NotFound"}


def test_no_line_of_the_page_depends_on_where_the_code_stands():
    assert re.findall(r"\.py:\d+", PAGE.read_text()) == []


def failures(tmp_path):
    state = TlsState(tmp_path)
    state.ca_certificate.parent.mkdir()
    state.ca_certificate.write_text("garbage")
    yield lambda: PullSecret.load(tmp_path / "absent.json")
    yield lambda: PullSecret.parse(b"[", "secret.json")
    yield lambda: read_text("kind: x", name="imageset.yaml")
    yield lambda: Reference.parse("https://quay.io/a")
    yield lambda: load_or_make(state, "site", 1, None)  # type: ignore[arg-type]


def test_what_users_see_is_found_on_the_page(tmp_path):
    seen = [problem.what for problem in argument_problems("@x", ["port", "@/absent", "{"], ())]
    for fail in failures(tmp_path):
        with pytest.raises(BootstrapError) as caught:
            fail()
        seen.append(caught.value.what)
    patterns = whats()
    assert [what for what in seen if not any(pattern.fullmatch(what) for pattern in patterns)] == []


def made(tmp_path, text):
    (tmp_path / "bootstrap").mkdir()
    (tmp_path / "bootstrap/errors.py").write_text(ERRORS)
    (tmp_path / "bootstrap/site.py").write_text(text)
    return messages(Source.read(tmp_path, ("bootstrap",)))


@pytest.mark.parametrize(
    "text",
    [
        "def f(how):\n    raise ConfigError('cannot do it', why='so', fix=how())\n",
        "def f(what):\n    raise HostError(what, why='so', fix='mend it')\n",
        "class OwnError(ConfigError):\n    pass\nraise OwnError(other.name, why='so', fix='mend it')\n",
    ],
)
def test_an_error_of_which_nothing_can_be_said_is_refused(tmp_path, text):
    with pytest.raises(UndocumentedError, match=r"site\.py:"):
        made(tmp_path, text)


HELPER = """\
HINT = "ask somebody"

def refused(what, why):
    fix = HINT if why else "wait"
    raise HostError(f"cannot use {what}", why=why, fix=fix)

def one(path):
    refused(path, "it is red")

def two(path, colour):
    why = f"it is {colour}"
    if colour:
        why = "it has " + "a colour"
    refused(path, why)
"""


def test_helpers_are_followed_to_those_who_call_them(tmp_path):
    found = made(tmp_path, HELPER)
    assert {(message.what, message.why) for message in found} == {
        ("cannot use ‹what›", "it is red"),
        ("cannot use ‹what›", "it is ‹colour›"),
        ("cannot use ‹what›", "it has a colour"),
    }
    assert {message.fix for message in found} == {"ask somebody", "wait"}
    assert {message.kind for message in found} == {"HostError"}
