"""A certificate as a company's own CA gives it out: by an intermediate, made by openssl."""

from __future__ import annotations

import subprocess
from pathlib import Path

_CA = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign")


def make_pki(directory: Path, name: str, address: str) -> Path:
    """Make `root.crt`, `leaf.key` and `chain.crt` (leaf and intermediate); return the directory."""
    directory.mkdir()
    _make(directory, "root", None, _CA)
    _make(directory, "intermediate", "root", _CA)
    leaf = (
        "basicConstraints=critical,CA:FALSE",
        "keyUsage=critical,digitalSignature",
        "extendedKeyUsage=serverAuth",
        f"subjectAltName=DNS:{name},IP:{address}",
    )
    _make(directory, "leaf", "intermediate", leaf)
    chain = (directory / "leaf.crt").read_text() + (directory / "intermediate.crt").read_text()
    (directory / "chain.crt").write_text(chain)
    return directory


def _make(directory: Path, name: str, issuer: str | None, extensions: tuple[str, ...]) -> None:
    key, certificate = directory / f"{name}.key", directory / f"{name}.crt"
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(key)]
    words = ["req", "-x509", *new_key, "-out", str(certificate), "-days", "90", "-subj", f"/CN=Lab {name}"]
    if issuer:
        words += ["-CA", str(directory / f"{issuer}.crt"), "-CAkey", str(directory / f"{issuer}.key")]
    for extension in extensions:
        words += ["-addext", extension]
    subprocess.run(["openssl", *words], check=True, capture_output=True)
