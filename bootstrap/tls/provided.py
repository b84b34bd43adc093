"""Certificates that the user brings: everything that is wrong with them, at once, before a host sees them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from bootstrap.tls.certificates import (
    Chain,
    common_name,
    covers,
    is_ca,
    is_for_servers,
    is_issued_by,
    is_self_signed,
    names,
    read_chain,
)

_LONGEST_CHAIN = 8
_FEWEST_RSA_BITS = 2048


@dataclass(frozen=True)
class Provided:
    """The user's three files, read.

    Attributes:
        certificate: The server's, then its intermediates: what the registry serves.
        key: The private key; not in the repr.
        ca: What clients have to trust.
    """

    certificate: bytes
    key: bytes = field(repr=False)
    ca: bytes


def problems(provided: Provided, hostname: str, now: dt.datetime) -> list[str]:
    """Return what is wrong with a provided certificate, one sentence each; [] when a registry can use it.

    Args:
        provided: The files' bytes.
        hostname: The name or address by which clients reach the registry.
        now: The time, aware.
    """
    found: list[str] = []
    chain = _read(provided.certificate, "registry_tls_provided_certificate", found)
    roots = _read(provided.ca, "registry_tls_provided_ca", found)
    key = _public_half(provided.key, found)
    if chain is None:
        return found
    if key is not None and key != chain.leaf.public_key():
        found.append("the key is not the certificate's (registry_tls_provided_key)")
    found += _leaf_problems(chain.leaf, hostname)
    found += _date_problems([*chain.all, *(roots.all if roots else ())], now)
    if roots is not None:
        found += chain_problems(chain, roots.all)
    return found


def chain_problems(chain: Chain, roots: tuple[x509.Certificate, ...]) -> list[str]:
    """Return why a chain does not end at a self-signed one of ``roots``; [] when it does."""
    current = chain.leaf
    for _ in range(_LONGEST_CHAIN):
        if current in roots and is_self_signed(current):
            return []
        issuers = [one for one in (*roots, *chain.others) if one != current and is_issued_by(current, one)]
        if not issuers:
            whose = f"{common_name(current.subject)!r} was issued by {common_name(current.issuer)!r}"
            where = "neither in registry_tls_provided_ca nor among the intermediates"
            return [f"the chain does not end at a root: {whose}, which is {where}"]
        if not (authorities := [one for one in issuers if is_ca(one)]):
            return [f"{common_name(issuers[0].subject)!r} in the chain is no CA (basic constraints)"]
        current = authorities[0]
    return [f"the chain is longer than {_LONGEST_CHAIN} certificates"]


def _leaf_problems(leaf: x509.Certificate, hostname: str) -> list[str]:
    found = []
    if not covers(leaf, hostname):
        held = ", ".join(sorted(names(leaf))) or "nothing (a common name does not count)"
        found.append(f"it does not cover {hostname}; its subject alternative names are {held}")
    if not is_for_servers(leaf):
        found.append("its extended key usage does not include TLS servers")
    public = leaf.public_key()
    if isinstance(public, rsa.RSAPublicKey) and public.key_size < _FEWEST_RSA_BITS:
        found.append(f"its RSA key has {public.key_size} bits, clients want {_FEWEST_RSA_BITS} or more")
    if isinstance(public, dsa.DSAPublicKey):
        found.append("its key is DSA, which TLS clients do not accept")
    if isinstance(leaf.signature_hash_algorithm, hashes.SHA1 | hashes.MD5):
        found.append(f"it is signed with {leaf.signature_hash_algorithm.name}, which clients refuse")
    return found


def _date_problems(certificates: list[x509.Certificate], now: dt.datetime) -> list[str]:
    found = []
    for one in dict.fromkeys(certificates):
        name = common_name(one.subject)
        if now < one.not_valid_before_utc:
            found.append(f"{name!r} is not valid before {one.not_valid_before_utc:%Y-%m-%d %H:%M}Z")
        if now >= one.not_valid_after_utc:
            found.append(f"{name!r} was valid until {one.not_valid_after_utc:%Y-%m-%d %H:%M}Z")
    return found


def _read(pem: bytes, setting: str, found: list[str]) -> Chain | None:
    try:
        return read_chain(pem)
    except ValueError:
        # DER is one ASN.1 SEQUENCE of a length that takes two bytes.
        is_der = pem.startswith(b"\x30\x82")
        found.append(
            f"{setting} is DER; write it as PEM: openssl x509 -inform DER -in FILE -out NEW"
            if is_der
            else f"{setting} is not a PEM file with certificates"
        )
        return None


def _public_half(pem: bytes, found: list[str]) -> PublicKeyTypes | None:
    try:
        return serialization.load_pem_private_key(pem, password=None).public_key()
    except TypeError:
        found.append(
            "registry_tls_provided_key is protected by a passphrase; write it without one:"
            " openssl pkey -in KEY -out NEW"
        )
    except (ValueError, UnsupportedAlgorithm):
        found.append("registry_tls_provided_key is not a PEM private key")
    return None
