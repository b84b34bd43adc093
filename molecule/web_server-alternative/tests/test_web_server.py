"""The web server on a port below 1024, elsewhere on the disk, with another CA."""

import json
import ssl

import pytest


def test_it_answers_there_with_all_its_names(host, site):
    ca = site.state.parents[1] / "other state/ca/ca.crt"
    served = ssl.get_server_certificate((site.name, 443), ca_certs=str(ca))
    assert served.strip() in host.file("/srv/boot/certs/registry.crt").content_string
    names = host.run("openssl x509 -noout -ext subjectAltName -in /srv/boot/certs/registry.crt").stdout
    assert "DNS:boot.example.com" in names


def test_it_has_the_one_capability_more_that_such_a_port_needs(host):
    (shown,) = json.loads(host.run("podman inspect mirror-web-server").stdout)
    wanted = ["CAP_CHOWN", "CAP_NET_BIND_SERVICE", "CAP_SETGID", "CAP_SETUID"]
    assert shown["EffectiveCaps"] == wanted


def test_the_image_has_the_name_that_was_asked_for_and_no_other(host):
    names = [image["Names"] for image in json.loads(host.run("podman images --format json").stdout)]
    assert names == [["registry.example.com/base/nginx:1"]]


@pytest.mark.parametrize(("zone", "ports"), [("internal", "443/tcp"), ("public", "443/tcp"), ("work", "")])
def test_the_port_is_open_in_the_zones_that_were_named_and_in_no_other(host, zone, ports):
    assert f"  ports: {ports}\n" in host.run(f"firewall-cmd --zone={zone} --list-all").stdout


def test_nothing_stands_where_it_does_by_default(host):
    assert not host.file("/opt/web-server").exists
