"""The money that a school has for its plan, by school year and source. It names no student."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    UniqueConstraint,
    and_,
    func,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor, Role, in_schools
from wss_cases.foundation.db import Base, Id, Versioned, among, by_id, db, named_enum, where
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import Labelled, _, _l
from wss_cases.plans.money.amounts import MOST_CENTS, money_words
from wss_cases.plans.plan.core.models import PLAN_READERS, SchoolPlan
from wss_cases.roster.directory.models import School


class FundingSource(Labelled):
    """The source of money."""

    FORMER_POLICE = "former_police", _l("Former school police money")
    DISTRICT = "district", _l("District")
    GRANT = "grant", _l("Grant")
    IN_KIND = "in_kind", _l("In-kind")


SENTENCES: dict[str, Any] = {
    "funding.added": (_l("Funding added: %(source)s"), {"source": FundingSource.labels()}),
    "funding.changed": (_l("Funding changed: %(source)s"), {"source": FundingSource.labels()}),
    "funding.change_asked": _l("Asked to change former school police money"),
    "funding.change_made": _l("Former school police money changed by two people"),
    "funding.change_refused": _l("The change of former school police money was not made"),
}


OFFICERS = "source = 'former_police' or officers_removed is null"
BETWEEN = f"amount_cents between 0 and {MOST_CENTS}"


class Funding(Versioned, Base):
    """An amount that a school has in a school year from one source. `note` distinguishes lines of the same source.

    `officers_removed` is the number of police officers who left the school for this money. A line of former school
    police money is changed by two people only (`FundingChange`).
    """

    __tablename__ = "funding"
    __table_args__ = (
        UniqueConstraint("school_id", "school_year", "source", "note"),
        CheckConstraint(BETWEEN, name="amount"),
        CheckConstraint(OFFICERS, name="officers"),
    )

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    school_year: Mapped[str] = mapped_column(String(7))
    source: Mapped[FundingSource] = mapped_column(named_enum(FundingSource, "source"))
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    officers_removed: Mapped[int | None]
    note: Mapped[str] = mapped_column(String(200), default="")
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class FundingChange(Versioned, Base):
    """A requested change of a line of former school police money, its reason, and the second person's decision."""

    __tablename__ = "funding_change"
    __table_args__ = (
        Index("uq_funding_change_waits", "funding_id", unique=True, **where("settled_at IS NULL")),
        Index("ix_funding_change_school", "school_id", "settled_at"),
        CheckConstraint(BETWEEN, name="amount"),
        CheckConstraint("(settled_at is null) = (agreed is null)", name="settled"),
        CheckConstraint("agreed is null or not agreed or settled_by_id <> asked_by_id", name="two_people"),
    )
    PRIVATE = frozenset({"reason", "answer"})

    id: Mapped[Id]
    funding_id: Mapped[int] = mapped_column(ForeignKey("funding.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    amount_before_cents: Mapped[int] = mapped_column(BigInteger)
    officers_before: Mapped[int | None]
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    officers_removed: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    agreed: Mapped[bool | None]
    answer: Mapped[str] = mapped_column(Text, default="")
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    settled_at: Mapped[datetime | None]


MOST_WAITING = 50

load_funding = by_id(Funding)
load_change = by_id(FundingChange)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """The select of funding, limited to schools whose plans the actor may read."""
    return statement.where(in_schools(Funding.school_id, actor, *PLAN_READERS))


def changes_visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """The select of changes, limited to schools whose plans the actor may read."""
    return statement.where(in_schools(FundingChange.school_id, actor, *PLAN_READERS))


def get_funding(actor: Actor, funding_id: int) -> Funding:
    """One line. Raises NotFound."""
    row: Funding | None = db.session.scalar(visible_to(select(Funding), actor).where(Funding.id == funding_id))
    return existing(row)


def get_change(actor: Actor, change_id: int) -> FundingChange:
    """One requested change. Raises NotFound."""
    wanted = changes_visible_to(select(FundingChange), actor).where(FundingChange.id == change_id)
    row: FundingChange | None = db.session.scalar(wanted)
    return existing(row)


def waiting_change(funding_id: int) -> FundingChange | None:
    """The change of a line that waits for a second person; None without one."""
    waits = (FundingChange.funding_id == funding_id, FundingChange.settled_at.is_(None))
    return db.session.scalar(select(FundingChange).where(*waits))


def waiting_changes(actor: Actor, school_id: int | None = None) -> Sequence[tuple[FundingChange, str]]:
    """The changes that wait for a second person, each with its school's name, the oldest first."""
    wanted: Any = select(FundingChange, School.name).join(School, School.id == FundingChange.school_id)
    wanted = changes_visible_to(wanted, actor).where(FundingChange.settled_at.is_(None))
    if school_id is not None:
        wanted = wanted.where(FundingChange.school_id == school_id)
    return [(row[0], row[1]) for row in db.session.execute(wanted.order_by(FundingChange.id).limit(MOST_WAITING))]


def changes_of_line(actor: Actor, funding_id: int) -> list[FundingChange]:
    """All requested changes of a line, the newest first."""
    wanted = changes_visible_to(select(FundingChange), actor).where(FundingChange.funding_id == funding_id)
    return list(db.session.scalars(wanted.order_by(FundingChange.id.desc())))


def funding_by_source(
    actor: Actor, school_ids: Collection[int] | None, years: Collection[str]
) -> dict[int, dict[FundingSource, int]]:
    """For each school, the funding of these school years in cents by source; without `school_ids`, for all schools of
    the actor."""
    wanted: Any = select(Funding.school_id, Funding.source, func.sum(Funding.amount_cents))
    wanted = visible_to(wanted, actor).where(Funding.school_year.in_(years))
    if school_ids is not None:
        wanted = wanted.where(Funding.school_id.in_(school_ids))
    by_school: defaultdict[int, dict[FundingSource, int]] = defaultdict(dict)
    for school_id, source, cents in db.session.execute(wanted.group_by(Funding.school_id, Funding.source)):
        by_school[school_id][source] = int(cents)
    return dict(by_school)


def sources_of(plan_ids: Sequence[int]) -> dict[int, dict[FundingSource, int]]:
    """The funding of each of these plans in cents by source, in one query. The caller has checked the plans."""
    plan = SchoolPlan
    years = Funding.school_year.between(func.coalesce(plan.money_since, plan.first_year), plan.last_year)
    wanted: Any = select(plan.id, Funding.source, func.sum(Funding.amount_cents))
    wanted = wanted.join(Funding, and_(Funding.school_id == plan.school_id, years)).where(among(plan.id, plan_ids))
    found: defaultdict[int, dict[FundingSource, int]] = defaultdict(dict)
    for plan_id, source, cents in db.session.execute(wanted.group_by(plan.id, Funding.source)):
        found[plan_id][source] = int(cents)
    return found


def source_rows(plan: SchoolPlan, _today: date) -> list[tuple[str, str]]:
    """The funding of a plan that the caller has checked, as rows of source and amount, for wherever its use stands."""
    return source_words(sources_of([plan.id])[plan.id])


def source_words(funding: Mapping[FundingSource, int]) -> list[tuple[str, str]]:
    """Each source of money with its amount; a source without money is left out."""
    return [(str(source.label), money_words(funding[source])) for source in FundingSource if source in funding]


def source_lines(funding: Mapping[FundingSource, int]) -> list[str]:
    """Each source of money with its amount, in a line: "Former school police money $165,000"."""
    return [f"{source} {amount}" for source, amount in source_words(funding)] or [_("No funding is entered.")]


def police_dollars(plan_ids: Sequence[int], _today: date) -> dict[int, int]:
    """The whole dollars of former school police money of each plan. The caller has checked the plans."""
    former = FundingSource.FORMER_POLICE
    return {plan_id: amounts.get(former, 0) // 100 for plan_id, amounts in sources_of(plan_ids).items()}


def schools_to_fund(actor: Actor) -> list[tuple[int, str]]:
    """Id and name of each school whose funding the actor may write, by name."""
    mine = select(School.id, School.name).where(School.is_active, in_schools(School.id, actor, Role.DISTRICT))
    return [(row[0], row[1]) for row in db.session.execute(mine.order_by(School.name, School.id))]
