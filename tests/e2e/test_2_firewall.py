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
    return lab.sandbox.host("upstream")


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


def test_on_an_interface_in_a_zone_that_was_not_given_it_is_refused(registry, other):
    registry.run(["firewall-cmd", "--zone=block", "--change-interface=eth0"])
    try:
        assert knock(other, registry.address4) != "open"
    finally:
        registry.run(["firewall-cmd", "--reload"])
    assert knock(other, registry.address4) == "open"


def test_nothing_else_was_opened(registry, other):
    script = (
        "import socket,sys\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def is_open(port):\n"
        "    with socket.socket() as s:\n"
        "        s.settimeout(2)\n"
        "        return port if s.connect_ex((sys.argv[1], port)) == 0 else None\n"
        "with ThreadPoolExecutor(64) as pool:\n"
        "    print(*[p for p in pool.map(is_open, range(1, 10001)) if p])\n"
    )
    found = other.run(["python3", "-c", script, registry.address4], timeout_seconds=400).stdout.split()
    assert set(found) == {"22", "5000"}
    ports = registry.run(["firewall-cmd", "--list-ports"]).stdout.split()
    assert ports == [PORT]
