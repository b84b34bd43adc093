"""What clusters take about operators: the mirrored catalogs in place of the default ones, the update service.

Source: openshift/api config/v1 ``OperatorHub``; operator-framework/operator-controller
``api/v1/clustercatalog_types.go`` (``availabilityMode``); openshift/cincinnati-operator: ``bundle/`` (own
namespace only, channel ``v1``), ``docs/disconnected-updateservice-operator.md``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bootstrap.cluster.catalogs import KINDS, catalogs, image_of
from bootstrap.cluster.given import Given
from bootstrap.cluster.object_names import raise_unnameable
from bootstrap.cluster.take_away import TakeAway
from bootstrap.cluster.update_service import NAMESPACE, update_service
from bootstrap.errors import ConfigError, HostError

# What cluster-olm-operator brings, from 4.18.
_DEFAULT_CATALOGS = (
    "openshift-certified-operators",
    "openshift-community-operators",
    "openshift-redhat-marketplace",
    "openshift-redhat-operators",
)
_PACKAGE, _INDEX = "cincinnati-operator", "redhat-operator-index"
_OPERATOR_IMAGES = "openshift-update-service/"


def catalog_files(given: Given) -> TakeAway:
    """Return the mirrored catalogs, and what takes the default ones away, which no mirror stands for.

    Raises:
        HostError: No catalog is mirrored.
    """
    (sources, left_out), (clusters, also_left_out) = (
        catalogs(given.ledger, kind, given.registries) for kind in KINDS
    )
    problems = (*left_out, *also_left_out)
    if not sources and not clusters:
        raise HostError(
            "cannot give catalogs",
            why="; ".join(f"{each.what}: {each.why}" for each in problems) or "no catalog is mirrored",
            fix="name operators in the image set, and run `bootstrap-registry mirror`",
        )
    notes = [f"{each.what}: {each.why}" for each in problems]
    notes.append("operator-hub.yaml first: without the default catalogs no pod of theirs fails to be pulled")
    if clusters:
        patch = '{"spec": {"availabilityMode": "Unavailable"}}'
        notes.append(
            "the default catalogs of the newer Operator Lifecycle Manager (from 4.18) have no such field:"
        )
        notes += [f"oc patch clustercatalog {name} --type merge -p '{patch}'" for name in _DEFAULT_CATALOGS]
    hub = {
        "apiVersion": "config.openshift.io/v1",
        "kind": "OperatorHub",
        "metadata": {"name": "cluster"},
        "spec": {"disableAllDefaultSources": True},
    }
    by_file = {
        "operator-hub.yaml": [hub],
        "catalog-sources.yaml": sources,
        "cluster-catalogs.yaml": clusters,
    }
    return TakeAway.of_objects(by_file, notes)


def update_service_files(
    given: Given, *, registry: str | None = None, catalog: str | None = None
) -> TakeAway:
    """Return the update service, and its operator before it.

    Args:
        given: What the site knows.
        registry: Which one it reads, by location; None: the preferred one. It cannot name two.
        catalog: Name of the CatalogSource that has its operator; None: the mirrored Red Hat one.

    Raises:
        ConfigError: ``registry`` is none of the site, or ``catalog`` no name.
        HostError: No graph data is mirrored.
    """
    raise_unnameable(catalog=catalog)
    if registry is not None and registry not in given.registries:
        raise ConfigError(
            f"cannot let the update service read {registry}",
            why=f"the registries of this site are {', '.join(given.registries)}",
            fix="name one of them with --registry",
        )
    service = update_service(given.ledger, registry or given.registries[0])
    if service is None:
        raise HostError(
            "cannot give an update service",
            why="no graph data image is mirrored",
            fix="set graph: true in the platform of the image set, and run `bootstrap-registry mirror`",
        )
    catalog = catalog or _red_hat_catalog(given)
    operator = [*_namespace(), *([] if catalog is None else [_subscription(catalog)])]
    by_file = {"1-operator.yaml": operator, "2-update-service.yaml": [service]}
    return TakeAway.of_objects(by_file, _notes(given, catalog))


_STEPS = rf"""before it: `resources trust`, whose ConfigMap has the key updateservice-registry, and `resources pull-secret`; then
oc apply -f 1-operator.yaml
oc wait subscription {_PACKAGE} -n {NAMESPACE} --for jsonpath='{{.status.state}}'=AtLatestKnown --timeout 10m
oc wait csv -n {NAMESPACE} -l operators.coreos.com/{_PACKAGE}.{NAMESPACE} --for jsonpath='{{.status.phase}}'=Succeeded --timeout 10m
oc apply -f 2-update-service.yaml
oc get updateservice -n {NAMESPACE} -o jsonpath='{{.items[0].status.policyEngineURI}}/api/upgrades_info/v1/graph'
clusters ask what that prints: oc patch clusterversion version --type merge -p '{{"spec": {{"upstream": "URL"}}}}'
and trust it when they trust the ingress CA of the cluster that runs it: `resources trust --also-trust ingress.pem`, from
oc get configmap default-ingress-cert -n openshift-config-managed -o jsonpath='{{.data.ca-bundle\.crt}}'"""  # noqa: E501


def _notes(given: Given, catalog: str | None) -> Sequence[str]:
    found = []
    if catalog is None:
        found.append(
            f"no Subscription is given: no catalog with {_PACKAGE} is mirrored; name one with --catalog"
        )
    images = [each for each in given.ledger["images"] if each["kind"] == "operator"]
    if not any(_OPERATOR_IMAGES in str(each["source"]) for each in images):
        found.append(f"no image of its operator is mirrored: name the package {_PACKAGE} in the image set")
    return (*found, *_STEPS.splitlines())


def _red_hat_catalog(given: Given) -> str | None:
    """Return the newest CatalogSource that was made of Red Hat's index."""
    sources, _ = catalogs(given.ledger, KINDS[0], given.registries)
    names = [str(each["metadata"]["name"]) for each in sources if f"/{_INDEX}" in image_of(each)]
    return max(names, key=_by_numbers, default=None)


def _by_numbers(name: str) -> tuple[tuple[int, str], ...]:
    """Return what sorts names with their numbers as numbers: v4-9 before v4-20."""
    parts = re.split(r"(\d+)", name)
    return tuple((int(part) if part.isdigit() else -1, part) for part in parts)


def _namespace() -> list[dict[str, Any]]:
    group: dict[str, Any] = {
        "apiVersion": "operators.coreos.com/v1",
        "kind": "OperatorGroup",
        "metadata": {"name": "update-service", "namespace": NAMESPACE},
        "spec": {"targetNamespaces": [NAMESPACE]},
    }
    return [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}, group]


def _subscription(catalog: str) -> dict[str, Any]:
    return {
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "Subscription",
        "metadata": {"name": _PACKAGE, "namespace": NAMESPACE},
        "spec": {
            "channel": "v1",
            "installPlanApproval": "Automatic",
            "name": _PACKAGE,
            "source": catalog,
            "sourceNamespace": "openshift-marketplace",
        },
    }
