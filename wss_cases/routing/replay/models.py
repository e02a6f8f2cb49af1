"""A replay that was asked for, and what it would have changed."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, named_enum
from wss_cases.routing.replay.states import ReplayState


class Replay(Versioned, Base):
    """One rule set replayed over the incidents of some days, slice by slice; `counts` is a `replay.Tally` so far.

    `rows_digest` says with which rows: once the rule set has others, the replay is stale.
    """

    __tablename__ = "rule_replay"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="dates"),
        CheckConstraint("(state = 'running') = (ended_at is null)", name="ended"),
        Index("ix_rule_replay_rule_set", "rule_set_id", "id"),
    )

    id: Mapped[Id]
    rule_set_id: Mapped[int] = mapped_column(ForeignKey("routing_rule_set.id"))
    rows_digest: Mapped[str] = mapped_column(String(64))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    state: Mapped[ReplayState] = mapped_column(named_enum(ReplayState, "state"), default=ReplayState.RUNNING)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    last_incident_id: Mapped[int] = mapped_column(default=0)
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)


class ReplayChange(Base):
    """An incident that a replay would have routed differently, in which a promise broke, or that could not be read."""

    __tablename__ = "rule_replay_change"
    __table_args__ = (
        UniqueConstraint("replay_id", "incident_id"),
        Index("ix_rule_replay_change_incident", "incident_id"),
        Index("ix_rule_replay_change_replay", "replay_id", "id"),
    )

    id: Mapped[Id]
    replay_id: Mapped[int] = mapped_column(ForeignKey("rule_replay.id"))
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    changes: Mapped[list[Any]]
    broken: Mapped[list[str]]
    is_read: Mapped[bool]
