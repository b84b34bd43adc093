"""What Ansible is given, so that it knows the same host keys as the driver."""

import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest

from bootstrap.site.model import Connection, Host
from bootstrap.site.state import State
from bootstrap.workflow.connect import ansible_environment, connect


def host(name="reg1", **how):
    return Host(name, (), {}, Connection("ssh", "192.0.2.1", **{"extra_args": "-F none", **how}))


def site(tmp_path, *hosts):
    return SimpleNamespace(source=tmp_path, state=State(tmp_path / "my site"), hosts=hosts)


def test_ansible_reads_the_sites_known_hosts_after_the_systems(tmp_path):
    told = ansible_environment(site(tmp_path, host(ssh_args="-C -o ControlMaster=auto")))["ANSIBLE_SSH_ARGS"]
    systems = "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"
    known = f'GlobalKnownHostsFile={systems} "{tmp_path}/my site/known_hosts"'
    assert shlex.split(told) == ["-C", "-o", "ControlMaster=auto", "-o", known]


def test_a_systems_file_of_the_users_own_stays(tmp_path):
    mine = host(common_args="-o GlobalKnownHostsFile=/etc/mine")
    told = ansible_environment(site(tmp_path, mine))["ANSIBLE_SSH_ARGS"]
    assert "GlobalKnownHostsFile=/etc/mine " in told


@pytest.mark.parametrize("how", [{"ssh_args": "-C", "has_own_ssh_args": True}])
def test_a_variable_wins_anyway_so_nothing_is_said(tmp_path, how):
    assert "ANSIBLE_SSH_ARGS" not in ansible_environment(site(tmp_path, host(**how)))


def test_a_connection_knows_the_sites_file_and_what_is_accepted(tmp_path):
    made = connect(host(known_hosts=Path("/site/known_hosts"), accepted_host_keys=frozenset({"SHA256:x"})))
    assert made._host_keys.file == Path("/site/known_hosts")
    assert made._host_keys.accepted == {"SHA256:x"}
