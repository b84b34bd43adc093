"""A connection that is cut in the middle: made again, and what was going on is told to its end."""

import subprocess
import threading
import time
from contextlib import closing, contextmanager

import pytest

from bootstrap.host.agent import Agent
from bootstrap.sandbox import network
from bootstrap.site.load import load_site
from bootstrap.workflow.connect import connect

pytestmark = pytest.mark.sandbox

# Quick to notice: two seconds of silence, and the host is asked whether it is there.
QUICK = "-o ServerAliveInterval=2 -o ServerAliveCountMax=1 -o ConnectTimeout=2"


@contextmanager
def unplugged(host):
    network.unplug(host.names, host.state.number)
    try:
        yield
    finally:
        network.attach(host.names, host.addresses, host.name, host.state.number, host.state.networks)


def wait_for(condition, what):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_a_connection_cut_in_the_middle_of_following_is_made_again(lab, first, make_site):
    host = lab.sandbox.host("registry1")
    args = f"{make_args(host)} {QUICK}"
    site = make_site("cut", "registry1", state_of=first[0], ansible_ssh_common_args=args)
    told = load_site(site.inventory).mirror_host
    pauses = []
    upstream = lab.sandbox.host("upstream")
    with closing(connect(told)) as connection:
        agent = Agent(connection, pause=lambda seconds: (pauses.append(seconds), time.sleep(seconds)))
        with frozen(upstream):  # so the run goes on for as long as we want
            started = agent.start()
            events = agent.follow(started.run)
            heard = [next(events)]
            follower = threading.Thread(target=lambda: heard.extend(events))
            follower.start()
            with unplugged(host):
                wait_for(lambda: pauses, "the cut was not noticed")
        follower.join(timeout=120)
    assert [event["n"] for event in heard] == list(range(1, len(heard) + 1))
    assert heard[-1]["event"] == "run_finished"
    assert heard[-1]["outcome"] == "ok"


def test_a_cable_that_is_out_for_a_moment_does_not_fail_a_check(lab, first, make_site):
    host = lab.sandbox.host("registry1")
    site = make_site("moment", "registry1", state_of=first[0])
    with unplugged(host):
        child = subprocess.Popen(site.command("check", "--json"), cwd=site.directory, stdout=subprocess.PIPE)
        wait_for(lambda: is_connecting(host), "the check does not try to reach the host")
    out, _ = child.communicate(timeout=60)
    assert child.returncode == 0, out


def make_args(host):
    return f"-o UserKnownHostsFile={host.known_hosts} -o StrictHostKeyChecking=yes"


@contextmanager
def frozen(host):
    """Have nothing of the host run for a while, though its network is there."""
    freezer = host.container.cgroup.path / "cgroup.freeze"
    freezer.write_text("1")
    try:
        yield
    finally:
        freezer.write_text("0")


def is_connecting(host):
    done = subprocess.run(
        ["ss", "-Htn", "state", "syn-sent", "dst", f"{host.address4}"],
        capture_output=True,
        text=True,
        check=True,
    )
    by_name = subprocess.run(
        ["ss", "-Htn", "state", "syn-sent", "dst", f"[{host.address6}]"],
        capture_output=True,
        text=True,
        check=True,
    )
    return bool(done.stdout or by_name.stdout)
