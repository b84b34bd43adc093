"""Does a registry answer as it should, seen from the controller?"""

from __future__ import annotations

from bootstrap.errors import BootstrapError, Denied, HostError, RegistryError
from bootstrap.registry.auth import AuthFile, Credentials
from bootstrap.registry.client import RegistryClient
from bootstrap.site.model import Host, Site


def answers(site: Site) -> tuple[str, ...]:
    """Return the URL of every registry that the limit selects: it lets in its user and no stranger, over TLS.

    Raises:
        BootstrapError: One does not answer, or lets anybody in.
    """
    return tuple(answer(site, host) for host in site.registries if site.selects(host))


def answer(site: Site, host: Host) -> str:
    """Return the URL of the registry on ``host`` once it has answered 401 to nobody and 200 to its user.

    Raises:
        RegistryError: It lets anybody in, or refuses its own user.
        TransferError: It does not answer, or not with a certificate that its CA vouches for.
    """
    trusted = str(site.state.trust(host.name))
    try:
        _ping(host.location, trusted, None)
    except Denied:
        pass
    else:
        raise RegistryError(
            f"{host.name}: the registry lets anybody in",
            why=f"https://{host.location}/v2/ answered 200 without credentials",
            fix="run `bootstrap-registry up` again; it puts htpasswd back",
        )
    _ping(host.location, trusted, AuthFile.load(str(site.state.auth_file)).for_repository(host.location))
    return f"https://{host.location}"


def problem_of(site: Site, host: Host) -> BootstrapError | None:
    """Return why the registry on ``host`` does not answer as it should; None when it does."""
    if not site.state.trust(host.name).exists():
        return HostError(
            f"{host.name}: this site has not set it up yet",
            why=f"{site.state.trust(host.name)} is missing",
            fix="run `bootstrap-registry up`",
        )
    try:
        answer(site, host)
    except BootstrapError as error:
        return error
    return None


def _ping(location: str, ca_file: str, credentials: Credentials | None) -> None:
    client = RegistryClient(location, credentials=credentials, ca_file=ca_file)
    try:
        client.ping()
    finally:
        client.close()
