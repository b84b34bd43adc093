"""References: ``registry/repository[:tag][@digest]``, as people and files write them.

Stricter than docker and podman on purpose: the registry must be there, for a short name means another image
on another machine.

Source: distribution/reference v0.6, "Grammar".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import NoReturn

from bootstrap.errors import ConfigError
from bootstrap.oci.digest import Digest

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_REGISTRY = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:.]+\])(?::(?P<port>[0-9]{{1,5}}))?")
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_NAME_LIMIT = 255  # characters of registry/repository: distribution/reference, NameTotalLengthMax

_EXAMPLE = "write it in full, such as quay.io/openshift-release-dev/ocp-release:4.20.9-x86_64"


@dataclass(frozen=True, order=True)
class Reference:
    """Names an image (tag, digest or both) or, with neither, a repository. Made by ``parse``.

    Where both are given the digest decides, and the tag is only what it was called.
    """

    registry: str
    repository: str
    tag: str | None = None
    digest: Digest | None = None

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read ``quay.io/a/b:tag@sha256:…``, ``host.example.com:5000/a`` or ``[fd00::1]:5000/a``.

        Raises:
            ConfigError: The text is no reference, or does not say which registry.
        """
        if "://" in text:
            _refuse(text, why="it has a scheme, which a reference has not", fix=f"drop it: {_EXAMPLE}")
        named, at, digest = text.partition("@")
        if at and not Digest.is_digest(digest):
            _refuse(text, why=f"{digest!r} is not sha256:<64 hex digits>", fix="copy the digest in full")
        registry, slash, rest = named.partition("/")
        if not slash or not is_registry(registry):
            _refuse(text, why="it does not begin with a registry", fix=_EXAMPLE)
        repository, colon, tag = rest.partition(":")
        if not _REPOSITORY.fullmatch(repository):
            _refuse(
                text,
                why=f"{repository!r} is not a repository: lower case letters, digits and . _ - / between",
                fix=_EXAMPLE,
            )
        if colon and not _TAG.fullmatch(tag):
            _refuse(
                text,
                why=f"{tag!r} is not a tag: 1 to 128 letters, digits, _ . -, the first no . or -",
                fix=_EXAMPLE,
            )
        if len(registry) + 1 + len(repository) > _NAME_LIMIT:
            _refuse(
                text, why=f"its name is longer than {_NAME_LIMIT} characters", fix="use a shorter repository"
            )
        return cls(registry, repository, tag or None, Digest(digest) if at else None)

    @property
    def name(self) -> str:
        """The repository with its registry: ``quay.io/a/b``."""
        return f"{self.registry}/{self.repository}"

    def with_tag(self, tag: str) -> Reference:
        """Return the image that ``tag`` names in the same repository; no digest.

        Raises:
            ConfigError: It is not a tag.
        """
        if not is_tag(tag):
            _refuse(f"{self.name}:{tag}", why=f"{tag!r} is not a tag", fix="use letters, digits, _ . or -")
        return replace(self, tag=tag, digest=None)

    def with_digest(self, digest: Digest) -> Reference:
        """Return the image ``digest`` of the same repository; no tag."""
        return replace(self, tag=None, digest=digest)

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return self.name + tag + digest


def is_registry(text: str) -> bool:
    """Is this ``host[:port]`` as a reference may begin: with a dot, a port, brackets, or ``localhost``?"""
    return is_location(text) and ("." in text or ":" in text or text == "localhost")


def is_location(text: str) -> bool:
    """Is this ``host[:port]``, a short host name too?"""
    found = _REGISTRY.fullmatch(text)
    return found is not None and (found["port"] is None or 1 <= int(found["port"]) <= 65535)


def is_repository(text: str) -> bool:
    """Is this a path inside a registry, such as ``openshift/release``?"""
    return len(text) <= _NAME_LIMIT and _REPOSITORY.fullmatch(text) is not None


def is_tag(text: str) -> bool:
    """Is this a tag?"""
    return _TAG.fullmatch(text) is not None


def _refuse(text: str, *, why: str, fix: str) -> NoReturn:
    raise ConfigError(f"{text!r} is not an image reference", why=why, fix=fix)
