"""The periods of a school's day, and who teaches a student in each period of their card, with their pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from operator import itemgetter
from typing import Any

from flask import url_for
from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship
from wtforms import SelectField, TimeField
from wtforms.validators import Optional

from wss_cases.access.actor import STAFF, Actor, in_schools
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import Base, Id, by_id, db
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.forms import PlainForm, ShortText
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.school_time import at_local
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common.actions import check_live
from wss_cases.pathways.common.models import InPathway, Pathway
from wss_cases.pathways.common.pages import HERE, PathwayPages, number, pathway_subject, people_choices, today_of
from wss_cases.pathways.mentoring.mentors import MANAGED_SCHOOL, staff_accounts
from wss_cases.pathways.mentoring.plan.models import MentoringPlan
from wss_cases.pathways.mentoring.plan.queries import card_of
from wss_cases.roster.calendar.days import last_bells
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import school_days
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.routing.engine.vocabulary import Pathway as Family

SENTENCES = {
    "school.periods_set": _l("Periods of the day set"),
    "mentoring.teachers_set": _l("Who teaches the student in each period set"),
}


LONGEST_NAME = 80
MOST_PERIODS = 12


class SchoolPeriod(Base):
    """A period of a school's usual day, in the school's local time. Cards use the same names."""

    __tablename__ = "school_period"
    __table_args__ = (
        UniqueConstraint("school_id", "name"),
        UniqueConstraint("school_id", "number"),
        CheckConstraint("ends_at > starts_at", name="times"),
    )

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    starts_at: Mapped[time]
    ends_at: Mapped[time]


class PeriodTeacher(InPathway, Base):
    """The teacher of a student in a period of their card. They mark it, and see nothing else of the card or the
    case.
    """

    __tablename__ = "period_teacher"
    __table_args__ = (UniqueConstraint("pathway_id", "period"), Index("ix_period_teacher_user", "user_id", "school_id"))
    PRIVATE = frozenset({"period"})

    id: Mapped[Id]
    period: Mapped[str] = mapped_column(String(LONGEST_NAME))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    user: Mapped[UserAccount] = relationship()


@dataclass(frozen=True)
class Hours:
    """The hours of a period on a day. Without times, and on a half day, every period has the whole day."""

    starts: datetime
    ends: datetime
    known: bool


def teaches(actor: Actor, row: Any) -> bool:
    """Whether the actor teaches the student in this period and works at the school."""
    return row.user_id is not None and row.user_id == actor.user_id and actor.covers(row.school_id, *STAFF)


def hours_on(day: date, period: str, known: Sequence[Any], bells: tuple[time, time], zone: str) -> Hours:
    """The hours of a period on a day between its first and last bell.

    `known`: the school's periods (`name`, `starts_at`, `ends_at`). A period without times has the whole day. So has one
    that starts after the last bell, as on a half day, because its time is unknown.
    """
    first, last = bells
    school_period = next(
        (candidate for candidate in known if candidate.name == period and candidate.starts_at < last), None
    )
    starts, ends = (
        (school_period.starts_at, min(school_period.ends_at, last)) if school_period is not None else (first, last)
    )
    return Hours(_at(day, starts, zone), _at(day, ends, zone), school_period is not None)


def _at(day: date, wall: time, zone: str) -> datetime:
    return at_local(day, wall.hour, wall.minute, zone)


load_period_teacher = by_id(PeriodTeacher)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of period teachers to the actor's own, at schools where they work."""
    return statement.where(PeriodTeacher.user_id == actor.user_id, in_schools(PeriodTeacher.school_id, actor, *STAFF))


def periods_of(school_id: int) -> list[SchoolPeriod]:
    """A school's periods in the order of its day; empty when it gave none."""
    return list(
        db.session.scalars(
            select(SchoolPeriod).where(SchoolPeriod.school_id == school_id).order_by(SchoolPeriod.number)
        )
    )


def teachers_of(pathway_id: int) -> dict[str, PeriodTeacher]:
    """The teachers of a student by period; the caller has checked the pathway."""
    statement = select(PeriodTeacher).options(joinedload(PeriodTeacher.user))
    rows = db.session.scalars(statement.where(PeriodTeacher.pathway_id == pathway_id))
    return {row.period: row for row in rows}


class PeriodsOfDay:
    """The periods of a school on a day, read once for all names."""

    def __init__(self, school: School, day: date) -> None:
        self.day = day
        self.zone = school.time_zone
        is_half = school_days(school.id).is_half(day)
        # on a half day the bells differ, so the time of a period is unknown
        self._known: Sequence[SchoolPeriod] = [] if is_half else periods_of(school.id)
        last: time = last_bells([(school.id, day)]).get((school.id, day), school.last_bell)
        self._bells = (school.first_bell, last)

    def hours(self, period: str) -> Hours:
        return hours_on(self.day, period, self._known, self._bells, self.zone)

    def place(self, period: str) -> int:
        """The position of a period in the day, for sorting; periods without times come last."""
        names = [school_period.name for school_period in self._known]
        return names.index(period) if period in names else len(names)


def _teach(uow: UnitOfWork, row: Pathway, period: str, user_id: int | None, known: PeriodTeacher | None) -> None:
    if known is not None and known.user_id != user_id:
        uow.audit("period_teacher.ended", "period_teacher", known.id, {"user_id": [known.user_id, None]})
        uow.session.delete(known)
        uow.session.flush()
    if user_id is not None and (known is None or known.user_id != user_id):
        uow.add_audited(PeriodTeacher.of(row, period=period, user_id=user_id), "period_teacher.set")


ROWS = range(MOST_PERIODS)


class PeriodsForm(PlainForm):
    """The periods of a school's day. Its fields, three for each row, are added below."""

    def validate(self, extra_validators: Any = None) -> bool:
        sound = bool(super().validate(extra_validators))
        names: set[str] = set()
        for row in ROWS:
            name, starts, ends = (self[f"{part}{row}"] for part in ("name", "starts", "ends"))
            words = (name.data or "").strip()
            filled = [bool(words), starts.data is not None, ends.data is not None]
            if name.errors or starts.errors or ends.errors or not any(filled):
                continue
            if not all(filled):
                name.errors = [*name.errors, _("Write the name and both times, or leave all three empty.")]
            elif words in names:
                name.errors = [*name.errors, _("Two periods have the same name.")]
            elif ends.data <= starts.data:
                ends.errors = [*ends.errors, _("%(period)s ends before it starts.", period=words)]
            names.add(words)
            sound = sound and not (name.errors or ends.errors)
        return sound

    def periods(self) -> list[tuple[time, time, str]]:
        """The start, end and name of each filled row, in the order of the day."""
        rows = [(self[f"starts{row}"].data, self[f"ends{row}"].data, self[f"name{row}"].data.strip()) for row in ROWS]
        return sorted((row for row in rows if row[-1]), key=itemgetter(0, 1))


for _row in ROWS:
    setattr(PeriodsForm, f"name{_row}", ShortText(_l("Name"), [Optional()], limit=LONGEST_NAME))
    setattr(PeriodsForm, f"starts{_row}", TimeField(_l("From"), [Optional()]))
    setattr(PeriodsForm, f"ends{_row}", TimeField(_l("To"), [Optional()]))


def values_of(periods: Sequence[SchoolPeriod]) -> dict[str, Any]:
    """A school's periods as values of the form."""
    values: dict[str, Any] = {}
    for row, school_period in zip(ROWS, periods, strict=False):
        values |= {
            f"name{row}": school_period.name,
            f"starts{row}": school_period.starts_at,
            f"ends{row}": school_period.ends_at,
        }
    return values


pages = PathwayPages("periods", __name__, pathway_subject(Family.MENTORING), url_prefix="")


@pages.act(
    "/mentoring/periods", MANAGED_SCHOOL, PeriodsForm, Permission.MENTOR_MANAGE, adds=True, endpoint="school",
    title=_l("Periods of the day"), button=_l("Save the periods"), boxed=False,
    trail=lambda _school: [(_("Mentors"), url_for("mentors.mentors"))],
    start=lambda school: values_of(periods_of(school.id)), more=lambda _school, _form: {"rows": ROWS},
    then="mentors.mentors", template="pathways/mentoring/periods/school.html",
)  # fmt: skip
def set_periods(uow: UnitOfWork, school: School, form: PeriodsForm) -> None:
    """Set the periods of a school's usual day; an empty form removes them. Cards keep their names."""
    uow.session.execute(delete(SchoolPeriod).where(SchoolPeriod.school_id == school.id))
    for place, (starts_at, ends_at, name) in enumerate(form.periods()):
        row = SchoolPeriod(school_id=school.id, number=place, name=name, starts_at=starts_at, ends_at=ends_at)
        uow.session.add(row)
    uow.record(school, "school.periods_set")


class TeachersForm(PlainForm):
    """Who teaches the student in each period of the card. Its fields are added below; a card has fewer."""

    def fit(self, row: Pathway) -> None:
        self.periods = existing(card_of(row.id)).periods
        staff = staff_accounts(row.school_id, today_of(row))
        for place in range(MOST_PERIODS):
            if place < len(self.periods):
                self[f"p{place}"].label.text = self.periods[place]
                self[f"p{place}"].choices = people_choices(staff, _("No one marks it"))
            else:
                del self[f"p{place}"]


for _place in range(MOST_PERIODS):
    setattr(TeachersForm, f"p{_place}", SelectField(validators=[Optional()]))


def _teachers_start(row: Pathway) -> dict[str, str]:
    card, known = card_of(row.id), teachers_of(row.id)
    periods = card.periods if card is not None else []
    return {f"p{place}": str(known[period].user_id) for place, period in enumerate(periods) if period in known}


@pages.on_pathway(
    f"{HERE}/teachers", TeachersForm, _l("Who teaches each period"), _l("Save"), endpoint="teachers", adds=True,
    start=_teachers_start, more=lambda _row, _form: {"facts": [_(
        "Each teacher sees their own period only: the student’s initials and the goals. Not the case, and not"
        " what this is called."
    )]},
)  # fmt: skip
def set_teachers(uow: UnitOfWork, row: Pathway, form: TeachersForm) -> None:
    """Set who teaches a student in each period of their card. A period without a teacher is marked by the mentor and
    the team alone."""
    check_live(row)
    if row.kind != Kind.CHECK_IN_CHECK_OUT:
        raise NotFound
    chosen = {period: number(form[f"p{place}"].data) for place, period in enumerate(form.periods)}
    known = teachers_of(row.id)
    for period in {*known, *chosen}:
        _teach(uow, row, period, chosen.get(period), known.get(period))
    plan = uow.session.scalars(select(MentoringPlan).where(MentoringPlan.pathway_id == row.id)).one()
    uow.record(plan, "mentoring.teachers_set")


ROOM = Room(pages=(pages,), sentences=SENTENCES, loaders={"period_teacher": load_period_teacher})
