"""Arguments that Ansible would ask about, ignore, or blame the inventory for."""

import pytest

from bootstrap.site.arguments import argument_problems

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("value", "what", "why"),
    [
        ("registry_service_port", "-e registry_service_port", "no `=`"),
        (
            f'{{"registry_auth_password": "{SECRET}"',
            "the settings after -e",
            "line 1: it is neither YAML nor JSON",
        ),
        (f"[{SECRET}]", "the settings after -e", "no mapping"),
        ("@{0}/absent.yml", "absent.yml", "absent.yml does not exist"),
        ("@{0}", "the settings in", "directory"),
        ("@{0}/list.yml", "list.yml", "no mapping"),
        ("@{0}/broken.yml", "broken.yml", "line 3"),
    ],
)
def test_settings_that_cannot_be_read_are_told_without_their_values(tmp_path, value, what, why):
    (tmp_path / "list.yml").write_text(f"- {SECRET}\n")
    (tmp_path / "broken.yml").write_text(f"a: [\nb: {SECRET}\n")
    (problem,) = argument_problems(None, [value.replace("{0}", str(tmp_path))], ())
    assert what in problem.what
    assert why in problem.why
    assert SECRET not in str(problem)


def test_good_arguments_and_vaulted_files_have_no_problem(tmp_path):
    (tmp_path / "vaulted.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n3336\n")
    (tmp_path / "some.yml").write_text("a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3336\n")
    (tmp_path / "password").touch()
    settings = [f"@{tmp_path}/vaulted.yml", f"@{tmp_path}/some.yml", "a=1 b=2", '{"a": 1}']
    vault = ("--vault-password-file", str(tmp_path / "password"))
    assert list(argument_problems("registry1,!registry2", settings, vault)) == []


def test_every_wrong_argument_is_told_at_once(tmp_path):
    vault = ("--vault-password-file", str(tmp_path / "absent"), "--ask-vault-pass")
    found = list(argument_problems("@hosts.retry", ["port"], vault))
    assert len(found) == 4
