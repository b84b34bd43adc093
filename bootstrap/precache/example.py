"""The commented file that a user begins with."""

from __future__ import annotations

from pathlib import Path

from bootstrap.cluster.own_file import write_new

# Addresses are from RFC 5737 and RFC 3849, names from RFC 2606: they belong to nobody.
EXAMPLE = """\
# An edge site whose images are on its disk before it begins. What is a comment is at its default;
# docs/precache-instance.md has every key, and docs/precache.md the story.
# `bootstrap-registry precache instance --site FILE -i inventory --out DIR` makes everything that is applied.
---
name: edge # of the cluster, its namespace and its ClusterInstance
baseDomain: example.com # the cluster's names end in NAME.BASEDOMAIN
clusterType: SNO # one node; or HighlyAvailable, HighlyAvailableArbiter

# release:
#   version: 4.20.9 # default: the newest that is mirrored for the architecture
#   architecture: amd64 # of the nodes: amd64, arm64

# Who gets into the nodes as core. One of: sshKey, the key itself; sshKeyFile.
sshKeyFile: ~/.ssh/id_ed25519.pub

# Credentials beside those of the mirror, as an auth.json; nodes need none when all is mirrored.
# pullSecretFile: pull-secret.json

machineNetwork: [192.0.2.0/24] # where the nodes are
# clusterNetwork: [10.128.0.0/14] # ipv6: fd01::/48; or with the part of a node: {cidr: …, hostPrefix: 23}
# serviceNetwork: [172.30.0.0/16] # ipv6: fd02::/112
# apiVIPs: [192.0.2.5] # where there are several nodes: free addresses of machineNetwork
# ingressVIPs: [192.0.2.6]
# additionalNTPSources: [192.0.2.1] # names or addresses, of the nodes' family

# labels: # of the ManagedCluster, which policies select by; texts, so in quotes
#   group-du-sno: ""
#   sites: "edge"
# cpuPartitioningMode: None # AllNodes: workload partitioning; it cannot be changed later

# Of the SiteConfig operator, which renders the ClusterInstance; namespace is where they are.
# templates:
#   namespace: open-cluster-management
#   cluster: ai-cluster-templates-v1
#   node: ai-node-templates-v1 # it verifies no controller's certificate: one of your own can

# What is on the disk beside the release.
# content:
#   partLabel: data # of the partition
#   operators:
#     - catalog: registry.redhat.io/redhat/redhat-operator-index:v4.20
#       packages:
#         - name: ptp-operator
#           channel: stable # default: the package's own
#   additionalImages:
#     - name: registry.redhat.io/rhel9/support-tools:latest
#   exclude: [] # regular expressions: of the image's source, or its place in the mirror

# What the controllers of all nodes have in common; a node's own bmc goes before it.
bmc:
  username: deploy
  passwordFile: bmc-password # 0600; or password, here or at a node, when this file is 0600
  # verifyCertificate: true

nodes:
  - hostName: node0.edge.example.com
    # role: master # or worker, arbiter
    bootMACAddress: "52:54:00:00:00:01" # of the interface it boots from, not the controller's
    bmc:
      address: redfish-virtualmedia://192.0.2.101/redfish/v1/Systems/1 # IPv6 in brackets
    # bootMode: UEFI # or UEFISecureBoot, legacy
    # rootDeviceHints: # the disk with the partition
    #   deviceName: /dev/disk/by-path/pci-0000:01:00.0-scsi-0:2:0:0
    # installerArgs: [--copy-network] # beside --save-partlabel, which is added
    # nodeNetwork: # default: DHCP
    #   interfaces:
    #     - name: ens1f0
    #       macAddress: "52:54:00:00:00:01"
    #   config: # nmstate
    #     interfaces:
    #       - name: ens1f0
    #         type: ethernet
    #         state: up
    #         ipv4:
    #           enabled: true
    #           dhcp: true
    #         ipv6:
    #           enabled: false
"""


def write_example(path: Path) -> Path:
    """Write the commented file (its directory is made when missing), and never over another.

    Raises:
        ConfigError: There is one.
        HostError: It cannot be written.
    """
    return write_new(path, EXAMPLE)
