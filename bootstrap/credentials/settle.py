"""What a registry's htpasswd has to become: keep it, write it, or keep our hands off."""

from __future__ import annotations

from dataclasses import dataclass, field

from bootstrap.credentials.htpasswd import COST_RANDOM, User, holds, lets_in, users
from bootstrap.credentials.password import weaknesses
from bootstrap.credentials.state import Credentials, Password


@dataclass(frozen=True)
class Request:
    """What the settings of ``registry_auth`` ask for one host.

    Attributes:
        location: The registry, ``host:port``; its key in the controller's auth file.
        chosen: The user's password, or empty: stored or made; not in the repr.
        chosen_cost: Bcrypt cost of a password that was not made by us.
        replaces_unknown: Whether the user may get another password in an htpasswd that the state does not
            know; other users stay in any case.
        joins_unknown: Whether the user may be added to an htpasswd that the state does not know; one of that
            name who is there already is somebody else's.
    """

    location: str
    user: str
    chosen: str = field(repr=False)
    chosen_cost: int
    replaces_unknown: bool = False
    joins_unknown: bool = False

    def wanted(self, password: Password) -> User:
        """Return the user as the htpasswd file should have it."""
        cost = COST_RANDOM if password.is_random else self.chosen_cost
        return User(self.user, password.text, cost)


@dataclass(frozen=True)
class Verdict:
    """What a look at state and host shows; nothing in it is secret.

    Attributes:
        problems: Why nothing may be done, one sentence each.
        reason: Why something has to be written; empty when all is as it has to be.
    """

    problems: tuple[str, ...]
    reason: str


def judge(request: Request, credentials: Credentials, htpasswd: str | None) -> Verdict:
    """Judge what a host holds; nothing is written.

    Args:
        request: What has to be.
        credentials: The site's own.
        htpasswd: The text of the host's file, None where there is none.

    Raises:
        HostError: The state cannot be read.
    """
    password = credentials.password(request.chosen)
    problems = [
        f"registry_auth_password is too weak: {why}; choose another, or leave it empty to have one made."
        for why in (weaknesses(request.chosen, request.user) if request.chosen else ())
    ]
    is_ours = password.is_stored and credentials.knows(request.location)
    is_foreign = bool(users(htpasswd or "")) and not is_ours
    may_join = request.joins_unknown and request.user not in users(htpasswd or "")
    may_write = request.replaces_unknown or may_join
    if is_foreign and not may_write and not _lets_in(request, htpasswd, password):
        problems.append(_unknown(request, credentials, htpasswd or ""))
    return Verdict(tuple(problems), _reason(request, credentials, htpasswd, password))


def _reason(request: Request, credentials: Credentials, htpasswd: str | None, password: Password) -> str:
    if htpasswd is None:
        return "the host has none"
    if not _lets_in(request, htpasswd, password):
        return f"it does not let {request.user} in by the site's password"
    if not holds(htpasswd, request.wanted(password)):
        return f"{request.user}'s line is not the one bcrypt hash of cost {request.wanted(password).cost}"
    if not password.is_known or not credentials.is_remembered(request.location, request.user, password.text):
        return "the controller's own files are behind"
    return ""


def _lets_in(request: Request, htpasswd: str | None, password: Password) -> bool:
    return lets_in(htpasswd or "", request.user, password.text)


def _unknown(request: Request, credentials: Credentials, htpasswd: str) -> str:
    named = ", ".join(users(htpasswd)[:5])
    return (
        f"{request.location} has an htpasswd (for {named}) that this site's state does not know: nothing in"
        f" {credentials.directory} matches it; copy the state directory {credentials.directory.parent} from"
        " the controller that set the host up; or, when somebody else did, run `up --adopt`"
        f" (registry_service_adopt: true): {request.user} is added beside its users, if it has none of that"
        f" name; or run `up --new-ca` (registry_auth_replace_unknown: true): {request.user} gets a new"
        " password, and every client and cluster with the old one in its pull secret needs the new one."
    )
