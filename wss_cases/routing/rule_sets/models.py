"""Rule sets as rows, the answer that routed each person of each incident, and replays of rule sets over these."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, CodeTable, Id, Versioned, named_enum
from wss_cases.routing.engine.states import RuleSetState


class RuleSet(CodeTable, Versioned, Base):
    """One version of the decision table, in force between two dates once published."""

    __tablename__ = "routing_rule_set"
    __table_args__ = (UniqueConstraint("name", "number"),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    state: Mapped[RuleSetState] = mapped_column(named_enum(RuleSetState, "state"))
    table_rows: Mapped[dict[str, Any]]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    published_at: Mapped[datetime | None]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    drafted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    note: Mapped[str] = mapped_column(String(600), default="", server_default="")
    """What it changes and why, in its author's words."""
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    """Who handed the draft, as it is now, to a second person; nobody once it was changed after."""
    proposed_at: Mapped[datetime | None]
    why_not_replayed: Mapped[str] = mapped_column(String(600), default="", server_default="")


class RuleSetWithdrawal(CodeTable, Base):
    """That a published rule set never came into force; the rule set itself stays as it was published."""

    __tablename__ = "rule_set_withdrawal"
    __table_args__ = (UniqueConstraint("rule_set_id"),)

    id: Mapped[Id]
    rule_set_id: Mapped[int] = mapped_column(ForeignKey("routing_rule_set.id"))
    withdrawn_at: Mapped[datetime]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reason: Mapped[str] = mapped_column(String(600))


class RoutingAnswer(Base):
    """Rule set, facts and recommendation that routed one person's part; kept as it was."""

    __tablename__ = "routing_answer"
    __table_args__ = (Index("ix_routing_answer_incident", "incident_id", "id"),)

    id: Mapped[Id]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    incident_person_id: Mapped[int | None] = mapped_column(ForeignKey("incident_person.id"))
    rule_set_id: Mapped[int] = mapped_column(ForeignKey("routing_rule_set.id"))
    created_at: Mapped[datetime]
    facts: Mapped[dict[str, Any]]
    answer: Mapped[dict[str, Any]]
