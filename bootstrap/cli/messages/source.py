"""The source as it is read for messages: modules, functions, who calls whom, which class is an error."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(eq=False)
class Module:
    """One file.

    Attributes:
        name: Its path as messages are filed under it: ``bootstrap/site/load.py``.
    """

    name: str
    tree: ast.Module

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Return the node around each node."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    @cached_property
    def calls(self) -> list[ast.Call]:
        """Return every call, in the order of the file."""
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.Call)]

    @cached_property
    def constants(self) -> dict[str, ast.expr]:
        """Return what the module's own names are set to."""
        found: dict[str, ast.expr] = {}
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found[node.targets[0].id] = node.value
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
                found[node.target.id] = node.value
        return found

    @cached_property
    def imports(self) -> dict[str, tuple[str, str]]:
        """Return, for each name imported from a module of ours, that module's file and the name there."""
        return {
            alias.asname or alias.name: (f"{node.module.replace('.', '/')}.py", alias.name)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("bootstrap")
            for alias in node.names
        }

    def around(self, node: ast.AST) -> Function | None:
        """Return the innermost function around ``node``."""
        while (parent := self.parents.get(node)) is not None:
            if isinstance(parent, Function):
                return parent
            node = parent
        return None


@dataclass
class Source:
    """All files together."""

    modules: dict[str, Module] = field(default_factory=dict)

    @classmethod
    def read(cls, root: Path, folders: tuple[str, ...]) -> Source:
        """Read every Python file in ``folders`` of ``root``."""
        paths = sorted(path for folder in folders for path in (root / folder).rglob("*.py"))
        names = {str(path.relative_to(root)): path for path in paths}
        return cls({name: Module(name, ast.parse(path.read_text("utf-8"))) for name, path in names.items()})

    def callers(self, module: Module, function: Function) -> Iterator[tuple[Module, ast.Call]]:
        """Yield the calls of a function: in its own module, or in all where there are none."""
        here = [(module, call) for call in module.calls if called(call) == function.name]
        yield from here or (
            (other, call)
            for other in self.modules.values()
            for call in other.calls
            if called(call) == function.name
        )

    @cached_property
    def errors(self) -> dict[str, str]:
        """Return, for each class of errors, the one of ``errors.py`` that gives its exit code."""
        bases = {
            node.name: [ast.unparse(base) for base in node.bases]
            for module in self.modules.values()
            for node in ast.walk(module.tree)
            if isinstance(node, ast.ClassDef)
        }
        ours = {
            node.name
            for node in ast.walk(self.modules["bootstrap/errors.py"].tree)
            if isinstance(node, ast.ClassDef)
        }
        found = {"BootstrapError": "BootstrapError"}
        for _ in range(5):  # deep enough for any tree of classes
            for name, its_bases in bases.items():
                for base in its_bases:
                    if base in found and name != "Problems":
                        found[name] = name if name in ours else found[base]
        return found


def called(call: ast.Call) -> str:
    """Return the plain name of what is called: ``f`` of ``f()`` and of ``self.f()``."""
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""
