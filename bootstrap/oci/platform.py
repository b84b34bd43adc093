"""Platforms: which operating system and processor an image is for.

Source: OCI image-spec v1.1, image-index.md, "platform".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping


@dataclass(frozen=True)
class Platform:
    """Such as ``linux/amd64`` or ``linux/arm/v7``, in Go's names for them."""

    os: str
    architecture: str
    variant: str | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Platform:
        """Read the ``platform`` object of a descriptor.

        Raises:
            ValueError: ``os`` or ``architecture`` is missing, or a field is not text.
        """
        os, architecture, variant = (value.get(key) for key in ("os", "architecture", "variant"))
        if not isinstance(os, str) or not isinstance(architecture, str):
            raise ValueError("a platform needs the texts os and architecture")
        if variant is not None and not isinstance(variant, str):
            raise ValueError("a platform's variant is a text")
        return cls(os, architecture, variant or None)

    def to_json(self) -> dict[str, str]:
        """Return the object as the specification writes it."""
        value = {"architecture": self.architecture, "os": self.os}
        if self.variant:
            value["variant"] = self.variant
        return value

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)
