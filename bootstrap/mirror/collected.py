"""What an image set came to, before anything is looked at in detail."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bootstrap.mirror.image import Failure, Wanted
    from bootstrap.oci.digest import Digest
    from bootstrap.store.interface import Source


class Sources(Protocol):
    """Finds where an image really is."""

    def store_for(self, name: str) -> tuple[Source, str]:
        """Return the store of ``quay.io/a/b``, and the repository in that store."""


@dataclass(frozen=True)
class Release:
    """A release of the run.

    Attributes:
        digest: Of its release image.
        channels: That have it, as the update graph says; none for one asked for by name.
        signature: The OpenPGP message as published; None where the policy is to skip that.
        signed_by: Fingerprint of the key that made it; None likewise.
    """

    version: str
    architecture: str
    digest: Digest
    channels: tuple[str, ...] = ()
    signature: bytes | None = field(default=None, repr=False)
    signed_by: str | None = None


@dataclass
class Collected:
    """What an image set came to; ``failures`` are images that could not even be looked at."""

    wanted: list[Wanted] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
