"""What clusters have to trust: PEM and nothing but PEM, for everything that takes a trust bundle.

Source: openshift/installer ``pkg/validate/validate.go``, ``CABundle``: text after the last certificate, an
empty line even, is an "invalid block"; comments before one are no part of PEM either (RFC 7468).
"""

from __future__ import annotations

from collections.abc import Mapping

from cryptography import x509

from bootstrap.errors import ConfigError
from bootstrap.tls.certificates import read_chain, to_pem


def trust_bundle(trust: Mapping[str, str]) -> str:
    """Return the certificates of all registries as one bundle, each once, ending in one line feed.

    Args:
        trust: PEM by location, as :class:`~bootstrap.cluster.given.Given` has it; comments may be in it.

    Raises:
        ConfigError: One is not PEM.
    """
    found = [each for location in trust for each in certificates_of(location, trust[location])]
    return to_pem(dict.fromkeys(found)).decode()


def certificates_of(location: str, pem: str) -> tuple[x509.Certificate, ...]:
    """Return what clients of the registry at ``location`` trust.

    Raises:
        ConfigError: It is not PEM, or empty.
    """
    try:
        return read_chain(pem.encode()).all
    except ValueError as error:
        raise ConfigError(
            f"cannot use what the site's state says to trust of {location}",
            why=f"it is not a PEM file of certificates: {error}",
            fix="run `bootstrap-registry up`, which writes it again",
        ) from error
