"""Everything that a check finds on hosts, on the network and in the site's files: how to provoke each.

The numbers are exit codes: 2 the request, 3 the host, 4 a registry that says no, 5 the network.
"""

from __future__ import annotations

from dataclasses import dataclass

from bootstrap.site.model import Secret
from tests.e2e.check import provoke
from tests.e2e.check.provoke import (
    Provoke,
    edited,
    hidden,
    mounted,
    named,
    not_installed,
    placed,
    settings,
)


@dataclass(frozen=True)
class Case:
    """One way to be refused.

    Attributes:
        code: The exit code.
        what: In what could not be done; `why` and `fix` likewise, each a part of the text.
        others: More problems that come with it, a part of each one's `what`.
        needs_up: The site of `registry1` has to be up, whose registry image is used.
    """

    name: str
    provoke: Provoke
    code: int
    what: str
    why: str
    fix: str
    others: tuple[str, ...] = ()
    needs_up: bool = False


def os_release(text: str) -> Provoke:
    return edited("usr/lib/os-release", lambda _before, _world: text)


def hosts_file(line: str) -> Provoke:
    """The host's /etc/hosts with its own name in `line` only, or nowhere."""

    def change(text, world):
        kept = [each for each in text.splitlines() if world.name not in each]
        return "\n".join([*kept, line.format(name=world.name) if line else "", ""])

    return edited("etc/hosts", change)


def shim(name: str, script: str) -> Provoke:
    return placed(f"usr/local/bin/{name}", provoke.SHIM.format(script))


def environment(*variables: str) -> Provoke:
    """Proxy variables that every service of the host gets; {name} is the registry, {upstream} the source."""
    from contextlib import contextmanager

    @contextmanager
    def provoked(world):
        words = [word.format(name=world.name, upstream=world.upstream.fqdn) for word in variables]
        world.inside("systemctl", "set-environment", *words)
        try:
            yield world.site
        finally:
            world.inside("systemctl", "unset-environment", *(word.partition("=")[0] for word in words))

    return provoked


EL8 = 'ID="rhel"\nVERSION_ID="8.10"\nPRETTY_NAME="Red Hat Enterprise Linux 8.10 (Ootpa)"\n'
OLD_PYTHON = 'cat >/dev/null; echo "SyntaxError: future feature annotations is not defined" >&2; exit 1'
OLD_PODMAN = 'test "$1" = --version && echo podman version 4.3.1 || exec /usr/bin/podman "$@"'
SOURCES = "deb [trusted=yes] http://127.0.0.1:9/debian trixie main\n"
ADMIN = "admin ALL=(ALL) ALL"
IMAGE = "the registry's own image"
LOST = "cannot read the source"


def unwanted(auths, _world):
    for entry in auths.values():
        entry["auth"] = "c2FuZGJveC11c2VyOndyb25n"  # sandbox-user:wrong


def no_entry(auths, world):
    auths.pop("registry.redhat.io")


CONNECTION = (
    Case(
        "nobody at the address",
        provoke.connection(address="198.19.255.250"),
        3,
        "cannot be reached over SSH",
        "198.19.255.250",
        "ssh -p 22",
    ),
    Case(
        "no sshd at the port",
        provoke.connection(port=2222),
        3,
        "cannot be reached",
        "port 2222",
        "ssh -p 2222",
    ),
    Case(
        "host has no address",
        provoke.connection(address="nowhere.invalid"),
        3,
        "its name does not resolve",
        "nowhere.invalid",
        "ansible_host",
    ),
    Case("host key unknown", provoke.unknown_host_key, 3, "host key", "SHA256:", "compare"),
    Case("host key changed", provoke.other_host_key, 3, "host key", "SHA256:", "ssh-keygen"),
    Case("log-in refused", provoke.other_login_key, 3, "log-in refused", "root@", "ssh -p 22"),
    Case(
        "not root at all",
        provoke.connection(user="admin", become=False),
        3,
        "we are not root",
        "user id is 1000",
        "ansible_become",
    ),
)
SUDO = (
    Case("sudo asks", provoke.sudoers(ADMIN), 3, "cannot become root", "password", "ansible_become_password"),
    Case(
        "sudo password wrong",
        provoke.sudoers(ADMIN, become_password="wrong"),
        3,
        "cannot become root",
        "",
        "ansible_become_password",
    ),
    Case(
        "sudo not allowed",
        provoke.sudoers("# nobody"),
        3,
        "cannot become root",
        "password",
        "ansible_become_password",
    ),
)
SYSTEM = (
    Case("EL 8", os_release(EL8), 3, "Linux 8.10 (Ootpa) is too old", "no Quadlet", "Stream 9 or 10"),
    Case(
        "Debian 12",
        os_release('ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12"\n'),
        3,
        "Debian GNU/Linux 12 is too old",
        "13",
        "debian 13",
    ),
    Case(
        "another system", os_release("ID=arch\n"), 3, "arch 0 is not supported", "Debian 13+", "one of those"
    ),
    Case("old Python", shim("python3", OLD_PYTHON), 3, "python3 is too old", "SyntaxError", "3.9"),
    Case("old podman", shim("podman", OLD_PODMAN), 3, "podman is too old", "4.3.1", "update podman"),
    Case(
        "podman without Quadlet",
        hidden("usr/lib/systemd/system-generators/podman-system-generator"),
        3,
        "has no Quadlet",
        "generator",
        "distribution's package",
    ),
    Case(
        "package missing, no repository",
        not_installed("gpgv", "usr/bin/gpgv"),
        3,
        "lacks gpgv",
        "no package repository",
        "by hand",
    ),
    Case(
        "package missing, repository silent",
        provoke.both(
            not_installed("gpgv", "usr/bin/gpgv"), placed("etc/apt/sources.list.d/room.list", SOURCES, 0o644)
        ),
        3,
        "lacks gpgv",
        "127.0.0.1:9 cannot be reached",
        "repository",
    ),
    Case(
        "package missing, not to be installed",
        not_installed("gpgv", "usr/bin/gpgv", container_host_install_packages=False),
        3,
        "lacks gpgv",
        "container_host_install_packages",
        "gpgv",
    ),
    Case(
        "no cgroup v2",
        provoke.commands(
            [["mount", "-t", "tmpfs", "tmpfs", "/sys/fs/cgroup"]], [["umount", "/sys/fs/cgroup"]]
        ),
        3,
        "has no cgroup v2",
        "/sys/fs/cgroup",
        "unified_cgroup_hierarchy",
    ),
    Case(
        "no systemd",
        provoke.commands(
            [["mv", "/run/systemd/system", "/run/systemd/aside"]],
            [["mv", "/run/systemd/aside", "/run/systemd/system"]],
        ),
        3,
        "has no systemd",
        "init",
        "boots systemd",
    ),
)
DISKS = (
    Case(
        "data disk full",
        mounted("/opt/registry", "size=64m"),
        3,
        "disk is full",
        "0.1 GB",
        "registry_storage_root",
    ),
    Case(
        "workspace disk full",
        mounted("/var/lib/bootstrap-registry", "size=64m"),
        3,
        "disk is full",
        "mirror_content_state_dir",
        "mirror_content_state_dir",
    ),
    Case(
        "podman disk full",
        mounted("/var/lib/containers", "size=64m"),
        3,
        "disk is full",
        "graphroot",
        "storage.conf",
    ),
    Case(
        "data disk read-only",
        mounted("/opt/registry", "ro,size=9g"),
        3,
        "cannot write",
        "read-only",
        "remount",
    ),
    Case(
        "data disk without inodes",
        mounted("/opt/registry", "size=9g,nr_inodes=50"),
        3,
        "takes no more files",
        "inodes",
        "registry_storage_root",
    ),
    Case(
        "a file in the way",
        placed("opt/registry", "", 0o644),
        3,
        "cannot make",
        "is a file",
        "move /opt/registry",
    ),
)
NETWORK = (
    Case(
        "port taken",
        provoke.listening(5000),
        3,
        "port 5000 is taken",
        "unit intranet.service",
        "disable --now",
    ),
    Case(
        "another registry",
        provoke.registry_by_hand,
        3,
        "a registry that somebody else set up is in the way: container old-registry",
        "/opt/registry/data",
        "--adopt",
        needs_up=True,
    ),
    Case(
        "firewalld stopped",
        provoke.commands([["systemctl", "stop", "firewalld"]], [["systemctl", "start", "firewalld"]]),
        3,
        "firewalld is enabled and does not run",
        "inactive",
        "systemctl start firewalld",
    ),
    Case(
        "firewalld masked, zones named",
        provoke.commands(
            [["systemctl", "mask", "--now", "firewalld"]],
            [["systemctl", "unmask", "firewalld"], ["systemctl", "start", "firewalld"]],
            registry_firewall_zones=["public"],
        ),
        3,
        "firewalld does not run, and zones",
        "masked",
        "unmask",
    ),
    Case("name unknown there", hosts_file(""), 3, "does not resolve there", "no address", "/etc/hosts"),
    Case(
        "name is 127.0.1.1",
        hosts_file("127.0.1.1 {name}"),
        3,
        "leads back",
        "127.0.1.1",
        "the line 127.0.1.1",
    ),
    Case(
        "name is stale", hosts_file("198.19.255.9 {name}"), 3, "leads elsewhere there", "198.19.255.9", "DNS"
    ),
    Case(
        "proxy before the registry",
        environment("https_proxy=http://127.0.0.1:9", "no_proxy={upstream}"),
        3,
        "its proxy stands between",
        "no_proxy does not hold",
        "DefaultEnvironment",
    ),
    Case(
        "proxy silent",
        environment("https_proxy=http://127.0.0.1:9", "no_proxy={name}"),
        5,
        LOST,
        "the proxy for",
        "HTTPS_PROXY",
        others=("update graph", "graph data"),
    ),
)
PASSWORD = (
    Case(
        "somebody else's password",
        placed("opt/registry/auth/htpasswd", "they:$2b$10$xxxxxxxxxxxxxxxxxxxxxuZ\n", 0o600),
        3,
        "set up from another site state",
        "an htpasswd",
        "--new-ca",
    ),
)
SETTINGS = (
    Case(
        "zone missing",
        settings(registry_firewall_zones=["nosuch"]),
        3,
        "no zone nosuch",
        "public",
        "--new-zone=nosuch",
    ),
    Case(
        "name unknown everywhere",
        settings(registry_service_hostname="nowhere.invalid"),
        3,
        "does not resolve there",
        "nowhere.invalid",
        "registry_service_hostname",
        others=("does not resolve on the controller",),
    ),
    Case(
        "name is another host's",
        named(registry_service_hostname=lambda world: world.upstream.fqdn),
        3,
        "leads elsewhere there",
        "and the host has",
        "DNS",
        others=("leads elsewhere on the controller",),
    ),
)
SOURCES_CASES = (
    Case(
        "log-in refused by the source",
        provoke.pull_secret(unwanted),
        4,
        LOST,
        "401",
        "check the entry for",
        others=(IMAGE,),
    ),
    Case(
        "pull secret lacks an entry",
        provoke.pull_secret(no_entry),
        2,
        "has no entry for registry.redhat.io",
        "it has",
        "podman login",
    ),
    Case(
        "source refuses connections",
        provoke.refused_at(5000, "reject with tcp reset"),
        5,
        LOST,
        "refused the connection",
        "runs",
        others=(IMAGE,),
    ),
    Case(
        "source is silent",
        provoke.refused_at(5000, "drop"),
        5,
        LOST,
        "did not answer",
        "firewalls",
        others=(IMAGE,),
    ),
    Case(
        "source certificate unknown",
        settings(mirror_content_source_ca=""),
        5,
        LOST,
        "unknown authority",
        "CA",
        others=(IMAGE, "update graph", "graph data"),
    ),
    Case(
        "update service silent",
        provoke.refused_at(443, "reject with tcp reset"),
        5,
        "cannot read the update graph",
        "refused",
        "",
        others=("graph data",),
    ),
    Case(
        "version not in the graph",
        provoke.image_set(lambda text: text.replace("4.20.8", "4.20.98").replace("4.20.9\n", "4.20.99\n")),
        2,
        "channel stable-4.20 cannot be mirrored",
        "no release from 4.20.98 to 4.20.99",
        "minVersion",
    ),
    Case(
        "channel unknown",
        provoke.image_set(lambda text: text.replace("stable-4.20", "stable-4.77")),
        2,
        "channel stable-4.77 cannot be mirrored",
        "knows no release",
        "name of the channel",
    ),
    Case(
        "image gone",
        provoke.image_set(lambda text: text.replace("ubi-micro:latest", "ubi-micro:gone")),
        4,
        "ubi-micro:gone",
        "404",
        "check the name",
    ),
    Case(
        "release not signed",
        named(mirror_content_signature_url=lambda world: f"https://{world.upstream.fqdn}/elsewhere"),
        4,
        "release 4.20.9 is not signed",
        "/elsewhere/",
        "mirror_content_signature_url",
    ),
    Case(
        "no key for signatures",
        settings(mirror_content_signature_key=""),
        2,
        "there is no public key",
        "RPM-GPG-KEY",
        "mirror_content_signature_key",
    ),
    Case(
        "registry image gone",
        settings(registry_service_image="docker.io/library/nosuch:1"),
        4,
        "docker.io/library/nosuch:1 cannot be fetched",
        "404",
        "skopeo copy",
    ),
)
FILES = (
    Case(
        "provided certificate expired",
        provoke.provided(provoke.other_certificate(days=(-9, -2))),
        2,
        "cannot use the certificate",
        "was valid until",
        "issued anew",
    ),
    Case(
        "provided certificate for another name",
        provoke.provided(provoke.other_certificate(names=("elsewhere.example.com",))),
        2,
        "cannot use the certificate",
        "does not cover",
        "issued anew",
    ),
    Case(
        "provided key another's",
        provoke.provided(provoke.other_key),
        2,
        "cannot use the certificate",
        "the key is not the certificate's",
        "registry_tls_provided_certificate",
    ),
    Case(
        "provided chain broken",
        provoke.provided(provoke.other_ca),
        2,
        "cannot use the certificate",
        "does not end at a root",
        "registry_tls_provided_certificate",
    ),
    Case(
        "provided file missing",
        provoke.provided(lambda _world, _folder: {"key": "/nowhere/key.pem"}),
        2,
        "cannot use a provided certificate",
        "/nowhere/key.pem",
        "paths of PEM files",
    ),
    Case("CA without its key", provoke.ca_without_key, 3, "ca.key", "is missing", ""),
    Case(
        "weak password",
        settings(registry_auth_password=Secret("mirror")),
        2,
        "registry_auth_password is too weak",
        "",
        "choose another",
    ),
    Case(
        "source CA is no certificate",
        settings(mirror_content_source_ca="/etc/hostname"),
        2,
        "cannot use the CA file",
        "no PEM certificate",
        "PEM",
    ),
    Case(
        "signature key is none",
        settings(mirror_content_signature_key="/etc/hostname"),
        2,
        "cannot use the public key",
        "OpenPGP",
        "gpg --export",
    ),
)
# The host itself is changed by the provocation, or not touched at all.
ON_THE_HOST = (*SUDO, *SYSTEM, *DISKS, *NETWORK, *PASSWORD)
ELSEWHERE = (*CONNECTION, *SETTINGS, *SOURCES_CASES, *FILES)
