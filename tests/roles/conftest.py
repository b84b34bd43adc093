"""Runs a role's own modules and filters as Ansible would, without Ansible around them."""

import importlib.util
import json
from types import SimpleNamespace

import pytest
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args

from bootstrap.shipped import shipped


class Ended(Exception):
    """A module has said its last word."""

    def __init__(self, answer):
        super().__init__(answer)
        self.answer = answer


@pytest.fixture
def plugin():
    """Return a function that imports ``<role>/<folder>/<name>.py``."""

    def load(role, folder, name):
        path = shipped("roles") / role / folder / f"{name}.py"
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture
def run_module(monkeypatch):
    """Return a function that runs a module's ``main`` and returns its answer; ``failed`` says how it ended.

    Ownership is left out: the tests need not run as root.
    """

    def end(_module, **answer):
        raise Ended({"failed": False, **json.loads(json.dumps(answer))})

    def fail(_module, msg, **answer):
        raise Ended({"failed": True, "msg": msg, **answer})

    def run(module, check_mode=False, **parameters):
        for name in ("set_owner_if_different", "set_group_if_different"):
            monkeypatch.setattr(basic.AnsibleModule, name, lambda _self, _path, _who, changed: changed)
        monkeypatch.setattr(basic.AnsibleModule, "exit_json", end)
        monkeypatch.setattr(basic.AnsibleModule, "fail_json", fail)
        with (
            patch_module_args({**parameters, "_ansible_check_mode": check_mode}),
            pytest.raises(Ended) as ended,
        ):
            module.main()
        return ended.value.answer

    return run


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Return a fake PATH for modules: ``programs.add(name, script)`` puts a shell script on it."""
    directory = tmp_path / "bin"
    directory.mkdir()

    def add(name, script):
        path = directory / name
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)

    def find(_module, name, required=False, opt_dirs=None):  # AnsibleModule's signature
        path = directory / name
        if not path.exists() and required:
            raise Ended({"failed": True, "msg": f"{name} is not there"})
        return str(path) if path.exists() else None

    monkeypatch.setattr(basic.AnsibleModule, "get_bin_path", find)
    return SimpleNamespace(add=add, directory=directory)


@pytest.fixture
def selinux(monkeypatch):
    """Return a function that gives modules a host with SELinux, where paths have the given types."""

    def switch_on(policy, actual):
        monkeypatch.setattr(basic.AnsibleModule, "selinux_enabled", lambda _self: True)
        monkeypatch.setattr(
            basic.AnsibleModule,
            "selinux_default_context",
            lambda _self, path, mode=0: ["system_u", "object_r", policy(path), "s0"],
        )
        monkeypatch.setattr(
            basic.AnsibleModule, "selinux_context", lambda _self, path: ["u", "r", actual(path), "s0"]
        )
        monkeypatch.setattr(
            basic.AnsibleModule, "set_context_if_different", lambda _self, _path, _context, changed: changed
        )

    return switch_on
