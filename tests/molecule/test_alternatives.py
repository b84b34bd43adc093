"""Every role has a scenario as its README shows it, and one that changes every setting it has."""

import re

import pytest
import yaml

from bootstrap.shipped import shipped
from tests.molecule.conftest import ROOT

ROLES = sorted(path.parents[1].name for path in shipped("roles").glob("*/meta/argument_specs.yml"))
# Settings that no alternative changes by itself, and why.
ELSEWHERE = {
    "registry_service_hostname": "the lab's inventory sets it in every scenario: the name that resolves",
    "web_server_hostname": "the same",
}


def load(path):
    return yaml.safe_load(path.read_text())


def options(role):
    specs = load(shipped("roles") / role / "meta/argument_specs.yml")["argument_specs"]
    return {name for entry in specs.values() for name in entry.get("options") or {}}


def settings(document, role):
    """Return what a play sets of a role, however deep."""
    if isinstance(document, list):
        return {name: value for each in document for name, value in settings(each, role).items()}
    if not isinstance(document, dict):
        return {}
    found = {name: value for name, value in document.items() if str(name).startswith(f"{role}_")}
    return found | {name: value for each in document.values() for name, value in settings(each, role).items()}


def changed(role):
    folder = ROOT / "molecule" / f"{role}-alternative"
    return settings([load(folder / "converge.yml"), load(folder / "vars.yml")], role)


def roles_of(playbook):
    """Return what a playbook applies, in order, with the names of the settings given to each."""
    return [
        (entry["role"], sorted({*entry, *entry.get("vars", {})} - {"role", "vars"}))
        for play in playbook
        for entry in play["roles"]
    ]


@pytest.mark.parametrize("role", ROLES)
def test_the_alternative_changes_every_setting(role):
    assert sorted(options(role) - changed(role).keys() - ELSEWHERE.keys()) == []


@pytest.mark.parametrize("role", ROLES)
def test_no_setting_has_its_default_in_the_alternative(role):
    defaults = load(shipped("roles") / role / "defaults/main.yml") or {}
    assert [name for name, value in changed(role).items() if defaults.get(name, object()) == value] == []


@pytest.mark.parametrize("role", ROLES)
def test_the_first_scenario_is_the_playbook_of_the_readme(role):
    readme = (shipped("roles") / role / "README.md").read_text()
    shown = yaml.safe_load(re.search(r"```yaml\n(.*?)```", readme, re.DOTALL)[1])
    wanted = roles_of(shown)
    if role == "pull_secret":  # the one setting more: no registry_auth has written that file here
        wanted[0][1].insert(0, "pull_secret_credentials_file")
    assert roles_of(load(ROOT / "molecule" / role / "converge.yml")) == wanted


@pytest.mark.parametrize("role", ROLES)
def test_what_the_alternative_refuses_is_written_down(role):
    text = (ROOT / "molecule" / f"{role}-alternative" / "refusals.yml").read_text()
    assert text.count("refused_says:") >= 2


def test_exceptions_are_settings_that_exist():
    assert ELSEWHERE.keys() <= set().union(*map(options, ROLES))
