"""Files and directories of the controller: judged before any host is looked at."""

import os
import shutil

import pytest

from bootstrap.errors import ConfigError, HostError
from bootstrap.site.model import Connection, Host, Site
from bootstrap.site.state import State
from bootstrap.workflow import check_files


@pytest.fixture
def found(tmp_path, monkeypatch):
    """Return the problems of a site with one host that has these settings."""
    monkeypatch.setenv("ANSIBLE_HOME", str(tmp_path / "ansible"))

    def problems(**values):
        host = Host("r1", ("registry",), values, Connection("local", "r1"))
        state = State(tmp_path / "site/.bootstrap-registry")
        site = Site("site", tmp_path / "site", tmp_path / "site", state, (host,), host)
        return list(check_files.file_problems(site))

    return problems


def test_a_site_that_lacks_wrong_values_is_judged_by_the_rest(found):
    assert found() == []


@pytest.mark.parametrize("content", [b"", b"garbage"])
def test_an_archive_that_is_none_is_refused_before_it_travels(found, tmp_path, content):
    archive = tmp_path / "registry.tar"
    archive.write_bytes(content)
    values = {"registry_service_image": "docker.io/library/registry:2"}
    (problem,) = found(registry_service_image_archive=str(archive), **values)
    assert isinstance(problem, ConfigError)
    assert problem.what == f"{archive} is not an OCI archive"


def test_a_full_disk_is_told_with_what_is_needed_and_free(found, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(1_000_000))
    (problem,) = found()
    assert isinstance(problem, HostError)
    assert problem.why == "8 MB are needed and 1.0 MB are free"


class Usage:
    def __init__(self, free):
        self.free = free


def test_directories_that_may_not_be_written_are_told_all(found, monkeypatch):
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    told = [problem.what for problem in found()]
    assert len(told) == 3
    assert all(what.startswith("cannot write ") for what in told)
