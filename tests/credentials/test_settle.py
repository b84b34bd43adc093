import pytest

from bootstrap.credentials.htpasswd import User, with_user
from bootstrap.credentials.settle import Request, judge
from bootstrap.credentials.state import Credentials

LOCATION = "reg1.example.test:5000"
CHOSEN = "correct horse battery"


@pytest.fixture
def credentials(tmp_path):
    return Credentials(tmp_path / "credentials")


@pytest.fixture
def settled(credentials):
    """A state and the htpasswd that it wrote; returns its text."""
    password, _ = credentials.make("")
    credentials.remember(LOCATION, "mirror", password.text)
    return with_user("", User("mirror", password.text, 5))


def asked(chosen="", cost=10, location=LOCATION, user="mirror", replaces=False, joins=False):
    return Request(location, user, chosen, cost, replaces_unknown=replaces, joins_unknown=joins)


def test_a_host_without_htpasswd_needs_one_and_nothing_is_made_by_looking(credentials):
    verdict = judge(asked(), credentials, None)
    assert verdict.problems == ()
    assert verdict.reason == "the host has none"
    assert not credentials.directory.exists()


def test_what_was_written_is_left_alone(credentials, settled):
    verdict = judge(asked(), credentials, settled)
    assert (verdict.problems, verdict.reason) == ((), "")


def test_the_cost_setting_is_for_chosen_passwords_only(credentials, settled):
    assert judge(asked(cost=12), credentials, settled).reason == ""
    chosen = with_user("", User("mirror", CHOSEN, 10))
    credentials.make(CHOSEN)
    credentials.remember(LOCATION, "mirror", CHOSEN)
    assert judge(asked(CHOSEN, 10), credentials, chosen).reason == ""
    assert "cost 8" in judge(asked(CHOSEN, 8), credentials, chosen).reason


def test_a_password_chosen_later_replaces_the_one_made(credentials, settled):
    verdict = judge(asked(CHOSEN), credentials, settled)
    assert verdict.problems == ()
    assert "does not let mirror in" in verdict.reason


@pytest.mark.parametrize("chosen", ["", CHOSEN])
def test_an_htpasswd_of_another_controller_is_refused_and_named(credentials, chosen):
    foreign = with_user("", User("admin", "somebody else's", 5))
    verdict = judge(asked(chosen), credentials, foreign)
    (problem,) = verdict.problems
    for part in (LOCATION, "admin", str(credentials.directory), "registry_auth_replace_unknown"):
        assert part in problem
    assert judge(asked(chosen, replaces=True), credentials, foreign).problems == ()


def test_it_is_refused_too_when_the_state_has_a_password_from_its_other_hosts(credentials, settled):
    foreign = with_user("", User("mirror", "somebody else's", 5))
    assert judge(asked(location="reg2.example.test:5000"), credentials, foreign).problems
    assert judge(asked(location="reg2.example.test:5000"), credentials, settled).problems == ()


def test_with_consent_the_user_joins_those_of_an_adopted_registry(credentials):
    theirs = with_user("", User("dummy", "dummy", 5))
    assert judge(asked(joins=True), credentials, theirs).problems == ()


def test_a_user_of_our_name_in_an_adopted_registry_is_somebody_elses(credentials):
    theirs = with_user("", User("mirror", "somebody else's", 5))
    (problem,) = judge(asked(joins=True), credentials, theirs).problems
    assert "--new-ca" in problem
    assert judge(asked(joins=True, replaces=True), credentials, theirs).problems == ()


def test_a_password_that_matches_is_adopted(credentials):
    shared = with_user("", User("mirror", CHOSEN, 10))
    verdict = judge(asked(CHOSEN), credentials, shared)
    assert verdict.problems == ()
    assert verdict.reason == "the controller's own files are behind"


def test_every_weakness_of_a_choice_is_told_and_the_choice_is_not(credentials):
    verdict = judge(asked("mirror"), credentials, None)
    assert len(verdict.problems) == 3
    assert all("registry_auth_password is too weak" in problem for problem in verdict.problems)


def test_no_request_shows_its_password():
    assert CHOSEN not in repr(asked(CHOSEN))
