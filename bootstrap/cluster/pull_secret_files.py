"""The pull secret of clusters: the user's own, with the registries of the site.

Source: Secrets of type kubernetes.io/dockerconfigjson: the key ``.dockerconfigjson``, an ``auth.json``;
openshift/installer ``pkg/validate/validate.go``, ``ImagePullSecret``: each entry has an ``auth``.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from bootstrap.cluster.given import Given
from bootstrap.cluster.mirror_sets import to_yaml
from bootstrap.cluster.object_names import raise_unnameable
from bootstrap.cluster.take_away import TakeAway
from bootstrap.credentials.pull_secret import PullSecret
from bootstrap.errors import ConfigError, HostError

NAMESPACE, NAME = "openshift-config", "pull-secret"
JSON_FILE, SECRET_FILE = "pull-secret.json", "pull-secret.yaml"
TYPE = "kubernetes.io/dockerconfigjson"
KEY = ".dockerconfigjson"


def pull_secret_files(
    given: Given, own: PullSecret | None, *, namespace: str = NAMESPACE, name: str = NAME
) -> TakeAway:
    """Return the pull secret as JSON and as a Secret; both are private.

    Args:
        given: What the site knows.
        own: What it is merged with; None: the registries of the site alone.
        namespace: Of the Secret.
        name: Of the Secret.

    Raises:
        ConfigError: See :func:`for_clusters`; or ``namespace`` or ``name`` cannot be.
        HostError: Likewise.
    """
    raise_unnameable(namespace=namespace, name=name)
    text = for_clusters(given, own)
    item = secret(text, namespace=namespace, name=name)
    files = {JSON_FILE: text + "\n", SECRET_FILE: to_yaml([item])}
    notes = [f"it is for {', '.join(json.loads(text)['auths'])}"]
    unknown = sorted(set(own.document) - {"auths"}) if own is not None else []
    if unknown:
        notes.append(f"{', '.join(unknown)} left out: a cluster has no credential helpers")
    if (namespace, name) == (NAMESPACE, NAME):
        notes.append(
            "a running cluster, all of its nodes, none of them drained: "
            f"oc set data secret/{NAME} -n {NAMESPACE} --from-file={KEY}={JSON_FILE}"
        )
    else:
        notes.append(f"oc apply -f {SECRET_FILE}")
    return TakeAway(files, frozenset(files), notes=tuple(notes))


def for_clusters(given: Given, own: PullSecret | None) -> str:
    """Return the pull secret as JSON in one line: what install-config's ``pullSecret`` is, too.

    Args:
        given: Its entries replace those of the same key in ``own``.
        own: The user's.

    Raises:
        ConfigError: An entry has no ``auth`` that a cluster could log in with.
        HostError: The site's state has no credentials for one of its registries.
    """
    missing = [each for each in given.registries if each not in given.auths]
    if missing:
        raise HostError(
            "cannot make a pull secret for clusters",
            why=f"the site's state has no credentials for {', '.join(missing)}",
            fix="run `bootstrap-registry up`, which writes them",
        )
    merged = (own or PullSecret({})).merged(given.auths)
    empty = [key for key, entry in merged.auths.items() if "auth" not in entry]
    if empty:
        raise ConfigError(
            "cannot make a pull secret for clusters",
            why=f"the entry of {', '.join(sorted(empty))} has no auth: a cluster has no credential helpers",
            fix="log in with podman and --authfile, which writes one, or take the entry out",
        )
    return json.dumps({"auths": merged.auths}, separators=(",", ":"))


def secret(text: str, *, namespace: str, name: str = NAME) -> dict[str, Any]:
    """Return the Secret that holds a pull secret.

    Args:
        text: As :func:`for_clusters` returns it.
        namespace: Where it is.
        name: Of the Secret.
    """
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": TYPE,
        "data": {KEY: base64.b64encode(text.encode()).decode()},
    }
