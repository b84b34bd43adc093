"""What a host must be to run the registry, and what is said when it is not."""

import pytest
import yaml

from bootstrap.shipped import shipped

VARIABLES = yaml.safe_load((shipped("roles") / "container_host/vars/main.yml").read_text())
OLDEST = {
    name: VARIABLES["__container_host_el"] if isinstance(bound, str) else bound
    for name, bound in VARIABLES["__container_host_oldest"].items()
}
GOOD = {
    "is_systemd": True,
    "cgroup_version": 2,
    "podman_version": "5.4.2",
    "quadlet_generator": "/usr/lib/systemd/system-generators/podman-system-generator",
}


@pytest.fixture
def problems(plugin):
    return plugin("container_host", "filter_plugins", "container_host_problems")


def facts(distribution, version, family):
    return {"distribution": distribution, "distribution_version": version, "os_family": family}


@pytest.mark.parametrize(
    ("distribution", "version", "family"),
    [
        ("RedHat", "9.4", "RedHat"),
        ("RedHat", "10.0", "RedHat"),
        ("CentOS", "9", "RedHat"),
        ("Rocky", "9.5", "RedHat"),
        ("Fedora", "43", "RedHat"),
        ("Debian", "13", "Debian"),
        ("Debian", "13.2", "Debian"),
        ("Debian", "forky/sid", "Debian"),
        ("Ubuntu", "24.04", "Debian"),
        ("Ubuntu", "25.10", "Debian"),
    ],
)
def test_supported_systems_pass(problems, distribution, version, family):
    assert problems.container_host_os_problems(facts(distribution, version, family), OLDEST) == []


@pytest.mark.parametrize(
    ("distribution", "version", "family", "reason"),
    [
        ("RedHat", "8.10", "RedHat", "EL 8 and older have no Quadlet"),
        ("CentOS", "7.9", "RedHat", "Python 3.6"),
        ("Debian", "12", "Debian", "Debian 12's podman 4.3 has no Quadlet"),
        ("Debian", "12.11", "Debian", "the oldest supported is 13"),
        ("Ubuntu", "22.04", "Debian", "the oldest supported is 24.04"),
        ("Fedora", "38", "RedHat", "the oldest supported is 40"),
        ("SLES", "15.5", "Suse", "SLES 15.5 is not supported"),
        ("Linux Mint", "22", "Debian", "Linux Mint 22 is not supported"),
    ],
)
def test_others_are_refused_with_the_reason(problems, distribution, version, family, reason):
    (problem,) = problems.container_host_os_problems(facts(distribution, version, family), OLDEST)
    assert reason in problem


def test_a_good_host_has_no_problems(problems):
    assert problems.container_host_problems(GOOD, "4.6") == []


def test_a_host_without_podman_is_no_problem_yet(problems):
    assert problems.container_host_problems({**GOOD, "podman_version": None}, "4.6") == []


@pytest.mark.parametrize("version", ["4.6", "4.6.0", "4.6.1", "4.9.4-rhel", "4.10.0", "5.0"])
def test_podman_versions_that_are_new_enough(problems, version):
    assert problems.container_host_problems({**GOOD, "podman_version": version}, "4.6") == []


@pytest.mark.parametrize("version", ["4.5.1", "4.3.1", "3.4.4"])
def test_podman_versions_that_are_too_old(problems, version):
    (problem,) = problems.container_host_problems({**GOOD, "podman_version": version}, "4.6")
    assert problem.startswith(f"podman is {version}, and our Quadlet unit needs 4.6 or newer")


def test_everything_that_is_wrong_is_said_at_once(problems):
    probe = {"is_systemd": False, "cgroup_version": 1, "podman_version": "4.9", "quadlet_generator": ""}
    said = " ".join(problems.container_host_problems(probe, "4.6"))
    assert [part in said for part in ("systemd is not", "cgroup v1", "without its systemd generator")] == [
        True
    ] * 3


def test_missing_packages_are_named_with_what_the_package_manager_said(problems):
    (problem,) = problems.container_host_still_missing(["podman", "crun"], "No package podman available.")
    assert "lacks podman crun" in problem
    assert "No package podman available." in problem


def test_nothing_missing_is_no_problem(problems):
    assert problems.container_host_still_missing([], "whatever it said") == []
