"""An expression as readers know it from their screen: its words, and ‹names› for what differs each time."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from bootstrap.cli.messages.source import Module, Source

_DEEPEST = 6
_SEVERAL_INSIDE = 2  # alternatives of a word inside a sentence
_SEVERAL = 24  # alternatives of one sentence; more tell nothing
_HOLE = re.compile(r"‹[^›]*›")

_REGISTRY = (
    "cannot read manifest …, cannot read blob …, cannot push manifest …, cannot push blob …, "
    "cannot mount blob …, cannot list the tags of …, cannot list the repositories of …, "
    "cannot log in to …, cannot use the registry ‹registry›"
)
# Texts that come by a way which is not followed here: by file or folder, then by expression.
ELSEWHERE: dict[str, dict[str, str]] = {
    "bootstrap/agent/main.py": {"self.format_usage().strip()": "see its usage: ‹usage›"},
    "bootstrap/registry/": dict.fromkeys(
        ("what", "call.what", "self.what", "session.what", "self._session.what"), _REGISTRY
    ),
    "bootstrap/precache/partition/tools.py": {
        "what": "look at ‹path›, erase ‹path›, make a partition on ‹path›, make a file system in partition "
        "‹number› of ‹path›, attach partition ‹number› of ‹path›, mount partition ‹number› of ‹path›, write "
        "everything out to ‹path›"
    },
    "bootstrap/release/download.py": {
        "what": "cannot read the update graph of ‹channel›, cannot fetch a signature of release ‹release›"
    },
}


@dataclass(frozen=True)
class Scope:
    """Where an expression stands, and what its function's parameters are there.

    Attributes:
        bound: Parameters by name: the caller's expression, and the scope of that.
        depth: How many callers up from where we began.
    """

    source: Source
    module: Module
    bound: Mapping[str, tuple[ast.expr, Scope]] = field(default_factory=dict)
    depth: int = 0


def words(node: ast.expr | None, scope: Scope) -> list[str]:
    """Return every text that ``node`` can be, with holes for what is not written in the source."""
    found = list(dict.fromkeys(itertools.islice(_words(node, scope), _SEVERAL)))
    return found or ["‹…›"]


def is_told(text: str) -> bool:
    """Say whether anything stays of a text without its holes: a message one could search for."""
    return len(re.sub(r"\W", "", _HOLE.sub("", text))) >= 2


def _words(node: ast.expr | None, scope: Scope) -> Iterator[str]:
    if scope.depth > _DEEPEST or node is None:
        yield "‹…›"
    elif (elsewhere := said_elsewhere(node, scope.module)) is not None:
        yield elsewhere
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.value
    elif isinstance(node, ast.JoinedStr):
        for parts in itertools.product(*(_part(part, scope) for part in node.values)):
            yield "".join(parts)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        for left, right in itertools.product(words(node.left, scope), words(node.right, scope)):
            yield left + right
    elif isinstance(node, ast.IfExp):
        yield from words(node.body, scope)
        yield from words(node.orelse, scope)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from words(value, scope)
    elif isinstance(node, ast.NamedExpr):
        yield from words(node.value, scope)
    elif isinstance(node, ast.Name):
        yield from _name_words(node, scope)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        for text in words(node.func.value, scope):
            yield re.sub(r"\{(\w*)\}", r"‹\1›", text)
    elif isinstance(node, ast.Call | ast.Subscript) and (returned := _returned(node, scope)):
        for expression in returned:
            yield from words(expression, replace(scope, bound={}, depth=scope.depth + 1))
    else:
        yield f"‹{_hole(node)}›"


def said_elsewhere(node: ast.expr, module: Module) -> str | None:
    """Return what ELSEWHERE says of an expression, None when nothing."""
    for place, told in ELSEWHERE.items():
        if module.name.startswith(place) and (text := told.get(ast.unparse(node))) is not None:
            return text
    return None


def _returned(node: ast.Call | ast.Subscript, scope: Scope) -> list[ast.expr]:
    """Return what a function of the same module can return: a text, or one of several."""
    number = (
        node.slice.value if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) else None
    )
    call = node.value if isinstance(node, ast.Subscript) else node
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        return []
    for function in scope.module.tree.body:
        if not isinstance(function, ast.FunctionDef) or function.name != call.func.id or not function.returns:
            continue
        values = [each.value for each in ast.walk(function) if isinstance(each, ast.Return) and each.value]
        if isinstance(number, int):
            return [value.elts[number] for value in values if isinstance(value, ast.Tuple)]
        return values if ast.unparse(function.returns) == "str" else []
    return []


def _part(part: ast.expr, scope: Scope) -> list[str]:
    """Return what a part of an f-string can be: its words where the source has them all, else a hole."""
    if isinstance(part, ast.Constant):
        return [str(part.value)]
    assert isinstance(part, ast.FormattedValue)
    inner = part.value
    if isinstance(inner, ast.Name) and inner.id not in scope.bound:
        texts = words(inner, scope)
        if len(texts) <= _SEVERAL_INSIDE and not any(_HOLE.search(text) for text in texts):
            return texts
    return [str(inner.value)] if isinstance(inner, ast.Constant) else [f"‹{_hole(inner)}›"]


def _name_words(node: ast.Name, scope: Scope) -> Iterator[str]:
    if assigned := list(_reaching(node, scope.module)):
        for value, added in assigned:
            for text in words(value, scope):
                yield text + "".join(words(each, scope)[0] for each in added)
    elif node.id in scope.bound:
        expression, where = scope.bound[node.id]
        yield from words(expression, replace(where, depth=scope.depth + 1))
    elif node.id in scope.module.constants:
        yield from words(scope.module.constants[node.id], replace(scope, bound={}))
    elif (imported := scope.module.imports.get(node.id)) and imported[0] in scope.source.modules:
        module = scope.source.modules[imported[0]]
        if imported[1] in module.constants:
            yield from words(module.constants[imported[1]], Scope(scope.source, module))
        else:
            yield f"‹{_hole(node)}›"
    else:
        yield f"‹{_hole(node)}›"


def _reaching(use: ast.Name, module: Module) -> Iterator[tuple[ast.expr, list[ast.expr]]]:
    """Yield the expressions that a local name can hold where it is used, and what `+=` adds to each."""
    added: list[ast.expr] = []
    node: ast.AST = use
    while (parent := module.parents.get(node)) is not None and not isinstance(node, ast.FunctionDef):
        if isinstance(parent, ast.If | ast.While):
            for inner in ast.walk(parent.test):
                if isinstance(inner, ast.NamedExpr) and inner.target.id == use.id:
                    yield inner.value, list(added)
                    return
        if isinstance(parent, ast.For) and node in parent.body:
            looped = list(_looped(parent, use.id, module))
            yield from ((value, list(added)) for value in looped)
        for block in (getattr(parent, name, None) for name in ("body", "orelse", "finalbody")):
            if not isinstance(block, list) or node not in block:
                continue
            for statement in reversed(block[: block.index(node)]):
                values = list(_assigned(statement, use.id))
                is_plain = isinstance(statement, ast.Assign | ast.AnnAssign)
                if isinstance(statement, ast.AugAssign) and values:
                    added.insert(0, values[0])
                    continue
                yield from ((value, list(added)) for value in values)
                if values and is_plain:
                    return
        node = parent


def _looped(loop: ast.For, name: str, module: Module) -> Iterator[ast.expr]:
    """Yield what a loop's variable is, one after the other, when the loop goes over what the source lists."""
    listed = module.constants.get(loop.iter.id) if isinstance(loop.iter, ast.Name) else loop.iter
    targets = loop.target.elts if isinstance(loop.target, ast.Tuple) else [loop.target]
    names = [target.id if isinstance(target, ast.Name) else "" for target in targets]
    if name not in names or not isinstance(listed, ast.Tuple | ast.List):
        return
    for item in listed.elts:
        parts = item.elts if isinstance(item, ast.Tuple) and len(names) > 1 else [item]
        if len(parts) == len(names):
            yield parts[names.index(name)]


def _assigned(statement: ast.stmt, name: str) -> Iterator[ast.expr]:
    for node in ast.walk(statement):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if not isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr) or value is None:
            continue
        if isinstance(node, ast.AugAssign) and node is not statement:
            continue  # it only adds, and sometimes
        for target in targets:
            if isinstance(target, ast.Name) and target.id == name:
                yield value
            elif isinstance(target, ast.Tuple) and isinstance(value, ast.Call):
                for number, each in enumerate(target.elts):
                    if isinstance(each, ast.Name) and each.id == name:
                        yield ast.Subscript(value, ast.Constant(number), ast.Load())
            elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                for each, part in zip(target.elts, value.elts, strict=False):
                    if isinstance(each, ast.Name) and each.id == name:
                        yield part


_SAID = frozenset({"error", "said", "stderr", "stdout", "strerror", "message", "msg"})
_PLAIN = {
    "str",
    "repr",
    "list",
    "tuple",
    "sorted",
    "map",
    "Path",
    "join",
    "get",
    "int",
    "strip",
    "text",
    "set",
}


_CALLS = {
    "_first_paragraph": "what was said",
    "_one_line": "what was said",
    "S_IMODE": "mode",
    "geteuid": "your user id",
    "getattr": "what was said",
    "redact": "URL",
    "sub": "what was said",
    "why_unreadable": "what was said",
}


def _hole(node: ast.AST) -> str:
    """Return a short name for what is filled in: ``host.name`` → host, ``', '.join(missing)`` → missing."""
    if isinstance(node, ast.Name):
        return "what was said" if node.id in _SAID else node.id.strip("_").replace("_", " ").lower()
    if isinstance(node, ast.Attribute):
        if node.attr in _SAID:
            return "what was said"
        is_of_self = isinstance(node.value, ast.Name) and node.value.id in {"self", "one", "each"}
        is_plain = node.attr in {"name", "stem", "value", "text"} and not is_of_self
        return _hole(node.value) if is_plain else node.attr.strip("_").replace("_", " ").lower()
    if isinstance(node, ast.Call):
        return _called_hole(node)
    if isinstance(node, ast.Subscript):
        key = node.slice
        is_name = isinstance(key, ast.Constant) and isinstance(key.value, str)
        return str(key.value).replace("_", " ") if is_name else _hole(node.value)  # type: ignore[attr-defined]
    if isinstance(node, ast.BoolOp | ast.IfExp | ast.BinOp | ast.Starred | ast.NamedExpr):
        inner = [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)]
        names = [name for each in inner if (name := _hole(each)) != "…"]
        return names[0] if names else "…"
    if isinstance(node, ast.GeneratorExp | ast.ListComp | ast.SetComp):
        return _hole(node.generators[0].iter)
    return "…"


def _called_hole(node: ast.Call) -> str:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in _CALLS:
        return _CALLS[name]
    if name == "len":
        return f"number of {_hole(node.args[0])}"
    if name in _PLAIN or not name:
        inner = node.args[-1:] or ([node.func.value] if isinstance(node.func, ast.Attribute) else [])
        return _hole(inner[0]) if inner else "…"
    if isinstance(node.func, ast.Attribute) and not node.args:
        return _hole(node.func.value)
    return name.strip("_").replace("_", " ")
