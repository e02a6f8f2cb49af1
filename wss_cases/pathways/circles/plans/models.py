"""Circle plans: opening, talking piece, values, rounds, closing. Never what was said, and no child's name."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.cases.case.models import OfCase
from wss_cases.foundation.db import Base, Id, Versioned, named_enum
from wss_cases.pathways.circles.plans.rules import LONGEST_PIECE, LONGEST_TITLE
from wss_cases.pathways.circles.plans.states import CirclePlanKind


class CirclePlan(OfCase, Versioned, Base):
    """One plan. It hangs on a circle of a case and goes with it, or on a day and a keeper for a community circle, or
    stands on a school's shelf, or is ready-made for every school in one `language`.

    `rounds`: the prompts in their order, one a line. `shared_values`: one a line.
    """

    __tablename__ = "circle_plan"
    __table_args__ = (
        Index("uq_circle_plan_pathway", "pathway_id", unique=True),
        Index("ix_circle_plan_school", "school_id", "kind"),
        Index("ix_circle_plan_keeper", "keeper_id", "planned_on"),
        CheckConstraint("(kind = 'template') = (school_id is null)", name="school"),
        CheckConstraint("(kind = 'template') = (language <> '')", name="language"),
        CheckConstraint("(kind = 'circle') = (pathway_id is not null)", name="circle"),
        CheckConstraint("(pathway_id is null) = (case_id is null)", name="case"),
        CheckConstraint("(kind = 'community') = (planned_on is not null)", name="day"),
        CheckConstraint("(planned_on is null) = (keeper_id is null)", name="keeper"),
    )
    PRIVATE = frozenset({"title", "opening", "talking_piece", "shared_values", "rounds", "closing"})

    id: Mapped[Id]
    kind: Mapped[CirclePlanKind] = mapped_column(named_enum(CirclePlanKind, "kind"))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    pathway_id: Mapped[int | None] = mapped_column(ForeignKey("pathway.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_record.id"))
    planned_on: Mapped[date | None]
    keeper_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    language: Mapped[str] = mapped_column(String(8), default="", server_default="")
    title: Mapped[str] = mapped_column(String(LONGEST_TITLE))
    opening: Mapped[str] = mapped_column(Text, default="", server_default="")
    talking_piece: Mapped[str] = mapped_column(String(LONGEST_PIECE), default="", server_default="")
    shared_values: Mapped[str] = mapped_column(Text, default="", server_default="")
    rounds: Mapped[str] = mapped_column(Text)
    closing: Mapped[str] = mapped_column(Text, default="", server_default="")
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    written_at: Mapped[datetime]
