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
    assert shlex.split(command) == ["ssh", *words, "-W", "[%h]:%p"]


def test_a_jump_keeps_the_options_that_came_with_it():
    answer = ANSWER.replace("proxyjump none", "proxyjump bastion")
    command = parse(answer, jump_args=["-o", "UserKnownHostsFile=/k", "-oProxyJump=bastion"]).proxy_command
    assert shlex.split(command)[:3] == ["ssh", "-o", "UserKnownHostsFile=/k"]
    assert "ProxyJump" not in command


def test_the_real_ssh_is_asked_and_arguments_win():
    settings = ask_ssh(
        "2001:db8::5", user="root", port=2022, private_key_file=None, extra_args=["-o", "ConnectTimeout=4"]
    )
    assert (settings.hostname, settings.port, settings.user) == ("2001:db8::5", 2022, "root")
    assert settings.connect_timeout_seconds == 4.0
