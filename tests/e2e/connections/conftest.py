"""Three registry hosts, a jump host and a proxy host; every test makes its own site of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from bootstrap.sandbox.release import ReleaseSpec
from tests.e2e.execs import traced
from tests.e2e.lab import ROOT, Lab, make_lab

HOSTS = ("registry1", "registry2", "registry3", "jump", "proxy")
CONTENT = ReleaseSpec(components=3, component_size=200_000, base_sizes=(100_000,))

MakeSite = Callable[..., Lab]


@pytest.fixture(scope="session")
def lab():
    made = make_lab(ROOT / ".lab" / "connections", HOSTS, second_network=(), content=CONTENT)
    yield made
    made.sandbox.destroy()
    shutil.rmtree(made.directory)


@pytest.fixture(scope="session")
def make_site(lab: Lab) -> MakeSite:
    """Return a function that makes a site: its registry is a host of the lab, reached as the test says."""

    def make(name: str, host: str, *, state_of: Lab | None = None, **variables: Any) -> Lab:
        """Make the site `name`.

        Args:
            name: Of its directory.
            host: The lab's host; it is called `registry1` in the site, as everywhere.
            state_of: A site whose state this one shares: the same certificates, password and known hosts.
            variables: How it is reached, and more settings; one that is None is left out.
        """
        site = Lab(lab.directory / "sites" / name, lab.sandbox)
        shutil.copytree(lab.inventory, site.inventory, ignore=lambda _, names: set(names) - {"imageset.yaml"})
        given = yaml.safe_load((lab.inventory / "sandbox.yml").read_text())["all"]
        reached = {**given["hosts"][host], **variables}
        if state_of is not None:
            reached["registry_tls_state_dir"] = str(state_of.state.directory)
        told = {key: value for key, value in reached.items() if value is not None}
        inventory = {"all": {"vars": given["vars"]}, "registry": {"hosts": {"registry1": told}}}
        write_private(site.inventory / "hosts.yml", yaml.safe_dump(inventory))
        return site

    return make


def write_private(path: Path, text: str) -> None:
    """Write a file that only we can read, from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


@pytest.fixture(scope="session")
def operator(lab: Lab) -> str:
    """Make a user on registry1 who may sudo with a password, and return that password; root has it, too."""
    host, password = lab.sandbox.host("registry1"), "Gr8-Passwörd' $x"
    write_private(host.root / "root/passwords", f"ops:{password}\nroot:{password}\n")
    write_private(host.root / "etc/sudoers.d/ops", "ops ALL=(ALL:ALL) ALL\n")
    write_private(host.root / "etc/ssh/sshd_config.d/00-test.conf", "Port 22\nPort 2222\n")
    steps = """
        useradd --create-home --shell /bin/bash ops
        chpasswd < /root/passwords
        rm /root/passwords
        cp -a /home/admin/.ssh /home/ops/
        chown -R ops: /home/ops/.ssh
        printf 'Match User byword\\n  PasswordAuthentication yes\\n' >> /etc/ssh/sshd_config.d/zz-test.conf
        firewall-cmd --quiet --add-port=2222/tcp
        systemctl restart ssh
    """
    host.run(["sh", "-euc", steps])
    return password


@pytest.fixture(scope="session")
def first(lab, make_site, operator):
    """The first `up` of registry1, whose user needs a password for sudo: site, end, and programs started."""
    site = make_site("sudo", "registry1", ansible_user="ops", ansible_become_password=operator)
    execs = lab.directory / "driver-execs"
    return site, site.run("up", "--json", prefix=traced(execs)), execs
