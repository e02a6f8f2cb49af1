"""What the strategies of a plan need, the money planned for it, and the entries of money committed and spent."""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, named_enum
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.plans.money.amounts import MOST_CENTS, MOST_HUNDREDTHS
from wss_cases.plans.plan.core.models import OfPlan


class ResourceKind(Labelled):
    """The kinds of need."""

    POSITION = "position", _l("Position")
    PROGRAM = "program", _l("Program")
    TRAINING = "training", _l("Training")
    WRAP_AROUND = "wrap_around", _l("Wrap-around support or mentoring")
    REENGAGEMENT = "reengagement", _l("Re-engagement")
    MATERIALS = "materials", _l("Materials or space")
    STIPEND = "stipend", _l("Stipend")
    OTHER = "other", _l("Other")


class EntryKind(Labelled):
    """What happened to an amount."""

    COMMITTED = "committed", _l("Committed")
    SPENT = "spent", _l("Spent")


class Staffing(Labelled):
    """The state of a position."""

    VACANT = "vacant", _l("Vacant")
    FILLED = "filled", _l("Filled")


CORRECTED: Final = "resource_entry.corrected"
SENTENCES: dict[str, Any] = {
    "plan_resource.added": (_l("Resource added: %(kind)s"), {"kind": ResourceKind.labels()}),
    "plan_resource.changed": (_l("Resource changed: %(kind)s"), {"kind": ResourceKind.labels()}),
    "resource_entry.added": (_l("Entry added: %(kind)s"), {"kind": EntryKind.labels()}),
    CORRECTED: (
        _l(
            "Entry %(number)s corrected: %(was_kind)s, %(was_amount)s, %(was_day)s became %(kind)s, %(amount)s,"
            " %(day)s. %(reason)s"
        ),
        {"was_kind": EntryKind.labels(), "kind": EntryKind.labels()},
    ),
}


LONGEST_TITLE, LONGEST_JOB_CODE, LONGEST_NOTE = 200, 40, 500
OF_POSITIONS = (
    "kind = 'position' or (job_code = '' and fte_hundredths is null and filled_on is null and vacant_since is null)"
)


class PlanResource(OfPlan, Versioned, Base):
    """One need of a strategy, with the cents planned for it.

    A position is vacant where it has `vacant_since`; `filled_on` is the day on which it was last filled.
    """

    __tablename__ = "plan_resource"
    __table_args__ = (
        CheckConstraint(f"planned_cents between 0 and {MOST_CENTS}", name="planned"),
        CheckConstraint(f"fte_hundredths is null or fte_hundredths between 1 and {MOST_HUNDREDTHS}", name="fte"),
        CheckConstraint(OF_POSITIONS, name="of_positions"),
        CheckConstraint(
            "kind <> 'position' or filled_on is not null or vacant_since is not null", name="filled_or_vacant"
        ),
        CheckConstraint("filled_on is null or vacant_since is null or filled_on <= vacant_since", name="dates"),
        CheckConstraint("title <> ''", name="title"),
    )

    strategy_id: Mapped[int] = mapped_column(ForeignKey("plan_strategy.id"), index=True)
    kind: Mapped[ResourceKind] = mapped_column(named_enum(ResourceKind, "kind"))
    title: Mapped[str] = mapped_column(String(LONGEST_TITLE))
    job_code: Mapped[str] = mapped_column(String(LONGEST_JOB_CODE), default="")
    fte_hundredths: Mapped[int | None]
    filled_on: Mapped[date | None]
    vacant_since: Mapped[date | None]
    planned_cents: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class ResourceEntry(Versioned, Base):
    """An amount committed or spent, in cents; 0 where it turned out that nothing was. The database refuses deletes.

    A correction changes the row; its history says what it was and why it changed.
    """

    __tablename__ = "resource_entry"
    __table_args__ = (
        Index("ix_resource_entry_resource", "resource_id", "kind"),
        CheckConstraint(f"amount_cents between 0 and {MOST_CENTS}", name="amount"),
    )
    PRIVATE = frozenset({"note"})

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    resource_id: Mapped[int] = mapped_column(ForeignKey("plan_resource.id"))
    kind: Mapped[EntryKind] = mapped_column(named_enum(EntryKind, "kind"))
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    on_day: Mapped[date]
    note: Mapped[str] = mapped_column(String(LONGEST_NOTE), default="")
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
