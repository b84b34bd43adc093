"""What to know of an upgrade with pre-caching, and what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bootstrap.cluster.given import Given
from bootstrap.precache.talm.space import text_of
from bootstrap.precache.talm.spec import NAMESPACE, Upgrade

if TYPE_CHECKING:
    from bootstrap.precache.talm.render import Result


def told(given: Given, upgrade: Upgrade, result: Result) -> tuple[str, ...]:
    """Return the notes: what is pulled, what is odd, what comes next."""
    return (
        *_pulled(upgrade, result),
        *_odd(upgrade, result),
        *_before(given, upgrade, result),
        *_next(upgrade),
    )


def _pulled(upgrade: Upgrade, result: Result) -> Iterator[str]:
    count, weight = len(result.pulled.images), result.weight
    yield (
        f"{count} images for {result.architecture}, listed in images.txt, all of them in the mirror: "
        f"{_megabytes(weight.transfer)} for a node that has none of them"
    )
    if weight.new is not None:
        yield f"{_megabytes(weight.new)} of them are new to a node with all of {upgrade.before}"
    elif upgrade.before is not None and upgrade.version is not None:
        yield f"{upgrade.before} is not mirrored, so what is new to its nodes is not known"
    computed = "as asked for" if upgrade.space_gib else "computed"
    yield (
        f"on a node's disk they take {_megabytes(weight.unpacked)}; spaceRequired is "
        f"{text_of(result.space_gib)}, {computed}, and has to be free "
        "below the threshold of the kubelet's image garbage collection (85 %)"
    )
    needed = weight.transfer * 8 / (upgrade.timeout_minutes * 60) / 10**6
    yield (
        f"the job of a cluster has {upgrade.timeout_minutes} minutes, so its link has to bring "
        f"{needed:.1f} Mbit/s at least; all clusters begin at once, whatever maxConcurrency is"
    )


def _odd(upgrade: Upgrade, result: Result) -> Iterator[str]:
    yield from result.remarks
    if result.pulled.excluded:
        names = ", ".join(each.component for each in result.pulled.excluded)
        yield f"left out by --exclude: {names}; a cluster that needs one pulls it as it upgrades"
    for pattern in result.pulled.idle:
        hint = " (a line begins with a quotation mark)" if pattern.startswith("^") else ""
        yield f"--exclude {pattern} leaves nothing out{hint}"
    for each in result.missed:
        yield (
            f"{each.package}:{each.channel}: the job takes {each.taken}, which {each.head} skips; "
            f"what {each.head} has besides is given as additional images"
        )
    if upgrade.space_gib and upgrade.space_gib * 1024**3 < result.weight.unpacked:
        yield f"--space {text_of(upgrade.space_gib)} is less than the images take"


def _before(given: Given, upgrade: Upgrade, result: Result) -> Iterator[str]:
    release = result.release
    if release is not None:
        signed = {str(each["digest"]) for each in given.ledger["releases"] if each["signature_base64"]}
        if release.digest not in signed:
            yield f"the ledger has no signature of {release.version}: clusters refuse the update without one"
        if upgrade.upstream is None and any(each["kind"] == "graph" for each in given.ledger["images"]):
            yield "clusters keep the update service that they ask; name the site's with --upstream URL"
    yield "the clusters need the site's mirror sets, trust and pull secret: the job pulls through them"
    if result.chosen.subscriptions:
        names = ", ".join(
            f"{each['metadata']['namespace']}/{each['metadata']['name']}"
            for each in result.chosen.subscriptions
        )
        yield f"the Subscriptions have to be those that the clusters have: {names}"


def _next(upgrade: Upgrade) -> Iterator[str]:
    if upgrade.namespace != NAMESPACE:
        yield (
            f"1-namespace.yaml lets Placements in {upgrade.namespace} choose among all clusters of the set "
            f"{upgrade.cluster_set}; see that no other one there counts on less"
        )
    name, namespace = shlex.quote(upgrade.name), shlex.quote(upgrade.namespace)
    yield "on the hub; pre-caching begins with the last file, and no upgrade does:"
    yield "oc apply -f ."
    yield (f"oc get clustergroupupgrade {name} -n {namespace} -o json | bootstrap-registry precache status -")


def _megabytes(size: int) -> str:
    return f"{size / 10**9:.1f} GB" if size >= 10**9 else f"{size / 10**6:.2f} MB"
