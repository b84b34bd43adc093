"""The firewall, proved from another host while the registry runs."""

import pytest

pytestmark = pytest.mark.sandbox
PORT = "5000/tcp"


@pytest.fixture
def registry(lab, second_up):
    return lab.sandbox.host("registry1")


@pytest.fixture
def other(lab):
    """A host that is neither the controller nor a registry."""
    return lab.sandbox.host("visitor")


def knock(host, address, port=5000):
    """Return how a TCP connection from `host` ends: open, refused, or silence."""
    script = (
        "import socket,sys\n"
        "try: socket.create_connection((sys.argv[1], int(sys.argv[2])), 3).close(); print('open')\n"
        "except TimeoutError: print('silence')\n"
        "except OSError as e: print('refused')\n"
    )
    return host.run(["python3", "-c", script, address, str(port)]).stdout.strip()


def test_the_port_is_open_for_another_host_in_both_families(registry, other):
    assert knock(other, registry.address4) == "open"
    assert knock(other, registry.address6) == "open"


def test_without_the_rule_the_running_registry_is_out_of_reach(lab, registry, other):
    registry.run(["firewall-cmd", f"--remove-port={PORT}"])
    try:
        assert registry.run(["systemctl", "is-active", "mirror-registry"]).stdout.strip() == "active"
        assert knock(other, registry.address4) != "open"
        assert knock(other, registry.address6) != "open"
    finally:
        registry.run(["firewall-cmd", f"--add-port={PORT}"])
    assert knock(other, registry.address4) == "open"


def test_the_rule_is_permanent(registry, other):
    registry.run(["firewall-cmd", "--reload"])
    assert knock(other, registry.address4) == "open"


def test_on_an_interface_in_another_zone_it_is_refused(registry, other):
    assert knock(other, registry.second_address4) == "open"  # while eth1 is in the zone that was opened
    registry.run(["firewall-cmd", "--zone=dmz", "--change-interface=eth1"])
    try:
        assert knock(other, registry.second_address4) != "open"
        assert knock(other, registry.second_address6) != "open"
        assert knock(other, registry.address4) == "open"
    finally:
        registry.run(["firewall-cmd", "--reload"])


def test_nothing_else_was_opened(registry, other):
    script = (
        "import asyncio,sys\n"
        "async def is_open(port, gate):\n"
        "    async with gate:\n"
        "        try:\n"
        "            _, writer = await asyncio.wait_for(asyncio.open_connection(sys.argv[1], port), 2)\n"
        "        except (OSError, asyncio.TimeoutError):\n"
        "            return None\n"
        "        writer.close()\n"
        "        return port\n"
        "async def main():\n"
        "    gate = asyncio.Semaphore(1000)\n"
        "    print(*[p for p in await asyncio.gather(*(is_open(p, gate) for p in range(1, 10001))) if p])\n"
        "asyncio.run(main())\n"
    )
    found = other.run(["python3", "-c", script, registry.address4]).stdout.split()
    assert set(found) == {"22", "5000"}
    assert registry.run(["firewall-cmd", "--list-ports"]).stdout.split() == [PORT]
