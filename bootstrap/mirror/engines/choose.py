"""Which engine moves, and why: said to the user and kept in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Optional

from bootstrap.errors import ConfigError, assert_never
from bootstrap.mirror.engines.names import AUTO, SETTINGS, EngineName
from bootstrap.mirror.engines.native import NativeEngine
from bootstrap.mirror.engines.oc import OcEngine, oc_refusal
from bootstrap.mirror.engines.oc_mirror.engine import OcMirrorEngine
from bootstrap.mirror.engines.surroundings import Surroundings

if TYPE_CHECKING:
    from bootstrap.imageset.model import ImageSet
    from bootstrap.mirror.engines.interface import Engine
    from bootstrap.mirror.ledger import Ledger


_AUTOMATIC = (EngineName.NATIVE, EngineName.OC_MIRROR)  # never oc: it is deprecated, and can do less
_NOWHERE = Surroundings(Path("imageset.yaml"), None, Path())


@dataclass(frozen=True)
class Chosen:
    """An engine, and the reason as a sentence."""

    engine: Engine
    reason: str


def make(name: EngineName, surroundings: Surroundings) -> Optional[Engine]:
    """Return the engine called ``name``; None when its program is not installed.

    Raises:
        TransferError: Its program does not run.
    """
    if name is EngineName.NATIVE:
        return NativeEngine()
    program = surroundings.find(name.value)
    if name is EngineName.OC_MIRROR:
        return OcMirrorEngine(surroundings, program) if program else None
    if name is not EngineName.OC:
        assert_never(name)
    return OcEngine(surroundings, program) if program else None


def filled_by(ledger: Ledger) -> str:
    """Return the engine of the last run that mirrored everything; empty when there was none."""
    good = [
        run.engine for run in ledger.runs if run.operation == "mirror" and run.outcome == "ok" and run.engine
    ]
    return good[-1] if good else ""


def choose(
    setting: str, image_set: ImageSet, surroundings: Surroundings = _NOWHERE, *, before: str = ""
) -> Chosen:
    """Return the engine for ``image_set``.

    Args:
        setting: ``auto`` for the first that can do all of it, or the name of one.
        image_set: All of it has to be mirrored by one engine.
        surroundings: The mirror host.
        before: The engine that filled the registries (:func:`filled_by`): ``auto`` stays with it.

    Raises:
        ConfigError: The setting is none of these, or no engine can.
        TransferError: The program of an engine does not run.
    """
    if setting not in SETTINGS:
        raise ConfigError(
            f"there is no engine {setting!r}",
            why=f"the engines are {', '.join(SETTINGS)}",
            fix="correct mirror_content_engine",
        )
    if setting != AUTO:
        reason = "the setting names it"
        if before and before != setting:
            reason += f"; {before} filled the registries before, to the same layout: nothing is copied again"
        return _first((EngineName(setting),), image_set, surroundings, reason)
    if before in SETTINGS:
        reason = "it filled the registries before, and an engine never changes by itself"
        return _first((EngineName(before),), image_set, surroundings, reason, is_kept=True)
    return _first(_AUTOMATIC, image_set, surroundings, "it can mirror all of the image set")


def refuse_impossible(setting: str, image_set: ImageSet) -> None:
    """See that ``setting`` can mirror ``image_set`` at all, wherever it is that the programs are installed.

    Raises:
        ConfigError: It cannot.
    """
    refusal = NativeEngine().refusal(image_set)
    if setting == EngineName.NATIVE.value and refusal:
        raise ConfigError(
            "the native engine cannot mirror this image set",
            why=refusal,
            fix="set mirror_content_engine to auto or oc-mirror, and install oc-mirror v2 on the mirror host "
            "(role mirror_tools)",
        )
    refusal = oc_refusal(image_set)
    if setting == EngineName.OC.value and refusal:
        raise ConfigError(
            "oc cannot mirror this image set",
            why=refusal,
            fix="set mirror_content_engine to auto or oc-mirror",
        )


def _first(
    names: tuple[EngineName, ...],
    image_set: ImageSet,
    surroundings: Surroundings,
    reason: str,
    *,
    is_kept: bool = False,
) -> Chosen:
    """Return the first of ``names`` that can do it."""
    refusals: list[str] = []
    for name in names:
        engine = make(name, surroundings)
        refusal = (
            f"{name.value} is not installed on the mirror host"
            if engine is None
            else engine.refusal(image_set)
        )
        if engine is not None and refusal is None:
            return Chosen(engine, "; ".join([*refusals, reason]))
        refusals.append(f"{name.value}: {refusal}")
    raise ConfigError(
        "no engine can mirror this image set",
        why="; ".join(refusals),
        fix=f"set mirror_content_engine to another one than {names[0].value}: "
        "the layout is the same, and nothing is copied again"
        if is_kept
        else "install oc-mirror v2 on the mirror host (role mirror_tools, or /usr/local/bin/oc-mirror), "
        "or leave out of the image set what cannot be mirrored",
    )
