"""Requested replays, and the changes they found."""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, named_enum
from wss_cases.foundation.i18n import Labelled, _l


class ChangeKind(Labelled):
    """One way in which an incident would have been routed differently."""

    PATHWAY_ADDED = "pathway_added", _l("Pathway added")
    PATHWAY_REMOVED = "pathway_removed", _l("Pathway removed")
    PATHWAY_OTHER_KIND = "pathway_other_kind", _l("Another kind in its place")
    PATHWAY_CHANGED = "pathway_changed", _l("Another tier or start")
    HOLD_ADDED = "hold_added", _l("Hold added")
    HOLD_REMOVED = "hold_removed", _l("Hold removed")
    HOLD_CHANGED = "hold_changed", _l("Hold in another state")
    DUTY_ADDED = "duty_added", _l("Legal duty added")
    DUTY_REMOVED = "duty_removed", _l("Legal duty removed")
    DUTY_CHANGED = "duty_changed", _l("Legal duty in another state")
    NOTIFICATION_REVIEW = "notification_review", _l("Another finding about the police")
    FOLLOW_UP_ADDED = "follow_up_added", _l("Follow-up added")
    FOLLOW_UP_REMOVED = "follow_up_removed", _l("Follow-up removed")
    FOLLOW_UP_CHANGED = "follow_up_changed", _l("Follow-up on another day")
    QUESTION_ADDED = "question_added", _l("The decision waits for an answer")
    QUESTION_REMOVED = "question_removed", _l("The decision no longer waits for an answer")


class ReplayState(Labelled):
    """A replay runs until it is complete, someone stops it, or its rules are changed."""

    RUNNING = "running", _l("In progress")
    DONE = "done", _l("Done")
    CANCELLED = "cancelled", _l("Canceled")
    OVERTAKEN = "overtaken", _l("Ended: the rules were changed meanwhile")


REPLAY_TRANSITIONS: Final = {
    ReplayState.RUNNING: frozenset({ReplayState.DONE, ReplayState.CANCELLED, ReplayState.OVERTAKEN}),
    ReplayState.DONE: frozenset[ReplayState](),
    ReplayState.CANCELLED: frozenset[ReplayState](),
    ReplayState.OVERTAKEN: frozenset[ReplayState](),
}


SENTENCES: Final = {
    "rules.replay_asked": _l("Replay asked for, over incidents from %(first)s to %(last)s"),
    "rules.replay_cancelled": _l("Replay canceled"),
    "rules.replayed": _l("Replayed over %(incidents)s incidents: %(changed)s would have been routed differently"),
    "rules.not_replayed": _l("Published without a replay. The reason: %(reason)s"),
}


class Replay(Versioned, Base):
    """One rule set replayed over the incidents of some days, in slices; `counts` is its `replay.Tally` so far.

    `rows_digest` identifies the rows it used: when the rule set has other rows, the replay is stale.
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
    """An incident that would have been routed differently, broke an invariant, or could not be read."""

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
