"""Whatever a user's own file holds, it is read or refused, and nothing of it is repeated."""

import pytest

from bootstrap.cluster.assisted.os_images import read_os_images
from bootstrap.cluster.dns.clusters import read_clusters
from bootstrap.cluster.hosted.read import read_file
from bootstrap.cluster.read import read_objects
from bootstrap.errors import ConfigError

READERS = [read_clusters, read_os_images, read_file, read_objects]
NO_YAML = {
    "a date that is none": "clusters: 2026-99-99\n",
    "too deep": "[" * 3000,
    "not closed": 'bmc: {username: me, password: "my secret}\n',
    "a tab": "bmc:\n\tpassword: my secret\n",
    "a name of nothing": "password: *my-secret\n",
    "not printable": "password: my secret\x01\n",
}


@pytest.mark.parametrize("text", NO_YAML.values(), ids=NO_YAML)
@pytest.mark.parametrize("read", READERS)
def test_what_is_no_yaml_is_told_without_a_word_of_it(tmp_path, read, text):
    path = tmp_path / "own.yaml"
    path.touch(mode=0o600)
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read(path)
    assert "secret" not in str(caught.value)
    assert "it is not YAML: " in caught.value.why
    assert caught.value.__cause__ is None, "what the library says has the line"


@pytest.mark.parametrize("read", READERS[:3])
def test_a_key_given_twice_is_named_with_its_line(tmp_path, read):
    path = tmp_path / "own.yaml"
    path.write_text("a: 1\na: 2\n")
    with pytest.raises(ConfigError, match="line 2: the key a is there twice"):
        read(path)


@pytest.mark.parametrize("read", READERS)
def test_a_file_that_is_not_there_is_named(tmp_path, read):
    with pytest.raises(ConfigError, match=r"cannot read .*own\.yaml"):
        read(tmp_path / "own.yaml")
