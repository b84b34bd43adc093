"""Known hosts: ours come and go, the site's others stay."""

import subprocess

from bootstrap.sandbox.ssh import common_args, make_key, set_known_hosts

OTHER = "host.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample somebody\n"


def test_lines_are_found_by_ssh_and_taken_away_again(tmp_path):
    path = tmp_path / "dir with space/known_hosts"
    key = make_key(tmp_path / "key", "host")
    set_known_hosts(path, "sandbox-1", [(["registry1.test", "198.18.0.11", "fd00::b"], key)])
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    for name in ("registry1.test", "198.18.0.11", "fd00::b"):
        found = subprocess.run(["ssh-keygen", "-F", name, "-f", str(path)], capture_output=True, text=True)
        assert key.split()[1] in found.stdout
    set_known_hosts(path, "sandbox-1", [])
    assert not path.parent.exists()


def test_other_lines_stay(tmp_path):
    path = tmp_path / "known_hosts"
    path.write_text(OTHER)
    set_known_hosts(path, "sandbox-1", [(["a"], "ssh-ed25519 AAAA x")])
    set_known_hosts(path, "sandbox-1", [(["b"], "ssh-ed25519 AAAA x")])
    assert path.read_text() == f"{OTHER}b ssh-ed25519 AAAA sandbox-1\n"
    set_known_hosts(path, "sandbox-1", [])
    assert path.read_text() == OTHER


def test_ssh_reads_a_path_with_spaces_as_one(tmp_path):
    args = common_args(tmp_path / "a b/known_hosts")
    shown = subprocess.run(
        ["ssh", "-F", "/dev/null", "-G", *args, "host"], capture_output=True, text=True
    ).stdout
    assert (
        f'userknownhostsfile "{tmp_path}/a b/known_hosts"' in shown or f"{tmp_path}/a b/known_hosts" in shown
    )
    assert "stricthostkeychecking true" in shown
