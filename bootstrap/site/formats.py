"""The formats a setting can have: what each means, an example, and how a value is judged.

A role names them in ``__<role>_limits`` (see ``limits.py``). All are about text, except ``port``, which also
takes a number; none of them touches the network or the disk.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_USER_NAME = re.compile(r"[A-Za-z0-9._@+-]{1,255}")
_ZONE = re.compile(r"[A-Za-z0-9_-]+")
_PATH_COMPONENT = re.compile(r"[A-Za-z0-9._@+,=~-]+")
# distribution-spec v1.1.1, "Pulling manifests": <name> and <reference>.
_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
# Whole trees of the system, and directories that others share.
_SYSTEM = re.compile(
    r"/(bin|boot|dev|etc|lib|lib32|lib64|proc|run|sbin|sys|tmp|usr|var/tmp)(/|$)"
    r"|/(home|media|mnt|opt|root|srv|var|var/cache|var/lib|var/lib/containers|var/log|var/spool)/?$"
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_VERSION = re.compile(r"[0-9]+(\.[0-9]+)+([-+.~_][A-Za-z0-9.+~_-]+)?")


@dataclass(frozen=True)
class Format:
    """One format.

    Args:
        meaning: What a value is, as the end of "it is not …" ("a TCP port, 1-65535").
        example: A value that is accepted, for error messages and comments.
        accepts: Judges one value, stripped of nothing.
    """

    meaning: str
    example: str
    accepts: Callable[[str], bool]


def is_port(text: str) -> bool:
    """Say whether ``text`` is a decimal TCP port; leading zeros and signs are not."""
    return bool(re.fullmatch(r"[1-9][0-9]{0,4}", text)) and int(text) <= 65535


def is_hostname(text: str) -> bool:
    """Say whether ``text`` is a DNS host name: RFC 1123 labels, at most 253 characters, no trailing dot.

    A last label of digits only is refused (RFC 3696, section 2): that is a mistyped IPv4 address.
    """
    labels = text.split(".")
    return len(text) <= 253 and all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit()


def is_address(text: str) -> bool:
    """Say whether ``text`` is an IPv4 or IPv6 address without brackets, zone or prefix length."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def is_name_or_address(text: str) -> bool:
    """Say whether ``text`` is a host name or an IP address."""
    return is_hostname(text) or is_address(text)


def is_location(text: str) -> bool:
    """Say whether ``text`` is ``host[:port]``; an IPv6 address stands in brackets."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        is_host = bracket == "]" and ":" in host and is_address(host)
        return is_host and (not rest or (rest[0] == ":" and is_port(rest[1:])))
    host, colon, port = text.partition(":")
    return is_name_or_address(host) and (not colon or is_port(port))


def is_image_prefix(text: str) -> bool:
    """Say whether ``text`` is ``host[:port][/path]``, the start of image names."""
    location, slash, path = text.partition("/")
    return is_location(location) and (not slash or bool(_REPOSITORY.fullmatch(path)))


def is_source_prefix(text: str) -> bool:
    """Say whether ``text`` is the start of image names, or a wildcard for hosts: ``*.example.com``."""
    return is_hostname(text[2:]) if text.startswith("*.") else is_image_prefix(text)


def is_image_reference(text: str) -> bool:
    """Say whether ``text`` is ``host[:port]/repository`` with a tag, a digest, or both."""
    name, at, digest = text.partition("@")
    location, slash, rest = name.partition("/")
    repository, colon, tag = rest.partition(":")
    if not slash or not is_location(location) or not _REPOSITORY.fullmatch(repository):
        return False
    is_registry = "." in location or ":" in location or location == "localhost"
    is_named = bool(at or colon)
    has_tag = not colon or bool(_TAG.fullmatch(tag))
    has_digest = not at or bool(_DIGEST.fullmatch(digest))
    return is_registry and is_named and has_tag and has_digest


def is_absolute_path(text: str) -> bool:
    """Say whether ``text`` is a directory or file below ``/`` that units and volume lines can name as is.

    ``/`` itself, ``..``, spaces, colons and percent signs are refused: systemd and Quadlet give the last
    three a meaning of their own, and nobody wants the first two purged.
    """
    if not text.startswith("/") or text.endswith("//"):
        return False
    components = text.removesuffix("/").split("/")[1:]
    return bool(components) and all(
        _PATH_COMPONENT.fullmatch(component) and component not in {".", ".."} for component in components
    )


def is_own_directory(text: str) -> bool:
    """Say whether ``text`` is an absolute path that is no directory of the system.

    To label or to purge one of those must never be one typing mistake away.
    """
    return is_absolute_path(text) and not _SYSTEM.match(text)


def is_controller_path(text: str) -> bool:
    """Say whether ``text`` is a path on the controller: absolute or below ``~``; spaces are fine."""
    return text.startswith(("/", "~/")) and text.isprintable()


def is_relative_path(text: str) -> bool:
    """Say whether ``text`` is a path below some directory: no component is hidden, ``.`` or ``..``."""
    components = text.split("/")
    return all(_PATH_COMPONENT.fullmatch(each) and not each.startswith(".") for each in components)


def is_cidr(text: str) -> bool:
    """Say whether ``text`` is an IPv4 or IPv6 network with its prefix length and no host bits set."""
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return "/" in text and "%" not in text


def is_url(text: str, schemes: tuple[str, ...] = ("https",)) -> bool:
    """Say whether ``text`` is an absolute URL of one of ``schemes``, without credentials in it."""
    if re.search(r"\s", text) or not text.isprintable():
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in schemes and "@" not in parts.netloc and is_location(parts.netloc)


def is_proxy_url(text: str) -> bool:
    """Say whether ``text`` is ``http[s]://[user[:password]@]host[:port]``, and nothing after that."""
    if re.search(r"\s", text) or not text.isprintable():
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    where = parts.netloc.rpartition("@")[2]
    rest = parts.path.strip("/") + parts.query + parts.fragment
    return parts.scheme in ("http", "https") and is_location(where) and not rest


def is_direct(text: str) -> bool:
    """Say whether ``text`` names what bypasses a proxy: a host, a domain (".example.com"), a network."""
    return is_name_or_address(text) or is_cidr(text) or is_hostname(text.removeprefix("."))


FORMATS: dict[str, Format] = {
    "absolute_path": Format(
        "an absolute path on the host, without spaces, colons, percent signs or '..'",
        "/opt/registry",
        is_absolute_path,
    ),
    "address": Format("an IPv4 or IPv6 address", "192.0.2.10", is_address),
    "cidr": Format("a network with its prefix length and no host bits set", "192.0.2.0/24", is_cidr),
    "controller_path": Format(
        "an absolute path on the controller, or one that starts with ~/",
        "{{ inventory_dir }}/files/name",
        is_controller_path,
    ),
    "direct": Format(
        "a host name, a domain that starts with a dot, an IP address or a network", ".example.com", is_direct
    ),
    "hostname": Format("a DNS host name", "registry1.example.com", is_hostname),
    "image_prefix": Format(
        "the start of image names, host[:port][/path]", "quay.io/openshift-release-dev", is_image_prefix
    ),
    "image_reference": Format(
        "an image with its registry and a tag or digest", "docker.io/library/registry:2", is_image_reference
    ),
    "location": Format(
        "host[:port] (an IPv6 address in brackets)", "registry1.example.com:5000", is_location
    ),
    "name_or_address": Format(
        "a DNS host name or an IP address", "registry1.example.com", is_name_or_address
    ),
    "own_directory": Format(
        "an absolute path on the host to a directory of its own, none of the system's,"
        " without spaces, colons, percent signs or '..'",
        "/opt/registry",
        is_own_directory,
    ),
    "path_or_url": Format(
        "an absolute path on the controller (or one that starts with ~/), or an https URL without credentials"
        " in it",
        "{{ inventory_dir }}/files/name",
        lambda text: is_controller_path(text) or is_url(text),
    ),
    "port": Format("a TCP port, 1-65535", "5000", is_port),
    "proxy_url": Format(
        "an http or https URL of a proxy: http://[user:password@]host[:port]",
        "http://proxy.example.com:3128",
        is_proxy_url,
    ),
    "relative_path": Format(
        "a path below a directory, without hidden components, spaces or '..'",
        "9.6.20251023-0/x86_64/name.iso",
        is_relative_path,
    ),
    "sha256": Format(
        "a SHA-256 of 64 hexadecimal digits",
        "0123456789abcdef" * 4,
        lambda text: bool(_SHA256.fullmatch(text)),
    ),
    "source_prefix": Format(
        "the start of image names, host[:port][/path], or *.domain",
        "quay.io/openshift-release-dev",
        is_source_prefix,
    ),
    "url": Format("an https URL without credentials in it", "https://example.com/path", is_url),
    "url_any": Format(
        "an http or https URL without credentials in it",
        "http://example.com/path",
        lambda text: is_url(text, ("http", "https")),
    ),
    "user_name": Format(
        "a user name of letters, digits and ._@+-", "mirror", lambda text: bool(_USER_NAME.fullmatch(text))
    ),
    "version": Format("a version in full", "4.20.3", lambda text: bool(_VERSION.fullmatch(text))),
    "zone": Format("the name of a firewalld zone", "public", lambda text: bool(_ZONE.fullmatch(text))),
}
