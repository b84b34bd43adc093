"""The states of pre-caching, and how one comes after the other: row J3."""

import re
from pathlib import Path

import pytest

from bootstrap.errors import ConfigError
from bootstrap.precache.talm.status.states import DOING, TRANSITIONS, State, state_of

# As the operator's own handlers have it (handleNotStarted, handlePreparing, handleStarting, handleActive).
_NEXT = {
    "NotStarted": {"PreparingToStart"},
    "PreparingToStart": {"PreparingToStart", "Starting"},
    "Starting": {"Starting", "Active", "Succeeded", "PrecacheTimeout", "UnrecoverableError"},
    "Active": {"Active", "Succeeded", "PrecacheTimeout", "UnrecoverableError"},
    "Succeeded": {"Succeeded"},
    "PrecacheTimeout": {"PrecacheTimeout"},
    "UnrecoverableError": {"UnrecoverableError"},
}
REFERENCE = Path(__file__).parents[5] / "shared/reference/cluster-formats.md"


def test_row_j3_each_of_the_seven_states_is_followed_as_talm_has_it_and_by_an_error_once_it_is_enabled():
    assert {state.value for state in TRANSITIONS} == set(_NEXT)
    for state, following in TRANSITIONS.items():
        error = set() if state.is_final else {"UnrecoverableError"}
        assert {each.value for each in following} == _NEXT[state.value] | error


def test_row_j3_the_final_states_are_three_and_all_others_end_in_each_of_them():
    finals = {state for state in State if state.is_final}
    assert finals == {State.SUCCEEDED, State.TIMEOUT, State.ERROR}
    for state in set(State) - finals:
        reached, before = {state}, set()
        while reached != before:
            before = set(reached)
            reached |= {each for one in before for each in TRANSITIONS[one]}
        assert finals <= reached


def test_every_state_is_told_in_words():
    assert set(DOING) == set(State)
    assert all(DOING[state] for state in State if state is not State.SUCCEEDED)


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference is not beside this clone")
def test_row_j3_the_states_are_those_of_the_reference():
    text = REFERENCE.read_text(encoding="utf-8")
    table = text.partition("| stored | seed prose |")[2].partition("An unlisted cluster")[0]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == [state.value for state in State]


def test_row_j3_a_state_that_talm_does_not_store_is_an_error_and_a_documents_name_is_explained():
    with pytest.raises(ConfigError) as caught:
        state_of("Levitating", "a", "ztp/du")
    assert "cluster a of ztp/du" in caught.value.what
    with pytest.raises(ConfigError, match="documents call Active so"):
        state_of("PrecacheActive", "a", "ztp/du")
