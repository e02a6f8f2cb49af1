"""Pure decisions that hold for every pathway."""

from wss_cases.pathways.common.states import OUTCOMES, TRANSITIONS, Pathway, PathwayState


def may_become(now: PathwayState, then: PathwayState) -> bool:
    """Whether the table has this step."""
    return then in TRANSITIONS[now]


def outcomes_for(pathway: str) -> dict[str, object]:
    """Return what a pathway of this family can end with: code to words; nothing for an unknown family."""
    return OUTCOMES[Pathway(pathway)] if pathway in set(Pathway) else {}
