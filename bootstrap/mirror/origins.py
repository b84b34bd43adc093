"""The places that a blob can come from: each is asked until one gives it, whatever the others' trouble is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Callable, Iterable, Sequence

from bootstrap.errors import BootstrapError
from bootstrap.mirror.absence import Absence, is_silence
from bootstrap.registry.retry import may_pass
from bootstrap.store.alternatives import Alternatives, together
from bootstrap.store.remote import RemoteStore

if TYPE_CHECKING:
    from bootstrap.mirror.image import Wanted
    from bootstrap.oci.descriptor import Descriptor
    from bootstrap.oci.digest import Digest
    from bootstrap.store.interface import Source

Locate = Callable[["Wanted"], "tuple[Source, str]"]


@dataclass(frozen=True)
class Origin:
    """A repository of a registry."""

    registry: str
    repository: str
    store: Source = field(compare=False)


@dataclass
class Attempt:
    """What was learned while one thing was tried, perhaps several times.

    Attributes:
        hopeless: Why a place will not give a blob, however often it is asked.
        silent: When the last try failed because of the sources: those that did not answer; else None.
    """

    hopeless: dict[tuple[Origin, Digest], BootstrapError] = field(default_factory=dict)
    silent: dict[str, BootstrapError] | None = None


def name_of(store: Source) -> str:
    """Return the location of the registry that ``store`` is; empty for one that is none."""
    return store.name if isinstance(store, RemoteStore) else ""


def origins_of(holders: Iterable[Wanted], locate: Locate) -> list[Origin]:
    """Return where ``holders`` can be read, in their order, each place once; mirrors one by one.

    Raises:
        BootstrapError: None of them can be located.
    """
    found: dict[Origin, None] = {}
    failure: BootstrapError | None = None
    # Of a release's hundreds of images, most have one name.
    for holder in {(each.source.name, each.repository): each for each in holders}.values():
        try:
            store, repository = locate(holder)
            if isinstance(store, Alternatives):
                for place in store.places():
                    found[Origin(place.registry, place.repository, place.store)] = None
            else:
                found[Origin(name_of(store) or holder.source.registry, repository, store)] = None
        except BootstrapError as error:
            failure = error
    if not found and failure is not None:
        raise failure
    return list(found)


def bring(
    blob: Descriptor,
    origins: Sequence[Origin],
    attempt: Attempt,
    absence: Absence,
    send: Callable[[Origin], BootstrapError | None],
) -> None:
    """Have the first of ``origins`` that can do it send ``blob``.

    Args:
        blob: To be sent.
        origins: In the order to ask, but for those that do not answer.
        attempt: Of which this is one try.
        absence: Of the transfer.
        send: Returns why the origin did not give it, and raises what is the destination's failure: that is
            none of the other origins' business.

    Raises:
        BootstrapError: No origin gave it, or the destination failed.
    """
    failures: dict[Origin, BootstrapError] = {}
    for origin in absence.in_order(origins):
        known = attempt.hopeless.get((origin, blob.digest)) or absence.gone(origin.registry)
        error = known or send(origin)
        if error is None:
            absence.answered(origin.registry)
            return
        failures[origin] = error
        if known is None:
            absence.failed(origin.registry, error)
            if not may_pass(error):
                attempt.hopeless[origin, blob.digest] = error
    attempt.silent = {origin.registry: error for origin, error in failures.items() if is_silence(error)}
    # The last one's word counts, also for whether it is worth another try.
    told = dict.fromkeys(failures[origin] for origin in origins)
    raise together(sorted(told, key=may_pass), others="other places")
