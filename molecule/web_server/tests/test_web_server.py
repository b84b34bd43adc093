"""The web server as a machine that boots sees it."""

import http.client
import json
import socket
import ssl

import pytest

IMAGES = "/opt/web-server/images"
PATH = "/9.6.2-0/x86_64/live.iso"


@pytest.fixture
def content(fixtures):
    return (fixtures / "boot.img").read_bytes()


@pytest.fixture
def ask(site):
    """Return a function that asks over TLS, verified with the site's CA alone: status, headers, body."""

    def ask(method, path, *, address=None, **headers):
        context = ssl.create_default_context(cafile=str(site.state / "ca/ca.crt"))
        plain = socket.create_connection((address or site.name, 8443), timeout=20)
        with context.wrap_socket(plain, server_hostname=site.name) as secure:
            connection = http.client.HTTPSConnection(site.name, 8443)
            connection.sock = secure
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    return ask


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_the_whole_file_comes_over_ipv4_and_ipv6_with_a_certificate_of_the_sites_ca(
    ask, site, content, family
):
    address = socket.getaddrinfo(site.name, 8443, family)[0][4][0]
    status, headers, body = ask("GET", PATH, address=address)
    assert (status, body) == (200, content)
    assert headers["Accept-Ranges"] == "bytes"


def test_a_part_of_it_comes_when_a_part_is_asked_for(ask, content):
    status, headers, body = ask("GET", PATH, Range="bytes=1000-1999")
    assert (status, body) == (206, content[1000:2000])
    assert headers["Content-Range"] == f"bytes 1000-1999/{len(content)}"


def test_head_tells_the_size_and_nothing_else_is_allowed(ask, content):
    status, headers, body = ask("HEAD", PATH)
    assert (status, headers["Content-Length"], body) == (200, str(len(content)), b"")
    assert [ask(method, PATH)[0] for method in ("PUT", "DELETE", "POST")] == [403, 403, 403]


def test_no_directory_and_nothing_hidden_is_shown(ask):
    assert [ask("GET", path)[0] for path in ("/", "/9.6.2-0/", "/9.6.2-0/x86_64/.more.img")] == [
        403,
        403,
        404,
    ]


def test_old_files_are_gone_with_their_release_and_all_others_are_for_everybody_to_read(host):
    found = host.run(f"find {IMAGES} -printf '%m %P\\n'").stdout.splitlines()
    assert sorted(found) == sorted(
        [
            *("755 ", "755 9.6.2-0", "755 9.6.2-0/x86_64"),
            *("644 9.6.2-0/x86_64/live.iso", "644 9.6.2-0/x86_64/more.img"),
        ]
    )


def test_the_unit_has_selinuxs_labels_and_nothing_can_be_written(host):
    unit = host.file("/etc/containers/systemd/mirror-web-server.container").content_string
    volumes = [line for line in unit.splitlines() if line.startswith("Volume=")]
    assert len(volumes) == 3
    assert all(line.endswith(":ro,z") for line in volumes)
    assert "SecurityLabel" not in unit
    (shown,) = json.loads(host.run("podman inspect mirror-web-server").stdout)
    assert shown["HostConfig"]["ReadonlyRootfs"] is True
    assert [mount["RW"] for mount in shown["Mounts"] if mount["Type"] == "bind"] == [False] * 3
    assert shown["EffectiveCaps"] == ["CAP_CHOWN", "CAP_SETGID", "CAP_SETUID"]


def test_who_answers_clients_is_nobody(host):
    users = host.run("ps -C nginx -o user= | sort | uniq").stdout.split()
    assert users == ["nobody", "root"]


def test_it_starts_at_boot_and_its_port_is_open(host):
    wanted = host.run("systemctl show --property=Wants,Requires --value multi-user.target").stdout
    assert "mirror-web-server.service" in wanted
    for where in ("", "--permanent "):
        assert "ports: 8443/tcp\n" in host.run(f"firewall-cmd {where}--zone=public --list-all").stdout


def test_the_key_is_roots_alone(host):
    found = host.file("/opt/web-server/certs/registry.key")
    assert (found.user, oct(found.mode)) == ("root", "0o600")
