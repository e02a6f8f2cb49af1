"""Pure decisions about circle plans: what one holds, who reads it, who changes it."""

from dataclasses import dataclass, fields
from typing import Any, Final

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor
from wss_cases.access.visibility import sees
from wss_cases.pathways.circles.plans.states import CirclePlanKind

MOST_ROUNDS: Final = 30
LONGEST_TITLE, LONGEST_PIECE = 120, 200


@dataclass(frozen=True)
class PlanContent:
    """What a plan says, as it was typed: `rounds` holds a prompt a line in their order, `shared_values` one a line."""

    title: str = ""
    opening: str = ""
    talking_piece: str = ""
    shared_values: str = ""
    rounds: str = ""
    closing: str = ""

    @property
    def text(self) -> str:
        """All of it, for whoever looks for names."""
        return "\n".join(getattr(self, one.name) for one in fields(self))


def content_of(plan: Any) -> PlanContent:
    """Return what a stored plan says."""
    return PlanContent(**{one.name: getattr(plan, one.name) for one in fields(PlanContent)})


def lines_of(text: str) -> list[str]:
    """Return the lines of a text that say something, without the spaces around them."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def _own(actor: Actor, plan: Any) -> bool:
    return actor.user_id is not None and actor.user_id in (plan.written_by_id, plan.keeper_id)


def reads_plan(actor: Actor, plan: Any) -> bool:
    """Ready-made plans: all who work in a school. A school's shelf: its staff. A circle of a case: its case team. A
    community circle: who wrote or keeps it while they work there, and the case team.
    """
    if plan.kind is CirclePlanKind.TEMPLATE:
        return actor.is_system or actor.has(*STAFF)
    if plan.kind is CirclePlanKind.CIRCLE:
        return sees(actor, plan, *CASE_TEAM)
    everyone = plan.kind is CirclePlanKind.SHELF or _own(actor, plan)
    return actor.covers(plan.school_id, *(STAFF if everyone else CASE_TEAM))


def writes_plan(actor: Actor, plan: Any) -> bool:
    """As reading, but no one changes a ready-made plan, and a plan on the shelf is its writer's and the case team's."""
    if plan.kind is CirclePlanKind.TEMPLATE:
        return False
    if plan.kind is CirclePlanKind.SHELF:
        return actor.covers(plan.school_id, *(STAFF if _own(actor, plan) else CASE_TEAM))
    return reads_plan(actor, plan)
