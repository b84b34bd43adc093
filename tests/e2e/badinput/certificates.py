"""Bad input in provided certificates; made here, as a user's own CA would."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from tests.e2e.badinput.case import Case, Spoiled, Told
from tests.fakes.tls import Authority

_WHAT = "cannot use the certificate"


def _provide(site: Spoiled, *, certificate: str | bytes, key: str | bytes, ca: str | bytes) -> None:
    files = {"certificate": ("server.crt", certificate), "key": ("server.key", key), "ca": ("ca.crt", ca)}
    paths = {f"registry_tls_provided_{name}": str(site.write(*file)) for name, file in files.items()}
    site.set(registry_tls_mode="provided", **paths)


def _good(site: Spoiled, **other: str | bytes) -> None:
    authority = Authority()
    leaf = authority.issue(site.hostname)
    _provide(site, **{"certificate": leaf.certificate, "key": leaf.key, "ca": authority.pem, **other})


def _days(first: int, last: int) -> object:
    def spoil(site: Spoiled) -> None:
        authority = Authority()
        leaf = authority.issue(site.hostname, days=(first, last))
        _provide(site, certificate=leaf.certificate, key=leaf.key, ca=authority.pem)

    return spoil


def _for_another(site: Spoiled) -> None:
    authority = Authority()
    leaf = authority.issue("elsewhere.example.com")
    _provide(site, certificate=leaf.certificate, key=leaf.key, ca=authority.pem)


def _encrypted(site: Spoiled) -> None:
    authority = Authority()
    leaf = authority.issue(site.hostname)
    key = serialization.load_pem_private_key(leaf.key.encode(), None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"passphrase"),
    )
    _provide(site, certificate=leaf.certificate, key=encrypted, ca=authority.pem)


def _der(site: Spoiled) -> None:
    authority = Authority()
    leaf = authority.issue(site.hostname)
    der = x509.load_pem_x509_certificate(leaf.certificate.encode()).public_bytes(serialization.Encoding.DER)
    _provide(site, certificate=der, key=leaf.key, ca=authority.pem)


def _ca_is_a_leaf(site: Spoiled) -> None:
    authority = Authority()
    leaf = authority.issue(site.hostname)
    _provide(site, certificate=leaf.certificate, key=leaf.key, ca=leaf.certificate)


def _without(name: str) -> object:
    def spoil(site: Spoiled) -> None:
        _good(site)
        site.set(**{f"registry_tls_provided_{name}": ""})

    return spoil


def _missing(name: str) -> object:
    def spoil(site: Spoiled) -> None:
        _good(site)
        site.set(**{f"registry_tls_provided_{name}": f"/nowhere/{name}"})

    return spoil


def _everything(site: Spoiled) -> None:
    authority = Authority()
    leaf = authority.issue("elsewhere.example.com", days=(-9, -2))
    _provide(site, certificate=leaf.certificate, key=authority.issue().key, ca=Authority("Other CA").pem)


def _other_key(site: Spoiled) -> None:
    _good(site, key=Authority().issue().key)


def _other_ca(site: Spoiled) -> None:
    _good(site, ca=Authority("Other CA").pem)


_CRT, _KEY, _CA = (f"registry_tls_provided_{name}" for name in ("certificate", "key", "ca"))

CASES = (
    Case("certificate: missing", _missing("certificate"), (Told(_CRT, "no such file", ""),)),
    Case("certificate: key missing", _missing("key"), (Told(_KEY, "no such file", ""),)),
    Case(
        "certificate: not set",
        _without("certificate"),
        (Told("provided certificate", f"{_CRT} is empty", "registry_tls_mode"),),
    ),
    Case(
        "certificate: CA not set",
        _without("ca"),
        (Told("provided certificate", f"{_CA} is empty", "registry_tls_mode"),),
    ),
    Case(
        "certificate: key with a passphrase",
        _encrypted,
        (Told(_WHAT, "protected by a passphrase; write it without one: openssl pkey", ""),),
    ),
    Case("certificate: key of another", _other_key, (Told(_WHAT, "the key is not the certificate's", ""),)),
    Case(
        "certificate: key is garbage",
        lambda site: _good(site, key="garbage\n"),
        (Told(_WHAT, "not a PEM private key", ""),),
    ),
    Case("certificate: expired", _days(-9, -2), (Told(_WHAT, "was valid until", ""),)),
    Case("certificate: not valid yet", _days(2, 9), (Told(_WHAT, "is not valid before", ""),)),
    Case("certificate: for another name", _for_another, (Told(_WHAT, "does not cover", ""),)),
    Case("certificate: of another CA", _other_ca, (Told(_WHAT, "the chain does not end at a root", ""),)),
    Case(
        "certificate: CA file is a leaf",
        _ca_is_a_leaf,
        (Told(_WHAT, "the chain does not end at a root", ""),),
    ),
    Case(
        "certificate: garbage",
        lambda site: _good(
            site, certificate="-----BEGIN CERTIFICATE-----\ngarbage\n-----END CERTIFICATE-----\n"
        ),
        (Told(_WHAT, f"{_CRT} is not a PEM file", ""),),
    ),
    Case(
        "certificate: DER",
        _der,
        (Told(_WHAT, f"{_CRT} is DER; write it as PEM: openssl x509 -inform DER", ""),),
    ),
    Case(
        "certificate: CA is garbage",
        lambda site: _good(site, ca="garbage\n"),
        (Told(_WHAT, f"{_CA} is not a PEM file", ""),),
    ),
    Case("certificate: all of it", _everything, (Told(_WHAT, "key is not", ""),)),
)
