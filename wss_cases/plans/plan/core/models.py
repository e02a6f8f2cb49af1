"""Plans: their table and states, who reads them, and what stands between a plan and its next state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from wss_cases.access.actor import CASE_TEAM, Actor, Role, in_schools
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.db import Base, Id, Versioned, by_id, db, named_enum, where
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.foundation.settings import StoredSetting, fixed
from wss_cases.plans.plan.templates import Component


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

TRANSITIONS: Final[dict[PlanState, tuple[PlanState, ...]]] = {
    PlanState.DRAFT: (PlanState.COMMITTEE,),
    PlanState.COMMITTEE: (PlanState.COUNCIL_VOTE, PlanState.DRAFT),
    PlanState.COUNCIL_VOTE: (PlanState.APPROVED, PlanState.COMMITTEE),
    PlanState.APPROVED: (PlanState.IN_FORCE, PlanState.COMMITTEE),
    PlanState.IN_FORCE: (PlanState.REVIEWED,),
    PlanState.REVIEWED: (PlanState.CLOSED,),
    PlanState.CLOSED: (),
}
"""What a person may move a plan to; the first is the way forward, another one the way back."""

EDITABLE: Final = frozenset(PlanState) - {PlanState.COUNCIL_VOTE, PlanState.APPROVED, PlanState.CLOSED}
"""What the council votes on and what it approved stays as it is until the plan comes into force or goes back to the
committee; a closed plan is read and copied, never changed."""


GOALS_OPEN: Final = EDITABLE - STANDING
"""From the council's vote on a plan's goals and their baselines stay as the council reads them, or nobody could be
measured by them; going back to the committee opens them."""

AT_THE_COUNCIL: Final = frozenset({PlanState.COUNCIL_VOTE, PlanState.APPROVED})
"""Where a goal that came without a baseline, before one was asked for, still takes its first: nothing comes into force
without one."""


class Block(Labelled):
    """What stands between a plan and its next state."""

    LEAD = "lead", _l("No one leads this plan yet.")
    COMMITTEE = "committee", _l("The committee has no members yet.")
    QUESTIONS = "questions", _l("A required question has no answer.")
    GOALS = "goals", _l("A required component has no goal.")
    COUNCIL = (
        "council",
        _l("The council has not approved the plan by a vote with a quorum that a second person confirmed."),
    )
    BASELINES = "baselines", _l("A goal has no baseline yet.")
    BACKWARD = "backward", _l("A goal points the wrong way, and no reason is given.")
    EARLY = "early", _l("The first school year of this plan has not started.")
    OVER = "over", _l("The last school year of this plan is over.")
    REVIEW = "review", _l("There is no annual review yet.")


OF_GOALS: Final = (Block.QUESTIONS, Block.GOALS, Block.BASELINES, Block.BACKWARD)
BLOCKED_BY: Final[dict[PlanState, tuple[Block, ...]]] = {
    PlanState.DRAFT: (),
    PlanState.COMMITTEE: (Block.LEAD,),
    PlanState.COUNCIL_VOTE: (Block.LEAD, Block.COMMITTEE, *OF_GOALS),
    PlanState.APPROVED: (Block.QUESTIONS, Block.GOALS, Block.COUNCIL),
    PlanState.IN_FORCE: (*OF_GOALS, Block.EARLY, Block.OVER),
    PlanState.REVIEWED: (Block.REVIEW,),
    PlanState.CLOSED: (),
}
"""What may block the way into each state."""


class Outdated(Labelled):
    """Why a plan is out of date."""

    TEMPLATE = "template", _l("The district has a newer template. This plan keeps the questions it was started with.")
    OVER = "over", _l("The last school year of this plan is over.")


SENTENCES: dict[str, Any] = {
    "plan.started": _l("School safety plan started"),
    "plan.copied": _l("School safety plan copied from an earlier year"),
    "plan.moved": (_l("School safety plan: %(state)s"), {"state": PlanState.labels()}),
    "plan.council_decided": (
        _l("Council’s vote on the school safety plan: %(approved)s"),
        {"approved": {True: _l("Approved"), False: _l("Not approved")}},
    ),
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


LONGEST_TIER = 60


class SchoolPlan(Versioned, Base):
    """One plan of a school for one or more school years. At most one of a school stands at a time (`states.STANDING`).

    `number` counts the plans of a school that begin in the same year. `council_approved_on`: the day on which the
    council approved it by a vote with a quorum, None until then and again when it goes back to the committee.
    `money_since`: the school year from which funding counts for it, where it took over the money of a plan that began
    earlier; None for its own first year.
    `moved_at`, `moved_by_id`: when and by whom it was moved to where it stands; None while no one has moved it.
    """

    __tablename__ = "school_plan"
    __table_args__ = (
        UniqueConstraint("school_id", "first_year", "number"),
        Index("uq_school_plan_standing", "school_id", unique=True, **where("state in ('in_force','reviewed')")),
        Index("ix_school_plan_state", "state", "school_id"),
        CheckConstraint("first_year <= last_year", name="years"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("(approved_on is null) = (approved_by_id is null)", name="approved"),
        CheckConstraint(
            "state not in ('approved','in_force','reviewed') or (approved_on is not null "
            "and council_approved_on is not null)",
            name="needs_approval",
        ),
        CheckConstraint("state not in ('in_force','reviewed') or in_force_on is not null", name="in_force"),
        CheckConstraint("(state = 'closed') = (closed_on is not null)", name="closed"),
    )

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    first_year: Mapped[str] = mapped_column(String(7))
    last_year: Mapped[str] = mapped_column(String(7))
    number: Mapped[int]
    tier: Mapped[str] = mapped_column(String(LONGEST_TIER), default="", server_default="")
    state: Mapped[PlanState] = mapped_column(named_enum(PlanState, "state"))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    template_id: Mapped[int] = mapped_column(ForeignKey("plan_template.id"))
    copied_from_id: Mapped[int | None] = mapped_column(ForeignKey("school_plan.id"))
    money_since: Mapped[str | None] = mapped_column(String(7))
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    started_at: Mapped[datetime]
    moved_at: Mapped[datetime | None]
    moved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    council_approved_on: Mapped[date | None]
    approved_on: Mapped[date | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    in_force_on: Mapped[date | None]
    closed_on: Mapped[date | None]


class OfPlan:
    """What hangs on a plan; its school is the plan's."""

    id: Mapped[Id]

    @declared_attr
    def school_id(cls) -> Mapped[int]:
        """Its school."""
        return mapped_column(ForeignKey("school.id"), index=True)

    @declared_attr
    def plan_id(cls) -> Mapped[int]:
        """Its plan."""
        return mapped_column(ForeignKey("school_plan.id"), index=True)


PLAN_READERS: Final = (*sorted(CASE_TEAM), Role.DISTRICT)
"""Deans, coordinators and administrators of the school, and who administers the district or its network."""

LONGEST_TERM: Final = 3
"""School years that one plan may be for."""


@dataclass(frozen=True)
class PlanFacts:
    """What decides where a plan may go. `unanswered`: required questions without an answer, by component."""

    has_lead: bool = False
    members: int = 0
    unanswered: Mapping[Component | None, int] = field(default_factory=dict)
    without_goal: Sequence[Component] = ()
    without_baseline: int = 0
    backward: int = 0
    council_approved: bool = False
    has_begun: bool = False
    is_over: bool = False
    has_annual_review: bool = False


def holds(facts: PlanFacts, block: Block) -> bool:
    """Whether this stands in the way."""
    return {
        Block.LEAD: not facts.has_lead,
        Block.COMMITTEE: facts.members == 0,
        Block.QUESTIONS: any(facts.unanswered.values()),
        Block.GOALS: bool(facts.without_goal),
        Block.COUNCIL: not facts.council_approved,
        Block.BASELINES: facts.without_baseline > 0,
        Block.BACKWARD: facts.backward > 0,
        Block.EARLY: not facts.has_begun,
        Block.OVER: facts.is_over,
        Block.REVIEW: not facts.has_annual_review,
    }[block]


def blocks(facts: PlanFacts, target: PlanState) -> list[Block]:
    return [block for block in BLOCKED_BY[target] if holds(facts, block)]


def may_follow(state: PlanState, target: PlanState) -> bool:
    """Whether a person may move a plan from one state to another at all."""
    return target in TRANSITIONS[state]


def way_forward(state: PlanState) -> PlanState | None:
    """Return the next state on the way, None at its end."""
    return TRANSITIONS[state][0] if TRANSITIONS[state] else None


def outdated(template_id: int, newest_template_id: int, last_year: str, this_year: str) -> list[Outdated]:
    """Return why a plan is out of date: a newer template is in force, or its last school year is over."""
    reasons = {Outdated.TEMPLATE: template_id != newest_template_id, Outdated.OVER: last_year < this_year}
    return [reason for reason, is_so in reasons.items() if is_so]


load_plan = by_id(SchoolPlan)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of plans to those of the schools whose plans the actor reads."""
    return statement.where(in_schools(SchoolPlan.school_id, actor, *PLAN_READERS))


def get_plan(actor: Actor, school_plan_id: int) -> SchoolPlan:
    """Return one plan. Raises NotFound."""
    statement = visible_to(select(SchoolPlan), actor).where(SchoolPlan.id == school_plan_id)
    found: SchoolPlan | None = db.session.scalar(statement)
    return existing(found)


def writable_plan(actor: Actor, school_plan_id: int) -> SchoolPlan:
    """Return one plan that the actor may write to. Raises NotFound."""
    plan = get_plan(actor, school_plan_id)
    require(actor, Permission.PLAN_WRITE, plan)
    return plan


def plans_of(actor: Actor, school_id: int) -> Sequence[SchoolPlan]:
    """Return the plans of a school that the actor may see, those of the latest years first."""
    statement = visible_to(select(SchoolPlan), actor).where(SchoolPlan.school_id == school_id)
    latest = (SchoolPlan.first_year.desc(), SchoolPlan.number.desc())
    found: Sequence[SchoolPlan] = db.session.scalars(statement.order_by(*latest)).all()
    return found


def standing_plan(school_id: int) -> SchoolPlan | None:
    """Return the plan that is in force at a school, reviewed or not; the caller has checked the school."""
    statement = select(SchoolPlan).where(SchoolPlan.school_id == school_id, SchoolPlan.state.in_(STANDING))
    return db.session.scalars(statement).one_or_none()


def shares_year(first: SchoolPlan, second: SchoolPlan) -> bool:
    """Whether two plans are for a same school year."""
    return first.first_year <= second.last_year and second.first_year <= first.last_year


FIRST_TIERS: Final = ("Tier 1", "Tier 2", "Tier 3")


def read_tiers(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


PLAN_TIERS: Final = StoredSetting("plans.tiers", read_tiers, fixed(FIRST_TIERS))
