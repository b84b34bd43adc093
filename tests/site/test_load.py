"""A site is read whole, or every reason against it is told; nothing is changed either way."""

import os
from pathlib import Path

import pytest

from bootstrap.errors import BootstrapError, ConfigError, ExitCode, Problems
from bootstrap.site.model import Secret


def refused(load, inventory: Path, **arguments) -> BootstrapError:
    with pytest.raises((ConfigError, Problems)) as caught:
        load(inventory, **arguments)
    assert caught.value.exit_code == ExitCode.CONFIG
    return caught.value


def processor_seconds() -> float:
    """Return what we and our children used: unlike the clock, it does not tell of a busy machine."""
    return sum(os.times()[:4])


def test_a_good_site_is_read_in_the_order_of_its_group_and_in_time(make_site, load) -> None:
    inventory = make_site({"host_vars/reg1.example.com.yml": "registry_service_port: '5001'"})
    before = sorted(inventory.rglob("*"))
    began = processor_seconds()
    site = load(inventory)
    assert processor_seconds() - began < 2.5
    assert sorted(inventory.rglob("*")) == before, "reading changed the site"
    assert (site.name, site.source, site.inventory) == ("lab", inventory, inventory)
    assert [host.location for host in site.registries] == ["reg2.example.com:5000", "reg1.example.com:5001"]
    assert site.registries[1].number("registry_service_port") == 5001
    assert site.registries[1].chosen == {"registry_service_port", "mirror_content_owner"}
    assert (site.mirror_host.name, site.mirror_host.connection.kind) == ("localhost", "local")
    assert site.state.directory == inventory / ".bootstrap-registry"
    assert site.selected == {"reg1.example.com", "reg2.example.com", "localhost"}
    assert site.warnings == ()


def test_the_first_registry_moves_the_content_where_no_mirror_host_is(make_site, load) -> None:
    site = load(make_site({"hosts.yml": "registry: {hosts: {b: {ansible_host: 192.0.2.1}, a: {}}}"}))
    assert site.mirror_host == site.registries[0]
    assert site.mirror_host.name == "b"


def test_one_file_is_a_site_too_and_its_directory_counts(make_site, load) -> None:
    inventory = make_site()
    site = load(inventory / "hosts.yml")
    assert (site.name, site.inventory, site.source) == ("lab", inventory, inventory / "hosts.yml")
    assert site.registries[0].text("mirror_content_owner") == "me"


def test_an_image_set_in_the_directory_makes_no_groups(make_site, load) -> None:
    text = "kind: ImageSetConfiguration\nmirror:\n  platform: {}\n"
    assert load(make_site({"imageset.yaml": text, "imageset-2.yml": text})).warnings == ()


def test_a_connection_is_what_ansible_resolved(make_site, load) -> None:
    settings = """
        mirror_content_owner: me
        ansible_user: "{{ who }}"
        who: admin
        ansible_port: 2222
        ansible_ssh_private_key_file: ~/.ssh/id_lab
        ansible_ssh_common_args: -J jump.example.com
        ansible_password: 12345678
        ansible_become_password: toor-toor
        ansible_python_interpreter: /usr/bin/python3
        """
    how = load(make_site({"group_vars/all.yml": settings})).registries[0].connection
    assert (how.kind, how.address, how.port, how.user) == ("ssh", "192.0.2.12", 2222, "admin")
    assert how.private_key_file == str(Path("~/.ssh/id_lab").expanduser())
    assert how.common_args == "-J jump.example.com"
    assert (how.password, how.become_password) == ("12345678", "toor-toor")
    assert (how.become, how.become_method, how.become_program) == (True, "sudo", None)
    assert how.known_hosts == how.known_hosts.parents[1] / ".bootstrap-registry" / "known_hosts"
    assert how.python_interpreter == "/usr/bin/python3"
    assert "12345678" not in repr(how)
    assert "toor-toor" not in repr(how)


def test_become_can_be_switched_off(make_site, load) -> None:
    site = load(make_site({"group_vars/all.yml": "mirror_content_owner: me\nansible_become: false"}))
    assert not site.registries[0].connection.become


def test_a_limit_selects_hosts_and_still_all_are_read(make_site, load) -> None:
    site = load(make_site(), limit="registry:!reg2*")
    assert site.selected == {"reg1.example.com"}
    assert site.limit == "registry:!reg2*"
    assert len(site.hosts) == 3


WRONG_SETTINGS = """
    registry_service_prot: 5000
    registry_tls_hostname: elsewhere.example.com
    registry_service_port: seventy
    registry_service_log_level: loud
    registry_service_delete_enabled: perhaps
    registry_tls_names: a.example.com,b.example.com
    registry_tls_provided_key: /nonexistent/registry.key
    registry_auth_password: hunter2
    registry_auth_bcrypt_cost: 31
    mirror_content_redirects: [{prefix: "https://quay.io", location: "a:5000"}]
    registry_tls_state_dir: "{{ nowhere }}/state"
    registry_service_hostname: "{{ inventory_hostname }"
    my_own: fine
    """
WRONG_BUT_READ = [
    ("registry_service_prot is no setting", "group_vars/all.yml:1", "did you mean registry_service_port?"),
    ("registry_tls_hostname cannot be set", "group_vars/all.yml:2", "set registry_service_hostname instead"),
    (
        "registry_service_port is 'seventy'",
        "must be a whole number, and is a text (group_vars/all.yml:3)",
        "write a whole number",
    ),
    ("registry_service_log_level is 'loud'", "must be one of error, info", "choose one"),
    ("registry_service_delete_enabled is 'perhaps'", "must be true or false", "write true or false"),
    ("registry_tls_names is 'a.example.com,b.example.com'", "must be a list", "write a list in YAML"),
    ("registry_tls_provided_key is /nonexistent/registry.key", "no such file", "put the file there"),
    ("registry_auth_password has 7 characters", "must have at least 12", "give it at least 12"),
    ("registry_auth_bcrypt_cost is 31", "must be a number from 4 to 15", "set it to a number from 4 to 15"),
    (
        "mirror_content_redirects[0].prefix is 'https://quay.io'",
        "must be the start of image names",
        "quay.io",
    ),
    (
        "cannot work out registry_tls_state_dir",
        "'nowhere' is undefined (group_vars/all.yml:11)",
        "correct it",
    ),
    ("cannot work out registry_service_hostname", "Syntax error in template", "correct it"),
    ("mirror_content_owner is not set", "Nobody has a default for this.", "set mirror_content_owner"),
]


def test_every_wrong_setting_is_told_at_once_with_its_place_and_its_fix(make_site, load) -> None:
    error = refused(load, make_site({"group_vars/all.yml": WRONG_SETTINGS}))
    told = {problem.what: problem for problem in error.problems}
    everywhere = "reg2.example.com, reg1.example.com, localhost: "
    for what, why, fix in WRONG_BUT_READ:
        problem = told.pop(everywhere + what)
        assert why in problem.why, problem
        assert fix in problem.fix, problem
    assert told == {}
    assert "hunter2" not in str(error)


@pytest.mark.parametrize(
    ("changed", "what", "why"),
    [
        ({"hosts.yml": "web: {hosts: {a: {}}}"}, "has no registry", "`registry` is missing"),
        ({"hosts.yml": "registry: {hosts: {}}"}, "has no registry", "has no host"),
        (
            {"hosts.yml": "registry: {hosts: {a: {}}}\nmirror: {hosts: {b: {}, c: {}}}"},
            "the group `mirror` has 2 hosts",
            "b, c",
        ),
        (
            {
                "hosts.yml": "registry: {hosts: {A.example.com: {}, b: {}}}",
                "host_vars/b.yml": "registry_service_hostname: a.example.com",
            },
            "A.example.com, b: both are a.example.com:5000",
            "tell one registry from the other",
        ),
        (
            {"hosts.yml": "registry: {hosts: {a: {ansible_connection: winrm}}}"},
            "a: cannot be reached",
            "winrm",
        ),
        ({"hosts.yml": "registry: {hosts: {a: {ansible_port: 0}}}"}, "a: ansible_port is 0", "1-65535"),
        (
            {"hosts.yml": "registry: {hosts: {a: {ansible_host: '{{ gone }}'}}}"},
            "a: cannot work out",
            "'gone'",
        ),
        (
            {
                "hosts.yml": "registry: {hosts: {a: {registry_tls_state_dir: /x}, b: {}}}",
                "host_vars/b.yml": "registry_tls_state_dir: /y",
            },
            "registry_tls_state_dir differs between hosts",
            "/x, /y",
        ),
        (
            {"hosts.yml": "# addresses: sandbox.yml\nregistry: {hosts: {registry1: {}}}"},
            "registry1: has no address",
            "sandbox.yml does not exist",
        ),
    ],
)
def test_a_site_that_cannot_work_is_refused(make_site, load, changed, what, why) -> None:
    error = refused(load, make_site(changed))
    assert what in error.what
    assert why in error.why


@pytest.mark.parametrize(
    ("changed", "where", "why"),
    [
        ({"hosts.yml": "registry:\n  hosts:\n\ta: {}"}, "hosts.yml:3", "Tabs"),
        ({"hosts.yml": "registry:\n  hosts: [a, b]"}, "hosts.yml", "requires a dictionary, found List"),
        ({"hosts.yml": "registry:\n  host: {a: {}}"}, "lab", "unexpected key (host)"),
        (
            {"hosts.yml": "registry:\n  hosts:\n    a: {}\n    a: {x: 1}"},
            "hosts.yml:4",
            "duplicate mapping key",
        ),
        ({"hosts.yml": "registry: {hosts: {registry: {}}}"}, "lab", "same name"),
        ({"hosts.yml": "just words"}, "hosts.yml", "should be a dictionary"),
        ({"group_vars/all.yml": "a: 1\n  b: 2"}, "group_vars/all.yml:2", "YAML parsing failed"),
        ({"group_vars/registry/more.yml": "- a"}, "lab", "group_vars/registry/more.yml"),
        ({"more.ini": "[registry]\nb ansible_port=22 oops"}, "more.ini", "oops"),
    ],
)
def test_what_ansible_only_warns_of_is_refused_with_file_and_line(
    make_site, load, changed, where, why
) -> None:
    error = refused(load, make_site(changed))
    assert f"{where}" in error.what
    assert why in error.why
    assert "_AnsibleTagged" not in str(error)


def test_an_inventory_that_is_not_there_names_init(tmp_path, load) -> None:
    error = refused(load, tmp_path / "nope")
    assert f"bootstrap-registry init {tmp_path / 'nope'}" in error.fix


@pytest.mark.parametrize(
    ("limit", "what"), [("nobody", "matches no host"), ("@hosts.txt", "cannot use --limit")]
)
def test_a_limit_that_selects_nothing_is_refused(make_site, load, limit, what) -> None:
    assert what in refused(load, make_site(), limit=limit).what


def test_a_state_that_others_can_read_is_refused(make_site, load) -> None:
    inventory = make_site()
    (inventory / ".bootstrap-registry").mkdir()
    (inventory / ".bootstrap-registry").chmod(0o755)
    assert "chmod -R go=" in refused(load, inventory).fix


def test_files_of_the_state_are_ours_to_make_and_others_must_be_there(make_site, load) -> None:
    ours = (
        "mirror_content_owner: me\nregistry_tls_provided_key: '{{ registry_tls_state_dir }}/made/later.key'"
    )
    site = load(make_site({"group_vars/all.yml": ours}))
    assert (
        site.registries[0].text("registry_tls_provided_key").endswith("/.bootstrap-registry/made/later.key")
    )


def test_a_secret_is_wrapped_and_false_when_it_is_not_set(make_site, load) -> None:
    settings = "mirror_content_owner: me\nregistry_auth_password: correct horse battery"
    site = load(make_site({"host_vars/reg1.example.com.yml": settings}))
    unset, chosen = (host.secret("registry_auth_password") for host in site.registries)
    assert not unset
    assert chosen == Secret("correct horse battery")
    assert "battery" not in repr(site)


def test_a_name_almost_like_ours_is_a_warning(make_site, load) -> None:
    site = load(make_site({"group_vars/all.yml": "mirror_content_owner: me\nregistry_srevice_port: 1"}))
    assert site.warnings == (
        "registry_srevice_port is no setting of ours; did you mean registry_service_port?",
    )


@pytest.mark.parametrize(
    ("setting", "what"),
    [
        ("ansible_become_method=community.general.doas", "cannot become root that way"),
        ("ansible_become_user=admin", "would not become root"),
        ("ansible_connection=community.docker.docker", "cannot be reached that way"),
        ("ansible_host=[fd00::1]", "cannot be reached by that address"),
    ],
)
def test_a_way_that_the_driver_does_not_know_is_told_once(make_site, load, setting, what) -> None:
    with pytest.raises(ConfigError) as caught:
        load(make_site(), extra_vars=[setting])
    assert caught.value.what.startswith("reg2.example.com, reg1.example.com")
    assert what in caught.value.what
    assert setting.split("=")[1].removeprefix("community.general.") in caught.value.why


def test_what_is_no_fingerprint_is_refused(make_site, load) -> None:
    with pytest.raises(ConfigError, match="43 characters"):
        load(make_site({}), accept_host_keys=["SHA256:short"])
