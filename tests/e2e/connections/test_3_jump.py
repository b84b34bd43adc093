"""A registry host that the controller reaches through another host only."""

import pytest

from tests.e2e.connections.conftest import write_private

pytestmark = pytest.mark.sandbox

REJECT = "add rule inet apart input tcp dport 22 {family} saddr {address} reject with tcp reset"


@pytest.fixture(scope="module")
def apart(lab):
    """registry2, whose port 22 the controller cannot use any more."""
    host = lab.sandbox.host("registry2")
    addresses = {"ip": host.addresses.address4(1), "ip6": host.addresses.address6(1)}
    rules = [REJECT.format(family=family, address=address) for family, address in addresses.items()]
    chain = "add chain inet apart input { type filter hook input priority -10; }"
    write_private(host.root / "root/apart.nft", "\n".join(["add table inet apart", chain, *rules, ""]))
    done = host.container.inside(["nft", "-f", "/root/apart.nft"])  # over SSH it would cut itself off
    assert done.returncode == 0, done.stderr
    return host


def jump_of(lab):
    """Return what the user's configuration says about the jump host; ssh gives it nothing else."""
    jump = lab.sandbox.host("jump")
    return (
        f"Host jump\n  HostName {jump.address4}\n  User admin\n  IdentityFile {jump.key}\n"
        f'  IdentitiesOnly yes\n  UserKnownHostsFile "{jump.known_hosts}"\n'
    )


def options(host):
    return f"-o UserKnownHostsFile={host.known_hosts} -o StrictHostKeyChecking=yes"


def test_a_jump_host(lab, apart, make_site):
    assert make_site("direct", "registry2").run("check", "--json").code == 3
    config = lab.directory / "ssh" / "jump"
    write_private(config, jump_of(lab))
    args = f"-F {config} -o ProxyJump=jump {options(apart)}"
    site = make_site("jump", "registry2", ansible_ssh_common_args=args)
    assert site.run("up", "--json").result["mirrored"]["images"] >= 1

    # The same by a configuration alone, with what paramiko would not read.
    write_private(lab.directory / "ssh" / "more", jump_of(lab))
    write_private(
        lab.directory / "ssh" / "config",
        f"Include {lab.directory}/ssh/more\n"
        f"Match host far-away\n  HostName {apart.address4}\n  ProxyJump jump\n  User root\n"
        f'  IdentityFile {apart.key}\n  UserKnownHostsFile "{apart.known_hosts}"\n',
    )
    by_configuration = make_site(
        "configuration",
        "registry2",
        state_of=site,
        ansible_host="far-away",
        ansible_user=None,
        ansible_ssh_private_key_file=None,
        ansible_ssh_common_args=f"-F {lab.directory}/ssh/config",
    )
    assert by_configuration.run("up", "--json").result["mirrored"]["images"] >= 1


def test_a_jump_host_whose_key_is_not_known(lab, apart, make_site):
    config = lab.directory / "ssh" / "stranger"
    write_private(config, jump_of(lab).replace("UserKnownHostsFile", "UserKnownHostsFile none #"))
    args = f"-F {config} -o ProxyJump=jump {options(apart)}"
    ended = make_site("stranger", "registry2", ansible_ssh_common_args=args).run("check", "--json")
    assert ended.code == 3
    (problem,) = [each for each in ended.document["problems"] if "jump host" in each["what"]]
    assert "ssh jump true" in problem["fix"]
