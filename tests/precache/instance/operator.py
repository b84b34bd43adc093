"""What the SiteConfig operator makes of a ClusterInstance: its quoting, written down again.

Source: stolostron/siteconfig at ecff291, ``internal/templates/assisted-installer/template.go``.
"""

import textwrap

import yaml


def agent_cluster_install(item):
    spec = item["spec"]
    name = spec["clusterName"]
    masters = sum(each.get("role", "master") == "master" for each in spec["nodes"])
    text = f"""\
apiVersion: extensions.hive.openshift.io/v1beta1
kind: AgentClusterInstall
metadata:
  name: "{name}"
  namespace: "{name}"
spec:
  clusterDeploymentRef:
    name: "{name}"
  holdInstallation: {str(spec.get("holdInstallation", False)).lower()}
  imageSetRef:
    name: "{spec["clusterImageSetNameRef"]}"
"""
    for key in ("apiVIPs", "ingressVIPs"):
        text += f"  {key}:\n{_yaml(spec[key], 4)}" if spec.get(key) else ""
    text += "  networking:\n"
    for key in ("clusterNetwork", "machineNetwork"):
        text += f"    {key}:\n{_yaml(spec[key], 6)}" if spec.get(key) else ""
    if spec.get("serviceNetwork"):
        text += f"    serviceNetwork:\n{_yaml([each['cidr'] for each in spec['serviceNetwork']], 6)}"
    text += f"""\
  provisionRequirements:
    controlPlaneAgents: {masters}
  sshPublicKey: "{spec["sshPublicKey"]}"
"""
    if spec.get("extraManifestsRefs"):
        text += f"  manifestsConfigMapRefs:\n{_yaml(spec['extraManifestsRefs'], 4)}"
    return text


def infra_env(item, node):
    spec = item["spec"]
    text = f"""\
apiVersion: agent-install.openshift.io/v1beta1
kind: InfraEnv
metadata:
  name: "{node["hostName"]}"
  namespace: "{spec["clusterName"]}"
spec:
  clusterRef:
    name: "{spec["clusterName"]}"
    namespace: "{spec["clusterName"]}"
  sshAuthorizedKey: "{spec["sshPublicKey"]}"
  cpuArchitecture: "{spec.get("cpuArchitecture", "x86_64")}"
  pullSecretRef:
    name: "{spec["pullSecretRef"]["name"]}"
  ignitionConfigOverride: '{spec["ignitionConfigOverride"]}'
  nmStateConfigLabelSelector:
    matchLabels:
      nmstate-label: "{node["hostName"]}"
"""
    ntp = spec.get("additionalNTPSources")
    return text + (f"  additionalNTPSources:\n{_yaml(ntp, 4)}" if ntp else "")


def bare_metal_host(item, node):
    spec = item["spec"]
    text = f"""\
apiVersion: metal3.io/v1alpha1
kind: BareMetalHost
metadata:
  name: "{node["hostName"]}"
  namespace: "{spec["clusterName"]}"
  annotations:
    inspect.metal3.io: "{node.get("ironicInspect", "")}"
    bmac.agent-install.openshift.io/hostname: "{node["hostName"]}"
    bmac.agent-install.openshift.io/installer-args: '{node["installerArgs"]}'
    bmac.agent-install.openshift.io/ignition-config-overrides: '{node["ignitionConfigOverride"]}'
    bmac.agent-install.openshift.io/role: "{node.get("role", "master")}"
  labels:
    infraenvs.agent-install.openshift.io: "{node["hostName"]}"
spec:
  bootMode: "{node.get("bootMode", "UEFI")}"
  bmc:
    address: "{node["bmcAddress"]}"
    disableCertificateVerification: true
    credentialsName: "{node["bmcCredentialsName"]["name"]}"
  bootMACAddress: "{node["bootMACAddress"]}"
  automatedCleaningMode: "{node.get("automatedCleaningMode", "disabled")}"
  online: true
"""
    hints = node.get("rootDeviceHints")
    return text + (f"  rootDeviceHints:\n{_yaml(hints, 4)}" if hints else "")


def nmstate_config(item, node):
    network = node["nodeNetwork"]
    return f"""\
apiVersion: agent-install.openshift.io/v1beta1
kind: NMStateConfig
metadata:
  name: "{node["hostName"]}"
  namespace: "{item["spec"]["clusterName"]}"
  labels:
    nmstate-label: "{node["hostName"]}"
spec:
  config:
{_yaml(network["config"], 4)}  interfaces:
{_yaml(network["interfaces"], 4)}"""


def rendered(item):
    """Yield everything that is rendered of a ClusterInstance, as text."""
    yield agent_cluster_install(item)
    for node in item["spec"]["nodes"]:
        yield infra_env(item, node)
        yield bare_metal_host(item, node)
        if "nodeNetwork" in node:
            yield nmstate_config(item, node)


def _yaml(value, indent):
    return textwrap.indent(yaml.safe_dump(value, sort_keys=False), " " * indent)
