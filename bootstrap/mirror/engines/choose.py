"""Which engine moves, and why: said to the user and kept in the ledger."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap.errors import ConfigError, assert_never
from bootstrap.mirror.engines.native import NativeEngine

if TYPE_CHECKING:
    from bootstrap.imageset.model import ImageSet
    from bootstrap.mirror.engines.interface import Engine


class EngineName(enum.Enum):
    """Engines that there are."""

    NATIVE = "native"


AUTO = "auto"
SETTINGS = (AUTO, *(name.value for name in EngineName))


@dataclass(frozen=True)
class Chosen:
    """An engine, and the reason as a sentence."""

    engine: Engine
    reason: str


def make(name: EngineName) -> Engine:
    """Return the engine called ``name``."""
    if name is not EngineName.NATIVE:
        assert_never(name)
    return NativeEngine()


def choose(setting: str, image_set: ImageSet) -> Chosen:
    """Return the engine for ``image_set``.

    Args:
        setting: ``auto`` for the first that can do all of it, or the name of one.
        image_set: All of it has to be mirrored by one engine.

    Raises:
        ConfigError: The setting is none of these, or no engine can.
    """
    if setting not in SETTINGS:
        raise ConfigError(
            f"there is no engine {setting!r}",
            why=f"the engines are {', '.join(SETTINGS)}",
            fix="correct mirror_content_engine",
        )
    names = list(EngineName) if setting == AUTO else [EngineName(setting)]
    refusals = []
    for name in names:
        engine = make(name)
        refusal = engine.refusal(image_set)
        if refusal is None:
            why = "it can mirror all of the image set" if setting == AUTO else "the setting names it"
            return Chosen(engine, why)
        refusals.append(f"{name.value}: {refusal}")
    raise ConfigError(
        "no engine can mirror this image set",
        why="; ".join(refusals),
        fix="leave out what it cannot do, and mirror that by an image set of its own with oc-mirror v2",
    )
