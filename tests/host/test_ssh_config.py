"""What `ssh -G` says is what paramiko gets; the known answers come from the real ssh."""

import shlex

import pytest

from bootstrap.host.ssh_config import ask_ssh, parse

ANSWER = """\
hostname 192.0.2.7
port 2222
user ops
identityagent SSH_AUTH_SOCK
proxyjump none
connecttimeout none
"""


def test_plain_words_are_taken_over():
    settings = parse(ANSWER)
    assert (settings.hostname, settings.port, settings.user) == ("192.0.2.7", 2222, "ops")
    assert settings.proxy_command is None
    assert settings.identity_agent is None


def test_a_known_hosts_file_with_spaces_in_its_path_is_one_file(tmp_path):
    known = tmp_path / "my site" / "known_hosts"
    known.parent.mkdir()
    known.touch()
    settings = parse(ANSWER + f"userknownhostsfile {known}\n")
    assert settings.known_hosts_files == (str(known),)


def test_several_known_hosts_files_are_several(tmp_path):
    files = [tmp_path / "a", tmp_path / "b"]
    for file in files:
        file.touch()
    settings = parse(ANSWER + f"userknownhostsfile {files[0]} {files[1]} {tmp_path / 'missing'}\n")
    assert settings.known_hosts_files == tuple(str(file) for file in files)


@pytest.mark.parametrize(
    ("jump", "words"),
    [
        ("bastion", ["bastion"]),
        ("ops@bastion:2200", ["-p", "2200", "ops@bastion"]),
        ("first,last", ["-J", "first", "last"]),
        ("[2001:db8::1]:22", ["-p", "22", "2001:db8::1"]),
    ],
)
def test_a_jump_becomes_a_command_through_it(jump, words):
    command = parse(ANSWER.replace("proxyjump none", f"proxyjump {jump}")).proxy_command
    assert shlex.split(command) == ["ssh", "-o", "BatchMode=yes", *words, "-W", "[192.0.2.7]:2222"]


@pytest.mark.parametrize("words", [["-F", "{}"], ["-F{}"], ["-o", "SendEnv=-Fnot", "-F", "{}"]])
def test_a_jump_reads_the_configuration_that_came_with_it_and_nothing_else(tmp_path, words):
    """As ssh itself does: of the command line, only -F reaches the ssh that it starts for ProxyJump."""
    configuration = tmp_path / "100% mine"
    configuration.write_text("Host *\n  ProxyJump bastion\n  IdentityAgent none\n")
    given = [*(word.format(configuration) for word in words), "-o", "UserKnownHostsFile=/k"]
    settings = ask_ssh("h", user=None, port=None, private_key_file=None, extra_args=given)
    assert shlex.split(settings.proxy_command)[:3] == ["ssh", "-F", str(configuration)]
    assert "/k" not in settings.proxy_command
    assert settings.jump == "bastion"


def test_include_and_match_and_all_that_paramiko_does_not_read(tmp_path):
    (tmp_path / "more").write_text("Host reg1\n  HostName 192.0.2.9\n  HostKeyAlias the-registry\n")
    (tmp_path / "config").write_text(
        f"Include {tmp_path}/more\n"
        "Match user ops\n  IdentitiesOnly yes\n  ServerAliveInterval 7\n  AddressFamily inet6\n"
        f"  UserKnownHostsFile {tmp_path}/%k.known\n  ProxyCommand way %h %p %r %n 100%%\n"
    )
    (tmp_path / "the-registry.known").touch()
    settings = ask_ssh(
        "reg1", user="ops", port=None, private_key_file=None, extra_args=["-F", str(tmp_path / "config")]
    )
    assert (settings.hostname, settings.host_key_alias) == ("192.0.2.9", "the-registry")
    assert settings.identities_only
    assert (settings.alive_seconds, settings.address_family) == (7.0, "inet6")
    assert settings.known_hosts_files[0] == str(tmp_path / "the-registry.known")
    assert settings.proxy_command == "way 192.0.2.9 22 ops reg1 100%"


def test_an_ipv6_address_may_stand_in_brackets():
    settings = ask_ssh("[fd00::1]", user="root", port=2222, private_key_file=None, extra_args=["-F", "none"])
    assert settings.hostname == "fd00::1"


def test_the_real_ssh_is_asked_and_arguments_win():
    settings = ask_ssh(
        "2001:db8::5", user="root", port=2022, private_key_file=None, extra_args=["-o", "ConnectTimeout=4"]
    )
    assert (settings.hostname, settings.port, settings.user) == ("2001:db8::5", 2022, "root")
    assert settings.connect_timeout_seconds == 4.0
