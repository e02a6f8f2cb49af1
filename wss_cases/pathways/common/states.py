"""The common life of every pathway, and the kinds there are."""

import enum


class PathwayState(enum.StrEnum):
    """proposed → consent and preparation → active → completed | ended early | declined."""

    PROPOSED = "proposed"
    PREPARING = "preparing"
    ACTIVE = "active"
    COMPLETED = "completed"
    ENDED_EARLY = "ended_early"
    DECLINED = "declined"


TRANSITIONS: dict[PathwayState, frozenset[PathwayState]] = {
    PathwayState.PROPOSED: frozenset({PathwayState.PREPARING, PathwayState.ACTIVE, PathwayState.DECLINED, PathwayState.ENDED_EARLY}),
    PathwayState.PREPARING: frozenset({PathwayState.ACTIVE, PathwayState.DECLINED, PathwayState.ENDED_EARLY}),
    PathwayState.ACTIVE: frozenset({PathwayState.COMPLETED, PathwayState.ENDED_EARLY, PathwayState.DECLINED}),
    PathwayState.COMPLETED: frozenset(),
    PathwayState.ENDED_EARLY: frozenset(),
    PathwayState.DECLINED: frozenset(),
}

LIVE = frozenset({PathwayState.PROPOSED, PathwayState.PREPARING, PathwayState.ACTIVE})
ENDED = frozenset({PathwayState.COMPLETED, PathwayState.ENDED_EARLY, PathwayState.DECLINED})
