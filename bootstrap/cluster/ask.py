"""What a cluster has now, asked with the user's ``oc``; nothing is changed there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bootstrap import process
from bootstrap.cluster.drains import OVERRIDE, OVERRIDE_NAMESPACE
from bootstrap.cluster.read import parse_objects
from bootstrap.cluster.signatures import LABEL
from bootstrap.cluster.signatures import NAMESPACE as SIGNATURES
from bootstrap.cluster.update_service import NAMESPACE
from bootstrap.errors import HostError

_SECONDS = 60.0

# What to ask for, and whether nothing can be said without it (where the cluster knows the kind).
_ASKED: tuple[tuple[tuple[str, ...], bool], ...] = (
    (("imagedigestmirrorsets.config.openshift.io",), True),
    (("imagetagmirrorsets.config.openshift.io",), True),
    (("imagecontentsourcepolicies.operator.openshift.io",), True),
    (("configmaps", "-l", LABEL, "-n", SIGNATURES), True),
    (("catalogsources.operators.coreos.com", "-n", "openshift-marketplace"), True),
    (("clustercatalogs.olm.operatorframework.io",), True),
    (("updateservices.updateservice.operator.openshift.io", "-n", NAMESPACE), True),
    (("configmaps", OVERRIDE, "-n", OVERRIDE_NAMESPACE), False),
    (("machineconfigpools.machineconfiguration.openshift.io",), False),
    (("infrastructures.config.openshift.io", "cluster"), False),
    (("clusterversions.config.openshift.io", "version"), False),
    (("machineconfigurations.operator.openshift.io", "cluster"), False),
)


def ask_cluster(
    kubeconfig: Path, run: Callable[..., process.Completed] = process.run
) -> tuple[dict[str, Any], ...]:
    """Return the objects of the cluster that ``kubeconfig`` leads to: those like ours, and what rules nodes.

    Raises:
        HostError: The cluster cannot be asked, or refuses.
        TransferError: There is no ``oc``, or it did not end.
    """
    found: list[dict[str, Any]] = []
    for words, is_needed in _ASKED:
        argv = ["oc", "--kubeconfig", str(kubeconfig), "get", *words, "--ignore-not-found", "-o", "yaml"]
        done = run(argv, check=False, timeout_seconds=_SECONDS)
        if done.returncode == 0:
            found += parse_objects(done.stdout, f"what oc says of {words[0]}")
        elif "doesn't have a resource type" in done.stderr:
            continue  # an operator, or a version, that the cluster does not have
        elif is_needed:
            raise HostError(
                f"cannot ask the cluster for {words[0]}",
                why=done.stderr.strip() or f"oc ended with {done.returncode}",
                fix=f"see that `oc --kubeconfig {kubeconfig} get {' '.join(words)}` works",
            )
    return tuple(found)
