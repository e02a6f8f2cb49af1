"""The district's published history and its labels, and the later years counted here."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    case,
    extract,
    func,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor
from wss_cases.followups.core.states import CONVERSATION, KINDS
from wss_cases.foundation.clock import school_year, school_year_bounds, year_named
from wss_cases.foundation.db import Base, Id, db
from wss_cases.foundation.forms import EARLIEST
from wss_cases.foundation.i18n import _l
from wss_cases.incidents.incident.models import Incident
from wss_cases.outcomes.counting.cache import cached_count
from wss_cases.outcomes.counting.scope.queries import first_year_counted, of_all_schools, visible_to
from wss_cases.outcomes.counting.scope.rules import OUTLIER_SHARE, Scope, is_recorded, year_before, years_between
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import school_days
from wss_cases.routing.engine.vocabulary import Pathway
from wss_cases.safeguards.discipline.removals.models import ActionState, DisciplineAction, DisciplineKind
from wss_cases.safeguards.police.review.models import NotifiedStudent, PoliceNotification

COUNTS: Final[dict[str, str]] = {
    "misconducts": "# of Misconducts",
    "group_1_2": "# of Group 1-2 Misconducts",
    "group_3_4": "# of Group 3-4 Misconducts",
    "group_5_6": "# of Group 5-6 Misconducts",
    "suspensions": "# of Suspensions (includes ISS and OSS)",
    "iss": "# of ISS",
    "iss_students": "# of Unique Students Receiving ISS",
    "oss": "# of OSS",
    "oss_students": "# of Unique Students Receiving OSS",
    "police_notifications": "# of Police Notifications",
    "students_notified": "# of Unique Students Receiving Police Notification",
    "expelled": "# of Students Expelled",
}
"""Whole numbers: our name to the file's header, with its spaces and line breaks collapsed."""

RATES: Final[dict[str, str]] = {
    "suspension_percent": "% of Misconducts Resulting in a Suspension (includes ISS and OSS)",
    "iss_percent": "% of Misconducts Resulting in an ISS",
    "iss_per_100": "ISS per 100 Students",
    "iss_students_percent": "% of Unique Students Receiving ISS",
    "iss_average_days": "Average Length of ISS",
    "oss_percent": "% of Misconducts Resulting in an OSS",
    "oss_per_100": "OSS per 100 Students",
    "oss_students_percent": "% of Unique Students Receiving OSS",
    "oss_average_days": "Average Length of OSS",
    "police_percent": "% of Misconducts Resulting in a Police Notification",
    "police_per_100": "Police Notifications per 100 Students",
    "students_notified_percent": "% of Unique Students Receiving Police Notification",
    "expelled_per_100": "Expulsions per 100 Students",
}
"""Numbers with decimals; a percentage can exceed 100."""

METRICS: Final = COUNTS | RATES
SUPPRESSED: Final = "--"
PERIODS: Final = ("S1", "EOY")
WHOLE_YEAR: Final = "EOY"
CHARTER_NETWORK: Final = "Charter"

HISTORY_LABELS: Final = {
    "misconducts": _l("Incidents (published as misconducts)"),
    "group_1_2": _l("Groups 1–2"),
    "group_3_4": _l("Groups 3–4"),
    "group_5_6": _l("Groups 5–6"),
    "iss": _l("In-school suspensions"),
    "oss": _l("Out-of-school suspensions"),
    "police_notifications": _l("Police notifications"),
    "students_notified": _l("Students in police notifications"),
    "expelled": _l("Students expelled"),
}
HISTORY: Final = tuple(HISTORY_LABELS)
"""The figures of the history report, in its order."""

FOLLOW_UP_LABELS: Final = {**KINDS, CONVERSATION: Pathway.RESTORATIVE_CONVERSATION.label}
"""Labels of follow-ups, including the conversation without a case."""

REMARKABLE_YEARS: Final = {"2020-21": _l("remote year")}
"""School years whose point in a chart needs a note."""

STEP_LABELS: Final = {
    "incidents": _l("Incidents"),
    "proposed": _l("Proposed"),
    "offered": _l("Offered"),
    "accepted": _l("Accepted"),
    "held": _l("Held"),
    "agreement": _l("Agreement made"),
    "kept": _l("Agreement kept"),
}


class PublishedSchool(Base):
    """A school with its newest name in the published file. `identifier` is also the roster's `School.identifier`."""

    __tablename__ = "published_school"

    id: Mapped[Id]
    identifier: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    network: Mapped[str] = mapped_column(String(80), default="")
    is_charter: Mapped[bool] = mapped_column(default=False)


class PublishedYear(Base):
    """One published row: a school in a school year, its first semester (S1) or the whole year (EOY, cumulative).

    A figure that is None was not published; where its name is in `suppressed` the file says '--', which is neither zero
    nor missing. Percentages are of misconducts or of students and can exceed 100; `*_per_100` are per 100 students.
    """

    __tablename__ = "published_year"
    __table_args__ = (
        UniqueConstraint("published_school_id", "school_year", "period"),
        Index("ix_published_year_year", "school_year", "period"),
        CheckConstraint("period in ('S1', 'EOY')", name="period"),
    )

    id: Mapped[Id]
    published_school_id: Mapped[int] = mapped_column(ForeignKey("published_school.id"))
    school_year: Mapped[str] = mapped_column(String(7))
    period: Mapped[str] = mapped_column(String(3))
    suppressed: Mapped[list[str]] = mapped_column(default=list)
    misconducts: Mapped[int | None]
    group_1_2: Mapped[int | None]
    group_3_4: Mapped[int | None]
    group_5_6: Mapped[int | None]
    suspensions: Mapped[int | None]
    suspension_percent: Mapped[float | None] = mapped_column(Float)
    iss: Mapped[int | None]
    iss_percent: Mapped[float | None] = mapped_column(Float)
    iss_per_100: Mapped[float | None] = mapped_column(Float)
    iss_students: Mapped[int | None]
    iss_students_percent: Mapped[float | None] = mapped_column(Float)
    iss_average_days: Mapped[float | None] = mapped_column(Float)
    oss: Mapped[int | None]
    oss_percent: Mapped[float | None] = mapped_column(Float)
    oss_per_100: Mapped[float | None] = mapped_column(Float)
    oss_students: Mapped[int | None]
    oss_students_percent: Mapped[float | None] = mapped_column(Float)
    oss_average_days: Mapped[float | None] = mapped_column(Float)
    police_notifications: Mapped[int | None]
    police_percent: Mapped[float | None] = mapped_column(Float)
    police_per_100: Mapped[float | None] = mapped_column(Float)
    students_notified: Mapped[int | None]
    students_notified_percent: Mapped[float | None] = mapped_column(Float)
    expelled: Mapped[int | None]
    expelled_per_100: Mapped[float | None] = mapped_column(Float)


Figures = dict[str, int | float | None]
_HISTORY = [getattr(PublishedYear, name) for name in HISTORY]
GROUPS = {"group_1_2": (1, 2), "group_3_4": (3, 4), "group_5_6": (5, 6)}


@dataclass(frozen=True)
class SchoolYear:
    """One school's published year: every figure, None where not published, and the names of the suppressed ones."""

    identifier: str
    name: str
    network: str
    is_charter: bool
    figures: Figures
    suppressed: frozenset[str]


def district_years() -> dict[str, Figures]:
    """Each published year's sums over unsuppressed whole-year rows, including the expulsions of charter schools."""
    statement = select(PublishedYear.school_year, *[func.sum(column) for column in _HISTORY])
    rows = db.session.execute(statement.where(_whole()).group_by(PublishedYear.school_year))
    return {
        year: {name: n if n is None else int(n) for name, n in zip(HISTORY, sums, strict=True)} for year, *sums in rows
    }


def are_published() -> bool:
    return db.session.scalar(select(PublishedYear.id).where(_whole()).limit(1)) is not None


def school_years(published_school_id: int) -> dict[str, SchoolYear]:
    statement = _rows().add_columns(PublishedYear.school_year).where(PublishedSchool.id == published_school_id)
    return {row[-1]: _school_year(row) for row in db.session.execute(statement)}


def schools_in(year: str, identifier: str | None = None) -> list[SchoolYear]:
    """The published schools of a year by name, or only the school with this number."""
    statement = _rows().where(PublishedYear.school_year == year)
    if identifier is not None:
        statement = statement.where(PublishedSchool.identifier == identifier)
    ordered = statement.order_by(PublishedSchool.name, PublishedSchool.identifier)
    return [_school_year(row) for row in db.session.execute(ordered)]


def page_of_schools(typed: str, after: int, limit: int) -> list[tuple[int, str, str]]:
    """(id, name, network) of published schools whose name contains the typed words, with an id above `after`."""
    name = func.lower(PublishedSchool.name)
    statement = select(PublishedSchool.id, PublishedSchool.name, PublishedSchool.network)
    for word in typed.lower().split()[:6]:
        statement = statement.where(name.contains(word, autoescape=True))
    statement = statement.where(PublishedSchool.id > after).order_by(PublishedSchool.id).limit(limit)
    return [(row[0], row[1], row[2]) for row in db.session.execute(statement)]


def published_school(published_school_id: int) -> PublishedSchool | None:
    return db.session.get(PublishedSchool, published_school_id)


def published_twin(school_id: int) -> PublishedSchool | None:
    """The published school with the same number as a school of the roster; None without one."""
    statement = select(PublishedSchool).join(School, School.identifier == PublishedSchool.identifier)
    return db.session.scalar(statement.where(School.id == school_id))


def roster_twin(actor: Actor, identifier: str) -> int | None:
    """The id of the roster's school with this number; None unless the reader may see its outcomes."""
    statement = visible_to(select(School.id), actor, School.id).where(School.identifier == identifier)
    school_id: int | None = db.session.scalar(statement.limit(1)) if identifier else None
    return school_id


def largest(year_figures: dict[str, Figures]) -> list[tuple[str, str, int]]:
    """(year, name, incidents) of each school that has a tenth of the district's incidents of a year by itself."""
    top = func.max(PublishedYear.misconducts).label("top")
    tops = select(PublishedYear.school_year, top).where(_whole()).group_by(PublishedYear.school_year).subquery()
    statement = (
        select(PublishedYear.school_year, PublishedSchool.name, PublishedYear.misconducts)
        .join(PublishedSchool, PublishedSchool.id == PublishedYear.published_school_id)
        .join(tops, (tops.c.school_year == PublishedYear.school_year) & (tops.c.top == PublishedYear.misconducts))
        .where(_whole())
    )
    rows = [(year, name, number or 0) for year, name, number in db.session.execute(statement)]
    least = {year: OUTLIER_SHARE * (figures["misconducts"] or 0) for year, figures in year_figures.items()}
    return sorted(row for row in rows if row[2] > least[row[0]])


@dataclass(frozen=True)
class Live:
    """The years counted here: the figures of each recorded year, the number of schools in it, and the day of the first
    incident.

    A year before the first incident is not recorded, which is not zero. A school counts in a year from its own first
    incident on. `ago` are the figures of the same days a year before today, None where those are not recorded.
    """

    figures: dict[str, Figures]
    schools: dict[str, int]
    begun: date | None
    ago: Figures | None

    def is_whole(self, year: str, today: date) -> bool:
        """Whether a year's figures cover the whole year: it is over, and records began by its first weeks."""
        first, last = school_year_bounds(year)
        return last < today and is_recorded(self.begun, first)


NOT_LIVE: Final = Live({}, {}, None, None)


def live(actor: Actor, school_id: int | None, after: str | None, today: date) -> Live:
    """The school years counted here, after a published year, up to today."""
    begun = first_year_counted(actor, school_id)
    if begun is None or begun > today:
        return NOT_LIVE
    counted, current = live_years(actor, school_id, after, today), school_year(today)
    first = max(school_year(begun), year_named(int(after[:4]) + 1)) if after else school_year(begun)
    years = years_between(first, current) if first <= current else []
    by_year = schools_begun(actor, school_id)
    earlier = year_before(
        Scope(school_id, current, school_year_bounds(current)[0], today, today), school_days(school_id)
    )
    return Live(
        {year: counted.get(year, dict.fromkeys(HISTORY, 0)) for year in years},
        {year: sum(number for total, number in by_year.items() if total <= year) for year in years},
        begun,
        figures_between(actor, school_id, earlier.first, earlier.last) if is_recorded(begun, earlier.first) else None,
    )


@cached_count("schools_begun", version=1, depends_on=of_all_schools)
def schools_begun(actor: Actor, school_id: int | None) -> dict[str, int]:
    """For each school year, the number of schools whose first incident was recorded in it."""
    happened = Incident.local_date
    each = select(func.min(happened)).where(Incident.counts(), happened >= EARLIEST).group_by(Incident.school_id)
    statement = visible_to(each, actor, Incident.school_id)
    if school_id is not None:
        statement = statement.where(Incident.school_id == school_id)
    return dict(Counter(school_year(day) for day in db.session.scalars(statement)))


@cached_count("figures_between", version=1, depends_on=of_all_schools)
def figures_between(actor: Actor, school_id: int | None, first: date, last: date) -> Figures:
    """The figures of days of one school year, in four queries."""
    return next(iter(_by_year(actor, school_id, first, last).values()), dict.fromkeys(HISTORY, 0))


def published_schools() -> dict[str, int]:
    statement = select(PublishedYear.school_year, func.count(PublishedYear.misconducts)).where(_whole())
    return {row[0]: row[1] for row in db.session.execute(statement.group_by(PublishedYear.school_year))}


@cached_count("live_years", version=2, depends_on=of_all_schools)
def live_years(actor: Actor, school_id: int | None, after: str | None, today: date) -> dict[str, Figures]:
    """The figures of each school year counted here, after a published year, up to today, in four queries."""
    first = EARLIEST if after is None else max(EARLIEST, school_year_bounds(after)[1] + timedelta(days=1))
    return _by_year(actor, school_id, first, today)


def _by_year(actor: Actor, school_id: int | None, first: date, last: date) -> dict[str, Figures]:
    years: dict[str, Figures] = {}
    for statement, day, names in _live_statements():
        school = day.class_.school_id
        of_days = visible_to(statement, actor, school).where(day.between(first, last)).group_by("first_year")
        for row in db.session.execute(of_days if school_id is None else of_days.where(school == school_id)):
            figures = years.setdefault(year_named(int(row[0])), dict.fromkeys(HISTORY, 0))
            figures.update({name: int(value or 0) for name, value in zip(names, row[1:], strict=True)})
    return years


def _live_statements() -> list[tuple[Any, Any, Sequence[str]]]:
    """(select by school year, the column of its day, the names of its figures)."""
    groups = [_number(Incident.behavior_group.in_(pair)) for pair in GROUPS.values()]
    happened, notified = Incident.local_date, PoliceNotification.local_date
    kind, started = DisciplineAction.kind, DisciplineAction.starts_on
    incidents = select(_year(happened), func.count(), *groups).where(Incident.counts())
    expelled = case((kind == DisciplineKind.EXPULSION, DisciplineAction.student_id))
    discipline = select(
        _year(started),
        _number(kind == DisciplineKind.IN_SCHOOL_SUSPENSION),
        _number(kind == DisciplineKind.OUT_OF_SCHOOL_SUSPENSION),
        func.count(expelled.distinct()),
    ).where(DisciplineAction.state == ActionState.STANDING)
    students = select(_year(notified), func.count(NotifiedStudent.student_id.distinct())).join(
        PoliceNotification, PoliceNotification.id == NotifiedStudent.notification_id
    )
    return [
        (incidents, happened, ("misconducts", *GROUPS)),
        (discipline, started, ("iss", "oss", "expelled")),
        (select(_year(notified), func.count()), notified, ("police_notifications",)),
        (students, notified, ("students_notified",)),
    ]


def _year(day: Any) -> Any:
    # grouped by its label: PostgreSQL treats two copies of an expression with parameters as different
    return (extract("year", day) - case((extract("month", day) < 8, 1), else_=0)).label("first_year")


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _whole() -> ColumnElement[bool]:
    return PublishedYear.period == WHOLE_YEAR


def _rows() -> Any:
    school = PublishedSchool
    figures = [getattr(PublishedYear, name) for name in METRICS]
    columns = (school.identifier, school.name, school.network, school.is_charter, PublishedYear.suppressed, *figures)
    return select(*columns).join(school, school.id == PublishedYear.published_school_id).where(_whole())


def _school_year(row: Any) -> SchoolYear:
    figures = dict(zip(METRICS, row[5 : 5 + len(METRICS)], strict=True))
    return SchoolYear(row[0], row[1], row[2], row[3], figures, frozenset(row[4]))
