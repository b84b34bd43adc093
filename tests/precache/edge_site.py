"""Files of edge sites."""

import copy

import yaml

from bootstrap.precache.read import read_file
from tests.cluster.hosted.site import ssh_key

CONTROLLERS = {"username": "deploy", "password": "correct horse battery"}


def node(number=0, **changed):
    mac = f"52:54:00:00:{number // 256:02x}:{number % 256:02x}"
    interface = {"name": "ens1f0", "type": "ethernet", "state": "up", "ipv4": {"enabled": True, "dhcp": True}}
    return {
        "hostName": f"node{number}.edge.example.com",
        "bootMACAddress": mac,
        "bmc": {"address": f"redfish-virtualmedia://192.0.2.9:{8000 + number}/redfish/v1/Systems/1"},
        "rootDeviceHints": {"deviceName": "/dev/disk/by-path/pci-0000:01:00.0-scsi-0:2:0:0"},
        "nodeNetwork": {
            "interfaces": [{"name": "ens1f0", "macAddress": mac}],
            "config": {"interfaces": [{**interface, "mac-address": mac}]},
        },
        **changed,
    }


def document(nodes=1, **changed):
    """A user's file, as data."""
    several = {"clusterType": "HighlyAvailable", "apiVIPs": ["192.0.2.5"], "ingressVIPs": ["192.0.2.6"]}
    return {
        "name": "edge",
        "baseDomain": "example.com",
        "sshKey": ssh_key(),
        "machineNetwork": ["192.0.2.0/24"],
        "additionalNTPSources": ["192.0.2.1"],
        "labels": {"group-du-sno": "", "sites": "edge"},
        "bmc": CONTROLLERS,
        "nodes": [node(each) for each in range(nodes)] if isinstance(nodes, int) else nodes,
        **(several if nodes != 1 and isinstance(nodes, int) else {}),
        **changed,
    }


def with_value(data, path, value):
    """Return ``data`` with one thing changed (``nodes.0.role``); None takes it away."""
    found = copy.deepcopy(data)
    *parents, last = [int(each) if each.isdigit() else each for each in path.split(".")]
    inner = found
    for each in parents:
        inner = inner.setdefault(each, {}) if isinstance(inner, dict) else inner[each]
    if value is None:
        del inner[last]
    elif isinstance(inner, list) and last == len(inner):
        inner.append(value)
    else:
        inner[last] = value
    return found


def written(tmp_path, data):
    """Write a user's file as a careful user does."""
    path = tmp_path / "edge-site.yaml"
    path.touch(mode=0o600)
    path.write_text(data if isinstance(data, str) else yaml.safe_dump(data))
    return path


def site_of(tmp_path, data=None):
    return read_file(written(tmp_path, data or document()))
