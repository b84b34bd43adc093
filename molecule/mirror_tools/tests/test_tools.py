"""The tool that was asked for is on the PATH, and no other."""


def test_oc_mirror_runs_for_everybody(host):
    assert host.run("oc-mirror version").stdout == "oc-mirror 4.20.3 for rhel9: version\n"
    found = host.file("/usr/local/bin/oc-mirror")
    assert (found.user, oct(found.mode)) == ("root", "0o755")


def test_what_was_not_asked_for_is_not_there(host):
    assert host.run("ls -A /usr/local/bin").stdout.split() == ["oc-mirror"]
