"""An image set: what is to be mirrored, as the user asked for it.

Source: oc-mirror v2, ``internal/pkg/api/v2alpha1/type_config.go``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap.release import architecture

if TYPE_CHECKING:
    from bootstrap.oci.reference import Reference
    from bootstrap.release.channel import Channel


@dataclass(frozen=True)
class Platform:
    """The releases wanted: those of ``channels``, or the one ``release`` (never both).

    Attributes:
        architectures: Each of them is a release of its own; ``multi`` is the one for all. Empty stands for
            amd64 where the update graph is asked.
        release: One release image; has a tag, a digest or both.
        wants_kubevirt: Also the disk image for OpenShift Virtualization that the payload names.
    """

    channels: tuple[Channel, ...] = ()
    architectures: tuple[str, ...] = ()
    release: Reference | None = None
    wants_kubevirt: bool = False

    @property
    def effective_architectures(self) -> tuple[str, ...]:
        """The architectures to ask the update graph for."""
        return self.architectures or (architecture.DEFAULT,)


@dataclass(frozen=True)
class AdditionalImage:
    """One image by name.

    Attributes:
        source: Has a tag, a digest or both.
        target_repository: Where to put it instead of the source's own path.
        target_tag: Its tag there instead of the one it has.
    """

    source: Reference
    target_repository: str | None = None
    target_tag: str | None = None


@dataclass(frozen=True)
class ImageSet:
    """Everything that one ``ImageSetConfiguration`` asks for.

    Attributes:
        blocked: Regular expressions; an image is left out when one is found in its source or destination.
    """

    platform: Platform
    additional_images: tuple[AdditionalImage, ...] = ()
    blocked: tuple[str, ...] = ()
