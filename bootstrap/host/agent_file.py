"""The mirror agent as one file: our modules below the line, urllib3 and PyYAML, all as plain Python.

The same sources give the same bytes on every machine: names sorted, times fixed, nothing compressed (zlib's
output differs between versions). So its name, which has its hash, changes exactly when it does.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import io
import os
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import bootstrap
from bootstrap.errors import HostError

BELOW = ("agent", "mirror", "imageset", "release", "catalog", "registry", "store", "oci")
MODULES = ("__init__.py", "errors.py", "process.py")
PACKAGES = {"urllib3": "urllib3", "yaml": "PyYAML"}  # what is imported, and the distribution it is from

_SHEBANG = b"#!/usr/bin/env python3\n"
_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows
_UNIX = 3


def build_agent(directory: Path) -> Path:
    """Make the agent in ``directory`` and return its path, ``agent-<version>-<8 hex digits>.pyz``.

    A file of that name has that content, and is left alone.

    Raises:
        HostError: It cannot be written, or the installation lacks a part of it.
    """
    content = agent_content()
    name = f"agent-{bootstrap.__version__}-{hashlib.sha256(content).hexdigest()[:8]}.pyz"
    path = directory / name
    if path.exists():
        return path
    try:
        directory.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=directory, prefix=".agent-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                os.fchmod(file.fileno(), 0o644)
            Path(partial).replace(path)
        except BaseException:
            Path(partial).unlink()
            raise
    except OSError as error:
        raise HostError(
            f"cannot write the mirror agent {path}",
            why=str(error),
            fix="see the free space and mode of the directory",
        ) from error
    return path


def agent_content() -> bytes:
    """Return the agent's file as bytes.

    Raises:
        HostError: The installation lacks a part of it.
    """
    return _SHEBANG + _archive()


def members() -> dict[str, bytes]:
    """Return all files of the agent by their names inside of it."""
    package = Path(bootstrap.__file__).parent
    found = {"__main__.py": (package / "agent" / "__main__.py").read_bytes()}
    for name in MODULES:
        found[f"bootstrap/{name}"] = (package / name).read_bytes()
    for room in BELOW:
        found.update(_sources(package / room, f"bootstrap/{room}"))
    for name, distribution in PACKAGES.items():
        found.update(_sources(_package(name), name))
        found.update(_licences(distribution))
    return found


def _archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(members().items()):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system, entry.external_attr = _UNIX, 0o644 << 16
            archive.writestr(entry, content)
    return out.getvalue()


def _sources(directory: Path, prefix: str) -> Iterator[tuple[str, bytes]]:
    """Yield the Python files below ``directory``; a directory that is not there has none."""
    for path in sorted(directory.rglob("*.py")):
        yield f"{prefix}/{path.relative_to(directory).as_posix()}", path.read_bytes()


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise HostError(
            "cannot make the mirror agent",
            why=f"the package {name} is not installed beside bootstrap-registry",
            fix="install bootstrap-registry again, with its dependencies",
        )
    return Path(next(iter(spec.submodule_search_locations)))


def _licences(distribution: str) -> Iterator[tuple[str, bytes]]:
    for file in importlib.metadata.files(distribution) or ():
        if file.name.startswith("LICENSE"):
            yield f"licences/{distribution}.txt", Path(str(file.locate())).read_bytes()
