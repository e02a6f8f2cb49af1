"""Pure decisions that hold for every pathway."""

from typing import Any

from wss_cases.pathways.common.states import OUTCOMES, TRANSITIONS, Pathway, PathwayState


def may_become(state: PathwayState, next_state: PathwayState) -> bool:
    """Whether the table allows this change."""
    return next_state in TRANSITIONS[state]


def outcomes_for(pathway: str) -> dict[str, object]:
    """Return what a pathway of this family can end with: code to words; nothing for an unknown family."""
    return OUTCOMES[Pathway(pathway)] if pathway in set(Pathway) else {}


def has_begun(row: Any) -> bool:
    """Whether a pathway was started or held: from then on someone can stop, and no longer decline."""
    return row.started_on is not None or row.held_on is not None
