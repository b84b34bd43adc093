"""Roles and playbooks are found, installed or editable."""

import pytest

from bootstrap import shipped as module
from bootstrap.shipped import shipped


def test_a_clone_has_them_at_its_top():
    assert (shipped("playbooks") / "site.yml").is_file()
    assert (shipped("roles") / "registry_tls").is_dir()


def test_a_wheel_carries_them_inside(tmp_path, monkeypatch):
    (tmp_path / "bootstrap" / "_shipped" / "roles").mkdir(parents=True)
    monkeypatch.setattr(module, "_PACKAGE", tmp_path / "bootstrap")
    assert shipped("roles") == tmp_path / "bootstrap" / "_shipped" / "roles"


def test_a_broken_installation_says_where_it_looked(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_PACKAGE", tmp_path / "bootstrap")
    with pytest.raises(FileNotFoundError, match="roles/ is neither in"):
        shipped("roles")
