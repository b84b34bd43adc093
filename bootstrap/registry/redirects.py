"""Where an image really is fetched: an enclave has upstream registries under other names.

The words and their meaning are those of ``registries.conf``, so that an entry can be taken over as it is.

Source: containers-registries.conf(5), "Remapping and mirroring registries"; containers/image v5,
``pkg/sysregistriesv2/system_registries_v2.go``: ``FindRegistry``, ``PullSourcesFromReference``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, Mapping, Sequence

from bootstrap.errors import ConfigError
from bootstrap.oci.reference import is_location, is_repository

ALL, BY_DIGEST, BY_TAG = "all", "digest-only", "tag-only"
PULLS = (ALL, BY_DIGEST, BY_TAG)

_KEYS = ("prefix", "location", "mirror", "mirror-by-digest-only", "blocked", "insecure")
_MIRROR_KEYS = ("location", "pull-from-mirror", "insecure")
_NO_INSECURE = (
    "insecure is refused: every registry is reached by https with a certificate that is checked; "
    "leave it out, and give the registry's CA in mirror_content_source_cas"
)


@dataclass(frozen=True)
class Mirror:
    """Another place that has what is below a prefix.

    Args:
        location: ``upstream.example.com:5000`` or ``upstream.example.com/quay``.
        pull: ``all``, or only for images asked for by digest (``digest-only``) or by tag (``tag-only``).
    """

    location: str
    pull: str = ALL


@dataclass(frozen=True)
class Redirect:
    """Everything whose name begins with ``prefix`` is at its mirrors or at ``location`` instead.

    Args:
        prefix: ``quay.io`` or ``quay.io/openshift-release-dev``, which ends where a part of the name ends; or
            ``*.example.com`` for every host below that domain.
        location: What takes its place: ``upstream.example.com:5000`` or ``upstream.example.com/quay``. Empty
            leaves the name as it is: for a wildcard, or where there are only mirrors.
        mirrors: Tried in order before ``location``.
        is_blocked: Never ask ``location`` itself.

    Raises:
        ConfigError: One of them is no registry or repository.
    """

    prefix: str
    location: str = ""
    mirrors: tuple[Mirror, ...] = ()
    is_blocked: bool = False

    def __post_init__(self) -> None:
        is_wildcard = self.prefix.startswith("*.")
        if is_wildcard and "/" in self.prefix:
            raise self._refused(self.prefix, "a wildcard stands for hosts, and has no path: *.example.com")
        places = [self.prefix[2:] if is_wildcard else self.prefix]
        places += [self.location] * bool(self.location) + [mirror.location for mirror in self.mirrors]
        for text in places:
            registry, slash, repository = text.partition("/")
            if not is_location(registry) or (slash and not is_repository(repository)):
                raise self._refused(
                    text, "write it without scheme, tag, wildcard and closing slash: quay.io/openshift"
                )

    def _refused(self, text: str, fix: str) -> ConfigError:
        return ConfigError(
            f"cannot redirect {self.prefix!r} to {self.location!r}",
            why=f"{text!r} is neither host[:port] nor host[:port]/repository",
            fix=fix,
        )

    def rest(self, name: str) -> str | None:
        """Return what follows the prefix in ``name``; None when it does not begin with it.

        ``quay.io/ab`` is not below ``quay.io/a``.
        """
        if not self.prefix.startswith("*."):
            is_below = name == self.prefix or name.startswith(self.prefix + "/")
            return name[len(self.prefix) :] if is_below else None
        registry, slash, repository = name.partition("/")
        domain, (host, colon, port) = self.prefix[1:], registry.partition(":")
        return colon + port + slash + repository if host.endswith(domain) and host != domain else None


@dataclass(frozen=True)
class Place:
    """Where a repository is to be looked for: ``name`` is ``host[:port]/repository``."""

    name: str
    pull: str = ALL


def find(name: str, redirects: Iterable[Redirect]) -> Redirect | None:
    """Return what applies to ``quay.io/a/b``: the longest prefix, and of equal ones the first."""
    fitting = [redirect for redirect in redirects if redirect.rest(name) is not None]
    return max(fitting, key=lambda redirect: len(redirect.prefix)) if fitting else None


def resolve(name: str, redirects: Sequence[Redirect]) -> str:
    """Return the location of the repository ``name`` (``quay.io/a/b``); itself when nothing applies.

    One redirect is all: its result is not redirected again.
    """
    redirect = find(name, redirects)
    return name if redirect is None else _at(redirect, redirect.location, name)


def places(name: str, redirects: Sequence[Redirect]) -> tuple[Place, ...]:
    """Return where the repository ``name`` may be fetched, in the order to try: mirrors, then the location.

    Raises:
        ConfigError: Every one of them is blocked.
    """
    redirect = find(name, redirects)
    if redirect is None:
        return (Place(name),)
    found = [
        Place(_at(redirect, mirror.location, name), mirror.pull)
        for mirror in redirect.mirrors
        if not _is_blocked(_at(redirect, mirror.location, name), redirects)
    ]
    location = resolve(name, redirects)
    if not redirect.is_blocked and not _is_blocked(location, redirects):
        found.append(Place(location))
    if not found:
        raise ConfigError(
            f"cannot fetch {name}",
            why=f"the entry for {redirect.prefix} leads to nothing that is not blocked",
            fix="leave the image out of the image set, or change the entry (mirror_content_redirects, or the"
            " file of mirror_content_registries_conf)",
        )
    return tuple(found)


def read_redirects(items: Sequence[object]) -> tuple[list[Redirect], list[str]]:
    """Read entries as ``registries.conf`` has them, each an object like one of its ``[[registry]]`` tables.

    Returns:
        What could be read, and a sentence for each thing that is wrong, which begins with ``[number].key``.
    """
    found: list[Redirect] = []
    problems: list[str] = []
    for number, item in enumerate(items):
        before = len(problems)
        redirect = _entry(item, f"[{number}]", problems)
        if redirect is not None and len(problems) == before:
            found.append(redirect)
    return found, problems


def _entry(item: object, path: str, problems: list[str]) -> Redirect | None:
    if not isinstance(item, dict):
        problems.append(f"{path}: it has to be a mapping, not {item!r}")
        return None
    _check_keys(item, _KEYS, path, problems)
    prefix, location = _text(item, "prefix", path, problems), _text(item, "location", path, problems)
    by_digest = _flag(item, "mirror-by-digest-only", path, problems)
    listed = item.get("mirror") or []
    if not isinstance(listed, list):
        problems.append(f"{path}.mirror: it has to be a list, not {listed!r}")
        listed = []
    mirrors = [
        _mirror(each, f"{path}.mirror[{number}]", by_digest, problems) for number, each in enumerate(listed)
    ]
    is_blocked = _flag(item, "blocked", path, problems)
    if not prefix and not location:
        problems.append(f"{path}: it has neither prefix nor location")
        return None
    if not (location or mirrors or is_blocked):
        problems.append(f"{path}: it has neither location nor mirror, so that it leads nowhere")
        return None
    try:
        return Redirect(prefix or location, location, tuple(mirrors), is_blocked)
    except ConfigError as error:
        problems.append(f"{path}: {error.why}; {error.fix}")
        return None


def _mirror(item: object, path: str, by_digest: bool, problems: list[str]) -> Mirror:
    if not isinstance(item, dict):
        problems.append(f"{path}: it has to be a mapping with location, not {item!r}")
        return Mirror("")
    _check_keys(item, _MIRROR_KEYS, path, problems)
    pull = _text(item, "pull-from-mirror", path, problems)
    if pull and pull not in PULLS:
        problems.append(f"{path}.pull-from-mirror: it has to be one of {', '.join(PULLS)}, not {pull!r}")
    if pull and by_digest:
        problems.append(f"{path}.pull-from-mirror: not together with mirror-by-digest-only of the entry")
    location = _text(item, "location", path, problems)
    if not location:
        problems.append(f"{path}.location: it is missing")
    return Mirror(location, BY_DIGEST if by_digest else pull or ALL)


def _check_keys(item: Mapping[Any, object], known: Sequence[str], path: str, problems: list[str]) -> None:
    problems += [
        f"{path}.{key}: there is no such key; known here: {', '.join(known)}"
        for key in item
        if key not in known
    ]
    if _flag(item, "insecure", path, problems):
        problems.append(f"{path}.insecure: {_NO_INSECURE}")


def _text(item: Mapping[Any, object], key: str, path: str, problems: list[str]) -> str:
    value = item.get(key)
    if value is not None and not isinstance(value, str):
        problems.append(f"{path}.{key}: it has to be a text, not {value!r}")
        return ""
    return (value or "").rstrip("/") if key != "pull-from-mirror" else value or ""


def _flag(item: Mapping[Any, object], key: str, path: str, problems: list[str]) -> bool:
    value = item.get(key)
    if value is not None and not isinstance(value, bool):
        problems.append(f"{path}.{key}: it has to be true or false, not {value!r}")
    return value is True


def _at(redirect: Redirect, location: str, name: str) -> str:
    return location + (redirect.rest(name) or "") if location else name


def _is_blocked(name: str, redirects: Iterable[Redirect]) -> bool:
    redirect = find(name, redirects)
    return redirect is not None and redirect.is_blocked
