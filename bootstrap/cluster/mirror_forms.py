"""Mirrors as each consumer wants them written down: one meaning, many forms.

A node merges all mirror sets of its cluster into one list of mirrors for each source
(:func:`~bootstrap.cluster.registries_conf.registries_conf`). Every form here is made from those lists, so
that each leads to the same places in the same order; a form that knows digests only says nothing of tags.

Source: openshift/installer ``pkg/types/installconfig.go`` (``ImageDigestSources``, from 4.14, and
``ImageContentSources`` before); openshift/hypershift ``HostedClusterSpec.ImageContentSources``;
containers-registries.conf(5); openshift/assisted-service at 063b257, ``pkg/mirrorregistries/parser.go``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bootstrap.cluster.mirror_sets import image_digest_mirror_sets, image_tag_mirror_sets
from bootstrap.cluster.registries_conf import Entry, registries_conf
from bootstrap.errors import ConfigError, HostError
from bootstrap.mirror.mirror_sets import Mirror

_NEVER = "NeverContactSource"
_MOST_OF_HOSTED = 255  # HostedCluster CRD: maxItems of imageContentSources


def image_digest_sources(mirrors: Iterable[Mirror], *, blocked: bool = False) -> list[dict[str, Any]]:
    """Return install-config's ``imageDigestSources`` (4.14 and later), by source.

    Args:
        mirrors: Of the site.
        blocked: Whether the cluster never goes to the source itself.
    """
    policy = {"sourcePolicy": _NEVER} if blocked else {}
    return [{**each, **policy} for each in image_content_sources(mirrors)]


def image_content_sources(mirrors: Iterable[Mirror]) -> list[dict[str, Any]]:
    """Return install-config's ``imageContentSources`` (up to 4.13), by source: ``source`` and ``mirrors``."""
    found = []
    for entry in _entries(mirrors):
        places = [mirror.location for mirror in entry.mirrors if mirror.by == "digest"]
        if places:
            found.append({"source": entry.scope, "mirrors": places})
    return found


def hosted_cluster_sources(mirrors: Iterable[Mirror]) -> list[dict[str, Any]]:
    """Return a HostedCluster's ``imageContentSources``, by source: they are for its nodes, and for digests.

    Raises:
        ConfigError: They are more than a HostedCluster takes.
    """
    found = image_content_sources(mirrors)
    if len(found) > _MOST_OF_HOSTED:
        raise ConfigError(
            "cannot write the imageContentSources of a HostedCluster",
            why=f"{len(found)} sources are mirrored, and it takes {_MOST_OF_HOSTED}",
            fix="mirror repositories without targetRepo: with their paths kept, a namespace is one source",
        )
    return found


def registries_conf_text(mirrors: Iterable[Mirror], *, assisted: bool = False, blocked: bool = False) -> str:
    """Return a ``registries.conf`` (version 2).

    Args:
        mirrors: Of the site.
        assisted: For assisted-service, which wants at least one mirror, and takes registries for short names
            for such that need no credentials: it gets none. Else it is a file for ``registries.conf.d``,
            which leaves the host's short names as they are.
        blocked: Whether the sources themselves are never contacted.

    Raises:
        HostError: Nothing is mirrored, and it is for assisted-service.
    """
    entries = _entries(mirrors)
    if assisted and not entries:
        raise HostError(
            "cannot write registries.conf for assisted-service",
            why="nothing is mirrored yet, and it refuses a file without a mirror",
            fix="run `bootstrap-registry mirror` first",
        )
    parts = ["unqualified-search-registries = []\n"] if assisted else []
    parts += [_table(entry, blocked=blocked) for entry in entries]
    return "\n".join(parts)


def _entries(mirrors: Iterable[Mirror]) -> Sequence[Entry]:
    known = tuple(mirrors)
    found = registries_conf([*image_digest_mirror_sets(known), *image_tag_mirror_sets(known)])
    return [found[scope] for scope in sorted(found)]


def _table(entry: Entry, *, blocked: bool) -> str:
    lines = ["[[registry]]", f'location = "{entry.scope}"']
    lines += ["blocked = true"] if blocked or entry.is_blocked else []
    for mirror in entry.mirrors:
        pull = f'pull-from-mirror = "{mirror.by}-only"'
        lines += ["", "[[registry.mirror]]", f'location = "{mirror.location}"', pull]
    return "\n".join(lines) + "\n"
