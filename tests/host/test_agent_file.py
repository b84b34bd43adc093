"""The zipapp: what is in it, that it is the same everywhere, and that the oldest Python allowed runs it."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import bootstrap
from bootstrap.host.agent_file import BELOW, MODULES, build_agent, members

PACKAGE = Path(bootstrap.__file__).parent
ALLOWED = {"urllib3", "yaml"}


def below_the_line():
    paths = [PACKAGE / name for name in MODULES]
    return sorted(paths + [path for room in BELOW for path in (PACKAGE / room).rglob("*.py")])


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    return build_agent(tmp_path_factory.mktemp("agent"))


def imports(path):
    """Yield the absolute names that a file imports, those for the type checker too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", below_the_line(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_below_the_line_only_what_is_below_is_imported(path):
    ours = {f"bootstrap.{room}" for room in BELOW} | {f"bootstrap.{Path(name).stem}" for name in MODULES}
    for name in imports(path):
        top, _, rest = name.partition(".")
        if top == "bootstrap":
            module = "bootstrap." + rest.partition(".")[0]
            assert module in ours or rest in ("", "__version__"), f"{path} imports {name}"
        else:
            assert top in ALLOWED or top in sys.stdlib_module_names, f"{path} imports {name}"


def test_below_the_line_is_python_3_9():
    vermin = Path(sys.executable).with_name("vermin")
    argv = [str(vermin), "-t=3.9-", "--no-tips", "--violations", *map(str, below_the_line())]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    # vermin leaves annotations alone, and so has Python to.
    for path in below_the_line():
        source = path.read_text()
        if ":" in source and "def " in source:
            assert "from __future__ import annotations" in source, path


def test_the_file_is_named_by_its_bytes_and_the_same_every_time(agent, tmp_path):
    again = build_agent(tmp_path)
    assert again.name == agent.name
    assert again.read_bytes() == agent.read_bytes()
    assert agent.stem.startswith(f"agent-{bootstrap.__version__}-")
    assert agent.stat().st_mode & 0o777 == 0o644
    assert agent.read_bytes().startswith(b"#!/usr/bin/env python3\n")
    before = again.stat().st_mtime_ns
    assert build_agent(tmp_path) == again
    assert again.stat().st_mtime_ns == before
    assert [path.name for path in tmp_path.iterdir()] == [agent.name]


def test_what_is_in_it_is_plain_python_with_its_licences(agent):
    with zipfile.ZipFile(agent) as archive:
        entries = archive.infolist()
    names = [entry.filename for entry in entries]
    assert names == sorted(names) == sorted(members())
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {Path(name).suffix for name in names} == {".py", ".txt"}
    assert [name for name in names if name.endswith(".txt")] == [
        "licences/PyYAML.txt",
        "licences/urllib3.txt",
    ]
    assert "bootstrap/shipped.py" not in names
    above = ("bootstrap/host", "bootstrap/site", "bootstrap/cli")
    assert not [name for name in names if name.startswith(above)]


def run(python, agent, *words, cwd):
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [python, "-W", "error", "-I", str(agent), *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=environment,
    )


def test_it_runs_without_the_package_and_through_a_link(agent, tmp_path):
    link = tmp_path / "agent.pyz"
    link.symlink_to(agent)
    done = run(sys.executable, link, "version", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["version"] == bootstrap.__version__


def python39():
    """A python3.9 on PATH that really runs (a version manager's stand-in may not)."""
    found = shutil.which("python3.9")
    if found is None:
        return None
    done = subprocess.run([found, "-c", "import ssl, zlib"], capture_output=True, check=False)
    return found if done.returncode == 0 else None


def test_commands_that_are_asked_often_load_no_client_no_yaml_and_no_engine(agent):
    """Compiled anew each time, for Python keeps no bytecode of a zipapp: they take most of the start."""
    often = "main", "starting", "stopping", "events", "runs"
    script = (
        f"import sys; sys.path.insert(0, {str(agent)!r})\n"
        f"import {', '.join('bootstrap.agent.' + name for name in often)}, bootstrap.mirror.ledger\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-IB", "-c", script], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "bootstrap.agent.main" in loaded
    heavy = {"urllib3", "yaml", "bootstrap.mirror.engines.choose", "bootstrap.mirror.transfer"}
    assert not loaded & heavy


@pytest.mark.real_python39
@pytest.mark.skipif(python39() is None, reason="no python3.9 on PATH, or none that runs")
def test_the_oldest_python_imports_every_module_and_answers(agent, tmp_path):
    python = python39()
    modules = sorted(
        name[: -len(".py")].removesuffix("/__init__").replace("/", ".")
        for name in members()
        if name.startswith("bootstrap/") and not name.endswith("__main__.py")
    )
    code = (
        "import importlib, sys; sys.path.insert(0, sys.argv[1]); "
        "[importlib.import_module(name) for name in sys.argv[2:]]"
    )
    done = subprocess.run(
        [python, "-W", "error", "-I", "-c", code, str(agent), *modules],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    done = run(python, agent, "status", "--settings", "/absent", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "cannot read the agent's settings" in json.loads(done.stdout)["error"]["what"]
