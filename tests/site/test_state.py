"""The site state is private from its first byte on."""

import os
import stat

import pytest

from bootstrap.errors import ConfigError, HostError
from bootstrap.site.state import State


@pytest.fixture
def state(tmp_path) -> State:
    return State(tmp_path / "lab" / ".bootstrap-registry")


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_knowing_a_state_makes_nothing(state) -> None:
    state.check()
    assert state.trust("reg1").name == "reg1.crt"
    assert not state.directory.exists()


def test_a_state_is_made_private_and_ignored_by_git_and_may_be_made_twice(state) -> None:
    old = os.umask(0)
    try:
        state.create()
        state.create()
    finally:
        os.umask(old)
    assert mode(state.directory) == 0o700
    assert (state.directory / ".gitignore").read_text().splitlines()[-1] == "*"


def test_a_file_is_0600_in_directories_of_0700_and_replaced_whole(state) -> None:
    state.create()
    old = os.umask(0)
    try:
        state.write(state.password_file, b"one")
        state.write(state.password_file, b"two")
    finally:
        os.umask(old)
    assert state.password_file.read_bytes() == b"two"
    assert mode(state.password_file) == 0o600
    assert mode(state.password_file.parent) == 0o700
    assert [path.name for path in state.password_file.parent.iterdir()] == ["password"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(state, monkeypatch) -> None:
    state.create()
    state.write(state.password_file, b"one")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(HostError, match="No space left"):
        state.write(state.password_file, b"two")
    assert state.password_file.read_bytes() == b"one"
    assert [path.name for path in state.password_file.parent.iterdir()] == ["password"]


@pytest.mark.parametrize("wrong", [0o750, 0o701, 0o755])
def test_a_state_that_others_can_reach_is_refused_with_the_chmod(state, wrong) -> None:
    state.create()
    state.directory.chmod(wrong)
    with pytest.raises(ConfigError, match=f"chmod -R go= {state.directory}"):
        state.create()


def test_a_file_in_its_place_is_refused(state) -> None:
    state.directory.parent.mkdir()
    state.directory.touch()
    with pytest.raises(ConfigError, match="not a directory"):
        state.check()
