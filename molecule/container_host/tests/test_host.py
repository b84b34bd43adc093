"""The host can run containers under systemd."""


def test_podman_runs_and_has_its_systemd_generator(host):
    assert host.run(
        "podman info --format '{{.Host.CgroupsVersion}} {{.Host.CgroupManager}}'"
    ).stdout.split() == [
        "v2",
        "systemd",
    ]
    assert host.file("/usr/lib/systemd/system-generators/podman-system-generator").exists


def test_an_oci_runtime_is_there(host):
    assert host.exists("crun")
