"""Host keys mean what they mean to OpenSSH: `ssh-keygen -F` and `ssh-keygen -l` have the known answers."""

import subprocess

import pytest

from bootstrap.host.host_keys import HostKey, KnownHosts, Verdict, accept, is_fingerprint, names_of, parse


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Three keys as `ssh-keygen` writes them, by their number."""
    directory = tmp_path_factory.mktemp("keys")
    for number in "123":
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "x", "-f", str(directory / number)]
        subprocess.run(make, check=True)
    return {number: (directory / f"{number}.pub").read_text().split()[:2] for number in "123"}


def key_of(words):
    (entry,) = parse("h " + " ".join(words))
    return entry.key


def known(text):
    return KnownHosts(parse(text))


def openssh_finds(directory, text, name):
    (directory / "known").write_text(text)
    done = subprocess.run(
        ["ssh-keygen", "-F", name, "-f", str(directory / "known")], capture_output=True, check=False
    )
    return done.returncode == 0


@pytest.mark.parametrize(
    ("names", "name"),
    [
        ("reg1.example.com", "reg1.example.com"),
        ("Reg1.Example.com", "reg1.example.com"),
        ("reg1.example.com,192.0.2.1", "192.0.2.1"),
        ("*.example.com", "reg1.example.com"),
        ("reg?.example.com", "reg1.example.com"),
        ("*.example.com,!reg1.example.com", "reg1.example.com"),
        ("*.example.com,!reg1.example.com", "reg2.example.com"),
        ("[reg1.example.com]:2222", "[reg1.example.com]:2222"),
        ("[reg1.example.com]:2222", "reg1.example.com"),
        ("fd00::1", "fd00::1"),
        ("[fd00::1]:2222", "[fd00::1]:2222"),
        ("r*", "eg1"),
    ],
)
@pytest.mark.parametrize("is_hashed", [False, True])
def test_a_name_is_found_where_openssh_finds_it(tmp_path, keys, names, name, is_hashed):
    text = f"{names} {' '.join(keys['1'])}\n"
    if is_hashed:
        (tmp_path / "known").write_text(text)
        subprocess.run(["ssh-keygen", "-H", "-f", str(tmp_path / "known")], check=True, capture_output=True)
        text = (tmp_path / "known").read_text()
    assert bool(known(text).keys(name)) == openssh_finds(tmp_path, text, name)


def test_a_fingerprint_is_the_one_that_ssh_keygen_prints(tmp_path, keys):
    (tmp_path / "key.pub").write_text(" ".join(keys["1"]))
    done = subprocess.run(
        ["ssh-keygen", "-lf", str(tmp_path / "key.pub")], capture_output=True, text=True, check=True
    )
    key = key_of(keys["1"])
    assert str(key) == f"ssh-ed25519 {done.stdout.split()[1]}"
    assert is_fingerprint(key.fingerprint)
    assert not is_fingerprint(key.fingerprint + "=")
    assert not is_fingerprint("MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48")


def test_what_a_key_means(keys):
    one, two = key_of(keys["1"]), key_of(keys["2"])
    hosts = known(f"h {' '.join(keys['1'])}\n@revoked h {' '.join(keys['3'])}\n")
    assert hosts.judge(["h"], one) is Verdict.KNOWN
    assert hosts.judge(["h"], two) is Verdict.CHANGED
    assert hosts.judge(["other"], one) is Verdict.UNKNOWN
    assert hosts.judge(["h"], key_of(keys["3"])) is Verdict.REVOKED


def test_a_revoked_key_stays_so_though_it_is_also_known(keys):
    line = " ".join(keys["1"])
    assert known(f"h {line}\n@revoked * {line}\n").judge(["h"], key_of(keys["1"])) is Verdict.REVOKED


def test_a_key_of_another_type_than_the_known_one_has_changed(keys):
    other = HostKey("ecdsa-sha2-nistp256", b"whatever")
    assert known(f"h {' '.join(keys['1'])}").judge(["h"], other) is Verdict.CHANGED


def test_at_an_odd_port_the_plain_name_will_do_but_condemns_nobody(keys):
    names = names_of("H", 2222)
    assert names == ("[h]:2222", "h")
    plain = known(f"h {' '.join(keys['1'])}")
    assert plain.judge(names, key_of(keys["1"])) is Verdict.KNOWN
    assert plain.judge(names, key_of(keys["2"])) is Verdict.UNKNOWN


def test_an_alias_is_the_only_name():
    assert names_of("192.0.2.1", 2222, "reg1") == ("reg1",)
    assert names_of("fd00::1", 22) == ("fd00::1",)


def test_what_is_no_entry_is_passed_over():
    assert parse("# a comment\n\nh ssh-ed25519\nh ssh-ed25519 %%%\n@cert-authority\n") == []


def test_an_accepted_key_is_found_by_openssh_and_only_the_owner_reads_the_file(tmp_path, keys):
    file, key = tmp_path / "state" / "known_hosts", key_of(keys["1"])
    accept(file, "[fd00::1]:2222", key)
    accept(file, "[fd00::1]:2222", key)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert len(file.read_text().splitlines()) == 1
    assert openssh_finds(tmp_path, file.read_text(), "[fd00::1]:2222")
    assert KnownHosts.read([str(file)]).judge(["[fd00::1]:2222"], key) is Verdict.KNOWN


def test_an_entry_that_others_wrote_stays_whole(tmp_path, keys):
    file = tmp_path / "state" / "known_hosts"
    file.parent.mkdir(mode=0o700)
    file.write_text(f"a {' '.join(keys['1'])}")  # without its line feed
    accept(file, "b", key_of(keys["2"]))
    assert [entry.names for entry in parse(file.read_text())] == ["a", "b"]
