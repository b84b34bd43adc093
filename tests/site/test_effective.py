"""Effective values are Ansible's: proved against what ``ansible`` itself says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap.errors import BootstrapError, ConfigError
from bootstrap.site import effective
from bootstrap.site import load as reading

ANSIBLE = Path(sys.executable).parent
PASSWORD = "correct-horse-battery"
VAULT_PASSWORD = "vault-secret-word"


def ansible_says(inventory: Path, names: list[str], *arguments: str) -> dict[str, dict]:
    """Return what the ``debug`` module shows for each registry, of the names given."""
    message = "msg={{ {" + ", ".join(f"'{name}': {name}" for name in names) + "} }}"
    done = subprocess.run(
        [ANSIBLE / "ansible", "registry", "-i", inventory, "-m", "debug", "-a", message, *arguments],
        env={
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],
            "LANG": "C.UTF-8",
            "ANSIBLE_NOCOLOR": "1",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    found, decoder, text = {}, json.JSONDecoder(), done.stdout
    while " | SUCCESS => " in text:
        name, _, rest = text.partition(" | SUCCESS => ")
        result, end = decoder.raw_decode(rest)
        found[name.strip()], text = result["msg"], rest[end:]
    return found


def vaulted(directory: Path, name: str, text: str) -> Path:
    """Write a vault password file beside the site, and return it; the text goes encrypted into ``name``."""
    password_file = directory.parent / "vault-password"
    password_file.write_text(VAULT_PASSWORD)
    password_file.chmod(0o600)
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    subprocess.run(
        [ANSIBLE / "ansible-vault", "encrypt", "--vault-password-file", password_file, path],
        check=True,
        capture_output=True,
    )
    return password_file


def test_precedence_lookups_and_extra_vars_are_as_ansible_has_them(make_site, load, tmp_path) -> None:
    inventory = make_site(
        {
            "group_vars/all.yml": """
                mirror_content_owner: all
                registry_service_port: 5001
                registry_tls_names: ["{{ inventory_hostname_short }}.lab.example.com", "{{ extra_name }}"]
                extra_name: "{{ lookup('ansible.builtin.file', inventory_dir ~ '/name.txt') }}"
                """,
            "group_vars/registry.yml": "mirror_content_owner: group\nregistry_service_port: 5002",
            "host_vars/reg1.example.com.yml": "mirror_content_owner: \"{{ 'ho' ~ 'st' }}\"",
            "name.txt": "looked-up.example.com",
        }
    )
    extra = tmp_path / "extra.yml"
    extra.write_text("registry_service_log_level: error\n")
    arguments = ("-e", f"@{extra}", "-e", "registry_service_delete_enabled=yes")
    names = [
        "mirror_content_owner",
        "registry_service_port",
        "registry_tls_names",
        "registry_service_log_level",
    ]
    site = load(inventory, extra_vars=[word for word in arguments if word != "-e"])
    ours = {host.name: {name: host.setting(name) for name in names} for host in site.registries}
    assert ours == ansible_says(inventory, names, *arguments)
    assert ours["reg1.example.com"]["mirror_content_owner"] == "host"
    assert ours["reg2.example.com"]["registry_service_port"] == 5002
    assert ours["reg2.example.com"]["registry_tls_names"] == ["reg2.lab.example.com", "looked-up.example.com"]
    assert site.registries[0].flag("registry_service_delete_enabled") is True
    assert site.ansible_arguments == arguments


def test_a_default_may_use_private_variables_of_its_role_and_settings_of_others(make_site, load) -> None:
    site = load(
        make_site({"group_vars/all.yml": "mirror_content_owner: me\n__registry_service_level: error"})
    )
    assert site.registries[0].text("registry_service_log_level") == "error"


def test_a_vaulted_file_needs_its_password_and_says_so(make_site, load) -> None:
    inventory = make_site()
    password_file = vaulted(inventory, "group_vars/registry.yml", f"registry_auth_password: {PASSWORD}")
    with pytest.raises(ConfigError, match="--vault-password-file") as caught:
        load(inventory)
    assert "group_vars/registry.yml" in caught.value.what
    site = load(inventory, vault_args=("--vault-password-file", str(password_file)))
    assert site.registries[0].secret("registry_auth_password").reveal() == PASSWORD
    assert site.ansible_arguments == ("--vault-password-file", str(password_file))


@pytest.mark.parametrize(
    ("vault", "extra", "expected"),
    [
        (("--vault-password-file", "pw"), (), ("--vault-password-file", "/here/pw")),
        (("--vault-password-file=../pw",), (), ("--vault-password-file=/pw",)),
        (("--vault-id", "lab@pw"), (), ("--vault-id", "lab@/here/pw")),
        (("--vault-id", "/there/pw"), (), ("--vault-id", "/there/pw")),
        ((), ("@more.yml", "a=b@c", "{}"), ("-e", "@/here/more.yml", "-e", "a=b@c", "-e", "{}")),
    ],
)
def test_files_are_those_of_the_users_directory(monkeypatch, vault, extra, expected) -> None:
    monkeypatch.setattr("os.getcwd", lambda: "/here")
    assert reading._from_anywhere(vault, extra) == expected


def test_a_vaulted_value_needs_its_password_and_the_environment_may_name_it(
    make_site, load, monkeypatch
) -> None:
    inventory = make_site()
    password_file = vaulted(inventory, "value", PASSWORD)
    lines = (inventory / "value").read_text().splitlines()
    (inventory / "value").unlink()
    text = "registry_auth_password: !vault |\n" + "".join(f"  {line}\n" for line in lines)
    (inventory / "group_vars" / "registry.yml").write_text(text)
    with pytest.raises(ConfigError, match="cannot work out registry_auth_password") as caught:
        load(inventory)
    assert "ANSIBLE_VAULT_PASSWORD_FILE" in caught.value.fix
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(password_file))
    assert load(inventory).registries[0].secret("registry_auth_password").reveal() == PASSWORD


def test_an_ansible_cfg_beside_the_inventory_counts(make_site, load) -> None:
    inventory = make_site({"ansible.cfg": "[defaults]\nvault_password_file = ../vault-password"})
    vaulted(inventory, "group_vars/registry.yml", f"registry_auth_password: {PASSWORD}")
    assert load(inventory).registries[0].secret("registry_auth_password").reveal() == PASSWORD


@pytest.mark.parametrize("words", [("--ask-vault-pass",), ("-J",), ("--vault-id", "lab@prompt")])
def test_nothing_may_ask_for_a_password(make_site, load, words) -> None:
    with pytest.raises(ConfigError, match="several times"):
        load(make_site(), vault_args=words)


@pytest.mark.parametrize("is_good", [True, False])
def test_no_secret_is_left_anywhere(make_site, load, tmp_path, monkeypatch, is_good) -> None:
    for name, variable in (("home", "HOME"), ("tmp", "TMPDIR")):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / name))
    inventory = make_site()
    settings = f"""
        registry_auth_password: {PASSWORD if is_good else PASSWORD[:11]}
        ansible_password: {PASSWORD}
        ansible_become_password: {PASSWORD}
        """
    password_file = vaulted(inventory, "group_vars/registry.yml", "\n".join(settings.split("\n        ")))
    try:
        said = repr(load(inventory, vault_args=("--vault-password-file", str(password_file))))
    except BootstrapError as error:
        said = f"{error!r} {error}"
        assert "has 11 characters" in said
    assert PASSWORD[:11] not in said
    assert list(Path("/dev/shm").glob(f"bootstrap-registry-{os.getpid()}-*")) == []
    leftovers = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in leftovers if PASSWORD[:11] in path.read_text(errors="replace")]
    assert VAULT_PASSWORD not in said


def test_what_a_killed_process_left_is_swept_and_what_a_live_one_has_is_not(tmp_path, monkeypatch):
    gone, live = tmp_path / "bootstrap-registry-4194305-x", tmp_path / f"bootstrap-registry-{os.getppid()}-y"
    for directory in (gone, live, tmp_path / "bootstrap-registry-notes-z"):
        (directory / "in").mkdir(parents=True)
    effective._sweep(tmp_path)
    assert not gone.exists()
    assert len(list(tmp_path.iterdir())) == 2
