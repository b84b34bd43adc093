import json
import stat
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from bootstrap.credentials import files
from bootstrap.credentials.state import Credentials
from bootstrap.errors import HostError


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def make(directory):
    return Credentials(directory).make("")[0].text


def test_processes_that_start_together_make_one_password(tmp_path):
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        made = set(pool.map(make, [tmp_path / "credentials"] * 8))
    assert len(made) == 1
    assert Credentials(tmp_path / "credentials").stored() in made


def test_what_is_made_is_private_and_made_once(tmp_path):
    credentials = Credentials(tmp_path / "state" / "credentials")
    first, changed = credentials.make("")
    assert changed
    assert first.is_random
    assert not first.is_known
    again, changed = credentials.make("")
    assert (again.text, again.is_known, changed) == (first.text, True, False)
    assert mode(credentials.password_file) == 0o600
    assert mode(credentials.directory) == 0o700
    assert first.text not in repr(first)


def test_asking_for_a_password_writes_nothing(tmp_path):
    credentials = Credentials(tmp_path / "credentials")
    assert credentials.password("").is_random
    assert not credentials.directory.exists()


def test_a_chosen_password_replaces_the_stored_one(tmp_path):
    credentials = Credentials(tmp_path)
    credentials.make("")
    chosen, changed = credentials.make("correct horse battery")
    assert (chosen.text, chosen.is_random, changed) == ("correct horse battery", False, True)
    assert credentials.make("")[0].text == "correct horse battery"


def test_an_empty_password_file_stops_us(tmp_path):
    (tmp_path / "password").write_text("\n")
    with pytest.raises(HostError) as caught:
        Credentials(tmp_path).make("")
    assert "password" in caught.value.what


def test_the_auth_file_has_every_registry_and_is_private(tmp_path):
    credentials = Credentials(tmp_path)
    assert credentials.remember("a.test:5000", "mirror", "one")
    assert credentials.remember("b.test:5000", "mirror", "one")
    assert not credentials.remember("b.test:5000", "mirror", "one")
    assert credentials.is_remembered("a.test:5000", "mirror", "one")
    assert not credentials.is_remembered("a.test:5000", "mirror", "two")
    assert sorted(json.loads(credentials.auth_file.read_text())["auths"]) == ["a.test:5000", "b.test:5000"]
    assert mode(credentials.auth_file) == 0o600


def test_a_file_is_replaced_as_a_whole_and_its_mode_mended(tmp_path):
    path = tmp_path / "file"
    assert files.replace(path, b"one")
    path.chmod(0o644)
    assert files.replace(path, b"one")
    assert mode(path) == 0o600
    assert not files.replace(path, b"one")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_directory_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(HostError) as caught:
        files.replace(tmp_path / "file" / "below", b"x")
    assert str(tmp_path / "file") in caught.value.what
