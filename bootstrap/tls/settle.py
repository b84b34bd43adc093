"""What a host's TLS has to become, and the site state's share of it: one call from judging to issuing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509

from bootstrap.credentials import files
from bootstrap.errors import ConfigError, HostError
from bootstrap.tls import provided as provided_files
from bootstrap.tls.authority import PUBLIC_FILE, TlsState, load_or_make, read_ca_certificate
from bootstrap.tls.certificates import read_chain, to_pem
from bootstrap.tls.issue import Order, issue, issue_self_signed
from bootstrap.tls.judge import Action, Held, Verdict, judge, warnings
from bootstrap.tls.provided import Provided


@dataclass(frozen=True)
class Request:
    """What the settings of ``registry_tls`` ask for one host.

    Attributes:
        host: Its name in the inventory; the state files it under this.
        site: The site's name, for a CA that is made now.
        mode: ``site_ca``, ``self_signed`` or ``provided``.
        order: Names, key type and validity.
        provided: The user's certificate, key and CA, paths on the controller; mode ``provided`` only.
        replaces_unknown: Whether a certificate that the state does not know may be replaced.
    """

    host: str
    site: str
    mode: str
    order: Order
    ca_valid_days: int = 3650
    provided: Mapping[str, str] = field(default_factory=dict)
    replaces_unknown: bool = False


@dataclass(frozen=True)
class Outcome:
    """What the host needs.

    Attributes:
        reason: Why the certificate is replaced; empty when it is kept.
        certificate: PEM to serve from now on; None: what is there stays (or, in check mode, none was made).
        key: Its private key; None as above; not in the repr.
        ca: PEM that clients must trust; None in check mode, before there is any.
    """

    reason: str
    certificate: bytes | None
    key: bytes | None = field(repr=False)
    ca: bytes | None
    warnings: Sequence[str] = ()


def settle(request: Request, state: TlsState, held: Held, now: dt.datetime, *, is_check: bool) -> Outcome:
    """Judge what a host holds and make what it needs; with ``is_check`` nothing is made or written.

    A certificate that we make is noted in the state before its host gets it, so that a run killed in
    between still knows it again.

    Raises:
        ConfigError: The provided certificate is unusable; all problems together.
        HostError: The host's certificate belongs to somebody else, or the state is damaged.
    """
    if request.mode == "provided":
        return _provided(request, held, now)
    signer = read_ca_certificate(state) if request.mode == "site_ca" else None
    verdict = _verdict(request, state, held, signer, now)
    if verdict.action is Action.KEEP:
        ca = to_pem([signer]) if signer else held.certificate_pem
        return Outcome("", None, None, ca, warnings([signer], now) if signer else ())
    if verdict.action is Action.REFUSE and not request.replaces_unknown:
        raise _unknown(request, state, verdict.reason)
    reason = verdict.reason
    if verdict.action is Action.REFUSE:
        reason = f"replacing {reason}, which this state does not know"
    if is_check:
        return Outcome(reason, None, None, to_pem([signer]) if signer else None)
    return _make(request, state, reason, now)


def trust(state: TlsState, host: str, ca: bytes) -> bool:
    """Note what clients of that host's registry must trust; return whether it is new."""
    return files.replace(state.trust(host), ca, PUBLIC_FILE)


def is_trusted(state: TlsState, host: str, ca: bytes | None) -> bool:
    """Say whether :func:`trust` would change nothing."""
    return ca is not None and files.read(state.trust(host)) == ca


def _verdict(
    request: Request, state: TlsState, held: Held, signer: x509.Certificate | None, now: dt.datetime
) -> Verdict:
    known = state.known_to(request.host)
    if request.mode == "site_ca" and signer is None:
        # Whoever signed what is there, it was no CA of this state; judged as if by itself, to be described.
        verdict = judge(held, request.order, known=known, signer=None, now=now)
        is_other = verdict.action is Action.REFUSE or held.certificate_pem is None
        return verdict if is_other else Verdict(Action.ISSUE, "the site's CA did not issue it")
    return judge(held, request.order, known=known, signer=signer, now=now)


def _make(request: Request, state: TlsState, reason: str, now: dt.datetime) -> Outcome:
    if request.mode == "self_signed":
        issued = issue_self_signed(request.order, now)
        ca = issued.pem
    else:
        with files.locked(state.directory):
            authority = load_or_make(state, request.site, request.ca_valid_days, now)
        issued = issue(request.order, authority, now)
        ca = to_pem([authority.certificate])
    files.replace(state.issued(request.host), issued.pem, PUBLIC_FILE)
    return Outcome(reason, issued.pem, issued.key_pem, ca)


def _provided(request: Request, held: Held, now: dt.datetime) -> Outcome:
    given = _read_provided(request.provided)
    if found := provided_files.problems(given, request.order.names[0], now):
        raise ConfigError(
            f"cannot use the certificate {request.provided['certificate']} for {request.order.names[0]}",
            why="; ".join(found),
            fix="have it issued anew, or correct registry_tls_provided_certificate, _key and _ca",
        )
    said = warnings(read_chain(given.certificate).all, now)
    if held.certificate_pem == given.certificate and held.is_pair:
        return Outcome("", None, None, given.ca, said)
    reason = "the host has none" if held.certificate_pem is None else "the provided one is another"
    return Outcome(reason, given.certificate, given.key, given.ca, said)


def _read_provided(paths: Mapping[str, str]) -> Provided:
    found: dict[str, bytes] = {}
    missing = []
    for name in ("certificate", "key", "ca"):
        path = paths.get(name, "")
        content = files.read(Path(path).expanduser()) if path else None
        if content is None:
            why = f"names {path}, which does not exist" if path else "is empty"
            missing.append(f"registry_tls_provided_{name} {why}")
        else:
            found[name] = content
    if missing:
        raise ConfigError(
            "cannot use a provided certificate (registry_tls_mode is provided)",
            why="; ".join(missing),
            fix="set them to paths of PEM files on the controller, or choose another registry_tls_mode",
        )
    return Provided(**found)


def _unknown(request: Request, state: TlsState, whose: str) -> HostError:
    return HostError(
        f"{request.host} serves a certificate that this site's state does not know",
        why=f"it holds {whose}; the state is {state.directory}",
        fix="copy the state directory (ca/, credentials/, issued/ and trust/ are enough) from the controller"
        " that set the host up; or, if that is lost, run `up --new-ca` (registry_tls_replace_unknown: true),"
        " after which every client and cluster that trusts the old CA needs the new trust bundle, and new"
        " pull secrets if the password is new, too",
    )
