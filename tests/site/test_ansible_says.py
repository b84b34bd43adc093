"""Sentences of Ansible's that the tests over real runs do not reach; transcripts of core 2.19."""

from pathlib import Path

from bootstrap.site.ansible_says import understand

SOURCE = Path("/site")


def test_harmless_warnings_are_kept_with_their_place_and_told_once() -> None:
    warning = """[WARNING]: Found variable using reserved name 'environment'.
Origin: /site/hosts.yml:3:9

1 registry:
          ^ column 9

"""
    said = understand("", warning * 2, 0, SOURCE)
    assert said.problems == ()
    assert said.warnings == ("Found variable using reserved name 'environment'. (/site/hosts.yml:3)",)


def test_groups_that_a_site_need_not_have_are_no_warning() -> None:
    said = understand("", "[WARNING]: Could not match supplied host pattern, ignoring: mirror\n", 0, SOURCE)
    assert (said.problems, said.warnings) == ((), ())


def test_a_failed_task_is_its_hosts_failure() -> None:
    out = 'a | FAILED! => {\n    "changed": false,\n    "msg": "\'x\' is undefined"\n}\n'
    said = understand(out, "[ERROR]: Task failed: y\n", 2, SOURCE)
    assert said.failures == {"a": "'x' is undefined"}
    assert said.problems == ()


def test_a_crash_of_ansible_is_told_by_its_last_lines() -> None:
    said = understand("", "Traceback (most recent call last):\n  File x\n  more\nre.error: bad\n", 1, SOURCE)
    assert said.problems[0].why.endswith("re.error: bad")
    assert "Traceback" not in said.problems[0].why


def test_a_vault_password_file_that_is_not_there_is_about_the_vault() -> None:
    said = understand("", "[ERROR]: The vault password file /nope was not found\n", 1, SOURCE)
    assert "--vault-password-file" in said.problems[0].fix


def test_a_broken_configuration_of_ansible_is_called_that() -> None:
    error = "Error reading config file (/x/ansible.cfg): no section"
    text = f"[ERROR]: ansible.errors.AnsibleOptionsError: {error}\n"
    (problem,) = understand("", text, 1, SOURCE).problems
    assert problem.what == "Ansible cannot read its configuration /x/ansible.cfg"
    assert problem.why.startswith("Error reading")


def test_a_directory_without_an_inventory_has_no_registry() -> None:
    text = "[ERROR]: Completely failed to parse inventory source /site\n"
    (problem,) = understand("", text, 1, SOURCE).problems
    assert problem.what == "/site has no registry"


def test_settings_of_the_wrong_shape_are_told_by_their_file() -> None:
    error = "Could not process '/site/group_vars/all.yml': expected dicts but got a 'dict' and a 'List'."
    text = f"[ERROR]: {error}\n"
    (problem,) = understand("", text, 1, SOURCE).problems
    assert problem.what.endswith("/site/group_vars/all.yml")
