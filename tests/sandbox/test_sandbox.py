"""Two hosts and an upstream that really boot: made once, looked at from all sides, gone without a trace."""

import json
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import urllib3
import yaml

from bootstrap.errors import HostError
from bootstrap.oci.digest import Digest
from bootstrap.registry.auth import AuthFile
from bootstrap.registry.pool import Registries
from bootstrap.registry.redirects import Redirect
from bootstrap.release import graph_data, graph_image
from bootstrap.release.download import Downloader
from bootstrap.release.keys import keyring
from bootstrap.release.payload import read_payload
from bootstrap.release.signature import Verifier
from bootstrap.sandbox.sandbox import Sandbox
from bootstrap.sandbox.waiting import wait_until
from tests.sandbox.traces import traces

pytestmark = pytest.mark.sandbox
QUADLET = """\
[Container]
Rootfs=/:O
Exec=/bin/sh -c 'trap "exit 0" TERM; sleep infinity & wait'
Network=host
[Install]
WantedBy=multi-user.target
"""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    directory = tmp_path_factory.mktemp("a clone")
    made = Sandbox(directory)
    try:
        made.create(("registry1", "registry2"), second_network=("registry1",))
        yield made
    finally:
        made.destroy()


@pytest.fixture(scope="module")
def settings(sandbox):
    return yaml.safe_load((sandbox.site / "sandbox.yml").read_text())["all"]["vars"]


def test_every_host_is_up_and_listed(sandbox):
    assert [(host.name, host.is_running) for host in sandbox.list()] == [
        ("registry1", True),
        ("registry2", True),
        ("upstream", True),
    ]
    for host in sandbox.hosts():
        assert host.run(["systemctl", "is-system-running"]).stdout == "running\n"


def test_names_resolve_on_the_hosts_and_on_the_controller(sandbox):
    one, two, _ = sandbox.hosts()
    found = one.run(["getent", "ahosts", two.fqdn]).stdout
    assert two.address4 in found
    assert two.address6 in found
    here = subprocess.run(["getent", "ahosts", one.fqdn], capture_output=True, text=True).stdout
    assert one.address4 in here
    assert one.address6 in here


def test_hosts_reach_each_other_and_nothing_else(sandbox):
    one, two, _ = sandbox.hosts()
    for address in (two.address4, two.address6):
        assert one.run(["python3", "-c", CONNECT, address, "22"]).stdout.strip() == "open"
    assert one.run(["ip", "route", "show", "default"]).stdout == ""


CONNECT = (
    "import socket, sys\n"
    "try: socket.create_connection((sys.argv[1], int(sys.argv[2])), 5).close(); print('open')\n"
    "except OSError as error: print(type(error).__name__)\n"
)


def test_an_ordinary_user_may_use_sudo(sandbox):
    assert sandbox.host("registry2").run(["sudo", "-n", "id", "-u"], user="admin").stdout == "0\n"


def test_the_firewall_is_real(sandbox):
    one, two, _ = sandbox.hosts()
    one.run(
        ["systemd-run", "--quiet", "--unit=knock", "python3", "-m", "http.server", "8080", "--bind", "::"]
    )
    assert wait_until(lambda: ":8080" in one.run(["ss", "-ltn"]).stdout, timeout_seconds=10)
    knock = ["python3", "-c", CONNECT, one.address6, "8080"]
    try:
        assert two.run(knock).stdout.strip() != "open"
        one.run(["firewall-cmd", "--quiet", "--add-port=8080/tcp"])
        assert two.run(knock).stdout.strip() == "open"
    finally:
        one.run(["systemctl", "stop", "knock"])
        one.run(["firewall-cmd", "--quiet", "--remove-port=8080/tcp"])


def test_a_second_interface_can_be_in_another_zone(sandbox):
    one = sandbox.host("registry1")
    knock = ["python3", "-c", CONNECT, one.second_address4, "22"]
    upstream = sandbox.host("upstream")
    assert upstream.run(knock).stdout.strip() == "open"
    one.run(["firewall-cmd", "--quiet", "--zone=block", "--change-interface=eth1"])
    assert upstream.run(knock).stdout.strip() != "open"
    one.run(["firewall-cmd", "--reload"])
    assert upstream.run(knock).stdout.strip() == "open"


def test_a_quadlet_unit_starts(sandbox):
    one = sandbox.host("registry1")
    unit = one.root / "etc/containers/systemd/sleeper.container"
    unit.parent.mkdir(exist_ok=True)
    unit.write_text(QUADLET)
    one.run(["systemctl", "daemon-reload"])
    try:
        one.run(["systemctl", "start", "sleeper"])
        assert one.run(["systemctl", "is-active", "sleeper"]).stdout == "active\n"
    finally:
        unit.unlink()
        one.run(["systemctl", "stop", "sleeper"])
        one.run(["systemctl", "daemon-reload"])


def test_the_upstream_wants_its_password(sandbox, settings):
    location = settings["mirror_content_redirects"][0]["location"]
    context = ssl.create_default_context(cafile=settings["mirror_content_source_ca"])
    auths = json.loads(Path(settings["pull_secret_file"]).read_text())["auths"]
    with urllib3.PoolManager(ssl_context=context) as pool:
        assert pool.request("GET", f"https://{location}/v2/").status == 401
        header = {"Authorization": f"Basic {auths[location]['auth']}"}
        assert pool.request("GET", f"https://{location}/v2/", headers=header).status == 200


def test_releases_are_in_the_graph_signed_and_complete(sandbox, settings, tmp_path):
    downloader = Downloader(ca_file=settings["mirror_content_source_ca"])
    url = f"{settings['mirror_content_update_url']}?channel=stable-4.20&arch=amd64"
    graph = json.loads(downloader.get(url, what="graph", limit=1 << 20))
    assert [node["version"] for node in graph["nodes"]] == ["4.20.8", "4.20.9"]
    verifier = Verifier(
        settings["mirror_content_signature_url"],
        keyring(Path(settings["mirror_content_signature_key"])),
        downloader,
        directory=tmp_path,
    )
    redirects = [Redirect(each["prefix"], each["location"]) for each in settings["mirror_content_redirects"]]
    auth_file = AuthFile.load(settings["pull_secret_file"])
    ca_file = settings["mirror_content_source_ca"]
    with Registries(auth_file, redirects, default_ca_file=ca_file) as registries:
        for node in graph["nodes"]:
            name, _, digest = node["payload"].partition("@")
            assert verifier.verify(Digest(digest), name=node["version"]).identity
            store, repository = registries.store_for(name)
            assert len(read_payload(store, repository, Digest(digest), name=name).components) == 12
        for name in ("docker.io/library/registry", "registry.redhat.io/ubi9/ubi-micro"):
            store, repository = registries.store_for(name)
            assert store.resolve(repository, "2" if "library" in name else "latest")
        # What a graph-data image is made of, too.
        layer = graph_data.download(settings["mirror_content_graph_data_url"], downloader)
        store, repository = registries.store_for("registry.access.redhat.com/ubi9/ubi")
        base = store.resolve(repository, "latest").digest
        assert graph_image.build(store, repository, base, layer, name="ubi")[1]


def test_ansible_connects_with_the_generated_inventory(sandbox):
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("ansible")),
            "-i",
            str(sandbox.site),
            "all",
            "-m",
            "ansible.builtin.raw",
            "-a",
            "hostname",
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "registry1" in done.stdout
    assert "registry2" in done.stdout


def test_creating_again_changes_nothing(sandbox):
    def seen():
        files = (sandbox.site / "sandbox.yml", sandbox.known_hosts)
        hosts = [line for line in Path("/etc/hosts").read_text().splitlines() if sandbox.names.id in line]
        return (
            [host.container.cgroup.init() for host in sandbox.hosts()],
            [f.stat().st_mtime_ns for f in files],
            hosts,
        )

    before = seen()
    said = []
    sandbox.create(("registry1", "registry2"), progress=said.append)
    assert seen() == before
    assert said == []


def test_a_host_without_power_is_silent_and_creating_again_starts_it(sandbox):
    one, two, _ = sandbox.hosts()
    two.kill()
    assert one.run(["python3", "-c", CONNECT, two.address4, "22"]).stdout.strip() != "open"
    assert not two.is_running()
    sandbox.create(())
    assert two.run(["true"]).returncode == 0


def test_a_host_is_shut_down_in_order(sandbox):
    two = sandbox.host("registry2")
    two.poweroff()
    assert "Reached target" in two.guest.console.read_text(errors="replace")
    two.start()
    journal = two.run(["journalctl", "--boot=-1", "--no-pager", "--output=cat"]).stdout
    assert "Journal stopped" in journal


def test_a_host_with_a_failed_unit_is_an_error_that_names_it(sandbox):
    two = sandbox.host("registry2")
    unit = two.root / "etc/systemd/system/broken.service"
    wanted = two.root / "etc/systemd/system/multi-user.target.wants/broken.service"
    two.poweroff()
    unit.write_text("[Service]\nType=oneshot\nExecStart=/bin/false\n")
    wanted.symlink_to("/etc/systemd/system/broken.service")
    try:
        with pytest.raises(HostError, match=r"broken\.service"):
            two.start()
    finally:
        two.kill()
        unit.unlink()
        wanted.unlink()
    two.start()


def test_no_secret_of_the_sandbox_is_readable_by_others(sandbox, settings):
    for path in (Path(settings["pull_secret_file"]), sandbox.host("registry1").key, sandbox.known_hosts):
        assert path.stat().st_mode & 0o077 == 0


def test_destroying_leaves_nothing_not_even_when_the_state_is_lost(tmp_path):
    lost = Sandbox(tmp_path)
    lost.create(("registry1",), upstream=False)
    addresses = lost.host("registry1").addresses
    assert traces(lost, addresses)
    (lost.folder / "state.json").unlink()
    lost.destroy()
    assert traces(lost, addresses) == []
    assert list(tmp_path.rglob("*")) == [lost.site]
    lost.destroy()
