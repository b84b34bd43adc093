"""The config is read by two generations of distribution, the unit by every podman from 4.6 on."""

import configparser

import jinja2
import pytest
import yaml

from bootstrap.shipped import shipped

ROLE = shipped("roles") / "registry_service"
# podman 4.6, podman-systemd.unit(5): the keys of [Container] that our unit may choose from.
PODMAN_4_6 = [
    "AddCapability",
    "AddDevice",
    "Annotation",
    "AutoUpdate",
    "ContainerName",
    "DropCapability",
    "Environment",
    "EnvironmentFile",
    "EnvironmentHost",
    "Exec",
    "ExposeHostPort",
    "Group",
    "HealthCmd",
    "HealthInterval",
    "HealthOnFailure",
    "HealthRetries",
    "HealthStartPeriod",
    "HealthStartupCmd",
    "HealthStartupInterval",
    "HealthStartupRetries",
    "HealthStartupSuccess",
    "HealthStartupTimeout",
    "HealthTimeout",
    "HostName",
    "Image",
    "IP",
    "IP6",
    "Label",
    "LogDriver",
    "Mask",
    "Mount",
    "Network",
    "NoNewPrivileges",
    "Notify",
    "PodmanArgs",
    "PublishPort",
    "Pull",
    "ReadOnly",
    "RemapGid",
    "RemapUid",
    "RemapUidSize",
    "RemapUsers",
    "Rootfs",
    "RunInit",
    "SeccompProfile",
    "Secret",
    "SecurityLabelDisable",
    "SecurityLabelFileType",
    "SecurityLabelLevel",
    "SecurityLabelNested",
    "SecurityLabelType",
    "Sysctl",
    "Timezone",
    "Tmpfs",
    "Unmask",
    "User",
    "UserNS",
    "VolatileTmp",
    "Volume",
    "WorkingDir",
]
VARIABLES = {
    "registry_service_hostname": "registry1.example.com",
    "registry_service_port": 5000,
    "registry_service_root": "/opt/registry",
    "registry_service_delete_enabled": False,
    "registry_service_log_level": "info",
    "__registry_service_name": "mirror-registry",
    "__registry_service_image": "docker.io/library/registry@sha256:00",
    "__registry_service_config_dir": "/etc/bootstrap-registry",
    "__registry_service_loaded": "/run/mirror-registry.loaded",
    "__registry_service_files": ["/opt/registry/conf/config.yml"],
}


def render(name, **changes):
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    environment.filters["bool"] = bool
    template = environment.from_string((ROLE / "templates" / name).read_text())
    return template.render({**VARIABLES, **changes})


def unit(**changes):
    parser = configparser.RawConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read_string(render("mirror-registry.container.j2", **changes))
    return parser


def test_d2_the_config_is_yaml_with_what_was_promised_and_no_listener_for_debugging():
    config = yaml.safe_load(render("config.yml.j2"))
    assert config["storage"]["delete"] == {"enabled": False}
    assert config["http"]["addr"] == ":5000"
    assert "debug" not in config["http"]
    assert config["http"]["secret"] == "@HTTP_SECRET@"
    assert config["auth"]["htpasswd"]["path"] == "/auth/htpasswd"
    assert config["validation"]["manifests"]["indexes"]["platforms"] == "none"


def test_the_config_has_no_key_that_distribution_3_has_taken_away():
    assert "compatibility" not in yaml.safe_load(render("config.yml.j2"))


def test_delete_can_be_switched_on():
    config = yaml.safe_load(render("config.yml.j2", registry_service_delete_enabled=True))
    assert config["storage"]["delete"] == {"enabled": True}


def test_the_unit_has_only_keys_of_podman_4_6():
    assert set(unit(registry_service_port=443)["Container"]) <= set(PODMAN_4_6)


@pytest.mark.parametrize(
    ("major", "its_own"), [(2, "/etc/docker/registry/config.yml"), (3, "/etc/distribution/config.yml")]
)
def test_d2_the_config_is_named_to_the_registry_so_that_no_major_reads_its_own(major, its_own):
    text = render(
        "mirror-registry.container.j2", __registry_service_image=f"docker.io/library/registry:{major}"
    )
    (words,) = [line.partition("=")[2].split() for line in text.splitlines() if line.startswith("Exec=")]
    assert words[0] == "serve"
    directory, _, name = words[1].rpartition("/")
    assert (name, words[1] == its_own) == ("config.yml", False)
    assert f"Volume=/opt/registry/conf:{directory}:ro" in text.splitlines()


def test_d2_the_unit_lowers_no_security():
    container = unit()["Container"]
    assert [container[key] for key in ("ReadOnly", "NoNewPrivileges", "DropCapability", "Pull")] == [
        *("true", "true", "all", "never")
    ]
    assert {"AddCapability", "SecurityLabelDisable", "PodmanArgs", "PublishPort"}.isdisjoint(container)
    assert "label=disable" not in render("mirror-registry.container.j2")


@pytest.mark.parametrize(("port", "needed"), [(443, True), (1023, True), (1024, False), (5000, False)])
def test_a_low_port_needs_the_one_capability(port, needed):
    assert ("AddCapability" in unit(registry_service_port=port)["Container"]) is needed


def test_no_volume_is_relabelled_and_only_the_data_is_written():
    lines = render("mirror-registry.container.j2").splitlines()
    volumes = {line.split(":")[-2]: line.split(":")[-1] for line in lines if line.startswith("Volume=")}
    assert volumes == {
        "/var/lib/registry": "rw",
        "/auth": "ro",
        "/certs": "ro",
        "/etc/bootstrap-registry": "ro",
    }
