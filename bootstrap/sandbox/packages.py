"""A Debian package repository made of ``.deb`` files, and the settings of a host that uses it and no other.

A flat repository (sources.list(5)): one directory with the packages, their index ``Packages``, and
``InRelease``, which is signed by a throw-away key.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
from typing import TYPE_CHECKING

from bootstrap import process
from bootstrap.sandbox import signing
from bootstrap.sandbox.files import replace

if TYPE_CHECKING:
    from pathlib import Path

_KEYRINGS = "etc/apt/keyrings"


def publish(debs: Path, served: Path, public_key: Path) -> None:
    """Make ``served`` a repository of all packages in ``debs``; does nothing when it is.

    Args:
        debs: A directory of ``.deb`` files.
        served: What the web server serves.
        public_key: Gets the key it is signed with, armored.
    """
    wanted = sorted(path.name for path in debs.glob("*.deb"))
    marker = served / "published"
    if marker.exists() and marker.read_text().split() == wanted and public_key.exists():
        return
    shutil.rmtree(served, ignore_errors=True)
    served.mkdir(mode=0o755, parents=True)
    stanzas = []
    for name in wanted:
        plain = name.replace("%", "_")  # apt writes a version's colon as %3a, and would quote that once more
        shutil.copyfile(debs / name, served / plain)
        (served / plain).chmod(0o644)
        stanzas += [stanza(served / plain)]
    index = "\n".join(stanzas)
    replace(served / "Packages", index, mode=0o644)
    signed, key = signing.clearsigned(release_file({"Packages": index.encode()}))
    replace(served / "InRelease", signed, mode=0o644)
    replace(public_key, key, mode=0o644)
    replace(marker, "\n".join(wanted), mode=0o644)


def stanza(deb: Path) -> str:
    """Return a package's paragraph in ``Packages``: its control fields, and where and what the file is."""
    control = process.run(["dpkg-deb", "--field", str(deb)]).stdout.rstrip("\n")
    content = deb.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    return f"{control}\nFilename: ./{deb.name}\nSize: {len(content)}\nSHA256: {sha256}\n"


def release_file(indices: dict[str, bytes]) -> str:
    """Return the text of ``Release``: what the repository is, and the hashes of its indices."""
    date = dt.datetime.now(dt.UTC).strftime("%a, %d %b %Y %H:%M:%S UTC")
    hashes = [
        f" {hashlib.sha256(content).hexdigest()} {len(content)} {name}" for name, content in indices.items()
    ]
    return "\n".join([f"Origin: sandbox\nLabel: sandbox\nDate: {date}\nSHA256:", *hashes, ""])


def use(root: Path, url: str, public_key: Path, ca_file: Path) -> None:
    """Make the repository at ``url`` the only one that the host with the tree ``root`` uses.

    Args:
        root: Running or not.
        url: https.
        public_key: What it is signed with.
        ca_file: Vouches for the server's certificate; apt alone trusts it.
    """
    keyrings = root / _KEYRINGS
    keyrings.mkdir(mode=0o755, parents=True, exist_ok=True)
    replace(keyrings / "sandbox.asc", public_key.read_text(), mode=0o644)
    replace(keyrings / "sandbox-ca.crt", ca_file.read_text(), mode=0o644)
    apt = root / "etc/apt"
    replace(
        apt / "apt.conf.d/50sandbox", f'Acquire::https::CAInfo "/{_KEYRINGS}/sandbox-ca.crt";\n', mode=0o644
    )
    source = f"Types: deb\nURIs: {url}\nSuites: ./\nSigned-By: /{_KEYRINGS}/sandbox.asc\n"
    replace(apt / "sources.list.d/sandbox.sources", source, mode=0o644)
