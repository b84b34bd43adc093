"""Whose certificate and password a host holds: ours, another controller's, or provided ones that do not fit.

The judgement is the roles' own (``tls/settle.py``, ``credentials/settle.py``), so that what is said here is
what they would do.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from bootstrap.credentials import settle as credentials
from bootstrap.credentials.password import weaknesses
from bootstrap.credentials.state import Credentials
from bootstrap.errors import BootstrapError, ConfigError, HostError
from bootstrap.site.model import Host, Site
from bootstrap.tls import settle as tls
from bootstrap.tls.authority import TlsState, load_or_make, read_ca_certificate
from bootstrap.tls.issue import Order
from bootstrap.tls.judge import Held
from bootstrap.tls.names import wanted_names
from bootstrap.workflow.consent import Consent

Found = BootstrapError | str  # a problem, or a note


def state_problems(
    site: Site, host: Host, seen: Mapping[str, Any], consent: Consent, now: dt.datetime
) -> Iterator[Found]:
    """Yield problems, and notes as text, about certificate, key and password of one registry host.

    Args:
        site: Whose state is compared.
        host: A registry host.
        seen: What its look showed.
        consent: What of somebody else's may be taken over or replaced.
        now: The controller's time, aware.
    """
    foreign: list[str] = []
    yield from (
        *_certificate(site, host, seen, consent, now, foreign),
        *_password(site, host, seen, consent, foreign),
    )
    if foreign:
        yield HostError(
            f"{host.name}: it was set up from another site state",
            why=f"it holds {' and '.join(foreign)}, which the state {site.state.directory} does not know",
            fix=f"copy the directory {site.state.directory.name} (ca/, credentials/, issued/ and trust/ are"
            " enough) from the controller that set it up; or, if that is lost, replace it with --new-ca:"
            " every client and cluster that trusts the old CA then needs the new trust bundle, and every pull"
            " secret the new password. Users of a registry made by hand are kept with --adopt",
        )


def _certificate(
    site: Site,
    host: Host,
    seen: Mapping[str, Any],
    consent: Consent,
    now: dt.datetime,
    foreign: list[str],
) -> Iterator[Found]:
    held_pem = (seen["certificate"] or {}).get("pem")
    held = Held(held_pem.encode() if held_pem else None, bool((seen["certificate"] or {}).get("is_pair")))
    request, state = _request(site, host, seen), TlsState(site.state.directory)
    try:
        # Judged as if everything might be replaced, so that nothing stops at the first thing found.
        outcome = tls.settle(replace(request, replaces_unknown=True), state, held, now, is_check=True)
        if request.mode == "site_ca" and outcome.reason and read_ca_certificate(state) is not None:
            load_or_make(state, site.name, request.ca_valid_days, now)  # there is one: this only reads
    except ConfigError as error:
        yield ConfigError(f"{host.name}: {error.what}", why=error.why, fix=error.fix)
        return
    except BootstrapError as error:
        yield error
        return
    is_agreed = request.replaces_unknown or consent.new_ca
    if outcome.reason.startswith("replacing ") and not is_agreed:
        foreign.append(
            outcome.reason.removeprefix("replacing ").removesuffix(", which this state does not know")
        )
    elif outcome.reason and held.certificate_pem is not None:
        yield f"{host.name}: its certificate will be replaced: {outcome.reason}"
    for warning in outcome.warnings:
        yield f"{host.name}: {warning}"


def _request(site: Site, host: Host, seen: Mapping[str, Any]) -> tls.Request:
    """Return what the action plugin of ``registry_tls`` asks for."""
    given = [str(name) for name in host.items("registry_tls_names")]
    others = [*given, host.name, host.connection.address]
    hostname = host.text("registry_service_hostname")
    names = wanted_names(hostname, others, seen["nodename"], seen["hosts_file"], seen["links"])
    provided = {part: host.text(f"registry_tls_provided_{part}") for part in ("certificate", "key", "ca")}
    return tls.Request(
        host=host.name,
        site=site.name,
        mode=host.text("registry_tls_mode"),
        order=Order(names, host.text("registry_tls_key_type"), host.number("registry_tls_valid_days")),
        ca_valid_days=host.number("registry_tls_ca_valid_days"),
        provided=provided,
        replaces_unknown=host.flag("registry_tls_replace_unknown"),
    )


def _password(
    site: Site, host: Host, seen: Mapping[str, Any], consent: Consent, foreign: list[str]
) -> Iterator[Found]:
    chosen, user = host.secret("registry_auth_password").reveal(), host.text("registry_auth_user")
    if found := weaknesses(chosen, user) if chosen else []:
        yield ConfigError(
            f"{host.name}: registry_auth_password is too weak",
            why="; ".join(found),
            fix="choose another, or leave it empty to have one made",
        )
    request = credentials.Request(
        location=host.location,
        user=user,
        chosen="",
        chosen_cost=host.number("registry_auth_bcrypt_cost"),
        joins_unknown=consent.adopt or host.flag("registry_service_adopt"),
    )
    if chosen:
        request = replace(request, chosen=chosen)
    is_agreed = host.flag("registry_auth_replace_unknown") or consent.new_ca
    try:
        verdict = credentials.judge(
            request, Credentials(site.state.directory / "credentials"), seen["htpasswd"]
        )
    except BootstrapError as error:
        yield error
        return
    if not is_agreed and any("does not know" in problem for problem in verdict.problems):
        foreign.append("an htpasswd")
