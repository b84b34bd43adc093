"""``resources``: what clusters take, rendered from the ledger: published, shown, and compared."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bootstrap.cluster.ask import ask_cluster
from bootstrap.cluster.compare import Comparison, compare, names
from bootstrap.cluster.publish import publish, published
from bootstrap.cluster.read import read_objects
from bootstrap.cluster.rendered import Rendered, render
from bootstrap.errors import BootstrapError, HostError
from bootstrap.host.agent import Agent
from bootstrap.site.model import Host, Site
from bootstrap.workflow.connect import connect


@dataclass(frozen=True)
class Published:
    """The set of cluster resources that is current now.

    Attributes:
        objects: ``Kind name`` of each, in the order in which to apply them.
        is_new: Whether it differs from the set before.
        left_out: Why an object is not in it.
    """

    directory: Path
    objects: tuple[str, ...]
    is_new: bool
    left_out: tuple[BootstrapError, ...]


@dataclass(frozen=True)
class Compared:
    """What changes for a cluster.

    Attributes:
        against: What the ledger's resources were compared with: a path, or a cluster's kubeconfig; None when
            nothing was published before.
        is_cluster: Whether that is what a cluster has, not what one was given.
    """

    against: str | None
    is_cluster: bool
    is_different: bool
    changes: Comparison
    left_out: tuple[BootstrapError, ...]


def publish_resources(site: Site, ledger: Mapping[str, Any]) -> Published:
    """Render what clusters take from ``ledger``, and make it the site's current set.

    Raises:
        HostError: It cannot be written, or the ledger is from a newer agent.
    """
    rendered = _render(site, ledger)
    directory, is_new = publish(site.artifacts, rendered.files())
    return Published(directory, names(rendered.objects), is_new, rendered.left_out)


def publish_again(site: Site) -> Published:
    """Publish what the mirror host's ledger comes to now, without mirroring."""
    return publish_resources(site, ledger_of(site))


def rendered_now(site: Site) -> Rendered:
    """Return what the mirror host's ledger comes to now; nothing is written."""
    return _render(site, ledger_of(site))


def compare_resources(site: Site, *, against: Path | None = None, kubeconfig: Path | None = None) -> Compared:
    """Compare what the ledger comes to now with what a cluster has, or was given.

    Args:
        site: Whose ledger it is.
        against: A file or directory of objects; ``-`` is standard input.
        kubeconfig: Of the cluster to ask with ``oc``. With neither, it is the newest published set that
            differs.

    Raises:
        BootstrapError: The mirror host, the files or the cluster cannot be asked.
    """
    rendered = rendered_now(site)
    if kubeconfig is not None:
        found = compare(ask_cluster(kubeconfig), rendered.objects)
        return Compared(f"the cluster of {kubeconfig}", True, found.is_different, found, rendered.left_out)
    if against is None:
        against = _earlier(site, rendered)
    before = () if against is None else read_objects(against)
    found = compare(before, rendered.objects)
    is_cluster = any("uid" in item["metadata"] for item in before)
    name = None if against is None else str(against)
    return Compared(name, is_cluster, found.is_different, found, rendered.left_out)


def _earlier(site: Site, rendered: Rendered) -> Path | None:
    """Return the newest published set that gives a cluster something else than ``rendered`` does."""
    for each in reversed(published(site.artifacts)):
        if compare(read_objects(each), rendered.objects).is_different:
            return each
    return None


def registries_of(site: Site) -> tuple[Host, ...]:
    """Return the registries that were set up from here, the preferred one first; one or more.

    Raises:
        HostError: There is none.
    """
    if not site.registries_set_up:
        raise HostError(
            "cannot render cluster resources",
            why="no registry of the site has been set up from here: there is no CA certificate of one",
            fix="run `bootstrap-registry up` first, or copy the site's state from the controller that did",
        )
    return site.registries_set_up


def _render(site: Site, ledger: Mapping[str, Any]) -> Rendered:
    return render(ledger, [host.location for host in registries_of(site)])


def ledger_of(site: Site) -> Mapping[str, Any]:
    """Ask the mirror host what is mirrored.

    Raises:
        HostError: It cannot be reached, or has no agent.
    """
    with closing(connect(site.mirror_host)) as connection:
        agent = Agent(connection)
        agent.refuse_absent()
        return agent.ledger()
