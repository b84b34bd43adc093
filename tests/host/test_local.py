"""Programs on the controller itself."""

import pytest

from bootstrap.errors import HostError
from bootstrap.host.local import LocalConnection
from bootstrap.host.privilege import Privilege

HERE = LocalConnection("here", Privilege.none())


def test_what_a_program_reads_and_says():
    assert HERE.run(["cat"], stdin="hello").stdout == "hello"


def test_a_program_that_fails_is_named_with_its_words():
    with pytest.raises(HostError) as caught:
        HERE.run(["sh", "-c", "echo no >&2; exit 3"])
    assert "exit code 3: no" in caught.value.why


def test_a_program_that_is_missing_is_named():
    with pytest.raises(HostError, match="here: cannot run surely-not-there"):
        HERE.run(["surely-not-there"])


def test_much_on_both_streams_does_not_block():
    done = HERE.run(["sh", "-c", "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero"])
    assert len(done.stdout) == len(done.stderr) == 300000


def test_lines_come_one_by_one():
    assert list(HERE.lines(["printf", "a\\nb\\n"])) == ["a", "b"]


def test_lines_are_those_of_standard_output_alone():
    told = list(HERE.lines(["sh", "-c", "echo a warning >&2; echo one; echo two"]))
    assert told == ["one", "two"]


def test_a_program_that_fails_after_its_lines_is_named_with_its_words():
    with pytest.raises(HostError) as caught:
        list(HERE.lines(["sh", "-c", "echo one; echo no >&2; exit 3"]))
    assert "exit code 3: no" in caught.value.why
