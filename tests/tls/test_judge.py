import datetime as dt

import pytest

from bootstrap.tls.authority import TlsState, load_or_make
from bootstrap.tls.issue import Order, issue, issue_self_signed
from bootstrap.tls.judge import Action, Held, judge


@pytest.fixture
def verdict(authority, issued, order, now):
    """Judge the certificate that was just issued, with one thing changed."""

    def one(*, held=None, order=order, known=None, signer=authority.certificate, days=0.0):
        return judge(
            held or Held(issued.pem, is_pair=True),
            order,
            known=known if known is not None else [authority.certificate],
            signer=signer,
            now=now + dt.timedelta(days=days),
        )

    return one


def test_what_was_just_issued_is_kept(verdict):
    assert verdict().action is Action.KEEP


def test_a_host_without_a_certificate_gets_one(verdict):
    assert verdict(held=Held(None, is_pair=False)).action is Action.ISSUE


def test_a_file_that_is_no_certificate_is_replaced(verdict):
    assert "not a certificate" in verdict(held=Held(b"half a", is_pair=False)).reason


@pytest.mark.parametrize("name", ["new.example.test", "192.0.2.11", "2001:db8::11"])
def test_a_name_or_address_that_came_is_a_reason_and_is_named(verdict, order, name):
    found = verdict(order=Order([*order.names, name], order.key_type, 825))
    assert found.action is Action.ISSUE
    assert name in found.reason


def test_a_name_or_address_that_went_is_no_reason(verdict, order):
    assert verdict(order=Order(order.names[:2], order.key_type, 825)).action is Action.KEEP


def test_another_key_type_is_a_reason(verdict, order):
    assert "ecdsa_p256" in verdict(order=Order(order.names, "rsa_4096", 825)).reason


def test_another_validity_is_no_reason_before_the_last_third(verdict, order):
    assert verdict(order=Order(order.names, order.key_type, 90)).action is Action.KEEP


@pytest.mark.parametrize(("days", "action"), [(549, Action.KEEP), (551, Action.ISSUE), (900, Action.ISSUE)])
def test_it_is_reissued_in_its_last_third_and_when_it_has_expired(verdict, days, action):
    assert verdict(days=days).action is action


def test_a_missing_or_foreign_key_is_a_reason(verdict, issued):
    assert "private key" in verdict(held=Held(issued.pem, is_pair=False)).reason


def test_the_certificate_of_another_controller_is_refused_and_described(verdict, tmp_path, order, now):
    other = load_or_make(TlsState(tmp_path / "other"), "demo", 3650, now)
    found = verdict(held=Held(issue(order, other, now).pem, is_pair=True))
    assert found.action is Action.REFUSE
    assert other.certificate.subject.rfc4514_string().removeprefix("CN=") in found.reason
    assert f"{now + dt.timedelta(days=825):%Y-%m-%d}" in found.reason


def test_another_controllers_is_refused_even_when_it_has_expired_or_our_state_is_new(verdict):
    assert verdict(known=[]).action is Action.REFUSE
    assert verdict(known=[], days=5000).action is Action.REFUSE


def test_changing_the_mode_replaces_what_we_made_ourselves(verdict, order, now, authority, issued):
    own = issue_self_signed(order, now)
    to_site_ca = verdict(held=Held(own.pem, is_pair=True), known=[own.certificate, authority.certificate])
    assert (to_site_ca.action, to_site_ca.reason) == (Action.ISSUE, "the site's CA did not issue it")
    to_self_signed = verdict(signer=None, known=[issued.certificate])
    assert (to_self_signed.action, to_self_signed.reason) == (Action.ISSUE, "it is not self-signed")
    kept = verdict(held=Held(own.pem, is_pair=True), signer=None, known=[own.certificate])
    assert kept.action is Action.KEEP
