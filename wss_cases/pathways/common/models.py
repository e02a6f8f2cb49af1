"""The table of all pathways; each pathway's folder has tables for what only it has."""

from datetime import date, datetime
from typing import Any, Self

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wss_cases.cases.case.models import Case, CaseParticipant, OfCase
from wss_cases.foundation.db import Base, Id, Versioned, named_enum
from wss_cases.pathways.common.states import LIVE, PathwayState


class InPathway:
    """What belongs to one pathway, and so to its case and its school."""

    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))

    @classmethod
    def of(cls, row: "Pathway", **values: Any) -> Self:
        """Return a new record of a pathway."""
        return cls(pathway_id=row.id, case_id=row.case_id, school_id=row.school_id, **values)  # type: ignore[call-arg]


class Pathway(OfCase, Versioned, Base):
    """One pathway of one case: who for, who owns it, its next step with a date, and its outcome."""

    __tablename__ = "pathway"
    __table_args__ = (
        Index("ix_pathway_case", "case_id"),
        Index("ix_pathway_owner", "owner_id", "state"),
        Index("ix_pathway_school_state", "school_id", "state"),
        CheckConstraint("state != 'completed' or outcome <> ''", name="outcome"),
        CheckConstraint("state != 'ended_early' or end_reason <> ''", name="end_reason"),
        CheckConstraint(
            "state not in ('preparing', 'active', 'completed') or accepted_on is not null", name="accepted"
        ),
        CheckConstraint("state not in ('active', 'completed') or started_on is not null", name="started"),
        CheckConstraint(
            "(state in ('completed', 'ended_early', 'declined')) = (ended_at is not null)", name="ended_at"
        ),
    )
    PRIVATE = frozenset({"outcome_note", "next_step"})

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    pathway: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(40))
    for_whom: Mapped[str] = mapped_column(String(20))
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("case_participant.id"))
    tier: Mapped[int] = mapped_column(default=1)
    rules: Mapped[list[str]] = mapped_column(default=list)
    state: Mapped[PathwayState] = mapped_column(named_enum(PathwayState, "state"), default=PathwayState.PROPOSED)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    proposed_at: Mapped[datetime]
    start_by: Mapped[date | None]
    offered_on: Mapped[date | None]
    offered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    accepted_on: Mapped[date | None]
    started_on: Mapped[date | None]
    held_on: Mapped[date | None]
    expected_end: Mapped[date | None]
    next_step: Mapped[str] = mapped_column(String(200), default="")
    next_step_on: Mapped[date | None] = mapped_column(index=True)
    outcome: Mapped[str] = mapped_column(String(60), default="")
    outcome_note: Mapped[str] = mapped_column(Text, default="")
    end_reason: Mapped[str] = mapped_column(String(60), default="")
    ended_at: Mapped[datetime | None]
    case: Mapped[Case] = relationship()
    participant: Mapped[CaseParticipant | None] = relationship()

    @classmethod
    def always_visible(cls) -> ColumnElement[bool]:
        """Pathways that go on: each keeps its case in view."""
        return cls.state.in_(LIVE)
