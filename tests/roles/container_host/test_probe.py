"""The probe looks for commands, not for packages."""

import pytest

NEEDED = [
    {"package": "podman", "commands": ["podman"]},
    {"package": "crun", "commands": ["crun", "runc"]},
]


def test_any_one_of_the_commands_is_enough(plugin, run_module, programs):
    programs.add("podman", "echo podman version 4.9.4-rhel\n")
    programs.add("runc", "")
    answer = run_module(plugin("container_host", "library", "container_host_probe"), needed=NEEDED)
    assert (answer["missing"], answer["podman_version"]) == ([], "4.9.4-rhel")


@pytest.mark.usefixtures("programs")
def test_a_bare_host_lacks_everything(plugin, run_module):
    answer = run_module(plugin("container_host", "library", "container_host_probe"), needed=NEEDED)
    assert (answer["missing"], answer["podman_version"]) == (["podman", "crun"], None)
    assert answer["changed"] is False


def test_a_podman_that_does_not_run_has_no_version(plugin, run_module, programs):
    programs.add("podman", "echo cannot find a library >&2; exit 127\n")
    answer = run_module(plugin("container_host", "library", "container_host_probe"), needed=NEEDED)
    assert answer["podman_version"] is None
