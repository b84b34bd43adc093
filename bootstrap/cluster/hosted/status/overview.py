"""All objects of one or more hosted clusters together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bootstrap.cluster.hosted.status.clusters import hosted_cluster, node_pool
from bootstrap.cluster.hosted.status.machines import BMH_LABEL, agent, bare_metal_host
from bootstrap.cluster.hosted.status.seen import Look, Object, Seen, State
from bootstrap.errors import BootstrapError, ConfigError, ExitCode, HostError

KINDS = ("HostedCluster", "NodePool", "BareMetalHost", "Agent")
QUESTION = "oc get hostedcluster,nodepool,baremetalhost,agent -A -o json"


@dataclass(frozen=True)
class Overview:
    """What is seen, in the order in which things come up last to first: clusters, pools, hosts, agents."""

    objects: tuple[Seen, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many objects are in each state."""
        return {state.value: sum(each.state == state for each in self.objects) for state in State}

    @property
    def problems(self) -> tuple[BootstrapError, ...]:
        """What does not get there by itself, what failed before what is stuck."""
        wrong = [each for each in self.objects if each.state in (State.FAILED, State.STUCK)]
        wrong.sort(key=lambda each: each.state != State.FAILED)
        return tuple(
            HostError(f"{each.title} is {each.state.value}: {each.stage}", why=each.why, fix=each.fix)
            for each in wrong
        )

    @property
    def exit_code(self) -> ExitCode:
        """``HOST`` with a problem, ``UNFINISHED`` while something is on its way, else ``OK``."""
        if self.problems:
            return ExitCode.HOST
        waits = any(each.state == State.WAITING for each in self.objects)
        return ExitCode.UNFINISHED if waits else ExitCode.OK


def overview(objects: Iterable[Object], now: dt.datetime) -> Overview:
    """Return what ``objects`` say; kinds that are none of ours are left out.

    Args:
        objects: As ``oc get … -o json`` printed them.
        now: With a time zone.

    Raises:
        ConfigError: There is nothing of ours among them.
    """
    by_kind: dict[str, list[Look]] = {kind: [] for kind in KINDS}
    for item in objects:
        if item["kind"] in by_kind:
            by_kind[str(item["kind"])].append(Look(item, now))
    if not any(by_kind.values()):
        raise ConfigError(
            "there is nothing of a hosted cluster to tell of",
            why=f"there is no {', '.join(KINDS[:-1])} or {KINDS[-1]}",
            fix=f"give what `{QUESTION}` prints",
        )
    for looks in by_kind.values():
        looks.sort(key=lambda look: (look.text("metadata.namespace"), look.text("metadata.name")))
    agents = [(look, agent(look)) for look in by_kind["Agent"]]
    # Who asks for hosts alone has not been told of agents; no agent among clusters means that there is none.
    was_asked = bool(agents or by_kind["HostedCluster"] or by_kind["NodePool"])
    found = [hosted_cluster(look) for look in by_kind["HostedCluster"]]
    namespaces = _namespaces(by_kind["HostedCluster"])
    for look in by_kind["NodePool"]:
        namespace = namespaces.get((look.text("metadata.namespace"), look.text("spec.clusterName")))
        is_known = bool(agents or by_kind["BareMetalHost"]) and namespace is not None
        found.append(node_pool(look, _usable(agents, str(namespace)) if is_known else None))
    reported = frozenset(
        (look.text("metadata.namespace"), str((look.at("metadata.labels") or {}).get(BMH_LABEL)))
        for look, _ in agents
    )
    found += [bare_metal_host(look, reported if was_asked else None) for look in by_kind["BareMetalHost"]]
    return Overview((*found, *(seen for _, seen in agents)))


def _namespaces(clusters: Sequence[Look]) -> dict[tuple[str, str], str]:
    """Return where each HostedCluster has its agents."""
    return {
        (look.text("metadata.namespace"), look.text("metadata.name")): look.text(
            "spec.platform.agent.agentNamespace"
        )
        for look in clusters
    }


def _usable(agents: Sequence[tuple[Look, Seen]], namespace: str) -> int:
    return sum(
        look.text("metadata.namespace") == namespace
        and seen.state != State.FAILED
        and look.at("spec.approved") is True
        for look, seen in agents
    )
