"""The commented file that a user begins with."""

from __future__ import annotations

from pathlib import Path

from bootstrap.cluster.own_file import write_new

# Addresses are from RFC 5737 and RFC 3849, names from RFC 2606: they belong to nobody.
EXAMPLE = """\
# A hosted cluster on bare metal. What is a comment is at its default; docs/hosted-cluster.md has every key.
# `bootstrap-registry resources hosted-cluster FILE -i inventory --out DIR` makes everything that is applied.
---
name: hosted
# namespace: clusters # of the HostedCluster; control plane and hosts are in NAMESPACE-NAME
baseDomain: example.com # the cluster's names end in NAME.BASEDOMAIN

# release:
#   version: 4.20.9 # default: the newest that is mirrored for the architecture
#   architecture: amd64 # of the nodes: amd64, arm64, ppc64le

# Who gets into the nodes as core. One of: sshKey, the key itself; sshKeyFile.
sshKeyFile: ~/.ssh/id_ed25519.pub

# Credentials beside those of the mirror, as an auth.json; nodes need none when all is mirrored.
# pullSecretFile: pull-secret.json

networking:
  family: ipv4 # or ipv6, dual
  # clusterNetwork: [10.132.0.0/14] # ipv6: fd01::/48; dual: both, the primary family first
  # serviceNetwork: [172.31.0.0/16] # ipv6: fd02::/112
  machineNetwork: [192.0.2.0/24] # where the hosts are
  # All networks of the management cluster (oc get network cluster -o yaml); nothing may overlap with them.
  managementNetworks: [10.128.0.0/14, 172.30.0.0/16]

# How the API is reached.
# publishing:
#   type: LoadBalancer # on the management cluster; or NodePort, which wants
#   address: 192.0.2.10 # an address of the management cluster's nodes

# None of this can be changed later.
# controlPlane:
#   availability: HighlyAvailable # or SingleReplica
#   fips: false
#   etcd:
#     size: 8Gi
#     storageClass: lvms-vg1 # default: the management cluster's default one
#     keyFile: etcd-key # 32 bytes in base64; default: made once, and kept in the site's state

# Operators: guest runs the mirrored catalogs in the hosted cluster; management wants all four of the release
# mirrored, named by digest (fixed) or by tag (follows the mirror). It cannot be changed later.
# catalogs:
#   placement: guest
#   by: digest

# nodePool:
#   replicas: 2 # default: as many as there are hosts
#   upgradeType: InPlace # or Replace
#   autoRepair: false

# infraEnv:
#   additionalNTPSources: [192.0.2.1]
#   ownMirrors: false # true: mirrors for the discovery image by itself (MCE 2.8 and later)

# role: false # true: the Role capi-provider-role, for HyperShift that does not make its own

# What the controllers of all hosts have in common; a host's own bmc goes before it.
bmc:
  username: deploy
  passwordFile: bmc-password # 0600; or password, here or at a host, when this file is 0600
  # verifyCertificate: true

hosts:
  - name: worker0
    bootMACAddress: "52:54:00:00:00:01" # of the interface it boots from, not the controller's
    bmc:
      address: redfish-virtualmedia://192.0.2.101/redfish/v1/Systems/1 # IPv6 in brackets
    # rootDeviceHints:
    #   deviceName: /dev/sda
    # bootMode: UEFI # or UEFISecureBoot, legacy
  - name: worker1
    bootMACAddress: "52:54:00:00:00:02"
    bmc:
      address: redfish-virtualmedia://192.0.2.102/redfish/v1/Systems/1
"""


def write_example(path: Path) -> Path:
    """Write the commented file (its directory is made when missing), and never over another.

    Raises:
        ConfigError: There is one.
        HostError: It cannot be written.
    """
    return write_new(path, EXAMPLE)
