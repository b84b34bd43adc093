"""A role's variables are declared once, described fully and judged by limits; nobody contradicts anybody."""

from pathlib import Path

import pytest
import yaml

from bootstrap.shipped import shipped
from bootstrap.site.formats import FORMATS
from bootstrap.site.limits import LIMIT_KEYS

ROLES = sorted(path.parent.parent for path in shipped("roles").glob("*/meta/argument_specs.yml"))
EVERY_ROLE = sorted(path for path in shipped("roles").iterdir() if path.is_dir())


def load(path):
    return (yaml.safe_load(path.read_text()) if path.exists() else None) or {}


def options(role):
    specs = load(role / "meta/argument_specs.yml")["argument_specs"]
    return {name: spec for entry in specs.values() for name, spec in (entry.get("options") or {}).items()}


def limits(role):
    return load(role / "vars/main.yml").get(f"__{role.name}_limits")


def declaration_problems(role):
    """What is wrong between a role's specs and its defaults, one sentence each."""
    defaults, specs = load(role / "defaults/main.yml"), options(role)
    found = [f"{name} has a default but no spec" for name in defaults.keys() - specs.keys()]
    for name, spec in specs.items():
        if not name.startswith(f"{role.name}_"):
            found.append(f"{name} lacks the prefix {role.name}_")
        found += [f"{name} has no {key}" for key in ("type", "description") if not spec.get(key)]
        if "default" in spec:
            found.append(f"{name} has a default in its spec; values live in defaults/ only")
        if spec.get("required") and name in defaults:
            found.append(f"{name} is required, so its default would hide that it is missing")
        if not spec.get("required") and name not in defaults:
            found.append(f"{name} is not required and has no default")
        if "choices" in spec and name in defaults and defaults[name] not in spec["choices"]:
            found.append(f"{name}: the default {defaults[name]!r} is not among its choices")
    return found


def limit_declaration_problems(role):
    """What is wrong with a role's limits, one sentence each."""
    declared = limits(role)
    if declared is None:
        return [f"vars/main.yml has no __{role.name}_limits"]
    found = [f"{name} has a limit but no spec" for name in declared.keys() - options(role).keys()]
    for name, limit in declared.items():
        found += [f"{name}: the limit has an unknown key {key}" for key in limit.keys() - LIMIT_KEYS]
        if "format" in limit and limit["format"] not in FORMATS:
            found.append(f"{name}: there is no format {limit['format']}")
    # What a text or number may be is never left open: bool and choices are closed by their spec.
    for name, spec in options(role).items():
        is_open = spec.get("type") in {"str", "path", "int", "float"} and "choices" not in spec
        if is_open and name not in declared:
            found.append(f"{name} is a {spec['type']} and has no limit")
    return found


def documentation_problems(role):
    """What a role's README does not say about its variables."""
    readme = role / "README.md"
    if not readme.exists():
        return ["there is no README.md"]
    text = readme.read_text()
    return [f"{name} is not in README.md" for name in options(role) if f"`{name}`" not in text]


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_specs_and_defaults_agree(role):
    assert declaration_problems(role) == []


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_open_value_has_a_limit_that_exists(role):
    assert limit_declaration_problems(role) == []


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_the_readme_lists_every_variable(role):
    assert documentation_problems(role) == []


def test_every_role_declares_its_variables():
    assert EVERY_ROLE == ROLES


def test_no_role_name_is_the_prefix_of_another():
    names = [role.name for role in ROLES]
    assert [(a, b) for a in names for b in names if a != b and b.startswith(f"{a}_")] == []


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_a_role_can_be_undone(role):
    assert (role / "tasks/remove.yml").exists()


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_no_task_lowers_security(role):
    forbidden = (
        *("tls-verify=false", "curl -k", "validate_certs: false", "label=disable", "--privileged"),
        *("StrictHostKeyChecking=no", "ignore_errors: true", "SecurityLabelDisable"),
    )
    files = [path for path in role.rglob("*") if path.suffix in {".yml", ".j2", ".py"}]
    assert [(path.name, word) for path in files for word in forbidden if word in path.read_text()] == []


class TestTheTestItself:
    """A test of declarations that finds nothing must be able to find something."""

    def role(self, tmp_path: Path, *, defaults="", specs="", variables=""):
        role = tmp_path / "demo"
        for folder in ("defaults", "meta", "vars"):
            (role / folder).mkdir(parents=True)
        (role / "defaults/main.yml").write_text(defaults)
        (role / "meta/argument_specs.yml").write_text(f"argument_specs: {{main: {{options: {{{specs}}}}}}}")
        (role / "vars/main.yml").write_text(variables)
        return role

    def test_sees_a_default_without_a_spec(self, tmp_path):
        assert declaration_problems(self.role(tmp_path, defaults="demo_a: 1")) == [
            "demo_a has a default but no spec"
        ]

    def test_sees_a_spec_without_type_description_or_default(self, tmp_path):
        assert len(declaration_problems(self.role(tmp_path, specs="demo_a: {}"))) == 3

    def test_sees_a_default_outside_its_choices(self, tmp_path):
        role = self.role(
            tmp_path,
            defaults="demo_a: z",
            specs="demo_a: {type: str, description: d, choices: [x, y]}",
        )
        assert declaration_problems(role) == ["demo_a: the default 'z' is not among its choices"]

    def test_sees_a_text_without_a_limit_and_a_limit_without_a_format(self, tmp_path):
        role = self.role(
            tmp_path,
            specs="demo_a: {type: str, description: d}, demo_b: {type: str, description: d}",
            variables="__demo_limits: {demo_b: {format: nonsense}}",
        )
        assert limit_declaration_problems(role) == [
            "demo_b: there is no format nonsense",
            "demo_a is a str and has no limit",
        ]
