"""Every place where one of our errors is made, as the message that a reader sees."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bootstrap.cli.messages.source import Function, Module, Source, called
from bootstrap.cli.messages.words import Scope, is_told, said_elsewhere, words

Bound = Mapping[str, tuple[ast.expr, Scope]]
PARTS = ("what", "why", "fix")
_LIMIT_PARTS = ("name", "observed", "bound", "fix")
# Judgements that become a ConfigError with the host's name in front.
_FINDINGS = {"Finding": "ConfigError", "LimitProblem": "ConfigError"}
_MOST_CALLERS_UP = 3
_TAKEN = "‹the fix of what is inside›"


class UndocumentedError(Exception):
    """Messages of which nothing could be said; each with its place."""


@dataclass(frozen=True, order=True)
class Message:
    """One way in which one error is told.

    Attributes:
        kind: The class that gives its exit code; "" for an error that takes over another's.
        room: The folder of the code.
        what: With ‹names› for what differs each time, as are the others.
    """

    kind: str
    room: str
    what: str
    why: str
    fix: str


def messages(source: Source) -> list[Message]:
    """Return every message that the Python code makes, sorted, each once.

    Raises:
        UndocumentedError: Nothing that one could search for is known of a `what` or a `fix`.
    """
    found: set[Message] = set()
    dark: list[str] = []
    for module, call in sites(source):
        for message in _read(source, module, call):
            is_taken_over = not message.kind or message.fix == _TAKEN
            if is_taken_over and not is_told(message.what):
                continue  # it stands where it was made
            if not (is_told(message.what) and (is_told(message.fix) or is_taken_over)):
                dark.append(f"{module.name}:{call.lineno}: {message.what} / {message.fix}")
            found.add(message)
    if dark := list(dict.fromkeys(dark)):
        raise UndocumentedError(
            "\n".join(["what or fix cannot be read from the source; see ELSEWHERE in words.py:", *dark])
        )
    return sorted(found)


def sites(source: Source) -> Iterator[tuple[Module, ast.Call]]:
    """Yield every call that makes an error of ours."""
    functions = {
        node.name
        for module in source.modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, Function)
    }
    for name, module in source.modules.items():
        if name == "bootstrap/errors.py":
            continue
        for call in module.calls:
            keywords = {keyword.arg for keyword in call.keywords}
            is_like_one = {"why", "fix"} <= keywords and called(call) not in functions
            if called(call) in source.errors or called(call) in _FINDINGS or is_like_one:
                yield module, call


def _read(source: Source, module: Module, call: ast.Call) -> Iterator[Message]:
    name = called(call)
    kind = _FINDINGS.get(name) or source.errors.get(name, "")
    parts = _arguments(call, _LIMIT_PARTS if name == "LimitProblem" else PARTS)
    if name == "LimitProblem":
        parts = {"what": parts["observed"], "why": parts["bound"], "fix": parts["fix"]}
    for bound in _bindings(source, module, call, list(parts.values()), 0):
        scope = Scope(source, module, bound)
        texts = [_one(words(parts.get(part), scope), part) for part in PARTS]
        room = module.name.split("/")[1].removesuffix(".py")
        if name == "LimitProblem":
            texts = [
                [f"‹setting› {text}" for text in texts[0]],
                [f"it must {text}" for text in texts[1]],
                texts[2],
            ]
        for what in texts[0]:
            for why in texts[1]:
                for fix in texts[2]:
                    yield Message(kind, room, _clean(what), _clean(why), _clean(fix))


def _one(texts: list[str], part: str) -> list[str]:
    """Return the texts; a part that another error's is taken for is called that."""
    taken = {
        f"‹{part}›": f"‹the {part} of what is inside›",
        "‹…›": "‹what was said›" if part == "why" else "‹…›",
    }
    return [taken.get(text, text) for text in texts]


def _arguments(call: ast.Call, names: tuple[str, ...]) -> dict[str, ast.expr]:
    given = dict(zip(names, call.args, strict=False))
    return given | {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg in names}


def _bindings(
    source: Source, module: Module, node: ast.AST, expressions: list[ast.expr], depth: int
) -> list[Bound]:
    """Return what the parameters in ``expressions`` are at every caller; an empty one when none count."""
    function = module.around(node)
    wanted = _parameters_in(module, function, expressions) if function else set()
    if not function or not wanted or depth >= _MOST_CALLERS_UP:
        return [{}]
    found: list[Bound] = []
    for other, call in source.callers(module, function):
        arguments = _call_arguments(call, function)
        used = {name: arguments[name] for name in wanted if name in arguments}
        for outer in _bindings(source, other, call, list(used.values()), depth + 1):
            scope = Scope(source, other, outer)
            found.append({name: (expression, scope) for name, expression in used.items()})
    return found or [{}]


def _parameters_in(module: Module, function: Function, expressions: list[ast.expr]) -> set[str]:
    """Return the parameters that stand for a whole text, not for a name inside one."""
    names = {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)} - {"self"}
    pending, seen, found = list(expressions), set[str](), set[str]()
    while pending:
        node = pending.pop()
        if isinstance(node, ast.JoinedStr | ast.Call | ast.Attribute | ast.Subscript):
            continue
        if isinstance(node, ast.Name):
            if said_elsewhere(node, module) is not None:
                continue
            if node.id in names:
                found.add(node.id)
            elif node.id not in seen:
                seen.add(node.id)
                pending += [
                    each.value
                    for each in ast.walk(function)
                    if isinstance(each, ast.Assign | ast.AnnAssign | ast.AugAssign)
                    and each.value is not None
                    and ast.unparse(each.targets[0] if isinstance(each, ast.Assign) else each.target)
                    == node.id
                ]
            continue
        test = node.test if isinstance(node, ast.IfExp) else None
        pending += [
            each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr) and each is not test
        ]
    return found


def _call_arguments(call: ast.Call, function: Function) -> dict[str, ast.expr]:
    names = [argument.arg for argument in function.args.args if argument.arg not in {"self", "cls"}]
    defaults = dict(zip(reversed(function.args.args), reversed(function.args.defaults), strict=False))
    found = {argument.arg: value for argument, value in defaults.items()}
    found |= {
        argument.arg: value
        for argument, value in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
        if value is not None
    }
    found |= dict(zip(names, call.args, strict=False))
    return found | {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}


def _clean(text: str) -> str:
    return " ".join(text.split())
