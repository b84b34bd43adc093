"""Sentences that stand inside other messages: what is wrong with an image set, a certificate, a host."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from bootstrap.cli.messages.source import Module, Source, called
from bootstrap.cli.messages.words import Scope, is_told, words

# By heading: the files whose lists of text are such sentences.
FILES = {
    "In an image set": tuple(
        f"bootstrap/imageset/{name}.py"
        for name in ("read", "read_platform", "read_content", "parts", "fields")
    ),
    "About a provided certificate": ("bootstrap/tls/provided.py",),
    "About a certificate that is replaced": ("bootstrap/tls/judge.py",),
    "About a chosen password": ("bootstrap/credentials/password.py", "bootstrap/credentials/settle.py"),
}
_ROLE_FOLDERS = ("library", "filter_plugins", "action_plugins")
_TAKERS = frozenset(
    {
        *("append", "add", "problem", "ValueError", "Refused"),
        *("fail_json", "AnsibleActionFail", "AnsibleFilterError"),
    }
)
_JINJA = re.compile(r"\{\{(.*?)\}\}|\{%.*?%\}", re.DOTALL)
_SHORTEST = 15


def sentences(source: Source) -> dict[str, list[str]]:
    """Return the sentences of the Python code by heading, sorted, each once."""
    found = {heading: set[str]() for heading in FILES}
    for name, module in source.modules.items():
        parts = name.split("/")
        headings = [heading for heading, files in FILES.items() if name in files]
        if parts[0] == "roles" and parts[2] in _ROLE_FOLDERS:
            headings = [f"Role {parts[1]}"]
        for heading in headings:
            found.setdefault(heading, set()).update(_of_module(source, module))
    return {heading: sorted(texts) for heading, texts in found.items()}


def task_messages(roles: Path) -> dict[str, list[str]]:
    """Return what the tasks of each role say when they fail, with the task's name in front."""
    found: dict[str, list[str]] = {}
    for path in sorted(roles.glob("*/tasks/*.yml")):
        for task in yaml.safe_load(path.read_text(encoding="utf-8")) or []:
            failing = task.get("ansible.builtin.fail") or task.get("ansible.builtin.assert") or {}
            message = failing.get("msg") or failing.get("fail_msg") or ""
            text = " ".join(_JINJA.sub(_jinja_hole, message).split())
            if is_told(text):
                found.setdefault(f"Role {path.parts[-3]}", []).append(f"{task['name']}: {text}")
    return found


def _of_module(source: Source, module: Module) -> Iterator[str]:
    scope = Scope(source, module)
    for node in ast.walk(module.tree):
        for expression in _spoken(node):
            for text in (" ".join(each.split()) for each in words(expression, scope)):
                if is_told(text) and len(text) >= _SHORTEST and " " in text:
                    yield text


def _spoken(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions that are sentences: told to a list of problems, or to whoever called."""
    if isinstance(node, ast.Call) and called(node) in _TAKERS:
        yield from (argument for argument in node.args[-1:] if _is_text(argument))
        yield from (keyword.value for keyword in node.keywords if keyword.arg == "msg")
    elif isinstance(node, ast.Return | ast.Yield | ast.AugAssign) and isinstance(node.value, ast.List):
        yield from filter(_is_text, node.value.elts)
    elif isinstance(node, ast.Yield) and node.value is not None and _is_text(node.value):
        yield node.value
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.BinOp):
        yield from (each for each in (node.value.left, node.value.right) if _is_text(each))


def _is_text(node: ast.AST) -> bool:
    is_constant = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return is_constant or isinstance(node, ast.JoinedStr | ast.IfExp | ast.Name | ast.BinOp)


def _jinja_hole(match: re.Match[str]) -> str:
    name = re.search(r"[a-z_][a-z0-9_]+", match[1] or "")
    return f"‹{name[0].lstrip('_').replace('_', ' ')}›" if name else ""
