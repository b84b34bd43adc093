"""An image set: what is to be mirrored, as the user asked for it.

Source: oc-mirror v2 at 855b64a, ``internal/pkg/api/v2alpha1/type_config.go`` and ``type_platform.go``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bootstrap.release import architecture

if TYPE_CHECKING:
    from bootstrap.imageset.content import Helm, Operator
    from bootstrap.oci.reference import Reference
    from bootstrap.release.channel import Channel


@dataclass(frozen=True)
class InstancePlatform:
    """One platform to take out of an index: ``linux`` and ``amd64``, in Go's words."""

    os: str
    architecture: str

    def __str__(self) -> str:
        return f"{self.os}/{self.architecture}"


@dataclass(frozen=True)
class Platform:
    """The releases wanted: those of ``channels``, or the one ``release`` (never both).

    Attributes:
        architectures: Each of them is a release of its own; ``multi`` is the one for all. Empty stands for
            amd64 where the update graph is asked.
        platforms: Only these out of the ``multi`` release and of its components; never together with
            ``architectures``.
        release: One release image; has a tag, a digest or both.
        wants_graph: Also the graph-data image, for an update service of the cluster's own.
        wants_kubevirt: Also the disk image for OpenShift Virtualization that the payload names.
    """

    channels: tuple[Channel, ...] = ()
    architectures: tuple[str, ...] = ()
    release: Reference | None = None
    wants_kubevirt: bool = False
    wants_graph: bool = False
    platforms: tuple[InstancePlatform, ...] = ()

    @property
    def effective_architectures(self) -> tuple[str, ...]:
        """The architectures to ask the update graph for."""
        return ("multi",) if self.platforms else self.architectures or (architecture.DEFAULT,)


@dataclass(frozen=True)
class AdditionalImage:
    """One image by name.

    Attributes:
        source: Has a tag, a digest or both.
        target_repository: Where to put it instead of the source's own path.
        target_tag: Its tag there instead of the one it has.
        platforms: Only these out of its index; empty for all.
    """

    source: Reference
    target_repository: str | None = None
    target_tag: str | None = None
    platforms: tuple[InstancePlatform, ...] = ()


@dataclass(frozen=True)
class ImageSet:
    """Everything that one ``ImageSetConfiguration`` asks for.

    Attributes:
        blocked: Regular expressions; an image is left out when one is found in its source or destination.
        archive_size: Most GiB in each archive that oc-mirror writes to disk; means nothing to anything else.
        text: The document as it was read, for a tool that takes the file itself.
    """

    platform: Platform
    additional_images: tuple[AdditionalImage, ...] = ()
    blocked: tuple[str, ...] = ()
    operators: tuple[Operator, ...] = ()
    helm: Helm | None = None
    archive_size: int | None = None
    text: str = field(default="", repr=False, compare=False)

    @property
    def needs_oc_mirror(self) -> tuple[str, ...]:
        """What of it the native engine cannot do, in the words of the format; empty when it can do all."""
        lacking = {
            "operators": bool(self.operators),
            "helm": self.helm is not None,
            "channels of type okd": any(channel.is_okd for channel in self.platform.channels),
        }
        return tuple(name for name, is_there in lacking.items() if is_there)
