"""Does what clusters are told to trust really verify the registries? A handshake with each of them says."""

from __future__ import annotations

import ssl

import urllib3
from urllib3.exceptions import HTTPError

from bootstrap.cluster.given import Given
from bootstrap.cluster.trust import trust_bundle
from bootstrap.errors import BootstrapError, Problems, TransferError
from bootstrap.registry.network import from_network

_SECONDS = 10.0
_PARTIAL_CHAIN_OK = ssl.VERIFY_X509_PARTIAL_CHAIN  # as podman and CRI-O: what is trusted is an anchor


def raise_unverified(given: Given) -> None:
    """Shake hands with every registry of a site, trusting nothing but the bundle that clusters get.

    Raises:
        ConfigError: The bundle is no PEM.
        TransferError: (several as ``Problems``) A registry does not answer, or has a certificate that the
            bundle does not verify.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= _PARTIAL_CHAIN_OK
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.load_verify_locations(cadata=trust_bundle(given.trust))
    found = [_problem(location, context) for location in given.registries]
    problems = [each for each in found if each is not None]
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)


def _problem(location: str, context: ssl.SSLContext) -> BootstrapError | None:
    """Return why the registry is not verified; None when it is, whatever it answers then."""
    try:
        with urllib3.PoolManager(ssl_context=context, timeout=_SECONDS, retries=False) as pool:
            pool.request("GET", f"https://{location}/v2/").close()
    except HTTPError as error:
        said = from_network("", location, error)
        return TransferError(
            f"cannot verify {location} with what clusters would trust",
            why=said.why,
            fix="`bootstrap-registry status` says how it is, `bootstrap-registry up` brings it and the trust "
            "together; where this machine cannot reach it, leave the question out with --offline",
            is_temporary=said.is_temporary,
        )
    return None
