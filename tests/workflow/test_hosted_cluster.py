"""The key that encrypts a hosted cluster's etcd."""

import base64
import stat
from dataclasses import replace

import pytest

from bootstrap.cluster.hosted.read import read_file
from bootstrap.errors import ConfigError
from bootstrap.site.state import State
from bootstrap.workflow.hosted_cluster import etcd_key
from tests.cluster.hosted.site import KEY, document, written


@pytest.fixture
def state(tmp_path):
    return State(tmp_path / "state")


@pytest.fixture
def spec(tmp_path):
    return read_file(written(tmp_path, document()))


def brought(spec, key):
    return replace(spec, control_plane=replace(spec.control_plane, etcd_key=key))


def test_it_is_random_made_once_and_private(state, spec):
    key = etcd_key(state, spec)
    assert len(key) == 32
    assert etcd_key(state, spec) == key
    (path,) = state.directory.rglob("etcd-key")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert base64.b64decode(path.read_bytes()) == key
    assert etcd_key(state, replace(spec, name="another")) != key
    assert etcd_key(State(state.directory.parent / "other"), spec) != key


def test_one_that_the_user_brings_is_kept_and_never_changed_by_accident(state, spec):
    assert etcd_key(state, brought(spec, KEY)) == KEY
    assert etcd_key(state, spec) == KEY
    with pytest.raises(ConfigError, match="rendered with another one"):
        etcd_key(state, brought(spec, bytes(reversed(KEY))))


@pytest.mark.parametrize("content", [b"x", b"AAAA\n", base64.b64encode(bytes(32)), b"\xff"])
def test_what_is_kept_and_is_no_key_is_told(state, spec, content):
    etcd_key(state, spec)
    (path,) = state.directory.rglob("etcd-key")
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="cannot use the etcd key in"):
        etcd_key(state, spec)


def test_the_one_of_the_documentation_is_refused(tmp_path):
    from tests.cluster.seed_blocks import SEEDS, block

    if not SEEDS.is_dir():
        pytest.skip("the seed documents are not beside this clone")
    (literal,) = [line.split()[1] for line in block("kind: Secret").splitlines() if "key: nTPt" in line]
    (tmp_path / "key").write_text(literal)
    with pytest.raises(ConfigError, match=r"controlPlane\.etcd\.keyFile: it is the key of an example"):
        read_file(written(tmp_path, document(controlPlane={"etcd": {"keyFile": "key"}})))
