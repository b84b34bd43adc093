"""Where this machine gets Debian packages from: read out of apt's own configuration, never assumed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bootstrap.errors import HostError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# For machines whose apt knows no Debian (Ubuntu).
MIRROR_VARIABLE = "BOOTSTRAP_REGISTRY_DEBIAN_MIRROR"
# Any of these shows that the entry is Debian itself; updates and security live beside it on the same mirror.
_SUITES = frozenset({"bullseye", "bookworm", "trixie", "forky", "sid", "oldstable", "stable", "testing"})
_KEYRING = "usr/share/keyrings/debian-archive-keyring.gpg"


@dataclass(frozen=True, slots=True)
class Entry:
    """One ``deb`` line, or one combination of a deb822 stanza's fields."""

    uri: str
    suite: str
    components: tuple[str, ...]
    signed_by: str | None


@dataclass(frozen=True, slots=True)
class Mirror:
    """A Debian mirror and the file of keys that its releases are signed with."""

    url: str
    keyring: Path


def debian_mirror(root: Path = Path("/"), environment: Mapping[str, str] = os.environ) -> Mirror:
    """Return the Debian mirror that this machine's apt uses.

    Args:
        root: The file system whose ``etc/apt`` is read.
        environment: Asked for ``BOOTSTRAP_REGISTRY_DEBIAN_MIRROR`` first.

    Raises:
        HostError: apt knows no Debian mirror, or its keys are not installed.
    """
    signed_by = None
    url = environment.get(MIRROR_VARIABLE, "")
    if not url:
        found = next((entry for entry in entries(root) if _is_debian(entry)), None)
        if found is None:
            raise HostError(
                "cannot build the sandbox's image",
                why="no entry in /etc/apt names a Debian mirror (a URL ending in /debian, component main)",
                fix=f"apt-get install debian-archive-keyring, and set {MIRROR_VARIABLE} to the URL of one of "
                "https://www.debian.org/mirror/list (with sudo: sudo env VARIABLE=URL …)",
            )
        url, signed_by = _resolved(found.uri, root), found.signed_by
    keyring = root / (signed_by or _KEYRING).lstrip("/")
    if not keyring.is_file():
        raise HostError(
            "cannot build the sandbox's image",
            why=f"the keys that Debian signs its releases with are not in {keyring}",
            fix="apt-get install debian-archive-keyring",
        )
    return Mirror(url.rstrip("/"), keyring)


def entries(root: Path) -> Iterator[Entry]:
    """Yield every enabled binary entry below ``root``'s ``etc/apt``: the main file first, then by name."""
    folder = root / "etc/apt"
    for path in [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]:
        if path.suffix == ".sources":
            yield from _stanzas(path.read_text())
        elif path.suffix == ".list" and path.is_file():
            yield from _lines(path.read_text())


def _lines(text: str) -> Iterator[Entry]:
    """Yield the entries of the one-line format (sources.list(5))."""
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if not words or words[0] != "deb":
            continue
        options, rest = "", words[1:]
        if rest and rest[0].startswith("["):
            end = next((number for number, word in enumerate(rest) if word.endswith("]")), len(rest) - 1)
            options, rest = " ".join(rest[: end + 1]).strip("[] "), rest[end + 1 :]
        if len(rest) >= 2:
            signed_by = next((o[10:] for o in options.split() if o.startswith("signed-by=")), None)
            yield Entry(rest[0], rest[1], tuple(rest[2:]), _as_path(signed_by))


def _stanzas(text: str) -> Iterator[Entry]:
    """Yield the entries of the deb822 format (sources.list(5)); comments may stand between fields."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for stanza in "\n".join(lines).split("\n\n"):
        fields: dict[str, str] = {}
        key = ""
        for line in stanza.splitlines():
            if line[:1].isspace():
                fields[key] = f"{fields.get(key, '')} {line.strip()}"
            else:
                key, _, value = line.partition(":")
                key = key.strip().lower()
                fields[key] = value.strip()
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() == "no":
            continue
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                components = tuple(fields.get("components", "").split())
                yield Entry(uri, suite, components, _as_path(fields.get("signed-by")))


def _as_path(signed_by: str | None) -> str | None:
    """Return the first key file named; an embedded key or a fingerprint is none."""
    first = (signed_by or "").replace(",", " ").split()
    return first[0] if first and first[0].startswith("/") else None


def _is_debian(entry: Entry) -> bool:
    if entry.suite not in _SUITES or "main" not in entry.components:
        return False
    if entry.uri.startswith("mirror+file:"):
        return Path(entry.uri).name == "debian.list"
    return urlsplit(entry.uri).path.rstrip("/").endswith("/debian")


def _resolved(uri: str, root: Path) -> str:
    """Return the first URL of a ``mirror+file:`` list (apt-transport-mirror(1)), or ``uri`` itself."""
    if not uri.startswith("mirror+file:"):
        return uri
    path = root / uri.removeprefix("mirror+file:").lstrip("/")
    lines = path.read_text().splitlines() if path.is_file() else []
    urls = [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]
    if not urls:
        raise HostError(
            "cannot build the sandbox's image",
            why=f"apt's mirror list {path} names no mirror",
            fix=f"mend that file, or set {MIRROR_VARIABLE} to a mirror's URL",
        )
    return urls[0]
