"""Every setting arrives where the agent reads it."""

import json


def test_the_settings_are_what_was_asked_for(host, site):
    etc = "/etc/bootstrap-registry"
    assert json.loads(host.file(f"{etc}/agent.json").content_string) == {
        "schema": 1,
        "site": "inventory",
        "engine": "oc-mirror",
        "imageset": f"{etc}/imageset.yaml",
        "auth_file": "/etc/lab/auth.json",
        "state_dir": "/srv/mirror",
        "registries": [
            {
                "location": f"{site.name}:8443",
                "ca_file": f"{etc}/ca/{site.name}_8443.crt",
                "data_dir": "/srv/registry/data",
            },
            {
                "location": "[2001:db8::5]:8443",
                "ca_file": f"{etc}/ca/_2001_db8__5__8443.crt",
                "data_dir": None,
            },
        ],
        "redirects": [
            {"prefix": "quay.io", "location": "enclave.example.com:5000/quay"},
            {
                "prefix": "*.redhat.io",
                "mirror": [{"location": "enclave.example.com/redhat", "pull-from-mirror": "digest-only"}],
                "blocked": True,
            },
            {"location": "docker.io", "mirror": [{"location": "enclave.example.com:5000/docker"}]},
        ],
        "source_ca_file": f"{etc}/ca/sources.crt",
        "update_url": "https://graph.example.com/v1/graph",
        "graph_data_url": "https://graph.example.com/graph-data",
        "graph_base_image": "quay.example.com/team/base:1",
        "signature_url": "https://signatures.example.com/release",
        "signature_key": f"{etc}/release-key.gpg",
        "signature_policy": "skip",
        "parallel": 9,
        "tools": {"oc_mirror": "/opt/lab-tools/bin/oc-mirror", "oc": "/opt/lab-tools/bin/oc"},
        "source_cas": [
            {
                "location": "enclave.example.com:5000",
                "ca_file": f"{etc}/ca/sources/enclave.example.com_5000.crt",
            }
        ],
        "proxy_file": f"{etc}/proxy.json",
    }


def test_nobody_but_root_reads_the_address_of_the_proxy(host):
    found = host.file("/etc/bootstrap-registry/proxy.json")
    assert (found.user, oct(found.mode)) == ("root", "0o600")
    assert json.loads(found.content_string) == {
        "url": "http://somebody:a-test@proxy.example.com:3128",
        "no_proxy": [".example.org", "192.0.2.0/24"],
    }


def test_the_files_it_names_are_the_controllers(host, fixtures):
    etc = "/etc/bootstrap-registry"
    for path, given in (
        ("imageset.yaml", "imageset.yaml"),
        ("ca/sources.crt", "two-ca.crt"),
        ("ca/sources/enclave.example.com_5000.crt", "ca.crt"),
        ("release-key.gpg", "release.gpg"),
    ):
        assert host.file(f"{etc}/{path}").content == (fixtures / given).read_bytes()


def test_the_agent_is_the_one_that_was_given(host):
    assert host.run("python3 /usr/local/lib/bootstrap-registry/agent.pyz").stdout == "another agent\n"


def test_a_run_may_write_its_state_and_a_registrys_data_and_nothing_else(host):
    unit = host.file("/etc/systemd/system/bootstrap-registry-mirror@.service").content_string
    paths = [line.partition("=")[2] for line in unit.splitlines() if line.startswith("ReadWritePaths")]
    assert paths == ["/srv/mirror", "-/srv/registry/data"]
