"""Votes on a plan, as numbers: nobody's vote is written down."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Versioned, named_enum, where
from wss_cases.plans.plan.core.models import OfPlan
from wss_cases.plans.voices.votes.states import VoteResult, VotingBody

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
