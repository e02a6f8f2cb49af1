"""What a school answers to the questions of its plan's template."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Versioned
from wss_cases.plans.plan.core.models import OfPlan


class PlanAnswer(OfPlan, Versioned, Base):
    """One answer; whoever writes over it names the version that they read.

    `earlier_text` and `earlier_by_id`: what the person before wrote, when another one wrote over it.
    """

    __tablename__ = "plan_answer"
    __table_args__ = (UniqueConstraint("plan_id", "question_id"),)
    PRIVATE = frozenset({"text", "earlier_text"})

    question_id: Mapped[int] = mapped_column(ForeignKey("plan_question.id"))
    text: Mapped[str] = mapped_column(Text)
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    written_at: Mapped[datetime]
    earlier_text: Mapped[str] = mapped_column(Text, default="", server_default="")
    earlier_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
