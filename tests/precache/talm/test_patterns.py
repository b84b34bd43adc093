import random
import shutil
import subprocess

import pytest

from bootstrap.precache.talm.patterns import excluded_by, read_patterns

LINES = [
    '"aws-ebs$quay.io/a/b@sha256:12ab"',
    '"etcd$quay.io/x"',
    '"a*b+c?$q"',
    '"foo.bar|(x){2}$r^s"',
    '"aab$abab"',
    '"-]["',
    r'"a\\b_c d"',
    "",
]
TABLE = (
    *(
        "aws",
        "^aws",
        '^"aws',
        "b\\$q",
        "b$q",
        '"$',
        "x$",
        "a.*b",
        "*b",
        "^*",
        r"\(*b",
        r"a\|*b",
        r"\|",
        "x*",
        "a**",
    ),
    *(
        r"\(ab\)\{2\}",
        r"\(a\)\1",
        r"\(a\)\(b\)\2",
        r"a\{2\}",
        r"a\{2,\}",
        r"a\{,2\}b",
        r"\{2\}",
        "a{2}",
        "{2}",
    ),
    *(
        "(x)",
        "a+",
        r"a\+",
        r"a\?b",
        r"\+c",
        r"\?",
        "[]]",
        "[^]]*$",
        "[a-c]d",
        "[[:alpha:]]-",
        "[[:space:]]",
        "[.]",
    ),
    *(
        r"[\.]",
        r"[\\]",
        r"\.",
        r"\<bar\>",
        r"\bar",
        r"b\B",
        r"\w\W\w",
        r"\s",
        r"\S$",
        r"^\(a\|\"e\)",
        r"q\|^$",
    ),
    *(r"\`\"", r"x\"\'", "[[=a=]]", "[[.-.]]", "[b-]", "[*-.]", r"\(^\"a\)", r"\(x\"$\)", "a^b", "r^s", "é"),
    *(
        "[",
        "[a",
        "a\\",
        r"\(",
        r"\)",
        r"\(a",
        "[[:foo:]]",
        "[:alpha:]",
        r"\1",
        r"a\{1",
        r"a\{2,1\}",
        r"a\{x\}",
    ),
    *("[b-a]", "[[:alpha:]-z]", r"a\{99999\}", r"\(a\1\)"),
)
PARTS = [
    *(
        r"\(",
        r"\)",
        r"\|",
        "*",
        r"\+",
        r"\?",
        r"\{1,2\}",
        r"\{2\}",
        "^",
        "$",
        ".",
        "[ab]",
        "[^a]",
        "[a-c]",
        "[]a]",
    ),
    *(
        "a",
        "b",
        "aws",
        '"',
        r"\1",
        r"\w",
        r"\<",
        r"\>",
        r"\b",
        "+",
        "?",
        "|",
        "{",
        "}",
        "(",
        ")",
        "-",
        "[",
        "]",
        "\\",
    ),
]


def kept_by_grep(pattern, tmp_path):
    """What the job keeps of the lines; None where grep refuses the pattern."""
    (tmp_path / "patterns").write_text(pattern + "\n")
    done = subprocess.run(
        ["grep", "-vG", "-f", tmp_path / "patterns"],
        input="\n".join(LINES) + "\n",
        capture_output=True,
        text=True,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )
    return None if done.returncode == 2 else done.stdout.splitlines()


def kept(pattern):
    try:
        patterns = read_patterns([pattern])
    except ValueError as error:
        return None if "means one thing here" not in str(error) else "not judged"
    return [line for line in LINES if excluded_by(line, patterns) is None]


needs_grep = pytest.mark.skipif(shutil.which("grep") is None, reason="grep is not installed")


@needs_grep
def test_row_j2_patterns_are_those_of_grep(tmp_path):
    found = {pattern: (kept(pattern), kept_by_grep(pattern, tmp_path)) for pattern in TABLE}
    assert {pattern: each for pattern, each in found.items() if each[0] != each[1]} == {}
    assert sum(each[0] is None for each in found.values()) == 17
    assert sum(each[0] not in (None, LINES) for each in found.values()) > 40


@needs_grep
def test_row_j2_patterns_of_any_kind_are_those_of_grep(tmp_path):
    chance = random.Random(20_260_822)
    many = ["".join(chance.choices(PARTS, k=chance.randint(1, 6))) for _ in range(120)]
    found = {pattern: (kept(pattern), kept_by_grep(pattern, tmp_path)) for pattern in many}
    assert {pattern: each for pattern, each in found.items() if each[0] not in (each[1], "not judged")} == {}


def test_row_j2_blank_patterns_are_none_and_spaces_around_one_are_dropped():
    assert read_patterns([]) == read_patterns(["", "  ", "\t\n \n"]) == ()
    assert [each.text for each in read_patterns(["  aws \t", "a\nb c "])] == ["aws", "a", "b c"]


def test_row_j2_of_several_patterns_the_first_that_fits_is_told():
    found = excluded_by(LINES[0], read_patterns(["nothing", "ebs", "aws"]))
    assert found is not None
    assert found.text == "ebs"
