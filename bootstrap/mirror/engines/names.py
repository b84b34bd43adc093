"""What engines are called; known without any of them."""

from __future__ import annotations

import enum


class EngineName(enum.Enum):
    """Engines that there are, the one that ``auto`` prefers first."""

    NATIVE = "native"
    OC_MIRROR = "oc-mirror"
    OC = "oc"


AUTO = "auto"
SETTINGS = (AUTO, *(name.value for name in EngineName))
