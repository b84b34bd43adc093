"""The port is open, and it is the only one that was opened."""

import json

import pytest


@pytest.mark.parametrize("where", ["", "--permanent "])
def test_the_zone_of_the_interface_has_the_port_and_no_other(host, where):
    assert "ports: 5000/tcp\n" in host.run(f"firewall-cmd {where}--zone=public --list-all").stdout


def test_what_was_opened_is_remembered(host):
    memory = host.file("/etc/bootstrap-registry/firewall.json")
    assert json.loads(memory.content_string)["opened"] == [{"zone": "public", "port": 5000}]
    assert oct(memory.mode) == "0o644"
