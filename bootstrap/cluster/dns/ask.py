"""What a name server really says of names; times are bounded, and a silent one is asked once."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import dns.exception
import dns.resolver

from bootstrap.cluster.dns.names import Name, of_version
from bootstrap.errors import BootstrapError, ConfigError, HostError, TransferError

SECONDS = 5.0  # for one question, with its repetitions, and over TCP where an answer is too long for UDP
_TRY_SECONDS = 2.0
_AT_ONCE = 16
_VERSIONS = {"A": 4, "AAAA": 6}
_SILENT = "it does not answer"

Outcome = Literal["ok", "wrong", "no answer"]


@dataclass(frozen=True)
class Seen:
    """One question, and what came of it.

    Attributes:
        name: As it has to be in DNS; ``*.apps.…`` for all names below.
        asked: The name that was asked for.
        type: ``A`` or ``AAAA``.
        expected: Addresses, sorted; None when any is right.
        found: Addresses, sorted.
        why: Empty when all is well.
    """

    name: str
    asked: str
    type: str
    expected: tuple[str, ...] | None
    found: tuple[str, ...]
    outcome: Outcome
    why: str


@dataclass(frozen=True)
class Checked:
    """What was asked of whom.

    Attributes:
        servers: ``address:port`` of the name servers.
        names: Each name for A and AAAA, in the order of the names.
    """

    servers: tuple[str, ...]
    names: tuple[Seen, ...]
    problems: tuple[BootstrapError, ...]


def check_names(names: Iterable[Name], resolver: dns.resolver.Resolver) -> Checked:
    """Ask for each name, and say all that is not as it has to be.

    A name of which no address is expected has to lead somewhere, by either family.

    Raises:
        TransferError: No name server answers.
    """
    servers = tuple(_location(str(each), resolver.port) for each in resolver.nameservers)
    questions = [(name, _asked(name), kind) for name in names for kind in _VERSIONS]

    def ask(question: tuple[Name, str, str]) -> Seen:
        return _seen(*question, resolver)

    first = [ask(each) for each in questions[:1]]
    if first and first[0].outcome == "no answer" and first[0].why.startswith(_SILENT):
        raise TransferError(
            f"cannot ask the name server {', '.join(servers)}",
            why=first[0].why,
            fix="start it, open port 53 there for UDP and TCP, or name another one with --resolver",
        )
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        seen = [*first, *pool.map(ask, questions[1:])]
    judged = _any_is_enough(seen)
    return Checked(servers, judged, tuple(_problems(judged)))


def resolver_of(text: str | None) -> dns.resolver.Resolver:
    """Return who is asked: ``ADDRESS``, ``ADDRESS:PORT``, ``[ADDRESS]:PORT``; None is who this machine asks.

    Raises:
        ConfigError: It is no such address, or this machine has no name server.
    """
    if text is None:
        try:
            resolver = dns.resolver.Resolver()
        except dns.resolver.NoResolverConfiguration as error:
            raise ConfigError(
                "cannot find this machine's name server",
                why="/etc/resolv.conf names none",
                fix="name one with --resolver",
            ) from error
    else:
        address, port = _address_and_port(text)
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = [address], port
    resolver.timeout, resolver.lifetime, resolver.search = _TRY_SECONDS, SECONDS, []
    return resolver


def _address_and_port(text: str) -> tuple[str, int]:
    bare = text[1:].partition("]") if text.startswith("[") else None
    if bare is not None:
        address, rest = bare[0], bare[2]
    elif text.count(":") == 1:
        address, _, rest = text.partition(":")
        rest = f":{rest}"
    else:
        address, rest = text, ""
    try:
        ipaddress.ip_address(address)
        port = int(rest.removeprefix(":")) if rest else 53
    except ValueError:
        port = 0
    if not 0 < port < 65536 or (rest and not rest.startswith(":")):
        raise ConfigError(
            f"cannot ask the name server {text}",
            why="it is not an address with or without a port",
            fix="give it as 192.0.2.53, 192.0.2.53:5353, 2001:db8::53 or [2001:db8::53]:5353",
        )
    return address, port


def _location(address: str, port: int) -> str:
    return f"{f'[{address}]' if ':' in address else address}:{port}"


def _seen(name: Name, asked: str, kind: str, resolver: dns.resolver.Resolver) -> Seen:
    expected = tuple(sorted(of_version(name.addresses, _VERSIONS[kind]))) if name.addresses else None
    found: tuple[str, ...] = ()
    failure = ""
    try:
        answer = resolver.resolve(f"{asked}.", kind, raise_on_no_answer=False, search=False)
        found = tuple(sorted(str(ipaddress.ip_address(each.address)) for each in answer.rrset or ()))
    except dns.resolver.NXDOMAIN:
        pass  # no such name: nothing was found
    except dns.exception.Timeout:
        failure = f"{_SILENT} within {SECONDS:g} seconds"
    except dns.resolver.NoNameservers as error:
        failure = f"it refuses to answer: {' '.join(str(error).split())}"
    except dns.exception.DNSException as error:
        failure = f"its answer cannot be used: {' '.join(str(error).split()) or type(error).__name__}"
    except OSError as error:
        failure = f"{_SILENT}: {error.strerror or error}"
    if failure:
        return Seen(name.name, asked, kind, expected, (), "no answer", failure)
    why = "" if expected is None else _difference(expected, found)
    return Seen(name.name, asked, kind, expected, found, "wrong" if why else "ok", why)


def _difference(expected: Sequence[str], found: Sequence[str]) -> str:
    missing = [each for each in expected if each not in found]
    other = [each for each in found if each not in expected]
    return "; ".join(
        part
        for part in (
            f"it does not lead to {', '.join(missing)}" if missing else "",
            f"it leads to {', '.join(other)}, which is not among its addresses" if other else "",
        )
        if part
    )


def _any_is_enough(seen: Sequence[Seen]) -> tuple[Seen, ...]:
    """Return ``seen`` with a name wrong that has to lead anywhere, and leads nowhere."""
    leading = {each.asked for each in seen if each.found or each.outcome == "no answer"}
    why = "it leads nowhere"
    return tuple(
        each
        if each.expected is not None or each.asked in leading
        else Seen(each.name, each.asked, each.type, None, (), "wrong", why)
        for each in seen
    )


def _problems(seen: Sequence[Seen]) -> Iterable[BootstrapError]:
    """Yield a problem for each name, not for each question."""
    by_name: dict[str, list[Seen]] = {}
    for each in seen:
        by_name.setdefault(each.name, []).append(each)
    for name, found in by_name.items():
        if silent := dict.fromkeys(each.why for each in found if each.outcome == "no answer"):
            yield TransferError(
                f"cannot look up {name}",
                why="; ".join(silent),
                fix="see what the name server says of it in its log",
            )
        elif any(each.outcome == "wrong" for each in found):
            yield HostError(
                f"{name} is not in DNS as it has to be",
                why=_why(found),
                fix="put the records of `bootstrap-registry resources dns` (with the same --cluster) into "
                "your name server",
            )


def _why(found: Sequence[Seen]) -> str:
    """Return what is wrong with one name, both families together."""
    there = [address for each in found for address in each.found]
    expected = [address for each in found for address in each.expected or ()]
    if not there:
        return f"it leads nowhere, and not to {', '.join(expected)}" if expected else "it leads nowhere"
    return _difference(expected, there)


def _asked(name: Name) -> str:
    """Return the name to ask for: a wildcard's is one that nobody has asked for before."""
    return f"check-{secrets.token_hex(4)}{name.name[1:]}" if name.is_wildcard else name.name
