"""Training requirements: their table, when a training is due again, and where a person stands."""

import calendar
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Select,
    String,
    and_,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import STAFF, Actor, Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.grants import holders_of, in_force
from wss_cases.foundation.db import Base, Id, db, named_enum
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import reached_schools
from wss_cases.training.records.models import KEEPERS, TrainingRecord, counts_on


class Shape(Labelled):
    """What a requirement asks: of each person with a role, or of each school."""

    EVERY_PERSON = "every_person", _l("Everyone in a role, every so many months")
    SCHOOL_MINIMUM = "school_minimum", _l("At least so many trained people at each school")


class Standing(Labelled):
    """How somebody stands to a requirement of every person, the most pressing first."""

    NONE = "none", _l("No training on record")
    OVERDUE = "overdue", _l("Overdue")
    DUE = "due", _l("Due within 60 days")
    VALID = "valid", _l("Up to date")


SENTENCES: Final = {
    "training_requirement.added": _l("Training requirement added: %(topic)s"),
    "training_requirement.ended": _l("Training requirement ends on %(day)s"),
}


class TrainingRequirement(Base):
    """One requirement of a topic from a day on, until a day (None: still); a change ends it and adds another.

    Either every person with a role at a school renews the training every so many months, or each school has at least
    so many trained people. `source`: where it is written; not `is_confirmed`: nobody has confirmed that source.
    """

    __tablename__ = "training_requirement"
    __table_args__ = (
        CheckConstraint("ends_on is null or ends_on >= starts_on", name="dates"),
        CheckConstraint(
            "(shape = 'every_person' and role is not null and months is not null and months > 0 and minimum is null)"
            " or (shape = 'school_minimum' and role is null and months is null and minimum is not null"
            " and minimum > 0)",
            name="one_shape",
        ),
    )

    id: Mapped[Id]
    topic: Mapped[str] = mapped_column(String(40), ForeignKey("training_topic.code"))
    shape: Mapped[Shape] = mapped_column(named_enum(Shape, "shape"))
    role: Mapped[Role | None] = mapped_column(named_enum(Role, "role"))
    months: Mapped[int | None]
    minimum: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(300), default="", server_default="")
    is_confirmed: Mapped[bool] = mapped_column(default=False)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


SOON: Final = timedelta(days=60)
"""So long before it is due, a training is asked for."""
MOST_MONTHS: Final = 120
MOST_PEOPLE: Final = 500
ORDER: Final = tuple(Standing)
"""From the most pressing to what is well."""


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later, the last of the month where that has fewer days."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def due_on(training: Any, months: int) -> date:
    again = months_after(training.completed_on, months)
    return again if training.valid_until is None else min(again, training.valid_until)


def standing_of(trainings: Iterable[Any], months: int, today: date) -> tuple[Standing, date | None]:
    """Return how somebody stands who has these trainings of a topic on record, and the day that decides.

    What was taken back, and what has yet to be completed, does not count.
    """
    days = [due_on(row, months) for row in trainings if row.taken_back_at is None and row.completed_on <= today]
    if not days:
        return Standing.NONE, None
    last = max(days)
    if last < today:
        return Standing.OVERDUE, last
    return (Standing.DUE if last <= today + SOON else Standing.VALID), last


_COUNTED = (TrainingRecord.topic, TrainingRecord.completed_on, TrainingRecord.valid_until, TrainingRecord.taken_back_at)
"""What decides of a training how somebody stands: rows, where a district reads thousands."""


@dataclass(frozen=True)
class PersonStanding:
    """How one person of a school stands to one requirement; `due_on`: the last day on which they are up to date."""

    user_id: int
    name: str
    requirement: TrainingRequirement
    standing: Standing
    due_on: date | None


@dataclass(frozen=True)
class Minimum:
    """A requirement of each school, and how many trained people it has."""

    requirement: TrainingRequirement
    trained: int

    @property
    def met(self) -> bool:
        """Whether they are enough."""
        return self.trained >= (self.requirement.minimum or 0)


@dataclass
class SchoolStanding:
    """How a school stands: the minimums it does not meet, and how many people are in each standing."""

    school_id: int
    unmet: list[Minimum] = field(default_factory=list)
    people: Counter[Standing] = field(default_factory=Counter)


def every_requirement() -> list[TrainingRequirement]:
    statement = select(TrainingRequirement).order_by(TrainingRequirement.topic, TrainingRequirement.starts_on.desc())
    return list(db.session.scalars(statement.order_by(TrainingRequirement.id)))


def _asked_on(day: date | BindParameter[Any]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    going = or_(TrainingRequirement.ends_on.is_(None), TrainingRequirement.ends_on >= day)
    return TrainingRequirement.starts_on <= day, going


def asked_counted(day: date | BindParameter[Any]) -> Select[Any]:
    """Select how many requirements are in force on a day."""
    counted: Select[Any] = select(func.count(TrainingRequirement.id)).where(*_asked_on(day))
    return counted


def requirements_on(day: date) -> list[TrainingRequirement]:
    statement = select(TrainingRequirement).where(*_asked_on(day))
    return list(db.session.scalars(statement.order_by(TrainingRequirement.topic, TrainingRequirement.id)))


def standings_at(school_id: int, today: date) -> list[PersonStanding]:
    """Return how everyone of a school stands to each requirement of their role. The caller has checked the school."""
    asked = [row for row in requirements_on(today) if row.shape is Shape.EVERY_PERSON]
    people = holders_of({row.role for row in asked if row.role}, school_id, today) if asked else {}
    ids = {user_id for held in people.values() for user_id in held}
    had = _records(ids, {row.topic for row in asked})
    return [
        PersonStanding(user_id, name, row, *standing_of(had[user_id, row.topic], row.months or 0, today))
        for row in asked
        if row.role is not None
        for user_id, name in people[row.role].items()
    ]


def _records(people: Collection[int], topics: Collection[str]) -> Mapping[tuple[int, str], list[TrainingRecord]]:
    had: defaultdict[tuple[int, str], list[TrainingRecord]] = defaultdict(list)
    if people:
        statement = select(TrainingRecord).where(
            TrainingRecord.user_id.in_(sorted(people)), TrainingRecord.topic.in_(sorted(topics))
        )
        for row in db.session.scalars(statement):
            had[row.user_id, row.topic].append(row)
    return had


def minimums_at(school_id: int, today: date) -> list[Minimum]:
    """Return the requirements of a school and how it meets them, those that it does not meet first."""
    asked = [row for row in requirements_on(today) if row.shape is Shape.SCHOOL_MINIMUM]
    trained = _trained({row.topic for row in asked}, today, [school_id]) if asked else {}
    rows = [Minimum(row, trained.get((school_id, row.topic), 0)) for row in asked]
    return sorted(rows, key=lambda one: one.met)


def unmet_minimums(school_ids: Collection[int], today: date) -> dict[int, int]:
    """Return for each of these schools how many minimums it does not meet today, in two statements. The caller has
    checked the schools."""
    asked = [row for row in requirements_on(today) if row.shape is Shape.SCHOOL_MINIMUM]
    trained = _trained({row.topic for row in asked}, today, school_ids) if asked else {}
    return {
        school_id: sum(not Minimum(row, trained.get((school_id, row.topic), 0)).met for row in asked)
        for school_id in school_ids
    }


def _trained(topics: Collection[str], today: date, schools: Collection[int] | None) -> dict[tuple[int, str], int]:
    """Return how many of a school's staff have a training that counts, by school and topic; of all where None."""
    statement = (
        select(RoleGrant.school_id, TrainingRecord.topic, func.count(TrainingRecord.user_id.distinct()))
        .join(TrainingRecord, TrainingRecord.user_id == RoleGrant.user_id)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(RoleGrant.role.in_(sorted(STAFF)), in_force(today), UserAccount.state == AccountState.ACTIVE)
        .where(TrainingRecord.topic.in_(sorted(topics)), counts_on(today), RoleGrant.school_id.is_not(None))
        .group_by(RoleGrant.school_id, TrainingRecord.topic)
    )
    if schools is not None:
        statement = statement.where(RoleGrant.school_id.in_(sorted(schools)))
    return {(row[0], row[1]): row[2] for row in db.session.execute(statement) if row[0] is not None}


def standings_of_schools(actor: Actor, today: date) -> dict[int, SchoolStanding]:
    """Return how each school for whose trainings the actor answers stands, by its id; what plans and districts ask.

    Five statements for however many schools.
    """
    everywhere = actor.everywhere(*KEEPERS)
    mine = set(reached_schools(actor, *KEEPERS))
    statement = select(School.id).where(School.is_active)
    ids = {row for row in db.session.scalars(statement) if everywhere or row in mine}
    found = {school_id: SchoolStanding(school_id) for school_id in sorted(ids)}
    asked = requirements_on(today)
    minimums = [row for row in asked if row.shape is Shape.SCHOOL_MINIMUM]
    trained = _trained({row.topic for row in minimums}, today, None if everywhere else ids) if minimums else {}
    for standing in found.values():
        rows = [Minimum(row, trained.get((standing.school_id, row.topic), 0)) for row in minimums]
        standing.unmet = [one for one in rows if not one.met]
    _count_people(found, [row for row in asked if row.shape is Shape.EVERY_PERSON], today)
    return found


def _count_people(found: dict[int, SchoolStanding], asked: Iterable[TrainingRequirement], today: date) -> None:
    for one in _each_standing(found.keys(), asked, today):
        found[one.school_id].people[one.standing] += 1


@dataclass(frozen=True)
class Stands:
    """How one person at one school stands to one requirement."""

    school_id: int
    user_id: int
    requirement: TrainingRequirement
    standing: Standing
    due_on: date | None


def _each_standing(
    school_ids: Collection[int], asked: Iterable[TrainingRequirement], today: date, user_id: int | None = None
) -> Iterator[Stands]:
    """Yield how everyone of these schools, or one person there, stands to what is asked of each, in one statement."""
    by_role: defaultdict[Role, list[TrainingRequirement]] = defaultdict(list)
    for row in asked:
        if row.role is not None:
            by_role[row.role].append(row)
    if not by_role:
        return
    topics = sorted({row.topic for rows in by_role.values() for row in rows})
    had = and_(
        TrainingRecord.user_id == RoleGrant.user_id,
        TrainingRecord.topic.in_(topics),
        TrainingRecord.taken_back_at.is_(None),
    )
    statement = (
        select(RoleGrant.school_id, RoleGrant.role, RoleGrant.user_id, *_COUNTED)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .outerjoin(TrainingRecord, had)
        .where(RoleGrant.role.in_(sorted(by_role)), in_force(today), UserAccount.state == AccountState.ACTIVE)
        .where(RoleGrant.school_id.in_(sorted(school_ids)))
    )
    if user_id is not None:
        statement = statement.where(RoleGrant.user_id == user_id)
    held: defaultdict[tuple[int, Role, int], list[Any]] = defaultdict(list)
    for found_row in db.session.execute(statement):
        held[found_row[0] or 0, found_row[1], found_row[2]] += [found_row] if found_row.topic is not None else []
    for (school_id, role, user), records in held.items():
        for requirement in by_role[role]:
            of_topic = [one for one in records if one.topic == requirement.topic]
            stands = standing_of(of_topic, requirement.months or 0, today)
            yield Stands(school_id, user, requirement, *stands)


def own_due(actor: Actor, today: date) -> list[Stands]:
    """Return which required trainings the actor lacks or must soon renew, each once, the most pressing first."""
    schools = actor.school_ids(*STAFF)
    asked = [row for row in requirements_on(today) if row.shape is Shape.EVERY_PERSON] if schools else []
    found = _each_standing(schools, asked, today, actor.user_id) if asked else ()
    pressing = {one.requirement.id: one for one in found if one.standing is not Standing.VALID}
    return sorted(pressing.values(), key=lambda one: (ORDER.index(one.standing), one.due_on or today))


def behind(school_ids: Collection[int], today: date) -> tuple[dict[int, set[int]], set[tuple[int, int]]]:
    """Return what these schools are behind with, in three statements: for each school that is, the requirements by id
    that it does not meet, or that someone there lacks or must soon renew; and (person, school) of those people.

    The caller has checked the schools."""
    asked = requirements_on(today) if school_ids else []
    schools: defaultdict[int, set[int]] = defaultdict(set)
    people: set[tuple[int, int]] = set()
    for one in _each_standing(school_ids, [row for row in asked if row.shape is Shape.EVERY_PERSON], today):
        if one.standing is not Standing.VALID:
            schools[one.school_id].add(one.requirement.id)
            people.add((one.user_id, one.school_id))
    minimums = [row for row in asked if row.shape is Shape.SCHOOL_MINIMUM]
    trained = _trained({row.topic for row in minimums}, today, school_ids) if minimums else {}
    for row in minimums:
        for school_id in school_ids:
            if not Minimum(row, trained.get((school_id, row.topic), 0)).met:
                schools[school_id].add(row.id)
    return dict(schools), people
