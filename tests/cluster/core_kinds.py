"""Kinds of Kubernetes itself, and of operators whose CRDs are not beside this clone, in the shape of CRDs.

Only what we write of them: any other field is refused.
"""

import base64

_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_TEXT_LIST = {"type": "array", "items": {"type": "string"}}
_OPEN = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_BYTES = {"type": "object", "additionalProperties": {"type": "string", "format": "byte"}}


def _kind(group, version, scope, required=(), **properties):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {
        "group": group,
        "scope": scope,
        "versions": [{"name": version, "served": True, "schema": {"openAPIV3Schema": schema}}],
    }


def _object(required=(), **properties):
    return {"type": "object", "properties": properties, "required": list(required)}


_RULE = _object(
    ["verbs"], apiGroups=_TEXT_LIST, resources=_TEXT_LIST, resourceNames=_TEXT_LIST, verbs=_TEXT_LIST
)
_SUBJECT = _object(
    ["kind", "name"],
    apiGroup={"type": "string"},
    kind={"type": "string", "enum": ["User", "Group", "ServiceAccount"]},
    name={"type": "string"},
    namespace={"type": "string"},
)
_ROLE_REF = _object(
    ["apiGroup", "kind", "name"],
    apiGroup={"type": "string"},
    kind={"type": "string", "enum": ["Role", "ClusterRole"]},
    name={"type": "string"},
)
_RBAC = ("rbac.authorization.k8s.io", "v1")
_IMAGE = _object(["ref"], ref={"type": "string", "pattern": "[@:]"}, pollIntervalMinutes={"type": "integer"})
_CATALOG = _object(["type"], type={"type": "string", "enum": ["Image"]}, image=_IMAGE)

_ACM = "cluster.open-cluster-management.io"
_POLICY = ("policy.open-cluster-management.io", "v1")
_TERM = _object(
    ["key", "operator"],
    key={"type": "string"},
    operator={"type": "string", "enum": ["In", "NotIn", "Exists", "DoesNotExist"]},
    values=_TEXT_LIST,
)
_LABELS = _object(matchLabels=_TEXTS, matchExpressions={"type": "array", "items": _TERM})
_PREDICATE = _object(requiredClusterSelector=_object(labelSelector=_LABELS))
_TOLERATION = _object(
    key={"type": "string"},
    operator={"type": "string", "enum": ["Exists", "Equal"]},
    effect={"type": "string"},
    value={"type": "string"},
)
_NAMED = _object(
    ["apiGroup", "kind", "name"],
    apiGroup={"type": "string", "minLength": 1},
    kind={"type": "string", "minLength": 1},
    name={"type": "string", "minLength": 1},
)
_TEMPLATE = _object(
    ["complianceType", "objectDefinition"],
    complianceType={"type": "string", "enum": ["musthave", "mustonlyhave", "mustnothave"]},
    objectDefinition=_OPEN,
)

CORE = {
    # Source: open-cluster-management-io/api, cluster/v1beta1/types_placement.go and cluster/v1beta2.
    "Placement": _kind(
        _ACM,
        "v1beta1",
        "Namespaced",
        ["spec"],
        spec=_object(
            clusterSets=_TEXT_LIST,
            numberOfClusters={"type": "integer"},
            predicates={"type": "array", "items": _PREDICATE},
            tolerations={"type": "array", "items": _TOLERATION},
        ),
    ),
    "ManagedClusterSetBinding": _kind(
        _ACM,
        "v1beta2",
        "Namespaced",
        ["spec"],
        spec=_object(["clusterSet"], clusterSet={"type": "string"}),
    ),
    # Source: governance-policy-propagator, api/v1/placementbinding_types.go.
    "PlacementBinding": _kind(
        *_POLICY,
        "Namespaced",
        ["placementRef", "subjects"],
        placementRef=_NAMED,
        subjects={"type": "array", "minItems": 1, "items": _NAMED},
    ),
    # Source: config-policy-controller, api/v1/configurationpolicy_types.go; it has no namespace in a Policy.
    "ConfigurationPolicy": _kind(
        *_POLICY,
        "Cluster",
        ["spec"],
        spec=_object(
            **{"object-templates": {"type": "array", "minItems": 1, "items": _TEMPLATE}},
            remediationAction={"type": "string", "enum": ["inform", "Inform", "enforce", "Enforce"]},
            severity={"type": "string", "enum": ["low", "medium", "high", "critical"]},
        ),
    ),
    "Namespace": _kind("", "v1", "Cluster", spec=_object(finalizers=_TEXT_LIST)),
    "ConfigMap": _kind("", "v1", "Namespaced", data=_TEXTS, binaryData=_BYTES, immutable={"type": "boolean"}),
    "Secret": _kind(
        "",
        "v1",
        "Namespaced",
        type={"type": "string"},
        data=_BYTES,
        stringData=_TEXTS,
        immutable={"type": "boolean"},
    ),
    "ServiceAccount": _kind("", "v1", "Namespaced"),
    "Role": _kind(*_RBAC, "Namespaced", ["rules"], rules={"type": "array", "items": _RULE}),
    "ClusterRole": _kind(*_RBAC, "Cluster", ["rules"], rules={"type": "array", "items": _RULE}),
    "RoleBinding": _kind(
        *_RBAC, "Namespaced", ["roleRef"], roleRef=_ROLE_REF, subjects={"type": "array", "items": _SUBJECT}
    ),
    "ClusterRoleBinding": _kind(
        *_RBAC, "Cluster", ["roleRef"], roleRef=_ROLE_REF, subjects={"type": "array", "items": _SUBJECT}
    ),
    "MachineConfig": _kind(
        "machineconfiguration.openshift.io",
        "v1",
        "Cluster",
        ["spec"],
        spec=_object(config=_OPEN, kernelArguments=_TEXT_LIST, osImageURL={"type": "string"}),
    ),
    "Provisioning": _kind(
        "metal3.io", "v1alpha1", "Cluster", spec=_object(watchAllNamespaces={"type": "boolean"})
    ),
    "ClusterCatalog": _kind(
        "olm.operatorframework.io",
        "v1",
        "Cluster",
        ["spec"],
        spec=_object(
            ["source"],
            source=_CATALOG,
            priority={"type": "integer"},
            availabilityMode={"type": "string", "enum": ["Available", "Unavailable"]},
        ),
    ),
}

# Source: kubernetes, pkg/apis/core/validation/validation.go: ValidateSecret, ValidateConfigMap.
_MOST_BYTES = 1024 * 1024
_NEEDED = {
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
    "kubernetes.io/ssh-auth": "ssh-privatekey",
}


def more_problems(item):
    """Yield ``(path, what)`` of what no schema says about ``item``."""
    if item["kind"] not in ("ConfigMap", "Secret"):
        return
    data = (
        {key: base64.b64decode(value) for key, value in (item.get("data") or {}).items()}
        if _is_secret(item)
        else {}
    )
    texts = item.get("stringData" if _is_secret(item) else "data") or {}
    sizes = [*map(len, data.values()), *(len(each.encode()) for each in texts.values())]
    if sum(sizes) > _MOST_BYTES:
        yield "data", f"{sum(sizes)} bytes are more than {_MOST_BYTES}"
    for key in (*data, *texts):
        if not key or set(key) - set("-._abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"):
            yield f"data.{key}", "a key has letters, digits, '-', '_' and '.' only"
    needed = _NEEDED.get(item.get("type") or "")
    if needed and needed not in {*data, *texts}:
        yield f"data.{needed}", f"a Secret of type {item['type']} needs it"


def _is_secret(item):
    return item["kind"] == "Secret"
