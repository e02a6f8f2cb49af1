"""States of a Whole School Safety plan, which state may follow which, and what the history says."""

from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class PlanState(Labelled):
    """Where a plan stands."""

    DRAFT = "draft", _l("Draft")
    COMMITTEE = "committee", _l("With the committee")
    COUNCIL_VOTE = "council_vote", _l("Council vote")
    APPROVED = "approved", _l("Approved")
    IN_FORCE = "in_force", _l("In force")
    REVIEWED = "reviewed", _l("Reviewed")
    CLOSED = "closed", _l("Closed")


STANDING: Final = frozenset({PlanState.IN_FORCE, PlanState.REVIEWED})
"""A reviewed plan stays the school's plan until it is closed or the next one comes into force."""

NEXT: Final[dict[PlanState, tuple[PlanState, ...]]] = {
    PlanState.DRAFT: (PlanState.COMMITTEE,),
    PlanState.COMMITTEE: (PlanState.COUNCIL_VOTE, PlanState.DRAFT),
    PlanState.COUNCIL_VOTE: (PlanState.APPROVED, PlanState.COMMITTEE),
    PlanState.APPROVED: (PlanState.IN_FORCE, PlanState.COMMITTEE),
    PlanState.IN_FORCE: (PlanState.REVIEWED,),
    PlanState.REVIEWED: (PlanState.CLOSED,),
    PlanState.CLOSED: (),
}
"""What a person may move a plan to; the first is the way forward, another one the way back."""

SENTENCES: dict[str, Any] = {
    "plan.started": _l("School safety plan started"),
    "plan.copied": _l("School safety plan copied from an earlier year"),
    "plan.moved": _l("School safety plan moved to another state"),
    "plan.superseded": _l("School safety plan closed because the next one came into force"),
    "plan.changed": _l("School safety plan's years, tier, or lead changed"),
    "plan.answered": _l("School safety plan question answered"),
    "plan.member_added": _l("Added to the plan's committee"),
    "plan.member_changed": _l("Committee entry changed"),
    "plan.goal_written": _l("Goal written"),
    "plan.goal_changed": _l("Goal changed"),
    "plan.goal_removed": _l("Goal removed"),
    "plan.strategy_written": _l("Strategy written"),
    "plan.strategy_changed": _l("Strategy changed"),
    "plan.strategy_removed": _l("Strategy removed"),
    "plan.step_written": _l("Step written"),
    "plan.step_changed": _l("Step changed"),
    "plan.step_removed": _l("Step removed"),
}
