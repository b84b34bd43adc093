"""Publishing: all of a set or nothing, earlier sets stay."""

import pytest

from bootstrap.cluster.publish import publish
from bootstrap.errors import HostError


def test_a_set_is_published_and_the_same_set_again_is_no_news(tmp_path):
    path, is_new = publish(tmp_path, {"idms.yaml": "a"})
    assert (path / "idms.yaml").read_text() == "a"
    assert is_new
    assert publish(tmp_path, {"idms.yaml": "a"}) == (path, False)


def test_earlier_sets_are_kept_and_a_dropped_file_is_gone_from_the_newest(tmp_path):
    publish(tmp_path, {"idms.yaml": "a", "itms.yaml": "b"})
    path, is_new = publish(tmp_path, {"idms.yaml": "c"})
    assert is_new
    assert [entry.name for entry in path.iterdir()] == ["idms.yaml"]
    assert len(list((tmp_path / "sets").iterdir())) == 2


def test_a_reader_who_holds_the_old_set_keeps_it_whole(tmp_path):
    path, _ = publish(tmp_path, {"idms.yaml": "a"})
    held = path.resolve()
    publish(tmp_path, {"idms.yaml": "b"})
    assert (held / "idms.yaml").read_text() == "a"


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(HostError, match="cannot write"):
        publish(tmp_path / "file", {"idms.yaml": "a"})
