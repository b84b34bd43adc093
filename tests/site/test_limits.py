"""One sentence for every value outside its limits: the value, the bound, the fix, and never a secret."""

import pytest

from bootstrap.site.limits import FilterModule, limit_problems

REDIRECTS = {"keys": {"prefix": {"format": "image_prefix"}, "location": {"format": "location"}}}

BAD = [
    pytest.param(70000, {"format": "port"}, "o is 70000, but must be a TCP port, 1-65535; ", id="port"),
    pytest.param(True, {"format": "port"}, "o is True, but must be a TCP port", id="a boolean is no port"),
    pytest.param(
        ["a.b", "c d"], {"format": "hostname"}, "o[1] is 'c d', but must be a DNS host name", id="item"
    ),
    pytest.param({"a": 1}, {"format": "hostname"}, "o is {'a': 1}, but must be", id="mapping for text"),
    pytest.param(
        0, {"minimum": 1, "maximum": 9}, "o is 0, but must be a number from 1 to 9; set it to a", id="low"
    ),
    pytest.param(10, {"minimum": 1, "maximum": 9}, "o is 10, but must be a number from 1 to 9", id="high"),
    pytest.param("nan", {"minimum": 1}, "o is 'nan', but must be a number of 1 or more", id="nan"),
    pytest.param(2.5, {"maximum": 2}, "o is 2.5, but must be a number of 2 or less", id="maximum alone"),
    pytest.param("x", {"choices": ["a", "b"]}, "o is 'x', but must be one of a, b; choose one", id="choice"),
    pytest.param(
        "short", {"min_length": 12}, "o has 5 characters, but must have at least 12", id="too short"
    ),
    pytest.param([1, 2], {"max_length": 1}, "o has 2 items, but must have 0 to 1", id="too many"),
    pytest.param("", {"format": "absolute_path"}, "o is empty, but must be an absolute path", id="empty"),
    pytest.param(None, {"minimum": 1}, "o is empty, but must be", id="null"),
    pytest.param(
        ["x"], REDIRECTS, "o[0] is 'x', but must be a mapping with the keys prefix, location", id="no keys"
    ),
    pytest.param(
        [{"prefix": "quay.io"}], REDIRECTS, "o[0].location is empty, but must be host[:port]", id="lacks key"
    ),
    pytest.param(
        [{"prefix": "quay.io", "location": "a:1", "to": 1}],
        REDIRECTS,
        "o[0] has the key 'to', but",
        id="extra key",
    ),
]
GOOD = [
    pytest.param("5000", {"format": "port"}, id="a number as -e spells it"),
    pytest.param([], {"format": "hostname"}, id="an empty list has no bad item"),
    pytest.param("", {"format": "url", "optional": True}, id="optional and empty"),
    pytest.param(None, {"minimum": 4, "optional": True}, id="optional and null"),
    pytest.param("7", {"minimum": 1, "maximum": 9}, id="number as text"),
    pytest.param(8, {"choices": ["8"]}, id="choice as number"),
    pytest.param([{"prefix": "quay.io", "location": "[2001:db8::1]:5000"}], REDIRECTS, id="keys"),
]


@pytest.mark.parametrize(("value", "limit", "sentence"), BAD)
def test_a_value_outside_its_limit_is_one_sentence_with_value_bound_and_fix(value, limit, sentence) -> None:
    (problem,) = limit_problems({"o": value}, {"o": limit})
    assert problem.startswith(sentence)
    assert "; " in problem
    assert problem.endswith(".")


@pytest.mark.parametrize(("value", "limit"), GOOD)
def test_a_value_inside_its_limit_is_no_problem(value, limit) -> None:
    assert limit_problems({"o": value}, {"o": limit}) == []


@pytest.mark.parametrize(
    ("name", "limit", "secrets"),
    [
        ("registry_auth_password", {"choices": ["x"]}, ()),
        ("o", {"format": "port", "secret": True}, ()),
        ("o", {"format": "port"}, ("o",)),
        ("o", {"keys": {"token": {"format": "port"}}}, ()),
    ],
)
def test_a_secret_is_never_repeated(name, limit, secrets) -> None:
    value = {"token": "hunter2"} if "keys" in limit else "hunter2"
    (problem,) = limit_problems({name: value}, {name: limit}, secrets)
    assert "hunter2" not in problem
    assert "not shown" in problem


def test_a_flood_is_cut() -> None:
    (problem,) = limit_problems({"o": "x" * 5000}, {"o": {"format": "port"}})
    assert len(problem) < 300


def test_options_without_a_limit_and_limits_without_a_value_are_left_alone() -> None:
    assert limit_problems({"a": object()}, {"b": {"format": "port"}}) == []


@pytest.mark.parametrize("limit", [{"format": "prot"}, {"min": 1}])
def test_a_wrong_limit_is_a_bug_and_says_so(limit) -> None:
    with pytest.raises(ValueError, match="the limit of o has"):
        limit_problems({"o": "x"}, {"o": limit})


def test_the_filter_is_the_function() -> None:
    assert FilterModule().filters() == {"limit_problems": limit_problems}
