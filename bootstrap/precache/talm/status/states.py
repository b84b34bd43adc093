"""How TALM gets on with pre-caching on one cluster.

Source: openshift-kni/cluster-group-upgrades-operator at dacf199, ``controllers/precacheFsm.go``. The texts
are those that are stored; they have been the same since its first state machine (ba16c1c60, 2022-01).
"""

from __future__ import annotations

import enum

from bootstrap.errors import ConfigError


class State(enum.StrEnum):
    """As TALM stores it; documents put ``Precache`` before most of them."""

    NOT_STARTED = "NotStarted"
    PREPARING = "PreparingToStart"
    STARTING = "Starting"
    ACTIVE = "Active"
    SUCCEEDED = "Succeeded"
    TIMEOUT = "PrecacheTimeout"
    ERROR = "UnrecoverableError"

    @property
    def is_final(self) -> bool:
        """Whether it is never left: for another try the ClusterGroupUpgrade has to be made anew."""
        return TRANSITIONS[self] <= {self}


_ENDS = {State.SUCCEEDED, State.TIMEOUT, State.ERROR}
# What can be next. After `enable: true` any error of TALM's own is an UnrecoverableError, too.
TRANSITIONS: dict[State, frozenset[State]] = {
    State.NOT_STARTED: frozenset({State.PREPARING, State.ERROR}),
    State.PREPARING: frozenset({State.PREPARING, State.STARTING, State.ERROR}),
    State.STARTING: frozenset({State.STARTING, State.ACTIVE, *_ENDS}),
    State.ACTIVE: frozenset({State.ACTIVE, *_ENDS}),
    **{state: frozenset({state}) for state in _ENDS},
}
DOING: dict[State, str] = {
    State.NOT_STARTED: "TALM has not begun with it",
    State.PREPARING: "what an earlier try left is removed from it",
    State.STARTING: "the job and what it needs are made on it",
    State.ACTIVE: "its job pulls images",
    State.SUCCEEDED: "",
    State.TIMEOUT: "its job came to its deadline: a part of the images is there",
    State.ERROR: "its job failed, or TALM could not go on after it was enabled",
}
_PROSE = {
    "PrecacheNotStarted": State.NOT_STARTED,
    "PrecachePreparing": State.PREPARING,
    "PrecacheStarting": State.STARTING,
    "PrecacheActive": State.ACTIVE,
    "PrecacheSucceeded": State.SUCCEEDED,
    "PrecacheUnrecoverableError": State.ERROR,
}


def state_of(text: str, cluster: str, name: str) -> State:
    """Return the state that is stored as ``text``.

    Args:
        text: What ``status.precaching.status`` has.
        cluster: Whose.
        name: Where it was read.

    Raises:
        ConfigError: TALM stores no such text.
    """
    try:
        return State(text)
    except ValueError:
        meant = _PROSE.get(text)
        said = f"; documents call {meant.value} so, TALM does not" if meant else ""
        raise ConfigError(
            f"cannot tell how cluster {cluster} of {name} gets on",
            why=f"its state is {text!r}, and TALM stores {', '.join(State)}{said}",
            fix="give what `oc get cgu … -o json` printed, as it is; or use a newer bootstrap-registry",
        ) from None
