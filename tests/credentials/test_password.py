import pytest

from bootstrap.credentials.password import generate, is_random, weaknesses


def test_a_made_password_has_256_bits_and_no_weakness():
    made = {generate() for _ in range(50)}
    assert len(made) == 50
    assert all(len(password) == 43 and is_random(password) for password in made)
    assert all(weaknesses(password, "mirror") == [] for password in made)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "it has 5 characters"),
        ("Mirror-2026!", "well-known word"),
        ("password1234", "well-known word"),
        ("aaaaaaaaaaaaaaaa", "different characters"),
        ("trailing blank here ", "blanks at its ends"),
        ("line\nbreak in the middle", "control characters"),
        ("x9!" * 25, "bcrypt reads no more than 72"),
    ],
)
def test_a_weak_choice_is_named_without_being_repeated(password, why):
    found = weaknesses(password, "mirror")
    assert any(why in one for one in found)
    assert not any(password in one for one in found)


@pytest.mark.parametrize("password", ["correct horse battery", "Tr0ub4dor&3-and-more", "grüße-aus-der-ferne"])
def test_a_strong_choice_is_accepted_but_not_taken_for_a_random_one(password):
    assert weaknesses(password, "mirror") == []
    assert not is_random(password)


def test_forty_three_equal_letters_are_not_taken_for_a_random_password():
    assert not is_random("a" * 43)
