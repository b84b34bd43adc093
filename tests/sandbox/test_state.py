"""What a sandbox remembers."""

import json

import pytest

from bootstrap.errors import ConfigError
from bootstrap.sandbox.names import FIRST_HOST, LAST_HOST
from bootstrap.sandbox.state import State, load, save


def test_state_is_read_as_it_was_written(tmp_path):
    state = State(str(tmp_path), 7)
    state.add("registry1", (0,))
    state.add("upstream", (0, 1))
    state.add("registry2", (0,), "vm")
    save(tmp_path / "state.json", state)
    assert load(tmp_path / "state.json", tmp_path) == state


def test_a_host_keeps_its_number_and_gains_networks():
    state = State("/x", 0)
    first = state.add("a", (0,))
    state.add("b", (0,))
    again = state.add("a", (0, 1))
    assert (again.number, again.networks) == (first.number, (0, 1))
    assert state.add("a", (0,)).networks == (0, 1)
    assert len({host.number for host in state.hosts.values()}) == 2


def test_what_a_host_was_made_as_stays_with_it(tmp_path):
    state = State(str(tmp_path), 7)
    state.add("bare1", (0,), is_bare=True, is_ipv6_only=True)
    save(tmp_path / "state.json", state)
    again = load(tmp_path / "state.json", tmp_path).add("bare1", (0, 1))
    assert (again.is_bare, again.is_ipv6_only, again.networks) == (True, True, (0, 1))


def test_a_host_of_a_state_from_before_there_were_bare_ones_is_none(tmp_path):
    host = {"name": "registry1", "number": 11, "networks": [0]}
    known = {"schema": 1, "directory": str(tmp_path), "range": 7, "hosts": [host]}
    (tmp_path / "state.json").write_text(json.dumps(known))
    assert load(tmp_path / "state.json", tmp_path).hosts["registry1"].is_bare is False


def test_the_state_of_a_copied_clone_is_refused(tmp_path):
    save(tmp_path / "state.json", State("/where/it/was", 7))
    with pytest.raises(ConfigError, match="/where/it/was"):
        load(tmp_path / "state.json", tmp_path)


def test_the_state_of_a_newer_version_is_refused(tmp_path):
    (tmp_path / "state.json").write_text(json.dumps({"schema": 2}))
    with pytest.raises(ConfigError, match="schema 2"):
        load(tmp_path / "state.json", tmp_path)


def test_too_many_hosts_are_refused():
    state = State("/x", 0)
    for number in range(LAST_HOST - FIRST_HOST):
        state.add(f"h{number}", (0,))
    with pytest.raises(ConfigError, match="as many as it can"):
        state.add("one-more", (0,))


def test_a_state_without_kinds_has_containers(tmp_path):
    host = {"name": "registry1", "number": 11, "networks": [0]}
    data = {"schema": 1, "directory": str(tmp_path), "range": 7, "hosts": [host]}
    (tmp_path / "state.json").write_text(json.dumps(data))
    assert load(tmp_path / "state.json", tmp_path).hosts["registry1"].kind == "container"


def test_a_container_does_not_become_a_virtual_machine():
    state = State("/x", 0)
    state.add("registry1", (0,))
    state.add("registry2", (0,), "vm")
    assert state.add("registry2", (0,)).kind == "vm"
    with pytest.raises(ConfigError, match="a container already"):
        state.add("registry1", (0,), "vm")
