"""A directory of files that users take away."""

import stat

import pytest

from bootstrap.cluster import take_away
from bootstrap.cluster.take_away import TakeAway
from bootstrap.errors import ConfigError, Problems


def write(directory, given, command="resources first"):
    return take_away.write(directory, given, command)


def take(**files):
    return TakeAway({name.replace("__", "/") + ".yaml": text for name, text in files.items()})


def test_the_same_again_changes_nothing(tmp_path):
    given = take(a="1\n", sub__b="2\n")
    assert write(tmp_path / "out", given).changed == ("a.yaml", "sub/b.yaml")
    assert write(tmp_path / "out", given).changed == ()
    assert (tmp_path / "out/sub/b.yaml").read_text() == "2\n"


def test_what_is_no_longer_given_goes_with_its_directory(tmp_path):
    write(tmp_path, take(a="1\n", sub__b="2\n"))
    assert write(tmp_path, take(a="1\n")).removed == ("sub/b.yaml",)
    assert not (tmp_path / "sub").exists()


def test_secrets_are_private_and_scripts_can_be_run(tmp_path):
    given = TakeAway({"s.yaml": "hush", "run.sh": "echo"}, frozenset({"s.yaml"}), frozenset({"run.sh"}))
    write(tmp_path, given)
    modes = {name: stat.S_IMODE((tmp_path / name).stat().st_mode) for name in given.files}
    assert modes == {"s.yaml": 0o600, "run.sh": 0o744}
    assert "hush" not in repr(given)


def test_a_file_with_a_secret_object_is_private():
    secret = {"apiVersion": "v1", "kind": "Secret"}
    given = TakeAway.of_objects({"a.yaml": [secret], "b.yaml": [{"kind": "ConfigMap"}], "c.yaml": []})
    assert (list(given.files), given.private) == (["a.yaml", "b.yaml"], {"a.yaml"})


def test_what_the_user_changed_or_had_there_is_kept_and_named(tmp_path):
    write(tmp_path, take(a="1\n", b="2\n", gone="3\n"))
    (tmp_path / "a.yaml").write_text("mine\n")
    (tmp_path / "gone.yaml").write_text("mine, too\n")
    (tmp_path / "c.yaml").write_text("never yours\n")
    with pytest.raises(Problems) as refused:
        write(tmp_path, take(a="1\n", b="new\n", c="4\n"))
    assert [problem.why for problem in refused.value.problems] == [
        "it was changed since it was written",
        "it is not from here",
        "it was changed since it was written",
    ]
    assert (tmp_path / "a.yaml").read_text() == "mine\n"
    assert (tmp_path / "b.yaml").read_text() == "2\n"  # nothing at all was written


def test_a_note_that_cannot_be_read_makes_nothing_ours(tmp_path):
    write(tmp_path, take(a="1\n"))
    (tmp_path / ".bootstrap-registry-files").write_text("{")
    with pytest.raises(ConfigError, match=r"not writing .*a\.yaml"):
        write(tmp_path, take(a="2\n"))


def test_a_command_takes_away_only_what_it_gave_itself(tmp_path):
    write(tmp_path, take(a="1\n", sub__b="2\n"))
    assert write(tmp_path, take(c="3\n", d="4\n"), "resources second").removed == ()
    assert write(tmp_path, take(c="3\n"), "resources second").removed == ("d.yaml",)
    assert write(tmp_path, take(a="1\n")).removed == ("sub/b.yaml",)
    assert (tmp_path / "c.yaml").read_text() == "3\n"


def test_what_two_commands_give_stays_until_both_give_it_no_more(tmp_path):
    write(tmp_path, take(a="1\n"))
    write(tmp_path, take(a="1\n"), "resources second")
    assert write(tmp_path, take()).removed == ()
    assert write(tmp_path, take(), "resources second").removed == ("a.yaml",)


def test_what_another_command_wrote_is_not_written_over(tmp_path):
    write(tmp_path, take(a="1\n"))
    with pytest.raises(ConfigError) as refused:
        write(tmp_path, take(a="2\n"), "resources second")
    assert refused.value.why == "it is what `resources first` wrote"
    assert (tmp_path / "a.yaml").read_text() == "1\n"


def test_a_file_in_place_of_the_directory_is_told(tmp_path):
    (tmp_path / "out").write_text("mine\n")
    with pytest.raises(ConfigError, match="it is no directory"):
        write(tmp_path / "out", take(a="1\n"))
