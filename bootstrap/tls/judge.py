"""What to do about the certificate that a host holds: keep it, replace it, or keep our hands off."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cryptography import x509

from bootstrap.tls.certificates import (
    describe,
    is_ca,
    is_issued_by,
    is_self_signed,
    key_type,
    names,
    read_chain,
)
from bootstrap.tls.issue import Order


class Action(enum.Enum):
    """What follows from a judgement."""

    KEEP = "keep"
    ISSUE = "issue"
    REFUSE = "refuse"


@dataclass(frozen=True)
class Verdict:
    """A judgement and, in words that can follow "because", its reason (empty for KEEP)."""

    action: Action
    reason: str = ""


@dataclass(frozen=True)
class Held:
    """What a host holds.

    Attributes:
        certificate_pem: The file the registry serves; None where there is none.
        is_pair: The host's own TLS library loads it together with the key.
    """

    certificate_pem: bytes | None
    is_pair: bool


def judge(
    held: Held,
    order: Order,
    *,
    known: Collection[x509.Certificate],
    signer: x509.Certificate | None,
    now: dt.datetime,
) -> Verdict:
    """Judge a certificate that we issue ourselves.

    Args:
        held: What is on the host.
        order: What it has to be; a name more than wanted is no reason to replace it.
        known: Certificates by which the site state recognises its own (see ``TlsState.known_to``).
        signer: The CA that has to have signed it; None: itself.
        now: The time, aware.
    """
    if held.certificate_pem is None:
        return Verdict(Action.ISSUE, "the host has none")
    try:
        leaf = read_chain(held.certificate_pem).leaf
    except ValueError:
        return Verdict(Action.ISSUE, "the host's file is not a certificate")
    if not any(leaf == mine or is_issued_by(leaf, mine) for mine in known):
        return Verdict(Action.REFUSE, describe(leaf))
    reasons = _reasons(leaf, held, order, signer, now)
    return Verdict(Action.ISSUE, reasons[0]) if reasons else Verdict(Action.KEEP)


def _reasons(
    leaf: x509.Certificate, held: Held, order: Order, signer: x509.Certificate | None, now: dt.datetime
) -> list[str]:
    found = []
    if signer is not None and not is_issued_by(leaf, signer):
        found.append("the site's CA did not issue it")
    if signer is None and not (is_self_signed(leaf) and is_ca(leaf)):
        found.append("it is not self-signed")
    if not held.is_pair:
        found.append("its private key is missing or another's")
    if missing := [name for name in order.names if name not in names(leaf)]:
        found.append(f"it does not cover {', '.join(missing)}")
    if key_type(leaf) != order.key_type:
        found.append(f"its key is {key_type(leaf)}")
    if now < leaf.not_valid_before_utc:
        found.append(f"it is not valid before {leaf.not_valid_before_utc:%Y-%m-%d %H:%M}Z")
    if is_in_last_third(leaf, now):
        found.append(f"it is valid only until {leaf.not_valid_after_utc:%Y-%m-%d}")
    return found


def is_in_last_third(certificate: x509.Certificate, now: dt.datetime) -> bool:
    """Say whether less than a third of the certificate's life is left; an expired one has none."""
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    return certificate.not_valid_after_utc - now < life / 3


def warnings(chain: Sequence[x509.Certificate], now: dt.datetime) -> list[str]:
    """Return what its user should know about certificates that we do not reissue ourselves."""
    return [
        f"{describe(certificate)} is in the last third of its life: replace it in time"
        for certificate in chain
        if is_in_last_third(certificate, now)
    ]
