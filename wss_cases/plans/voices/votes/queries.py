"""Votes on a plan, as numbers: nobody's vote is written down."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor
from wss_cases.access.scope import in_schools
from wss_cases.foundation.db import Base, Versioned, by_id, db, named_enum, where
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled
from wss_cases.plans.plan.core.models import OfPlan, PlanState, SchoolPlan
from wss_cases.plans.plan.core.queries import PLAN_READERS
from wss_cases.plans.voices.meetings.rules import SchoolMeeting


class VotingBody(Labelled):
    """Who votes."""

    COUNCIL = "council", _l("Local School Council")
    COMMITTEE = "committee", _l("Safety committee")
    STUDENTS = "students", _l("Student council")


class VoteResult(Labelled):
    """What a vote decides: without a quorum nothing, it goes to the network as a recommendation."""

    APPROVED = "approved", _l("Approved")
    NOT_APPROVED = "not_approved", _l("Not approved")
    RECOMMENDATION = "recommendation", _l("No quorum: recommendation to the network")


DECIDES: Final = VotingBody.COUNCIL
"""The body whose vote a plan needs; its count is confirmed by a second person."""
TONES: Final = {VoteResult.APPROVED: "moss", VoteResult.NOT_APPROVED: "brick", VoteResult.RECOMMENDATION: "sun"}

SENTENCES: dict[str, Any] = {
    "plan_vote.recorded": (_l("Vote recorded: %(result)s"), {"result": VoteResult.labels()}),
    "plan_vote.corrected": (_l("Vote corrected: %(result)s"), {"result": VoteResult.labels()}),
    "plan_vote.confirmed": (_l("Count of the vote confirmed: %(result)s"), {"result": VoteResult.labels()}),
}


LONGEST_REASON = 200


class PlanVote(OfPlan, Versioned, Base):
    """One vote of a body at a meeting. A correction is a row of its own: the one before stays, with when it was
    corrected; `corrects_id` and `reason` stand on the new one. The council's numbers decide nothing before a second
    person confirmed them."""

    __tablename__ = "plan_vote"
    __table_args__ = (
        Index("uq_plan_vote_standing", "plan_id", "meeting_id", "body", unique=True, **where("corrected_at is null")),
        CheckConstraint("yes >= 0 and no >= 0 and abstained >= 0 and yes + no + abstained > 0", name="votes"),
        CheckConstraint("quorum > 0", name="quorum"),
        CheckConstraint("(result = 'recommendation') = (yes + no + abstained < quorum)", name="no_quorum"),
        CheckConstraint("result <> 'approved' or 2 * yes > yes + no + abstained", name="majority"),
        CheckConstraint("(corrects_id is null) = (reason = '')", name="reason"),
        CheckConstraint("(confirmed_at is null) = (confirmed_by_id is null)", name="confirmed"),
        CheckConstraint("confirmed_by_id is null or confirmed_by_id <> recorded_by_id", name="second_person"),
    )
    PRIVATE = frozenset({"reason"})

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    body: Mapped[VotingBody] = mapped_column(named_enum(VotingBody, "body"))
    yes: Mapped[int]
    no: Mapped[int]
    abstained: Mapped[int]
    quorum: Mapped[int]
    result: Mapped[VoteResult] = mapped_column(named_enum(VoteResult, "result_kind"))
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("plan_vote.id"), unique=True)
    reason: Mapped[str] = mapped_column(String(LONGEST_REASON), default="", server_default="")
    corrected_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    confirmed_at: Mapped[datetime | None]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


load_vote = by_id(PlanVote)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of votes to those of the schools whose plans the actor reads."""
    return statement.where(in_schools(PlanVote.school_id, actor, *PLAN_READERS))


def get_vote(actor: Actor, vote_id: int) -> PlanVote:
    """Return one vote. Raises NotFound."""
    found: PlanVote | None = db.session.scalar(visible_to(select(PlanVote), actor).where(PlanVote.id == vote_id))
    return existing(found)


def votes_at(actor: Actor, meeting_id: int) -> Sequence[PlanVote]:
    """Return the votes of a meeting, corrected ones among them, in the order in which they were recorded."""
    statement = visible_to(select(PlanVote), actor).where(PlanVote.meeting_id == meeting_id)
    found: Sequence[PlanVote] = db.session.scalars(statement.order_by(PlanVote.id)).all()
    return found


def first_persons(vote: PlanVote) -> list[int | None]:
    """Return whose acts the count of a vote is confirmed beside: who recorded it, and who moved the plan to the vote;
    the caller has checked the vote."""
    moved_by = db.session.scalar(select(SchoolPlan.moved_by_id).where(SchoolPlan.id == vote.plan_id))
    return [vote.recorded_by_id, moved_by]


def latest_decision(plan: SchoolPlan) -> date | None:
    """Return the day on which the council approved a plan that is up for its vote: by the latest of the confirmed votes
    with a quorum since the plan came there, None where that one refused it. The caller has checked the plan."""
    standing = (PlanVote.plan_id == plan.id, PlanVote.body == DECIDES, PlanVote.corrected_at.is_(None))
    decides = (PlanVote.confirmed_at.is_not(None), PlanVote.result != VoteResult.RECOMMENDATION)
    found = select(PlanVote.result, SchoolMeeting.held_on).where(*standing, *decides)
    if plan.moved_at is not None:
        found = found.where(PlanVote.recorded_at >= plan.moved_at)
    joined = found.join(SchoolMeeting, SchoolMeeting.id == PlanVote.meeting_id)
    row = db.session.execute(joined.order_by(SchoolMeeting.held_on.desc(), PlanVote.id.desc()).limit(1)).first()
    return row[1] if row is not None and row[0] is VoteResult.APPROVED else None


def plans_voted_on(votes: Sequence[PlanVote]) -> Sequence[SchoolPlan]:
    """Return the plans of these votes, which the caller has checked."""
    wanted = select(SchoolPlan).where(SchoolPlan.id.in_({vote.plan_id for vote in votes}))
    return db.session.scalars(wanted.order_by(SchoolPlan.id)).all() if votes else ()


def plans_to_vote_on(school_id: int) -> Sequence[SchoolPlan]:
    """Return the plans of a school that are not closed, the latest years first; the caller has checked the school."""
    going_on = (SchoolPlan.school_id == school_id, SchoolPlan.state != PlanState.CLOSED)
    return db.session.scalars(select(SchoolPlan).where(*going_on).order_by(SchoolPlan.id.desc())).all()
