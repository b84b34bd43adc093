"""Issuing server certificates: under the site's CA, or signed by themselves."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bootstrap.tls.authority import BACKDATED, Authority, private_pem
from bootstrap.tls.certificates import is_address, to_pem

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_LONGEST_COMMON_NAME = 64  # RFC 5280, ub-common-name


@dataclass(frozen=True)
class Order:
    """What a server certificate is to be.

    Attributes:
        names: DNS names and addresses; the first is the subject's common name, all are SANs.
        key_type: ``ecdsa_p256`` or ``rsa_4096``.
        valid_days: From now; never longer than the CA.
    """

    names: Sequence[str]
    key_type: str
    valid_days: int


@dataclass(frozen=True)
class Issued:
    """A new certificate and its key, as PEM; the key is nowhere else and not in the repr."""

    certificate: x509.Certificate
    key_pem: bytes = field(repr=False)

    @property
    def pem(self) -> bytes:
        """The certificate's PEM."""
        return to_pem([self.certificate])


def issue(order: Order, authority: Authority, now: dt.datetime) -> Issued:
    """Return a server certificate of ``authority`` with a new key."""
    key = make_key(order.key_type)
    until = min(now + dt.timedelta(days=order.valid_days), authority.certificate.not_valid_after_utc)
    builder = (
        _builder(order, key, now, until)
        .issuer_name(authority.certificate.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(key, signs_certificates=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False
        )
    )
    return Issued(builder.sign(authority.key, hashes.SHA256()), private_pem(key))


def issue_self_signed(order: Order, now: dt.datetime) -> Issued:
    """Return a server certificate that is its own root.

    It says ``CA:TRUE`` because ``update-ca-trust`` (p11-kit) puts nothing else into the trust store of the
    Red Hat family; with a path length of 0.
    """
    key = make_key(order.key_type)
    until = now + dt.timedelta(days=order.valid_days)
    builder = (
        _builder(order, key, now, until)
        .issuer_name(_subject(order.names[0]))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key, signs_certificates=True), critical=True)
    )
    return Issued(builder.sign(key, hashes.SHA256()), private_pem(key))


def make_key(key_type: str) -> PrivateKey:
    """Return a new private key.

    Raises:
        ValueError: No such type; the role's limits refuse it first.
    """
    if key_type == "ecdsa_p256":
        return ec.generate_private_key(ec.SECP256R1())
    if key_type == "rsa_4096":
        return rsa.generate_private_key(public_exponent=65537, key_size=4096)
    raise ValueError(f"unknown key type {key_type!r}")


def _builder(order: Order, key: PrivateKey, now: dt.datetime, until: dt.datetime) -> x509.CertificateBuilder:
    subject = _subject(order.names[0])
    names = x509.SubjectAlternativeName([_general_name(name) for name in order.names])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(until)
        # RFC 5280, 4.2.1.6: critical where the subject is empty.
        .add_extension(names, critical=not list(subject))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _subject(name: str) -> x509.Name:
    if len(name) > _LONGEST_COMMON_NAME:
        return x509.Name([x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "mirror registry")])
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general_name(name: str) -> x509.GeneralName:
    return x509.IPAddress(ipaddress.ip_address(name)) if is_address(name) else x509.DNSName(name)


def _usage(key: PrivateKey, *, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False,
        # TLS 1.2 with an RSA key exchange encrypts to the key; nothing encrypts to an elliptic curve key.
        key_encipherment=isinstance(key, rsa.RSAPrivateKey), data_encipherment=False, key_agreement=False,
        key_cert_sign=signs_certificates, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
