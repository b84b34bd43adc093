"""Of several builds the host has the one for the latest EL release, in the directory asked for."""


def test_oc_is_the_build_for_the_latest_release(host):
    assert (
        host.run("/opt/lab-tools/bin/oc version --client").stdout
        == "oc 4.20.3 for rhel10: version --client\n"
    )


def test_oc_mirror_is_the_bare_program(host, fixtures):
    assert host.file("/opt/lab-tools/bin/oc-mirror").content == (fixtures / "oc-mirror").read_bytes()


def test_nothing_else_is_there(host):
    assert host.run("ls -A /opt/lab-tools/bin").stdout.split() == ["oc", "oc-mirror"]
    assert host.run("ls -A /usr/local/bin").stdout == ""
