"""The port is open where it counts; what we opened is closed again, and nothing else is."""

import json

import pytest

# firewalld 2.3 (Debian 13) and 1.3 (EL 9) print zones like these.
FIREWALLD_2 = """\
dmz (active)
  target: default
  interfaces: eth1
  sources:
  ports:
public (default, active)
  target: default
  ingress-priority: 0
  interfaces: eth0
  sources:
  services: dhcpv6-client ssh
  ports: 8080/tcp 5010-5020/tcp
  rich rules:
\trule family="ipv4" port port="1-9/tcp"

work
  target: default
  interfaces:
  sources:
  ports:
"""
FIREWALLD_1 = FIREWALLD_2.replace("(default, active)", "(active)")

FAKE = """\
dir={dir}; config=runtime; zone=
for word; do
    case $word in
        --permanent) config=permanent ;;
        --zone=*) zone=${{word#--zone=}} ;;
        --list-all-zones) test -e $dir/$config || exit 252; cat $dir/$config ;;
        --get-default-zone) echo public ;;
        *) echo "$config $zone $word" >>$dir/log ;;
    esac
done
"""


@pytest.fixture
def module(plugin):
    return plugin("registry_firewall", "library", "registry_firewall_ports")


@pytest.fixture
def firewalld(tmp_path, programs):
    directory = tmp_path / "firewalld"
    directory.mkdir()
    for config in ("runtime", "permanent"):
        (directory / config).write_text(FIREWALLD_2)
    programs.add("firewall-cmd", FAKE.format(dir=directory))
    return directory


@pytest.fixture
def state(tmp_path):
    return tmp_path / "etc" / "firewall.json"


@pytest.fixture
def ports(module, run_module, state, monkeypatch):
    monkeypatch.setattr(module, "host_interfaces", lambda: {"eth0", "eth1"})
    return lambda port=5000, **more: run_module(module, port=port, state_file=str(state), **more)


def log(firewalld):
    path = firewalld / "log"
    return path.read_text().splitlines() if path.exists() else []


def opened(state):
    return [(entry["zone"], entry["port"]) for entry in json.loads(state.read_text())["opened"]]


def holds(firewalld, port, zones=("dmz", "public")):
    """Make the fake hold the port, as firewalld would after it was added."""
    for config in ("runtime", "permanent"):
        path, current, lines = firewalld / config, "", []
        for line in FIREWALLD_2.splitlines():
            current = line.split()[0] if line[:1].isalpha() else current
            is_ours = line.startswith("  ports:") and current in zones
            lines.append(f"{line.rstrip()} {port}/tcp" if is_ours else line)
        path.write_text("\n".join(lines) + "\n")


def test_it_opens_in_every_active_zone_permanently_and_at_once(ports, firewalld, state):
    answer = ports()
    assert answer["zones"] == ["dmz", "public"]
    assert log(firewalld) == [
        "permanent dmz --add-port=5000/tcp",
        "runtime dmz --add-port=5000/tcp",
        "permanent public --add-port=5000/tcp",
        "runtime public --add-port=5000/tcp",
    ]
    assert opened(state) == [("dmz", 5000), ("public", 5000)]


def test_a_second_time_nothing_changes(ports, firewalld):
    ports()
    holds(firewalld, 5000)
    (firewalld / "log").unlink()
    assert ports()["changed"] is False
    assert log(firewalld) == []


def test_given_zones_are_the_only_ones(ports, firewalld):
    assert ports(zones=["public"])["zones"] == ["public"]
    assert {line.split()[1] for line in log(firewalld)} == {"public"}


def test_a_zone_that_does_not_exist_is_refused_with_those_that_do(ports, firewalld):
    said = ports(zones=["pubic"])["msg"]
    assert "no zone pubic; it has dmz, public, work" in said
    assert log(firewalld) == []


def test_what_only_a_reload_would_lose_is_made_permanent(ports, firewalld):
    holds(firewalld, 5000)
    (firewalld / "permanent").write_text(FIREWALLD_2)
    ports()
    assert {line.split()[0] for line in log(firewalld)} == {"permanent"}


@pytest.mark.usefixtures("firewalld")
def test_a_port_that_somebody_else_opened_is_not_ours_to_close(ports, state):
    assert ports(8080, zones=["public"])["changed"] is False
    assert ports(5015, zones=["public"])["changed"] is False
    assert not state.exists()
    assert ports(8080, state="absent")["changed"] is False


def test_a_new_port_closes_the_old_one(ports, firewalld, state):
    ports()
    holds(firewalld, 5000)
    (firewalld / "log").unlink()
    ports(5443)
    assert "runtime public --remove-port=5000/tcp" in log(firewalld)
    assert "permanent dmz --remove-port=5000/tcp" in log(firewalld)
    assert opened(state) == [("dmz", 5443), ("public", 5443)]


def test_a_zone_that_is_not_given_any_more_is_closed(ports, firewalld, state):
    ports()
    holds(firewalld, 5000)
    (firewalld / "log").unlink()
    ports(zones=["public"])
    assert log(firewalld) == ["permanent dmz --remove-port=5000/tcp", "runtime dmz --remove-port=5000/tcp"]
    assert opened(state) == [("public", 5000)]


def test_a_zone_whose_interface_is_down_today_keeps_its_port(ports, firewalld, state):
    ports()
    holds(firewalld, 5000)
    path = firewalld / "runtime"
    path.write_text(path.read_text().replace("interfaces: eth1", "interfaces:"))
    assert ports()["changed"] is False
    assert ("dmz", 5000) in opened(state)


def test_removal_closes_what_was_opened_and_forgets_it(ports, firewalld, state):
    ports()
    holds(firewalld, 5000)
    (firewalld / "log").unlink()
    assert ports(state="absent")["changed"] is True
    assert len(log(firewalld)) == 4
    assert not state.exists()
    assert ports(state="absent")["changed"] is False


def test_what_was_opened_is_remembered_before_it_is_done(ports, firewalld, state, programs):
    programs.add("firewall-cmd", FAKE.format(dir=firewalld) + 'case "$*" in *--add-port*) exit 1;; esac\n')
    assert "failed" in ports()["msg"]
    assert opened(state) == [("dmz", 5000), ("public", 5000)]


def test_check_mode_says_what_it_would_do_and_does_nothing(ports, firewalld, state):
    assert len(ports(check_mode=True)["actions"]) == 4
    assert (log(firewalld), state.exists()) == ([], False)


def test_a_host_without_firewalld_is_left_alone_with_the_reason(ports, programs):
    assert not (programs.directory / "firewall-cmd").exists()
    answer = ports()
    assert (answer["changed"], answer["reason"]) == (False, "firewalld is not installed")


def test_a_firewalld_that_does_not_run_is_left_alone_with_the_reason(ports, firewalld):
    (firewalld / "runtime").unlink()
    assert ports()["reason"] == "firewalld is not running"


def test_removal_with_firewalld_stopped_closes_the_port_in_its_files(ports, firewalld, state, programs):
    ports()
    (firewalld / "runtime").unlink()
    programs.add("firewall-offline-cmd", f'echo "offline $*" >>{firewalld}/log\n')
    ports(state="absent")
    assert "offline --zone=public --remove-port=5000/tcp" in log(firewalld)
    assert not state.exists()


@pytest.mark.parametrize("text", [FIREWALLD_1, FIREWALLD_2])
def test_zones_are_read_as_both_generations_of_firewalld_print_them(module, text):
    zones, default = module.parse_zones(text)
    assert sorted(zones) == ["dmz", "public", "work"]
    assert zones["public"]["ports"] == {"8080/tcp", "5010-5020/tcp"}
    assert zones["dmz"]["interfaces"] == {"eth1"}
    assert default == ("public" if text is FIREWALLD_2 else "")


def test_an_interface_in_no_zone_makes_the_default_zone_active(ports, firewalld, module, monkeypatch):
    for config in ("runtime", "permanent"):
        (firewalld / config).write_text(FIREWALLD_1.replace("interfaces: eth0", "interfaces:"))
    assert ports(check_mode=True)["zones"] == ["dmz", "public"]
    monkeypatch.setattr(module, "host_interfaces", lambda: {"eth1"})
    assert ports(check_mode=True)["zones"] == ["dmz"]


def test_a_damaged_memory_is_refused_with_what_to_do(ports, firewalld, state):
    state.parent.mkdir()
    state.write_text("{")
    assert f"{state} cannot be read" in ports()["msg"]
    assert log(firewalld) == []
