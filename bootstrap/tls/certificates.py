"""Reading certificates and saying in words what they are."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


@dataclass(frozen=True)
class Chain:
    """The certificates of one PEM file: the leaf first, then what the file adds to it."""

    leaf: x509.Certificate
    others: tuple[x509.Certificate, ...] = ()

    @property
    def all(self) -> tuple[x509.Certificate, ...]:
        """Every certificate, in the file's order."""
        return (self.leaf, *self.others)


def read_chain(pem: bytes) -> Chain:
    """Return the certificates of a PEM file.

    Raises:
        ValueError: It has none, or one that is damaged.
    """
    first, *others = x509.load_pem_x509_certificates(pem)
    return Chain(first, tuple(others))


def to_pem(certificates: Iterable[x509.Certificate]) -> bytes:
    """Return ``certificates`` as one PEM file."""
    return b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in certificates)


def names(certificate: x509.Certificate) -> frozenset[str]:
    """Return the DNS names (lower case) and IP addresses of the subject alternative name; no common name."""
    try:
        san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    dns = {name.lower() for name in san.get_values_for_type(x509.DNSName)}
    return frozenset(dns | {str(address) for address in san.get_values_for_type(x509.IPAddress)})


def covers(certificate: x509.Certificate, name: str) -> bool:
    """Say whether a client that asks for ``name`` accepts the certificate's names.

    Source: RFC 9525, section 6.3: a wildcard stands for one whole left-most label, and never for an address.
    """
    held = names(certificate)
    if is_address(name):
        return str(ipaddress.ip_address(name)) in held
    _, dot, parent = name.lower().partition(".")
    return name.lower() in held or bool(dot and f"*.{parent}" in held)


def is_address(name: str) -> bool:
    """Say whether ``name`` is an IP address rather than a DNS name."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Say whether ``issuer``'s key signed the certificate and its name is the issuer's; dates aside."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def is_self_signed(certificate: x509.Certificate) -> bool:
    """Say whether the certificate ends a chain by itself."""
    return is_issued_by(certificate, certificate)


def is_ca(certificate: x509.Certificate) -> bool:
    """Say whether the certificate may sign others."""
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def is_for_servers(certificate: x509.Certificate) -> bool:
    """Say whether TLS clients accept it from a server: no extended key usage, or one that says so."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return bool({ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & set(usage))


def key_type(certificate: x509.Certificate) -> str:
    """Return the type of its key as ``registry_tls_key_type`` names it ("rsa_4096", "ecdsa_p256")."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"rsa_{key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"ecdsa_p{key.curve.key_size}"
    return type(key).__name__.lstrip("_").removesuffix("PublicKey").lower()


def common_name(name: x509.Name) -> str:
    """Return a name's CN, or all of it where it has none."""
    attributes = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(attributes[0].value) if attributes else name.rfc4514_string()


def describe(certificate: x509.Certificate) -> str:
    """Return whose certificate it is: subject, issuer, dates and fingerprint, in one sentence's middle."""
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return (
        f"a certificate for {common_name(certificate.subject)}"
        f" issued by {common_name(certificate.issuer)!r}"
        f" on {since:%Y-%m-%d}, valid until {until:%Y-%m-%d}"
        f" (SHA-256 {fingerprint(certificate)[:16]}…)"
    )


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of the certificate, lower-case hex."""
    return certificate.fingerprint(hashes.SHA256()).hex()
