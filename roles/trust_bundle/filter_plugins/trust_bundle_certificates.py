"""Reads the certificates to trust, on the controller."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding


def trust_bundle_certificates(files: Sequence[str]) -> list[str]:
    """Return every certificate of ``files`` once, as PEM, in the order found; nothing else of the files.

    Raises:
        ValueError: A file holds no certificate, or one that cannot be read.
        OSError: A file cannot be read.
    """
    found = (each for file in files for each in x509.load_pem_x509_certificates(_content(file)))
    return list(dict.fromkeys(each.public_bytes(Encoding.PEM).decode() for each in found))


def trust_bundle_problems(files: Sequence[str]) -> list[str]:
    """Return why the files cannot be trusted as they are, one sentence each."""
    problems = []
    for file in files:
        try:
            x509.load_pem_x509_certificates(_content(file))
        except OSError as error:
            problems.append(
                f"{file} cannot be read on the controller ({error.strerror}); registry_tls writes it."
            )
        except ValueError as error:
            problems.append(
                f"{file} is not a file of PEM certificates ({error}); correct trust_bundle_files."
            )
    return problems


def _content(file: str) -> bytes:
    return Path(file).expanduser().read_bytes()


class FilterModule:
    """Reading certificates, as filters."""

    def filters(self) -> dict[str, Callable[[Sequence[str]], list[str]]]:
        """Return the filters by name."""
        return {
            "trust_bundle_certificates": trust_bundle_certificates,
            "trust_bundle_problems": trust_bundle_problems,
        }
