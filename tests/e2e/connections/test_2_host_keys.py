"""Host keys: refused while unknown, accepted once, and then known to the driver and to Ansible."""

import os

import pexpect
import pytest

from bootstrap.host.host_keys import parse

pytestmark = pytest.mark.sandbox

# Nothing of the user's own is known, so the site's file decides.
STRANGE = "-o UserKnownHostsFile=none -o StrictHostKeyChecking=yes"
OTHER = "SHA256:" + "A" * 43


@pytest.fixture(scope="module")
def site(first, make_site):
    known, _, _ = first
    return make_site("strange", "registry1", state_of=known, ansible_ssh_common_args=STRANGE)


@pytest.fixture(scope="module")
def known_hosts(first):
    return first[0].state.known_hosts


def key_of(lab):
    (entry,) = parse(f"registry1 {lab.sandbox.host('registry1').container.host_key}")
    return entry.key


def test_an_unknown_host_key_is_shown_and_refused(lab, site, known_hosts):
    ended = site.run("check", "--json")
    assert ended.code == 3
    (problem,) = ended.document["problems"]
    assert "host key is not known" in problem["what"]
    assert str(key_of(lab)) in problem["why"]
    assert not known_hosts.exists()


def test_an_unknown_host_key_is_not_accepted_by_another_ones_fingerprint(lab, site, known_hosts):
    ended = site.run("up", "--json", "--accept-host-key", OTHER)
    assert ended.code == 3
    (problem,) = ended.document["problems"]
    assert OTHER in problem["why"]
    assert key_of(lab).fingerprint in problem["why"]
    assert not known_hosts.exists()


@pytest.mark.parametrize(("typed", "code"), [("no", 3), ("yes", 0)])
def test_an_unknown_host_key_is_asked_about_on_a_terminal(lab, site, known_hosts, typed, code):
    program, *words = site.command("status")
    child = pexpect.spawn(program, words, cwd=site.directory, timeout=60, env={**os.environ, "TERM": "dumb"})
    child.expect_exact(key_of(lab).fingerprint)
    child.expect_exact("Type yes")
    child.sendline(typed)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == code
    assert known_hosts.exists() is (typed == "yes")
    known_hosts.unlink(missing_ok=True)


def test_an_unknown_host_key_is_accepted_once_and_known_to_ansible_too(lab, site, known_hosts):
    assert site.run("up", "--json", "--accept-host-key", key_of(lab).fingerprint).result["changed"] == 0
    assert known_hosts.stat().st_mode & 0o777 == 0o600
    assert site.run("check", "--json").code == 0


def test_a_changed_host_key_is_never_accepted(lab, site, known_hosts):
    before = known_hosts.read_text()
    stranger = lab.sandbox.host("registry2").container.host_key.split()[1]
    known_hosts.write_text(before.replace(key_of_text(before), stranger))
    try:
        ended = site.run("check", "--json", "--accept-host-key", key_of(lab).fingerprint)
    finally:
        known_hosts.write_text(before)
    assert ended.code == 3
    (problem,) = ended.document["problems"]
    assert "not the one known for it" in problem["what"]
    assert key_of(lab).fingerprint in problem["why"]
    assert f"ssh-keygen -f {known_hosts}" in problem["fix"]


def key_of_text(text):
    return text.split()[2]


def test_an_ipv6_literal_as_ansible_host(lab, first, make_site):
    address = lab.sandbox.host("registry1").address6
    known, _, _ = first
    site = make_site("ipv6", "registry1", state_of=known, ansible_host=address)
    assert site.run("up", "--json").result["changed"] == 0


def test_an_odd_ssh_port_at_an_ipv6_literal(lab, first, make_site, known_hosts):
    """Its key is another entry, `[address]:port`, which OpenSSH has to find, too."""
    address = lab.sandbox.host("registry1").address6
    site = make_site(
        "port",
        "registry1",
        state_of=first[0],
        ansible_host=address,
        ansible_port=2222,
        ansible_ssh_common_args=STRANGE,
    )
    assert site.run("check", "--json").code == 3
    assert site.run("up", "--json", "--accept-host-key", key_of(lab).fingerprint).result["changed"] == 0
    assert f"[{address}]:2222 ssh-ed25519" in known_hosts.read_text()


def test_a_host_key_that_is_known_by_its_alias(lab, first, make_site, known_hosts):
    alias = f"{STRANGE} -o HostKeyAlias=the-registry"
    site = make_site("alias", "registry1", state_of=first[0], ansible_ssh_common_args=alias)
    assert site.run("up", "--json", "--accept-host-key", key_of(lab).fingerprint).result["changed"] == 0
    assert "the-registry ssh-ed25519" in known_hosts.read_text()
