"""The shapes of ClusterInstance and SiteConfig.

Source: stolostron/siteconfig at ecff291, ``api/v1alpha1/clusterinstance_types.go``;
openshift-kni/cnf-features-deploy at bb11fee, the CRD of SiteConfig and the types of its generator, which was
what read SiteConfigs: ``installerArgs`` is a text there, and ``crAnnotations.add`` has a kind above its
annotations.
"""

from __future__ import annotations

from bootstrap.precache.instance.shape import (
    ANYTHING,
    BOOLEAN,
    TEXT,
    WHOLE,
    ListOf,
    MapOf,
    OneOf,
    Record,
    Shape,
)

_NAME = Record({"name": TEXT}, ["name"])
_CIDR = Record({"cidr": TEXT}, ["cidr"])
_CLUSTER_NETWORK = Record({"cidr": TEXT, "hostPrefix": WHOLE}, ["cidr"])
_BY_KIND = MapOf(MapOf(TEXT))
_OBJECT_KIND = Record({"apiVersion": TEXT, "kind": TEXT}, ["apiVersion", "kind"])
_PLACED = Record({"name": TEXT, "namespace": TEXT}, ["name", "namespace"])
_PROXY = Record({"httpProxy": TEXT, "httpsProxy": TEXT, "noProxy": TEXT})
_TANG = Record({"url": TEXT, "thumbprint": TEXT})
_HINTS = Record(
    {
        **dict.fromkeys(("deviceName", "hctl", "model", "vendor", "serialNumber"), TEXT),
        **dict.fromkeys(("wwn", "wwnWithExtension", "wwnVendorExtension"), TEXT),
        "minSizeGigabytes": WHOLE,
        "rotational": BOOLEAN,
    }
)
_NODE_NETWORK = Record(
    {
        "interfaces": ListOf(Record({"name": TEXT, "macAddress": TEXT}, ["name", "macAddress"])),
        "config": MapOf(ANYTHING),
    }
)
_PARTITIONING = OneOf(("None", "AllNodes"))
_NETWORK_TYPE = OneOf(("OVNKubernetes", "OpenShiftSDN"))
_BOOT_MODE = OneOf(("UEFI", "UEFISecureBoot", "legacy"))
_CLEANING = OneOf(("metadata", "disabled"))
# Of both kinds alike.
_NODE: dict[str, Shape] = {
    **dict.fromkeys(("hostName", "bmcAddress", "bootMACAddress", "ignitionConfigOverride"), TEXT),
    "bmcCredentialsName": _NAME,
    "bootMode": _BOOT_MODE,
    "automatedCleaningMode": _CLEANING,
    "rootDeviceHints": _HINTS,
    "nodeNetwork": _NODE_NETWORK,
}
_CLUSTER: dict[str, Shape] = {
    **dict.fromkeys(("clusterName", "clusterImageSetNameRef", "baseDomain"), TEXT),
    **dict.fromkeys(("installConfigOverrides", "ignitionConfigOverride"), TEXT),
    **dict.fromkeys(("apiVIPs", "ingressVIPs", "additionalNTPSources"), ListOf(TEXT)),
    "holdInstallation": BOOLEAN,
    "networkType": _NETWORK_TYPE,
    "clusterNetwork": ListOf(_CLUSTER_NETWORK),
    "machineNetwork": ListOf(_CIDR),
    "cpuPartitioningMode": _PARTITIONING,
    "proxy": _PROXY,
}

_INSTANCE_NODE = Record(
    {
        **_NODE,
        "role": OneOf(("master", "worker", "arbiter")),
        "installerArgs": TEXT,
        "ironicInspect": OneOf(("", "disabled")),
        "nodeLabels": MapOf(TEXT),
        "cpuArchitecture": OneOf(("x86_64", "aarch64")),
        "hostRef": _PLACED,
        "extraLabels": _BY_KIND,
        "extraAnnotations": _BY_KIND,
        "suppressedManifests": ListOf(TEXT),
        "pruneManifests": ListOf(_OBJECT_KIND),
        "templateRefs": ListOf(_PLACED),
    },
    ["hostName", "bmcAddress", "bmcCredentialsName", "bootMACAddress", "templateRefs"],
    {
        "crAnnotations": "it is of a SiteConfig: write extraAnnotations",
        "crSuppression": "it is of a SiteConfig: write suppressedManifests",
    },
)
INSTANCE = Record(
    {
        **_CLUSTER,
        "serviceNetwork": ListOf(_CIDR),
        "sshPublicKey": TEXT,
        "pullSecretRef": _NAME,
        "clusterType": OneOf(("SNO", "HighlyAvailable", "HostedControlPlane", "HighlyAvailableArbiter")),
        "cpuArchitecture": OneOf(("x86_64", "aarch64", "multi")),
        "platformType": OneOf(("", "BareMetal", "None", "VSphere", "Nutanix", "External")),
        "extraLabels": _BY_KIND,
        "extraAnnotations": _BY_KIND,
        "extraManifestsRefs": ListOf(_NAME),
        "suppressedManifests": ListOf(TEXT),
        "pruneManifests": ListOf(_OBJECT_KIND),
        "diskEncryption": Record({"type": TEXT, "tang": ListOf(_TANG)}),
        "caBundleRef": _NAME,
        "reinstall": Record(
            {"generation": TEXT, "preservationMode": OneOf(("None", "All", "ClusterIdentity"))}
        ),
        "templateRefs": ListOf(_PLACED),
        "nodes": ListOf(_INSTANCE_NODE),
    },
    ["clusterName", "baseDomain", "pullSecretRef", "clusterImageSetNameRef", "templateRefs", "nodes"],
    {
        "clusters": "it is of a SiteConfig: `precache instance --from-siteconfig` converts one",
        "clusterLabels": "it is of a SiteConfig: write extraLabels, with ManagedCluster above them",
        "apiVIP": "it is of a SiteConfig: write apiVIPs, a list",
        "ingressVIP": "it is of a SiteConfig: write ingressVIPs, a list",
    },
)

_BIOS = Record({"filePath": TEXT})
_ANNOTATIONS = Record({"add": MapOf(ANYTHING)})
_TEMPLATES = MapOf(TEXT)
_SITE_NODE = Record(
    {
        **_NODE,
        "role": OneOf(("master", "worker")),
        "installerArgs": ANYTHING,  # the CRD has a list, and what read it a text
        "ironicInspect": OneOf(("", "disabled", "enabled")),
        "nodeLabels": MapOf(ANYTHING),
        "cpuset": TEXT,
        "userData": MapOf(ANYTHING),
        "hardwareProfile": TEXT,
        "biosConfigRef": _BIOS,
        "diskPartition": ListOf(MapOf(ANYTHING)),
        "crTemplates": _TEMPLATES,
        "crAnnotations": _ANNOTATIONS,
        "crSuppression": ListOf(TEXT),
    },
    ["hostName", "bmcAddress", "bmcCredentialsName", "bootMACAddress"],
    {"templateRefs": "it is of a ClusterInstance: leave it out"},
)
_SITE_CLUSTER = Record(
    {
        **_CLUSTER,
        "serviceNetwork": ListOf(TEXT),
        "clusterLabels": MapOf(ANYTHING),  # a boolean is one of the texts that people write
        "clusterType": TEXT,
        "numMasters": WHOLE,
        "numWorkers": WHOLE,
        "cpuArchitecture": TEXT,
        "platformType": TEXT,
        "apiVIP": TEXT,
        "ingressVIP": TEXT,
        "manifestsConfig": Record({"ntpServer": TEXT}),
        "manifestsConfigMapRefs": ListOf(_NAME),
        "extraManifests": Record({"searchPaths": ListOf(TEXT), "filter": MapOf(ANYTHING)}),
        "extraManifestPath": TEXT,
        "extraManifestOnly": BOOLEAN,
        "mergeDefaultMachineConfigs": BOOLEAN,
        "siteConfigMap": MapOf(ANYTHING),
        "diskEncryption": Record(
            {"type": TEXT, "tang": ListOf(_TANG), "tpm2": Record({"pcrList": TEXT})},
        ),
        "biosConfigRef": _BIOS,
        "crTemplates": _TEMPLATES,
        "crAnnotations": _ANNOTATIONS,
        "crSuppression": ListOf(TEXT),
        "nodes": ListOf(_SITE_NODE),
    },
    ["clusterName", "nodes"],
    {
        "extraLabels": "it is of a ClusterInstance: write clusterLabels",
        "templateRefs": "it is of a ClusterInstance: leave it out",
    },
)
SITE_CONFIG = Record(
    {
        "baseDomain": TEXT,
        "pullSecretRef": _NAME,
        "clusterImageSetNameRef": TEXT,
        "sshPublicKey": TEXT,
        "sshPrivateKeySecretRef": _NAME,
        "crTemplates": _TEMPLATES,
        "crAnnotations": _ANNOTATIONS,
        "biosConfigRef": _BIOS,
        "clusters": ListOf(_SITE_CLUSTER),
    },
    ["pullSecretRef", "clusters"],
)
