"""The course of cases: school days to their first meeting and to their closing; whether another incident came in the
follow-up periods ("windows") of school days attended; and the weighted caseload of coordinators."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from statistics import median
from typing import Any, Final

from flask import url_for
from sqlalchemy import ColumnElement, Date, Select, String, and_, case, cast, exists, func, literal, select, union_all
from sqlalchemy.orm import aliased

from wss_cases.access.actor import Actor
from wss_cases.accounts.teams import user_names
from wss_cases.cases.case.models import Case, CaseIncident, HarmedSays
from wss_cases.foundation.i18n import _, ngettext
from wss_cases.foundation.school_time import district_zone, local_date
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.outcomes.counting.cache import cached_count
from wss_cases.outcomes.counting.measures import WINDOWS
from wss_cases.outcomes.counting.repair.queries import MEETS, STILL_OPEN, Harms
from wss_cases.outcomes.counting.scope.pages import Shown
from wss_cases.outcomes.counting.scope.queries import by_days, counted, reads_all, streamed, within_schools
from wss_cases.outcomes.counting.scope.rules import FEWEST, Piece, Scope, Share, shown_share
from wss_cases.outcomes.reports.charts import Point, bar
from wss_cases.outcomes.reports.pathways import days_words
from wss_cases.pathways.circles.circle.models import CircleMeeting, MeetingKind
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.queries import known_to
from wss_cases.pathways.reengagement.plan import ReengagementPlan
from wss_cases.roster.directory.models import Enrolment, School
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.removals.models import (
    ActionState,
    DisciplineAction,
    DisciplineKind,
    Span,
    dates_of,
)
from wss_cases.workday.caseload.queries import Load, loads_of
from wss_cases.workday.caseload.rules import CASELOAD_WEIGHTS

LENGTHS: Final = (30, 60, 90)
"""The lengths of a window in school days attended."""
FirstLast = tuple[date, date | None]


@dataclass(frozen=True)
class Repeat:
    """The windows of one length: finished, not finished, and the share of finished ones with another incident; None
    where that would reveal a small number."""

    length: int
    finished: int
    unfinished: int
    share: Share | None


Outcomes = Mapping[tuple[str, int, str | None, int, bool | None], int]
"""The number of windows by month, length, network, school, and whether another incident came (None: not over)."""


def repeats_by_month(windows: Outcomes) -> list[list[Any]]:
    """[month, length, finished, not finished, with another incident], each summed up to that month, in order. The last
    is None where it would reveal a small number, so that stored figures reveal no more than pages do."""
    rows, by_month = _by_network(windows), []
    for month in sorted({row[0] for row in rows}):
        so_far = [row for row in rows if row[0] <= month]
        by_month += [
            [month, length, *_shown_numbers([row for row in so_far if row[1] == length])] for length in LENGTHS
        ]
    return by_month


def repeats_until(rows: Sequence[Sequence[Any]], last: str) -> list[Repeat]:
    """The windows of each length up to a month, from rows of `repeats_by_month`."""
    repeats = {length: Repeat(length, 0, 0, None) for length in LENGTHS}
    for month, length, finished, unfinished, part in rows:
        if month <= last:
            share = None if part is None else Share(part, finished)
            repeats[length] = Repeat(length, finished, unfinished, share)
    return list(repeats.values())


def _by_network(windows: Outcomes) -> list[list[Any]]:
    """[month, length, network, finished, with another incident, not finished, small], in order of months. `small` are
    the windows finished so far at schools with fewer than FEWEST of them."""
    rows = []
    lines = sorted(windows.items(), key=lambda line: (line[0][1], line[0][2] or "", line[0][0]))
    for (length, network), of_network in groupby(lines, lambda line: line[0][1:3]):
        so_far: Counter[int] = Counter()
        for month, of_month in groupby(of_network, lambda line: line[0][0]):
            numbers: Counter[bool | None] = Counter()
            for (*_where, school_id, came), number in of_month:
                numbers[came] += number
                so_far[school_id] += number if came is not None else 0
            small = sum(number for number in so_far.values() if number < FEWEST)
            over, again = numbers[True] + numbers[False], numbers[True]
            rows.append([month, length, network, over, again, numbers[None], small])
    return rows


def _shown_numbers(rows: Sequence[Sequence[Any]]) -> tuple[int, int, int | None]:
    pieces = []
    for network in dict.fromkeys(row[2] for row in rows):
        here = [row for row in rows if row[2] == network]
        pieces.append(Piece(network, sum(row[3] for row in here), sum(row[4] for row in here), here[-1][6]))
    share = shown_share(pieces)
    return sum(row[3] for row in rows), sum(row[5] for row in rows), share.part if share else None


def attended(
    school_days: Sequence[date], enrolled: Collection[FirstLast], removed: Collection[Span], calendar: SchoolDays
) -> Sequence[date]:
    """The school days, in order, on which a student was enrolled and not removed."""
    spans = [school_days[slice(*_places(school_days, first, last))] for first, last in enrolled]
    if len(spans) == 1 and not removed:
        return spans[0]
    away = {day for span in removed for day in dates_of(span, calendar)}
    return sorted({day for span in spans for day in span} - away)


def _places(days: Sequence[date], first: date, last: date | None) -> tuple[int, int]:
    return bisect_left(days, first), len(days) if last is None else bisect_right(days, last)


def repeated_within(happened: date, incidents: Sequence[date], there: Sequence[date]) -> list[bool | None]:
    """For each of LENGTHS, whether another incident came in the window after a day; None where the window is not over.

    `incidents` are the student's incident days in order, `there` the days attended so far. A window ends with its last
    day attended. An incident on the day itself does not count as later.
    """
    begins, later = bisect_right(there, happened), bisect_right(incidents, happened)
    following = incidents[later] if later < len(incidents) else None
    repeated: list[bool | None] = []
    for length in LENGTHS:
        last = begins + length - 1
        over = last < len(there)
        repeated.append((following is not None and following <= there[last]) if over else None)
    return repeated


CAUSED: Final = (PersonRole.CAUSED_HARM, PersonRole.BOTH)
ACT, ENROLLED, REMOVED = "act", "enrolled", "removed"
Where = tuple[str | None, int]
"""The network and the school."""
Window = tuple[Where, int, date, list[bool | None]]
"""The place, the person's entry in the incident, its day, and for each length whether another incident came; None where
the window is not over."""


def repeats_of(actor: Actor, scope: Scope, days: SchoolDays) -> list[Repeat]:
    """The windows of each length, in one query. `days` are the school days of its school or district."""
    return repeats_until(_by_month(actor, scope, days), f"{scope.last:%Y-%m}")


@cached_count(
    "repeats", version=2, depends_on=lambda actor, scope, _days: (scope.first,) if reads_all(actor, scope) else None
)
def _by_month(actor: Actor, scope: Scope, days: SchoolDays) -> list[list[Any]]:
    """The windows of the year, summed up to each month, so that a report can end with any month."""
    counts: Counter[tuple[str, int, str | None, int, bool | None]] = Counter()
    for where, _person, day, windows in _windows(streamed(_lives(actor, scope)), scope, days):
        for length, repeated in zip(LENGTHS, windows, strict=True):
            counts[f"{day:%Y-%m}", length, *where, repeated] += 1
    return repeats_by_month(counts)


def finished_windows(actor: Actor, scope: Scope, days: SchoolDays, length: int) -> dict[int, bool]:
    """The people of a school's incidents whose window of this length is over, and whether another incident came in
    it."""
    return {person: came for _where, person, came in windows_over(actor, scope, days, length)}


def windows_over(actor: Actor, scope: Scope, days: SchoolDays, length: int) -> Iterator[tuple[Where, int, bool]]:
    """Yield the place and the person of each window of this length that is over, and whether another incident came in
    it."""
    place = LENGTHS.index(length)
    for where, person, day, windows in _windows(streamed(_lives(actor, scope)), scope, days):
        if day <= scope.last and (came := windows[place]) is not None:
            yield where, person, came


def caused(actor: Actor, scope: Scope) -> list[ColumnElement[bool]]:
    """Conditions of a student reported to have caused harm in an incident since the period began."""
    return [
        *within_schools(actor, scope, Incident.school_id),
        Incident.local_date >= scope.first,
        Incident.counts(),
        IncidentPerson.role.in_(CAUSED),
        IncidentPerson.student_id.is_not(None),
    ]


def _lives(actor: Actor, scope: Scope) -> Select[Any]:
    """A select of each student's incidents, enrolments and removals at a school."""
    acts = (
        select(IncidentPerson.student_id, Incident.school_id, Incident.local_date)
        .join(Incident, Incident.id == IncidentPerson.incident_id)
        .where(*caused(actor, scope))
    )
    students = acts.with_only_columns(IncidentPerson.student_id)
    person = func.min(IncidentPerson.id)
    # within one network the network's name is not needed
    network = School.network if scope.is_all else literal(None, String)
    nothing, nowhere = (literal(None, Date), person, literal(""), literal(ACT)), literal(None, String)
    one_a_student = (
        acts.join(School, School.id == Incident.school_id)
        .add_columns(*nothing, network)
        .group_by(Incident.id, IncidentPerson.student_id, Incident.school_id, Incident.local_date, School.network)
    )
    enrolment = select(
        Enrolment.student_id, Enrolment.school_id, Enrolment.starts_on, Enrolment.ends_on, literal(0),
        literal(""), literal(ENROLLED), nowhere,
    ).where(*within_schools(actor, scope, Enrolment.school_id), Enrolment.student_id.in_(students))  # fmt: skip
    action = DisciplineAction
    removal = select(
        action.student_id, action.school_id, action.starts_on, action.ends_on, action.days,
        cast(action.kind, String(40)), literal(REMOVED), nowhere,
    ).where(
        *within_schools(actor, scope, action.school_id), action.student_id.in_(students),
        action.state == ActionState.STANDING,
    )  # fmt: skip
    both = union_all(one_a_student, enrolment, removal).subquery()
    who = list(both.c)
    return select(*who).order_by(who[0], who[1])


def _windows(rows: Iterable[Any], scope: Scope, days: SchoolDays) -> Iterator[Window]:
    """Yield the windows of the school year. Later incidents only count as following ones."""
    yesterday = scope.today - timedelta(days=1)
    over = [
        day
        for number in range((yesterday - scope.first).days + 1)
        if days.is_school_day(day := scope.first + timedelta(days=number))
    ]
    for (_student, school_id), lines in groupby(rows, itemgetter(0, 1)):
        network: str | None = None
        acts: list[tuple[date, int]] = []
        enrolled: list[tuple[date, date | None]] = []
        removed: list[Span] = []
        for _who, _school, first, last, number, kind, what, name in lines:
            if what == ACT:
                network = name
                acts.append((first, number))
            elif what == ENROLLED:
                enrolled.append((first, last))
            else:
                removed.append(Span(DisciplineKind(kind), number, first, last))
        there = attended(over, enrolled, removed, days) if acts else ()
        happened = sorted(day for day, _person in acts)
        for day, person in acts:
            yield (network, school_id), person, day, repeated_within(day, happened, there)


@dataclass(frozen=True)
class Time:
    """The school days that something took: the median of those completed (None: none is), how many were completed, how
    many still wait, and how many ended without it."""

    median: float | None = None
    over: int = 0
    waiting: int = 0
    without: int = 0

    @property
    def of(self) -> int:
        return self.over + self.waiting + self.without


@dataclass(frozen=True)
class Times:
    """From a case's first incident to its first meeting and to its closing."""

    meeting: Time
    closing: Time


@cached_count("times", version=2, depends_on=by_days)
def times_of(actor: Actor, scope: Scope, days: SchoolDays) -> Times:
    """How long the cases of a scope took, in one query. `days` are the school days of its school or district."""
    met: list[int] = []
    closed: list[int] = []
    waiting = without = still_open = 0
    for _id, began, closed_at, *meetings in streamed(timed_cases(actor, scope)):
        meeting = first_meeting(*meetings)
        if meeting is not None:
            met.append(days.between(began, meeting))
        elif closed_at is None:
            waiting += 1
        else:
            without += 1
        if closed_at is None:
            still_open += 1
        else:
            closed.append(days.between(began, local_date(closed_at, district_zone())))
    return Times(Time(_median(met), len(met), waiting, without), Time(_median(closed), len(closed), still_open))


def timed_cases(actor: Actor, scope: Scope) -> Select[Any]:
    """A select of the cases whose first incident lies in the period: `id`, when it `began` and was closed, and its
    first meetings.

    `held` is the first conversation or circle by the pathways, `circle` by the meetings, because a pathway that met
    again has its last day; `back` is the first re-entry meeting.
    """
    link, other = aliased(CaseIncident), aliased(Incident)
    earlier = exists().where(
        link.case_id == CaseIncident.case_id,
        other.id == link.incident_id,
        other.local_date < scope.first,
        other.counts(),
    )
    began = (
        select(CaseIncident.case_id, func.min(Incident.local_date).label("began"))
        .join(Incident, Incident.id == CaseIncident.incident_id)
        .where(*counted(actor, scope), ~earlier)
        .group_by(CaseIncident.case_id)
        .subquery()
    )
    held_on = case((Pathway.pathway.in_([family.value for family in MEETS]), Pathway.held_on))
    met = and_(CircleMeeting.happened.is_(True), CircleMeeting.kind == MeetingKind.CIRCLE)
    return (
        select(
            Case.id,
            began.c.began,
            Case.closed_at,
            func.min(held_on).label("held"),
            func.min(CircleMeeting.starts_at).label("circle"),
            func.min(ReengagementPlan.meeting_held_on).label("back"),
        )
        .join(began, began.c.case_id == Case.id)
        .outerjoin(Pathway, Pathway.case_id == Case.id)
        .outerjoin(CircleMeeting, and_(CircleMeeting.pathway_id == Pathway.id, met))
        .outerjoin(ReengagementPlan, ReengagementPlan.pathway_id == Pathway.id)
        .group_by(Case.id, began.c.began, Case.closed_at)
    )


def first_meeting(held: date | None, circle: datetime | None, back: date | None) -> date | None:
    circle_on = local_date(circle, district_zone()) if circle else None
    return min((day for day in (held, circle_on, back) if day is not None), default=None)


def _median(numbers: Sequence[int]) -> float | None:
    return float(median(numbers)) if numbers else None


@dataclass(frozen=True)
class Caseload:
    """Each coordinator's caseload, the largest first, and the number of open cases without a coordinator."""

    loads: list[Load]
    nobodys: int

    @property
    def most(self) -> int | None:
        """The largest caseload in points; None without coordinators."""
        return self.loads[0].points if self.loads else None


@cached_count(
    "caseload", version=1,
    depends_on=lambda actor, scope: (CASELOAD_WEIGHTS.on(scope.today),) if reads_all(actor, scope) else None,
)  # fmt: skip
def caseload_of(actor: Actor, scope: Scope) -> Caseload:
    """The current caseload of a scope's coordinators, whatever its days, in one query. A school's counts the pathways
    that the actor may see, as its caseload page does."""
    where = within_schools(actor, scope, Case.school_id)
    seen = [] if reads_all(actor, scope) else [known_to(actor)]
    loads = loads_of(where, CASELOAD_WEIGHTS.on(scope.today), *seen)
    led = [load for load in loads if load.lead_id is not None]
    led.sort(key=lambda load: (-load.points, -load.cases, load.lead_id or 0))
    return Caseload(led, sum(load.cases for load in loads if load.lead_id is None))


Behind = Callable[..., str | None]
"""The address of the list behind a figure, by its name and choice; None where the reader has no such list."""


def time_rows(times: Times, behind: Behind) -> list[dict[str, Any]]:
    """How long cases took to their first meeting and to their closing: label, median, and the numbers behind it."""
    meeting, closing = (
        {"over": f"{time.over:,}", "waiting": f"{time.waiting:,}", "without": f"{time.without:,}"}
        for time in (times.meeting, times.closing)
    )
    met = _("met: %(over)s; still waiting: %(waiting)s; closed without one: %(without)s", **meeting)
    closed = _("closed: %(over)s; still open: %(waiting)s", **closing)
    return [
        {
            "label": label,
            "figure": days_words(time.median),
            "made_of": words,
            "href": behind(name) if time.of else None,
            "of": time.of,
        }
        for label, time, words, name in (
            (_("First circle, conversation or re-entry meeting"), times.meeting, met, "first_meetings"),
            (_("Closing of the case"), times.closing, closed, "closings"),
        )
    ]


def harm_rows(harms: Harms, behind: Behind) -> list[Point]:
    """How cases with a person harmed were closed, or that they are still open, each with its list."""
    words = (
        (_("Repaired"), "repaired", harms.repaired, "moss"),
        (_("Partly repaired"), "partly", harms.partly, "sun"),
        (_("Not repaired"), "not_repaired", harms.not_repaired, "brick"),
        (_("Still open after %(days)s school days", days=WINDOWS["repaired"]), STILL_OPEN, harms.still_open, "brick"),
        (_("Unfounded or transferred: not counted"), "left_out", harms.left_out, "slate"),
    )
    return [
        bar(label, number, tone, href=behind("harms", choice=choice) if number else None)
        for label, choice, number, tone in words
    ]


def harm_said_rows(harms: Harms) -> list[Point]:
    answers: list[HarmedSays | None] = [*HarmedSays, None]
    rows = ((answer, harms.said.get(answer.value if answer else "", 0)) for answer in answers)
    return [bar(said_at_closing(answer), number, "teal" if answer else "slate") for answer, number in rows if number]


def said_at_closing(answer: HarmedSays | None) -> str:
    return _("not recorded") if answer is None else str(answer.label)


def repeat_rows(repeats: Sequence[Repeat], behind: Behind) -> list[dict[str, Any]]:
    """How often another incident followed, for each period length: of how many, and how many periods are not over."""
    return [
        {
            "label": _("%(number)s school days attended", number=repeat.length),
            "figure": "–" if repeat.share is None else f"{round(repeat.share.percent or 0)}%",
            "of": repeat.finished,
            "made_of": _repeat_words(repeat),
            "href": behind("repeats", choice=str(repeat.length)) if repeat.finished else None,
        }
        for repeat in repeats
    ]


def _repeat_words(repeat: Repeat) -> str:
    unfinished = f"{repeat.unfinished:,}"
    if repeat.share is None and repeat.finished >= FEWEST:
        return _(
            "not shown: it could identify a few at one school; not over yet: %(unfinished)s", unfinished=unfinished
        )
    if repeat.share is None:
        return _("shown if at least %(least)s; not over yet: %(unfinished)s", least=FEWEST, unfinished=unfinished)
    again = f"{repeat.share.part:,}"
    return _("with another incident: %(again)s; not over yet: %(unfinished)s", again=again, unfinished=unfinished)


def carried(page: Shown) -> dict[str, Any]:
    """The coordinators' caseload: the median and the most points in words, with the numbers of coordinators, cases, and
    cases without a coordinator; each coordinator by name for administrators of the school."""

    def words(points: float | None) -> str:
        return "–" if points is None else _("%(number)s points", number=f"{points:.1f}".removesuffix(".0"))

    caseload = caseload_of(page.actor, page.scope)
    loads, names = caseload.loads, user_names([load.lead_id for load in caseload.loads]) if page.leads else {}
    return {
        "median": words(_median([load.points for load in loads])),
        "most": words(caseload.most),
        "people": ngettext("%(num)s coordinator", "%(num)s coordinators", len(loads)),
        "cases": ngettext("%(num)s open case", "%(num)s open cases", sum(load.cases for load in loads)),
        "nobodys": ngettext(
            "%(num)s open case has no coordinator", "%(num)s open cases have no coordinator", caseload.nobodys
        ),
        "rows": [
            {"name": names.get(load.lead_id or 0, ""), "cases": load.cases, "points": load.points,
             "href": url_for("desk.page", whose=load.lead_id)}
            for load in (loads if page.leads else ())
        ],
    }  # fmt: skip
