"""The template that plans are written by: dated versions, each with its questions."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, named_enum
from wss_cases.plans.plan.templates.states import Component

LONGEST_CODE, LONGEST_SECTION = 40, 120


class PlanTemplate(Base):
    """One version, for plans that are started from `starts_on` on; what was started before keeps its own.

    `to_be_checked`: nobody of the district has confirmed these questions yet.
    """

    __tablename__ = "plan_template"
    __table_args__ = (UniqueConstraint("starts_on"),)

    id: Mapped[Id]
    starts_on: Mapped[date]
    to_be_checked: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(String(600), default="", server_default="")
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    written_at: Mapped[datetime]


class PlanQuestion(Base):
    """One question of a version. `code` is the same question's in every version; without a component it is general."""

    __tablename__ = "plan_question"
    __table_args__ = (
        UniqueConstraint("template_id", "code"),
        UniqueConstraint("template_id", "position"),
        CheckConstraint("text <> ''", name="text"),
    )

    id: Mapped[Id]
    template_id: Mapped[int] = mapped_column(ForeignKey("plan_template.id"))
    position: Mapped[int]
    code: Mapped[str] = mapped_column(String(LONGEST_CODE))
    component: Mapped[Component | None] = mapped_column(named_enum(Component, "component"))
    section: Mapped[str] = mapped_column(String(LONGEST_SECTION))
    section_es: Mapped[str] = mapped_column(String(LONGEST_SECTION), default="", server_default="")
    text: Mapped[str] = mapped_column(Text)
    text_es: Mapped[str] = mapped_column(Text, default="", server_default="")
    required: Mapped[bool]
