"""The trust bundle of an install-config: PEM certificates, and nothing else.

Source: openshift/installer, ``pkg/validate/validate.go`` (``CABundle``): what follows the last certificate,
an empty line even, is an "invalid block".
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
from collections.abc import Iterator

from cryptography import x509

from bootstrap.tls.certificates import common_name, to_pem

_CERTIFICATE = "CERTIFICATE"
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_PURE = re.compile(r"(?:-----BEGIN CERTIFICATE-----\n(?:[A-Za-z0-9+/=]+\n)+-----END CERTIFICATE-----\n)+")


class BundleError(ValueError):
    """A bundle cannot be read; its text is the reason."""


def certificates(text: str) -> tuple[x509.Certificate, ...]:
    """Return the certificates of a bundle, each once; text between them is passed over.

    Raises:
        BundleError: Something in it is no certificate.
    """
    found = []
    for number, (kind, body) in enumerate(_BLOCK.findall(text), 1):
        if kind != _CERTIFICATE:
            raise BundleError(f"its block {number} is a {kind}, and only a CERTIFICATE belongs there")
        try:
            found.append(
                x509.load_der_x509_certificate(base64.b64decode("".join(body.split()), validate=True))
            )
        except (ValueError, binascii.Error):
            raise BundleError(f"its certificate {number} cannot be read") from None
    if text.count("-----BEGIN ") != len(found) or (text.strip() and not found):
        raise BundleError("a certificate in it is cut off: each has a line BEGIN and a line END")
    return tuple(dict.fromkeys(found))


def bundle_problem(text: str) -> Iterator[str]:
    """Yield why the installer would refuse a bundle, if it would."""
    try:
        certificates(text)
    except BundleError as error:
        yield str(error)
        return
    if not _PURE.fullmatch(text if text.endswith("\n") else text + "\n"):
        yield "it is not PEM certificates and nothing else: no comment, and no empty line behind the last"


def merged(text: str, added: tuple[x509.Certificate, ...]) -> str:
    """Return the bundle ``text`` with the certificates that it lacks; as it stands when it is well.

    Raises:
        BundleError: Something in it is no certificate.
    """
    known = certificates(text)
    if set(added) <= set(known) and not list(bundle_problem(text)):
        return text
    return to_pem(dict.fromkeys((*known, *added))).decode()


def expired(text: str, now: dt.datetime) -> list[str]:
    """Return the names of the certificates of a bundle that are over."""
    return [common_name(each.subject) for each in certificates(text) if each.not_valid_after_utc < now]
