"""The whole of a host's TLS, from judging to issuing; runs are cut where a kill would cut them."""

import datetime as dt

import pytest

from bootstrap.errors import ConfigError, HostError
from bootstrap.tls.authority import TlsState
from bootstrap.tls.certificates import is_issued_by, read_chain
from bootstrap.tls.judge import Held
from bootstrap.tls.settle import Request, is_trusted, settle, trust

NOTHING = Held(None, is_pair=False)


@pytest.fixture
def asked(order):
    def one(mode="site_ca", **others):
        return Request("reg1", "demo", mode, others.pop("order", order), **others)

    return one


def served(outcome):
    return Held(outcome.certificate, is_pair=True)


def test_a_bare_host_gets_a_certificate_and_the_next_run_keeps_it(asked, state, now):
    first = settle(asked(), state, NOTHING, now, is_check=False)
    assert first.reason == "the host has none"
    assert is_issued_by(read_chain(first.certificate).leaf, read_chain(first.ca).leaf)
    assert trust(state, "reg1", first.ca)
    again = settle(asked(), state, served(first), now, is_check=False)
    assert (again.reason, again.certificate, again.key, again.ca) == ("", None, None, first.ca)
    assert not trust(state, "reg1", again.ca)


@pytest.mark.parametrize("mode", ["site_ca", "self_signed"])
def test_check_mode_says_so_and_makes_nothing(asked, state, now, mode):
    outcome = settle(asked(mode), state, NOTHING, now, is_check=True)
    assert outcome.reason
    assert (outcome.certificate, outcome.key) == (None, None)
    assert not state.directory.exists()
    assert not is_trusted(state, "reg1", outcome.ca)


@pytest.mark.parametrize(("before", "after"), [("site_ca", "self_signed"), ("self_signed", "site_ca")])
@pytest.mark.parametrize("is_killed", [True, False])
def test_the_mode_changes_even_when_a_run_is_killed_before_it_notes_the_trust(
    asked, state, now, before, after, is_killed
):
    first = settle(asked(before), state, NOTHING, now, is_check=False)
    trust(state, "reg1", first.ca)
    second = settle(asked(after), state, served(first), now, is_check=False)
    assert second.reason
    if not is_killed:
        trust(state, "reg1", second.ca)
    assert settle(asked(after), state, served(second), now, is_check=False).reason == ""


def test_a_run_killed_before_the_host_got_its_certificate_is_repeated(asked, state, now):
    first = settle(asked(), state, NOTHING, now, is_check=False)
    trust(state, "reg1", first.ca)
    settle(asked("self_signed"), state, served(first), now, is_check=False)
    assert settle(asked("self_signed"), state, served(first), now, is_check=False).reason


def test_renewing_a_self_signed_certificate_changes_what_is_trusted(asked, state, now):
    first = settle(asked("self_signed"), state, NOTHING, now, is_check=False)
    trust(state, "reg1", first.ca)
    later = now + dt.timedelta(days=600)
    second = settle(asked("self_signed"), state, served(first), later, is_check=False)
    assert "valid only until" in second.reason
    assert second.ca == second.certificate != first.ca


@pytest.mark.parametrize("mode", ["site_ca", "self_signed"])
@pytest.mark.parametrize("is_check", [True, False])
def test_another_controllers_host_is_refused_and_no_second_ca_is_made(asked, tmp_path, now, mode, is_check):
    theirs = settle(asked(), TlsState(tmp_path / "theirs"), NOTHING, now, is_check=False)
    ours = TlsState(tmp_path / "ours")
    with pytest.raises(HostError) as caught:
        settle(asked(mode), ours, served(theirs), now, is_check=is_check)
    assert "mirror registry CA demo" in caught.value.why
    assert str(ours.directory) in caught.value.why
    assert "registry_tls_replace_unknown" in caught.value.fix
    assert not ours.directory.exists()


def test_it_is_replaced_on_request(asked, tmp_path, now):
    theirs = settle(asked(), TlsState(tmp_path / "theirs"), NOTHING, now, is_check=False)
    ours = TlsState(tmp_path / "ours")
    outcome = settle(asked(replaces_unknown=True), ours, served(theirs), now, is_check=False)
    assert "this state does not know" in outcome.reason
    assert is_issued_by(read_chain(outcome.certificate).leaf, read_chain(outcome.ca).leaf)


@pytest.fixture
def provided(tmp_path, issued, authority, state):
    paths = {name: str(tmp_path / f"given.{name}") for name in ("certificate", "key", "ca")}
    (tmp_path / "given.certificate").write_bytes(issued.pem)
    (tmp_path / "given.key").write_bytes(issued.key_pem)
    (tmp_path / "given.ca").write_bytes(state.ca_certificate.read_bytes())
    assert authority
    return paths


def test_a_provided_certificate_is_placed_once(asked, tmp_path, now, provided, issued):
    ours = TlsState(tmp_path / "ours")
    first = settle(asked("provided", provided=provided), ours, NOTHING, now, is_check=False)
    assert (first.certificate, first.key) == (issued.pem, issued.key_pem)
    assert settle(asked("provided", provided=provided), ours, served(first), now, is_check=False).reason == ""
    unpaired = Held(first.certificate, is_pair=False)
    assert settle(asked("provided", provided=provided), ours, unpaired, now, is_check=False).key


def test_a_provided_certificate_in_its_last_third_is_used_with_a_warning(asked, state, now, provided):
    later = now + dt.timedelta(days=600)
    (warning,) = settle(asked("provided", provided=provided), state, NOTHING, later, is_check=False).warnings
    assert "replace it in time" in warning


def test_every_missing_file_is_named_at_once(asked, state, now):
    with pytest.raises(ConfigError) as caught:
        settle(asked("provided", provided={"key": "/nowhere/key"}), state, NOTHING, now, is_check=False)
    for part in ("provided_certificate is empty", "names /nowhere/key", "provided_ca is empty"):
        assert part in caught.value.why


def test_an_unusable_provided_certificate_says_everything(asked, state, now, provided, order):
    foreign = type(order)(["other.example.test"], "ecdsa_p256", 825)
    expired = now + dt.timedelta(days=2000)
    with pytest.raises(ConfigError) as caught:
        settle(asked("provided", provided=provided, order=foreign), state, NOTHING, expired, is_check=False)
    assert "does not cover other.example.test" in caught.value.why
    assert "was valid until" in caught.value.why
