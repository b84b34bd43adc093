"""What objects for a hub name, and is not among them."""

MAP = "unsupported.agent-install.openshift.io/assisted-service-configmap"
OPERATOR = "multicluster-engine"


def unresolved(objects, namespace=OPERATOR):
    """Return ``field: name`` of each ConfigMap that an AgentServiceConfig names and that is not there.

    Source: assisted-service, agentserviceconfig_controller.go: each is read in the operator's namespace.
    """
    there = {
        item["metadata"]["name"]
        for item in objects
        if item["kind"] == "ConfigMap" and item["metadata"]["namespace"] == namespace
    }
    found = []
    for item in objects:
        if item["kind"] == "AgentServiceConfig":
            named = {f"metadata.annotations[{MAP}]": (item["metadata"].get("annotations") or {}).get(MAP)}
            for field in ("mirrorRegistryRef", "OSImageCACertRef"):
                named[f"spec.{field}.name"] = (item["spec"].get(field) or {}).get("name")
            found += [f"{field}: {name}" for field, name in named.items() if name and name not in there]
    return found
