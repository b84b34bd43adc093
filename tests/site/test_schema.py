"""The roles' own files are the only declaration there is."""

import shutil

import pytest
import yaml

from bootstrap.shipped import shipped
from bootstrap.site.limits import LIMIT_KEYS
from bootstrap.site.schema import Schema


@pytest.fixture(scope="module")
def schema(ours) -> Schema:
    return Schema.load(ours / "roles", ours / "playbooks")


def test_roles_stand_in_the_order_of_the_playbook(schema) -> None:
    assert schema.roles == ("registry_tls", "registry_auth", "registry_service", "mirror_content")


def test_an_option_has_everything_its_role_says(schema) -> None:
    option = schema.options["registry_service_log_level"]
    assert option.role == "registry_service"
    assert option.type == "str"
    assert option.description == ("How much it logs.", "A second paragraph.")
    assert option.default == "{{ __registry_service_level }}"
    assert option.limit == {"choices": ["error", "info"]}
    assert schema.options["registry_service_port"].limit == {"format": "port"}
    assert schema.options["registry_tls_names"].elements == "str"


def test_secrets_are_known_by_their_specs_and_by_their_names(schema) -> None:
    assert [option.name for option in schema.settings() if option.is_secret] == ["registry_auth_password"]


def test_what_a_playbook_hands_on_is_no_setting_and_has_an_owner(schema) -> None:
    option = schema.options["registry_tls_hostname"]
    assert option.handed_on == "{{ registry_service_hostname }}"
    assert option.owner == "registry_service_hostname"
    assert option not in schema.settings()


def test_a_null_default_is_a_default(schema) -> None:
    assert schema.options["registry_auth_bcrypt_cost"].has_default
    assert not schema.options["mirror_content_owner"].has_default


def test_ours_is_what_begins_with_a_role_and_an_underscore(schema) -> None:
    assert schema.is_ours("registry_tls_moed")
    assert not schema.is_ours("registry_password")
    assert not schema.is_ours("registry_tlsx")


HANDING_ON = {
    "a role's variables": "- {role: registry_tls, vars: {registry_tls_hostname: '{{ x }}'}}",
    "a role's parameters": "- {role: registry_tls, registry_tls_hostname: '{{ x }}'}",
    "an include in a block": """
      - registry_auth
  pre_tasks:
    - block:
        - ansible.builtin.include_role: {name: registry_tls}
          vars: {registry_tls_hostname: "{{ x }}", __other: 1}""",
    "the play": "- registry_tls\n  vars: {registry_tls_hostname: '{{ x }}'}",
    "a file": "- registry_tls\n  vars_files: [more.yml]",
}


@pytest.mark.parametrize("roles", HANDING_ON.values(), ids=HANDING_ON.keys())
def test_a_playbook_hands_on_in_every_way_ansible_has(tmp_path, ours, roles) -> None:
    (tmp_path / "site.yml").write_text(f"- hosts: registry\n  roles:\n      {roles.strip()}\n")
    (tmp_path / "more.yml").write_text("registry_tls_hostname: '{{ x }}'")
    option = Schema.load(ours / "roles", tmp_path).options["registry_tls_hostname"]
    assert (option.handed_on, option.owner) == ("{{ x }}", "")


def test_what_only_some_plays_set_is_still_the_users(tmp_path, ours) -> None:
    some = "- {hosts: a, roles: [{role: registry_tls, registry_tls_names: []}]}\n"
    (tmp_path / "site.yml").write_text(some + "- {hosts: b, roles: [registry_tls]}\n")
    assert Schema.load(ours / "roles", tmp_path).options["registry_tls_names"].handed_on == ""


@pytest.mark.parametrize(
    ("default", "limit", "owner"),
    [
        ("{{ registry_service_port }}", {}, "registry_service_port"),
        ("{{ registry_service_port | default(5000) }}\n", {}, "registry_service_port"),
        ("{{ registry_service_port }}/tcp", {}, ""),
        ("{{ registry_service_port }}/tcp", {"owner": "registry_service_port"}, "registry_service_port"),
        ("{{ another_port }}", {}, ""),
        ("{{ fire_port }}", {}, ""),
    ],
)
def test_a_default_that_is_another_roles_option_is_handed_on(tmp_path, ours, default, limit, owner) -> None:
    roles = tmp_path / "roles"
    shutil.copytree(ours / "roles", roles)
    options = {"fire_port": {"type": "str", "description": "Port."}}
    files = {
        "meta/argument_specs.yml": {"argument_specs": {"main": {"options": options}}},
        "defaults/main.yml": {"fire_port": default},
        "vars/main.yml": {"__fire_limits": {"fire_port": limit}},
    }
    for name, content in files.items():
        (roles / "fire" / name).parent.mkdir(parents=True)
        (roles / "fire" / name).write_text(yaml.safe_dump(content))
    option = Schema.load(roles, ours / "playbooks").options["fire_port"]
    assert option.owner == owner
    assert bool(option.handed_on) == bool(owner)


def test_an_option_without_description_is_a_bug_of_the_role(tmp_path) -> None:
    specs = tmp_path / "roles/a/meta/argument_specs.yml"
    specs.parent.mkdir(parents=True)
    specs.write_text(yaml.safe_dump({"argument_specs": {"main": {"options": {"a_b": {"type": "str"}}}}}))
    with pytest.raises(ValueError, match="a_b has no type or no description"):
        Schema.load(tmp_path / "roles", tmp_path)


def test_the_roles_we_ship_declare_limits_that_we_understand() -> None:
    options = Schema.load().options
    assert options
    assert {key for option in options.values() for key in option.limit} <= LIMIT_KEYS


def test_every_limit_of_a_role_we_ship_belongs_to_an_option() -> None:
    for role in Schema.load().roles:
        content = yaml.safe_load((shipped("roles") / role / "vars/main.yml").read_text()) or {}
        assert (content.get(f"__{role}_limits") or {}).keys() <= Schema.load().options.keys(), role
