"""Content digests: the name of a blob or manifest, computed from its bytes.

Source: OCI image-spec v1.1, descriptor.md, "Digests".
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_SHA256 = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, order=True)
class Digest:
    """A sha256 digest such as ``sha256:9f86d0…``. Always valid once constructed.

    Raises:
        ValueError: The text is anything else; other algorithms too, for no registry we mirror names by them.
    """

    text: str

    def __post_init__(self) -> None:
        if not _SHA256.fullmatch(self.text):
            raise ValueError(f"not a sha256 digest: {self.text!r} (want sha256:<64 hex digits>)")

    @classmethod
    def of(cls, content: bytes) -> Digest:
        """Return the digest of ``content``."""
        return cls("sha256:" + hashlib.sha256(content).hexdigest())

    @classmethod
    def is_digest(cls, text: str) -> bool:
        """Tell a digest from a tag, which never has a colon."""
        return _SHA256.fullmatch(text) is not None

    @property
    def hex(self) -> str:
        """The 64 hex digits, without the algorithm."""
        return self.text.partition(":")[2]

    def __str__(self) -> str:
        return self.text
