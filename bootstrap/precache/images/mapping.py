"""``mapping.txt``: which image is where in the mirror, a line each, as oc-mirror writes it.

Version 1 has ``SOURCE=DESTINATION`` without transports; version 2 ``docker://SOURCE=docker://DESTINATION``.

Source: oc-mirror v2 at 855b64a, ``working-dir/dry-run/mapping.txt`` of a workspace.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bootstrap.errors import ConfigError, Problems
from bootstrap.oci.digest import Digest
from bootstrap.oci.reference import Reference, is_registry, is_repository, is_tag

_TRANSPORT = re.compile(r"(?P<name>docker|file|oci|dir)(?:://|:(?=/))")
_MOST_LINES = 20  # that one message lists
_FIX = "a line is SOURCE=DESTINATION, as `oc-mirror --v2 --dry-run` writes it into mapping.txt"


@dataclass(frozen=True)
class Place:
    """Where an image is in the mirror.

    Attributes:
        registry: ``host[:port]``; None where the list does not say it.
    """

    registry: str | None
    repository: str
    tag: str | None
    digest: Digest | None

    def __str__(self) -> str:
        registry = f"{self.registry}/" if self.registry else ""
        tag = f":{self.tag}" if self.tag else ""
        return f"{registry}{self.repository}{tag}" + (f"@{self.digest}" if self.digest else "")


@dataclass(frozen=True)
class Mapped:
    """One line."""

    source: Reference
    destination: Place


def read_mapping(path: Path) -> tuple[Mapped, ...]:
    """Return the lines of a mapping file, each once, in their order; empty ones and comments are passed over.

    Raises:
        ConfigError: (several as ``Problems``) It cannot be read, or has lines that are none; all are named.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigError(f"cannot read the mapping {path}", why=why, fix="give another --mapping") from error
    found: dict[Mapped, None] = {}
    problems = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        try:
            found[parse_line(stripped)] = None
        except ValueError as error:
            problems.append(ConfigError(f"cannot use {path}, line {number}", why=str(error), fix=_FIX))
    if len(problems) > _MOST_LINES:
        more = len(problems) - _MOST_LINES
        problems[_MOST_LINES:] = [
            ConfigError(f"cannot use {more} more lines of {path}", why="they are no better", fix=_FIX)
        ]
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)
    if not found:
        raise ConfigError(f"the mapping {path} names no image", why="it has no line", fix=_FIX)
    return tuple(found)


def parse_line(line: str) -> Mapped:
    """Return one line.

    Raises:
        ValueError: It is none; says why.
    """
    source, equals, destination = line.partition("=")
    if not equals or "=" in destination:
        raise ValueError(f"{line[:200]!r} is not two images with one = between them")
    return Mapped(_source(source.strip()), _place(destination.strip()))


def _source(text: str) -> Reference:
    transport, name = _without_transport(text)
    if transport not in ("", "docker"):
        raise ValueError(f"its source {text!r} is in no registry, so no node asks for it: take the line out")
    try:
        found = Reference.parse(name)
    except ConfigError as error:
        raise ValueError(f"its source: {error.what}: {error.why}") from error
    if found.tag is None and found.digest is None:
        raise ValueError(f"its source {text!r} has neither tag nor digest")
    return found


def _place(text: str) -> Place:
    _, name = _without_transport(text)
    named, at, digest = name.partition("@")
    if at and not Digest.is_digest(digest):
        raise ValueError(f"its destination {text!r} has a digest that is not sha256:<64 hex digits>")
    registry, slash, rest = named.partition("/")
    if not slash or not is_registry(registry):
        registry, rest = "", named
    repository, colon, tag = rest.partition(":")
    if not is_repository(repository) or (colon and not is_tag(tag)):
        raise ValueError(f"its destination {text!r} is no image in a registry")
    return Place(registry or None, repository, tag or None, Digest(digest) if at else None)


def _without_transport(text: str) -> tuple[str, str]:
    found = _TRANSPORT.match(text)
    return (found["name"], text[found.end() :].lstrip("/")) if found else ("", text)
