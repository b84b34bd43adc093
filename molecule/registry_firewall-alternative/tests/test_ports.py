"""The port is open in the zones that were named, and in no other."""

import pytest


@pytest.mark.parametrize("where", ["", "--permanent "])
@pytest.mark.parametrize(
    ("zone", "ports"), [("internal", "8443/tcp"), ("trusted", "8443/tcp"), ("public", "")]
)
def test_the_port_is_open_where_it_was_asked_for(host, where, zone, ports):
    assert f"  ports: {ports}\n" in host.run(f"firewall-cmd {where}--zone={zone} --list-all").stdout
