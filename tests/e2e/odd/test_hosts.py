"""Sites whose hosts are odd: bare ones, without firewalld, with a disk of their own, with a narrow umask."""

import dataclasses

import pytest

from tests.e2e.odd.site import looks, told, up_once, up_twice
from tests.e2e.odd.stories import Host, odd
from tests.e2e.snapshot import differences

pytestmark = pytest.mark.sandbox
NARROW = ("sh", "-c", 'umask 077; exec "$@"', "sh")


@odd(Host("bare1", is_bare=True))
def bare_host(site):
    site.lab.sandbox.offer_packages(["bare1"])
    site.write("bare1", release=True)
    return up_twice(site)


def test_a_bare_host_gets_its_packages_from_its_repository(bare_host):
    assert bare_host.is_good("bare1", images=5)
    host = bare_host.site.host("bare1")
    assert host.run(["podman", "--version"]).stdout.startswith("podman version")
    sites = host.run(["apt-get", "indextargets", "--format", "$(SITE)"]).stdout.split()
    assert set(sites) == {f"https://{host.names.fqdn('upstream')}/debian"}


@dataclasses.dataclass(frozen=True)
class Refused:
    """A command that must refuse, and what it left changed on the host."""

    check: object
    up: object
    changed: list


@odd(Host("bare2", is_bare=True))
def bare_host_without_repository(site):
    site.write("bare2", release=True)
    before = looks(site.host("bare2"))
    check, up = site.run("check"), site.run("up")
    return Refused(check, up, differences(before, looks(site.host("bare2"))))


def test_a_bare_host_without_any_package_repository_is_refused(bare_host_without_repository):
    for ended in (bare_host_without_repository.check, bare_host_without_repository.up):
        assert ended.code == 3
        said = told(ended)
        assert "bare2" in said
        for package in ("podman", "crun", "ca-certificates", "gpgv"):
            assert package in said
        assert "Traceback" not in said
    assert bare_host_without_repository.changed == []


@odd("nofw")
def no_firewalld(site):
    site.host("nofw").run(["dpkg", "--purge", "firewalld"])
    site.write("nofw")
    return up_once(site)


def test_a_host_without_firewalld(no_firewalld):
    assert no_firewalld.is_good("nofw")
    assert "port 5000 was not opened" in told(no_firewalld.first)


@dataclasses.dataclass(frozen=True)
class OtherRoot:
    """`up` with too small a disk, then with a larger one."""

    too_small: object
    ups: object
    status: object


def _mount(site, size):
    site.host("disk").run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", "/srv/mirror"])


@odd("disk")
def other_root(site):
    host = site.host("disk")
    host.run(["mkdir", "/srv/mirror"])
    site.write("disk", registry_storage_root="/srv/mirror/registry")
    _mount(site, "64m")
    too_small = site.run("up")
    host.run(["umount", "/srv/mirror"])
    _mount(site, "3g")
    return OtherRoot(too_small, up_twice(site), site.run("status"))


def test_another_root_directory_on_its_own_file_system(other_root):
    assert other_root.too_small.code == 3
    assert "registry_storage_root" in told(other_root.too_small)
    assert other_root.ups.is_good("disk")
    host = other_root.ups.site.host("disk")
    data = host.run(["find", "/srv/mirror/registry/data", "-name", "_manifests", "-type", "d"]).stdout
    assert "ubi9/ubi-micro" in data
    assert host.run(["test", "-e", "/opt/registry"], check=False).returncode != 0
    (registry,) = other_root.status.result["registries"]
    assert 0 < registry["free_bytes"] <= 3 << 30


@odd("narrow")
def umask_077(site):
    host = site.host("narrow")
    with (host.root / "etc/pam.d/sshd").open("a") as pam:
        pam.write("session required pam_umask.so umask=0077\n")
    site.write("narrow", release=True)
    return up_twice(site, prefix=NARROW)


def test_umask_077_here_and_there(umask_077):
    site, host = umask_077.site, umask_077.site.host("narrow")
    assert host.run(["sh", "-c", "umask"]).stdout.strip() == "0077"
    assert umask_077.is_good("narrow", images=5)
    # Who is not root trusts the registry, and may pull from it.
    url = f"https://{host.fqdn}:5000/v2/"
    asked = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", url]
    assert host.run(asked, user="admin").stdout == "401"
    trust = f"/etc/containers/certs.d/{host.fqdn}:5000/ca.crt"
    assert "BEGIN CERTIFICATE" in host.run(["cat", trust], user="admin").stdout
    assert site.state.password_file.stat().st_mode & 0o077 == 0


@odd(Host("mover", is_bare=True), "served")
def separate_mirror_host(site):
    site.lab.sandbox.offer_packages(["mover"])
    site.write("served", mirror="mover", release=True)
    return up_twice(site)


def test_a_mirror_host_that_runs_no_registry(separate_mirror_host):
    assert separate_mirror_host.is_good("served", images=5)
    mover, served = (separate_mirror_host.site.host(name) for name in ("mover", "served"))
    assert mover.run(["which", "podman"], check=False).returncode != 0
    assert mover.run(["ls", "/var/lib/bootstrap-registry/runs"]).stdout != ""
    assert not (served.root / "var/lib/bootstrap-registry/runs").exists()
    asked = [
        "python3",
        "-c",
        "import sys, urllib.request as u; u.urlopen(sys.argv[1])",
        f"https://{served.fqdn}:5000/v2/",
    ]
    assert "401" in mover.run(asked, check=False).stderr  # by the host's own trust: curl is not there


@dataclasses.dataclass(frozen=True)
class Two:
    """Two registries, the first brought up alone; then both."""

    alone: object
    addressed_alone: str
    other_alone: object
    ups: object


@odd("first", "other")
def two_registries(site):
    site.write("first", "other", mirror="first")
    alone = site.run("up", "--limit", "first")
    sets = "".join(path.read_text() for path in site.directory.rglob("itms.yaml"))
    return Two(alone, sets, site.run("up", "--limit", "other"), up_twice(site))


def test_two_registries_the_first_brought_up_alone(two_registries):
    site = two_registries.ups.site
    first, other = (site.host(name) for name in ("first", "other"))
    assert two_registries.alone.result["urls"] == [f"https://{first.fqdn}:5000"]
    assert first.fqdn in two_registries.addressed_alone
    assert other.fqdn not in two_registries.addressed_alone


def test_a_registry_that_the_mirror_host_was_not_told_of_is_no_success(two_registries):
    assert two_registries.other_alone.code == 3
    assert "set up, and not filled" in told(two_registries.other_alone)


def test_two_registries_hold_the_same(two_registries):
    assert two_registries.ups.is_good("first", "other")
    site = two_registries.ups.site
    sets = "".join(path.read_text() for path in site.directory.rglob("itms.yaml"))
    for name in ("first", "other"):
        assert site.host(name).fqdn in sets
