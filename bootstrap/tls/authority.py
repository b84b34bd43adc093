"""The site's own certificate authority: made once on the controller, and never again."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from bootstrap.credentials import files
from bootstrap.errors import HostError
from bootstrap.tls.certificates import read_chain, to_pem

# Hosts whose clock is behind ours by less than this still find a new certificate valid.
BACKDATED = dt.timedelta(hours=1)
PUBLIC_FILE = 0o644


@dataclass(frozen=True)
class TlsState:
    """Where the site state keeps what TLS needs; no file of it has to exist."""

    directory: Path

    @property
    def ca_key(self) -> Path:
        """The CA's private key, 0600; never on a host."""
        return self.directory / "ca" / "ca.key"

    @property
    def ca_certificate(self) -> Path:
        """The CA's certificate."""
        return self.directory / "ca" / "ca.crt"

    def trust(self, host: str) -> Path:
        """What clients of that host's registry must trust, whatever the mode."""
        return self.directory / "trust" / f"{host}.crt"

    def issued(self, host: str) -> Path:
        """The last certificate we made for that host; written before the host gets it."""
        return self.directory / "issued" / f"{host}.crt"

    def known_to(self, host: str) -> tuple[x509.Certificate, ...]:
        """Return every certificate by which this state recognises what ``host`` holds as the site's own."""
        found: list[x509.Certificate] = []
        for path in (self.ca_certificate, self.trust(host), self.issued(host)):
            if (pem := files.read(path)) is not None:
                found += _certificates(path, pem)
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Authority:
    """A CA that can sign.

    Attributes:
        certificate: Its own, self-signed.
        key: Its private key; not in the repr.
    """

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def __repr__(self) -> str:
        return f"Authority({self.certificate.subject.rfc4514_string()})"


def read_ca_certificate(state: TlsState) -> x509.Certificate | None:
    """Return the CA's certificate, None where there is none yet.

    Raises:
        HostError: The file cannot be read.
    """
    pem = files.read(state.ca_certificate)
    return None if pem is None else _certificates(state.ca_certificate, pem)[0]


def load_or_make(state: TlsState, site: str, valid_days: int, now: dt.datetime) -> Authority:
    """Return the site's CA, made now if the state has none; hold the state's lock meanwhile.

    A key without its certificate (a run that was killed between the two) gets a new certificate; clients
    that trust an earlier one of the same key and name go on. A certificate without its key is refused.

    Args:
        state: Where it lives.
        site: The site's name, for the CA's own.
        valid_days: Of a CA that is made now.
        now: The time, aware.

    Raises:
        HostError: The key is missing, damaged, another's, or the CA is no longer valid.
    """
    certificate, key_pem = read_ca_certificate(state), files.read(state.ca_key)
    if key_pem is None:
        if certificate is not None:
            raise _unusable(state.ca_key, "it is missing, and the CA is never made anew over its certificate")
        key = ec.generate_private_key(ec.SECP256R1())
        files.replace(state.ca_key, private_pem(key))
    else:
        key = _private_key(state.ca_key, key_pem)
    if certificate is None:
        certificate = self_signed_ca(key, ca_name(site), now, valid_days)
        files.replace(state.ca_certificate, to_pem([certificate]), PUBLIC_FILE)
    if certificate.public_key() != key.public_key():
        raise _unusable(state.ca_key, f"it is not the key of {state.ca_certificate}")
    if now >= certificate.not_valid_after_utc:
        raise HostError(
            "the site's CA can sign no more",
            why=f"{state.ca_certificate} was valid until {certificate.not_valid_after_utc:%Y-%m-%d}",
            fix=f"move {state.ca_key.parent} aside and run again: a new CA is made, and every client needs"
            " its trust bundle",
        )
    return Authority(certificate, key)


def ca_name(site: str) -> x509.Name:
    """Return a name for a new CA that no other CA has, two controllers' of the same site included."""
    # CN is 64 characters at most (RFC 5280, ub-common-name).
    return x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, f"mirror registry CA {site[:32]} {secrets.token_hex(4)}")]
    )


def self_signed_ca(
    key: ec.EllipticCurvePrivateKey, name: x509.Name, now: dt.datetime, valid_days: int
) -> x509.Certificate:
    """Return the certificate of a root that signs end entities only."""
    public = key.public_key()
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + dt.timedelta(days=valid_days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )


def private_pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    """Return a private key as unencrypted PKCS #8 PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _private_key(path: Path, pem: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise _unusable(path, "it is damaged or protected by a passphrase") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise _unusable(path, "it is not an elliptic curve key, so it was not made here")
    return key


def _certificates(path: Path, pem: bytes) -> tuple[x509.Certificate, ...]:
    try:
        return read_chain(pem).all
    except ValueError as error:
        raise _unusable(path, f"it is not a PEM certificate ({error})") from error


def _unusable(path: Path, why: str) -> HostError:
    return HostError(
        f"cannot use {path}", why=why, fix="restore the site state from a backup or from the other controller"
    )
