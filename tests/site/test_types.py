import pytest

from bootstrap.site.types import WrongTypeError, coerce

REDIRECT = {"type": "list", "elements": "dict", "options": {"prefix": {"type": "str", "required": True}}}


@pytest.mark.parametrize(
    ("value", "spec", "typed"),
    [
        ("5000", {"type": "int"}, 5000),
        (5000.0, {"type": "int"}, 5000),
        ("yes", {"type": "bool"}, True),
        ("Off", {"type": "bool"}, False),
        (0, {"type": "bool"}, False),
        (1234, {"type": "str"}, "1234"),
        ("1.5", {"type": "float"}, 1.5),
        (None, {"type": "int"}, None),
        (["1", 2], {"type": "list", "elements": "int"}, [1, 2]),
        (["1", 2], {"type": "list"}, ["1", 2]),
        ({"a": "1"}, {"type": "dict"}, {"a": "1"}),
        ([{"prefix": 1}], REDIRECT, [{"prefix": "1"}]),
        ({"x": object}, {"type": "raw"}, {"x": object}),
    ],
)
def test_a_value_becomes_its_declared_type(value, spec, typed) -> None:
    found = coerce(value, spec)
    assert found == typed
    assert type(found) is type(typed)


@pytest.mark.parametrize(
    ("value", "spec", "where", "is_a", "wanted"),
    [
        ("abc", {"type": "int"}, "", "a text", "a whole number"),
        ("", {"type": "int"}, "", "a text", "a whole number"),
        (1.5, {"type": "int"}, "", "a number", "a whole number"),
        (True, {"type": "int"}, "", "true or false", "a whole number"),
        ("maybe", {"type": "bool"}, "", "a text", "true or false"),
        (2, {"type": "bool"}, "", "a whole number", "true or false"),
        (False, {"type": "str"}, "", "true or false", "a text"),
        ("a,b", {"type": "list"}, "", "a text", "a list"),
        ([[1]], {"type": "list", "elements": "str"}, "[0]", "a list", "a text"),
        ("x", {"type": "dict"}, "", "a text", "a mapping"),
        ([{"prefix": []}], REDIRECT, "[0].prefix", "a list", "a text"),
        (
            [{"prefiks": ""}],
            REDIRECT,
            "[0]",
            "a mapping with the key 'prefiks'",
            "a mapping with the keys prefix",
        ),
        ([{}], REDIRECT, "[0]", "a mapping without the key 'prefix'", "a mapping with the key 'prefix'"),
    ],
)
def test_a_value_of_another_type_is_refused_at_its_place(value, spec, where, is_a, wanted) -> None:
    with pytest.raises(WrongTypeError) as caught:
        coerce(value, spec)
    assert (caught.value.where, caught.value.is_a, caught.value.wanted) == (where, is_a, wanted)
