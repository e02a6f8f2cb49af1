"""What waits for one person: reports, duties, concerns, appeals, new cases, questions, partners' answers, trainings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Select, bindparam, case, func, or_, select, tuple_

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor, Role, in_schools
from wss_cases.access.prepared import PreparedFor
from wss_cases.access.visibility import finds_any
from wss_cases.accounts.coverage import CoverRow, near
from wss_cases.cases.case.models import OPEN, Case, CaseState
from wss_cases.cases.case.queries import visible_to as cases_visible
from wss_cases.followups.core.models import FollowUp, FollowUpAct, FollowUpState
from wss_cases.followups.undo import UNDO_FOR, given_by
from wss_cases.foundation.db import counting, db
from wss_cases.foundation.school_time import district_zone, local_date, today_at, zone_of
from wss_cases.incidents.incident.models import Alarm, CareRecord, Incident
from wss_cases.incidents.incident.queries import own_reports as reported_by
from wss_cases.incidents.incident.queries import reviewed_by, unscreened_counted
from wss_cases.incidents.incident.states import WAITING, IncidentState
from wss_cases.intake.queue import is_alarm
from wss_cases.mail.common.pages import MailTrouble
from wss_cases.pathways.circles.plans.models import CirclePlan, kept_on
from wss_cases.pathways.common.models import LIVE, Pathway
from wss_cases.pathways.mentoring.periods import PeriodTeacher
from wss_cases.pathways.mentoring.plan.models import Mentor
from wss_cases.pathways.reengagement.plan import ReengagementPlan
from wss_cases.pathways.referrals.referral.queries import declined_for
from wss_cases.practice.requests.models import waiting_counted as requests_counted
from wss_cases.roster.directory.queries import schools_by_id
from wss_cases.safeguards.discipline.removals.queries import undecided_appeals_counted
from wss_cases.safeguards.duties.duty.queries import (
    clocks_found,
    mandated_duties_counted,
    open_duties_counted,
    second_reviews_counted,
)
from wss_cases.safeguards.police.review.queries import (
    calls_found,
    made_by_others,
    second_looks_waiting,
    seconds_counted,
)
from wss_cases.safeguards.police.review.queries import waiting_counted as police_reviews_counted
from wss_cases.training.requirements.models import asked_counted, behind, own_due
from wss_cases.workday.my_day.meetings import circles_today, may_meet, may_reenter, meet_between, reentries_today
from wss_cases.workday.my_day.rules import COMING, OVERDUE, SNOOZED, TODAY, Calendars, Item, due_items

BESIDE = ("mentored", "periods", "returns", "reentries", "circles", "planned", "trouble", "given", "done")
"""The names of what `beside_counted` counts."""


def beside_counted(actor: Actor) -> dict[str, Select[Any] | None]:
    """Return, by a name, what counts 1 where the actor may have some of it, and 0 where they have none: students whom
    they mentor, periods, students who come back, meetings about that, circles of today and planned ones, mail that does
    not arrive, what they gave away or have just done. Its parameters are those of `around_now`."""
    mine = actor.user_id
    back = (
        select(ReengagementPlan.id)
        .join(Pathway, Pathway.id == ReengagementPlan.pathway_id)
        .where(in_schools(ReengagementPlan.school_id, actor, *CASE_TEAM), Pathway.state.in_(LIVE))
    )
    trouble = select(MailTrouble.id)
    lately = FollowUpAct.at >= bindparam("undone_until")
    around_today = CirclePlan.planned_on.between(bindparam("yesterday"), bindparam("tomorrow"))
    return {
        "mentored": any_of(select(Mentor.id).where(Mentor.user_id == mine, Mentor.is_active)),
        "periods": any_of(select(PeriodTeacher.id).where(PeriodTeacher.user_id == mine)),
        "returns": any_of(back) if actor.has(*CASE_TEAM) else None,
        "reentries": any_of(may_reenter(actor)) if actor.has(*CASE_TEAM) else None,
        "circles": any_of(may_meet(actor)),
        "planned": any_of(select(CirclePlan.id).where(CirclePlan.keeper_id == mine, around_today)),
        "trouble": any_of(trouble if actor.has(Role.ADMINISTRATOR) else trouble.where(MailTrouble.user_id == mine)),
        "given": any_of(select(FollowUp.id).where(FollowUp.given_by_id == mine, FollowUp.state == FollowUpState.OPEN)),
        "done": any_of(select(FollowUpAct.id).where(FollowUpAct.user_id == mine, lately)),
    }


def around_now(now: datetime, zones: Mapping[int, str]) -> dict[str, Any]:
    """Return the parameters of what is counted beside a day; `zones` names each own school's."""
    today, day = today_at(None, now), timedelta(days=1)
    days = {"yesterday": today - day, "tomorrow": today + day}
    return {**days, "undone_until": now - UNDO_FOR, **meet_between(now, zones)}


def any_of(found: Select[Any]) -> Select[Any]:
    return select(func.count()).select_from(found.limit(1).subquery())


REVIEWERS = (Role.DEAN, Role.ADMINISTRATOR)
MOST = 200


@dataclass(frozen=True)
class Danger:
    """A report that is an alarm, as of somebody hurt or in danger, that nobody decided on yet."""

    id: int
    reference: str
    tile: str
    location_code: str
    submitted_at: datetime
    alarm: Alarm


@dataclass(frozen=True)
class Waiting:
    """What waits for the person's decision: reports to review, duties, concerns to screen, appeals, new cases."""

    to_review: int
    new_cases: list[tuple[int, str, str]]
    questions: list[tuple[int, str]]
    duties: int = 0
    second_looks: int = 0
    police_reviews: int = 0
    police_seconds: int = 0
    declined: Sequence[Any] = ()
    own_duties: int = 0
    concerns: int = 0
    appeals: int = 0
    circle_requests: int = 0
    requests_of_danger: int = 0
    called: int = 0
    """Whether the record of an emergency call is due."""

    clocks: int = 0
    """Whether any of the `duties` has a clock."""

    own_trainings: int = 0
    school_trainings: int = 0
    dangers: Sequence[Danger] = ()
    schools_behind: Sequence[int] = ()
    """The schools at which the `school_trainings` are missing or due."""

    @property
    def count(self) -> int:
        listed = len(self.dangers) + len(self.new_cases) + len(self.questions) + len(self.declined)
        of_the_law = self.duties + self.own_duties + self.second_looks + self.police_reviews + self.police_seconds
        asked = self.circle_requests + self.requests_of_danger
        trainings = self.own_trainings + self.school_trainings
        return self.to_review + of_the_law + self.concerns + self.appeals + asked + trainings + listed

    @property
    def first_count(self) -> int:
        """How many of them come before everything else."""
        return len(self.questions) + len(self.dangers) + self.requests_of_danger


def waiting_counted(actor: Actor) -> dict[str, Select[Any] | None]:
    """Return what counts each kind of what waits for a person on their date, the parameter `today`, by its name; of
    `danger`, `asked`, `notified`, `called` and `clocks` whether there is any, which is read then."""
    team = actor.has(*CASE_TEAM)
    return {
        "danger": any_of(_of_danger(select(Incident.id), actor)) if actor.has(*REVIEWERS) else None,
        "asked": any_of(_asked(select(Incident.id), actor)),
        "to_review": _to_review(actor),
        "second_looks": second_reviews_counted(actor),
        "duties": open_duties_counted(actor),
        "own_duties": mandated_duties_counted(actor),
        "police_reviews": police_reviews_counted(actor),
        "police_seconds": seconds_counted(actor),
        "notified": any_of(made) if (made := made_by_others(actor)) is not None else None,
        "called": any_of(calls_found(actor)) if team else None,
        "clocks": any_of(clocks_found(actor)) if team else None,
        "concerns": unscreened_counted(actor),
        "appeals": undecided_appeals_counted(actor),
        "circle_requests": requests_counted(actor, danger=False),
        "requests_of_danger": requests_counted(actor, danger=True),
        "requirements": asked_counted(bindparam("today")),
    }


def waiting_for(
    actor: Actor, today: date, covered: Sequence[tuple[int, int]] = (), counted: Mapping[str, int] | None = None
) -> Waiting:
    """What waits for a person on a date.

    `covered`: (person, school) of the colleagues they stand in for; the new cases of those are included.
    `counted`: what `waiting_counted` counts, where a page has it already.
    """
    counts = dict(_counted.rows(actor, today=today).one()._asdict() if counted is None else counted)
    counts["duties"] -= counts["second_looks"]
    danger, asked = counts.pop("danger"), counts.pop("asked")
    if counts.pop("notified"):
        counts["police_seconds"] += second_looks_waiting(actor)
    of_schools: dict[int, set[int]] = {}
    if counts.pop("requirements"):
        of_schools, _people = behind(actor.school_ids(Role.ADMINISTRATOR), today)
        counts["own_trainings"] = len(own_due(actor, today))
        counts["school_trainings"] = len(set[int]().union(*of_schools.values()))
    return Waiting(
        new_cases=_new_cases(actor, covered) if actor.has(*CASE_TEAM) else [],
        questions=_questions(actor) if asked else [],
        dangers=_dangers(actor) if danger else [],
        declined=declined_for(actor) if actor.has(*CASE_TEAM) else [],
        schools_behind=sorted(of_schools),
        **counts,
    )


@PreparedFor
def _counted(actor: Actor) -> Any:
    return counting(waiting_counted(actor))


def _to_review(actor: Actor) -> Select[Any] | None:
    if not actor.has(*REVIEWERS):
        return None
    queue = reviewed_by(actor, *REVIEWERS)
    return select(func.count(Incident.id)).where(queue, Incident.state.in_(WAITING), ~is_alarm())


def _dangers(actor: Actor) -> list[Danger]:
    """Return the alarms that nobody decided on yet, which come before everything else, the newest first."""
    columns = (
        Incident.id, Incident.reference, Incident.tile, Incident.location_code, Incident.submitted_at, Incident.alarm
    )  # fmt: skip
    reports: Any = select(*columns)
    waits = _of_danger(reports, actor).order_by(Incident.id.desc()).limit(MOST)
    return [
        Danger(row.id, row.reference, row.tile, row.location_code, row.submitted_at, row.alarm or Alarm.DANGER)
        for row in db.session.execute(waits)
    ]


def _of_danger(statement: Select[Any], actor: Actor) -> Select[Any]:
    queue = reviewed_by(actor, *REVIEWERS)
    return statement.where(queue, Incident.state.in_(WAITING), is_alarm())


def _new_cases(actor: Actor, covered: Sequence[tuple[int, int]]) -> list[tuple[int, str, str]]:
    found = (_NEW_COVERING if covered else _NEW).rows(actor, covered=list(covered))
    return [(row[0], row[1], row[2]) for row in found]


def _new(covering: bool, actor: Actor) -> Any:
    cases: Any = select(Case.id, Case.reference, Case.harm_kind)
    mine = Case.lead_id == actor.user_id
    theirs = tuple_(Case.lead_id, Case.school_id).in_(bindparam("covered", expanding=True))
    led = or_(mine, theirs) if covering else mine
    new = cases_visible(cases, actor, live=True).where(led, Case.state == CaseState.INTAKE)
    return new.order_by(Case.id.desc()).limit(MOST)


_NEW, _NEW_COVERING = (PreparedFor(partial(_new, covering)) for covering in (False, True))


def _questions(actor: Actor) -> list[tuple[int, str]]:
    reports: Any = select(Incident.id, Incident.reference)
    asked = _asked(reports, actor).order_by(Incident.id).limit(MOST)
    return [(row[0], row[1]) for row in db.session.execute(asked)]


def _asked(statement: Select[Any], actor: Actor) -> Select[Any]:
    return statement.where(reported_by(actor, live=True), Incident.state == IncidentState.RETURNED)


MOST_DUE = 500
MOST_GIVEN = 8


@dataclass(frozen=True)
class MyDay:
    """One person's day; `caseload` counts their open cases by state, `stuck` of them have an overdue review.

    Of each part of what is due there are the oldest, and `counts` says how many in all; `beside` says of what the
    person has any.
    """

    today: date
    time_zone: str
    calendars: Calendars
    overdue: list[Item]
    due_today: list[Item]
    coming: list[Item]
    snoozed: list[Item]
    circles: list[Any]
    waiting: Waiting
    caseload: dict[CaseState, int]
    stuck: int
    counts: Mapping[str, int] = field(default_factory=dict)
    beside: Mapping[str, int] = field(default_factory=dict)
    covers: Sequence[CoverRow] = ()


@dataclass(frozen=True)
class Around:
    """What the page shows besides, and no mail: re-entry meetings and planned community circles of today, and what was
    given to others."""

    reentries: list[Any]
    planned: Sequence[CirclePlan]
    given: list[Item]
    given_count: int


def my_day(actor: Actor, now: datetime, most: int = MOST_DUE) -> MyDay:
    """Return what waits for a person at this instant, each date by its own school's days; of what is due at most the
    oldest so many of a part."""
    zones = {number: zone_of(number) for number in schools_by_id(sorted(actor.school_ids(*STAFF)))}
    time_zone = next(iter(zones.values()), district_zone())
    today = local_date(now, time_zone)
    calendars = Calendars(zones, now)
    covers = near(actor.user_id, now)
    standing = [(row.user_id, row.school_id) for row in covers if row.cover_id == actor.user_id]
    due = due_items(actor, today, calendars, standing, most)
    caseload, stuck = _caseload(actor, today)
    counted = _counted_query.rows(actor, today=today, **around_now(now, zones)).one()._asdict()
    besides = {name: counted.pop(name) for name in BESIDE}
    return MyDay(
        today=today,
        time_zone=time_zone,
        calendars=calendars,
        overdue=list(due.by_part[OVERDUE]),
        due_today=list(due.by_part[TODAY]),
        coming=list(due.by_part[COMING]),
        snoozed=list(due.by_part[SNOOZED]),
        counts=due.counts,
        circles=circles_today(actor, now, zones) if besides["circles"] else [],
        waiting=waiting_for(actor, today, standing, counted),
        caseload=caseload,
        stuck=stuck,
        beside=besides,
        covers=covers,
    )


@PreparedFor
def _counted_query(actor: Actor) -> Any:
    """Return the select of all that is counted for a day; PostgreSQL plans it anew each time, so it is one."""
    return counting(waiting_counted(actor) | beside_counted(actor))


def around(actor: Actor, day: MyDay, now: datetime) -> Around:
    """Return the re-entry meetings of a person's day, the community circles that they planned for it, and what they
    gave to others and is still open."""
    given, count = given_by(actor, MOST_GIVEN) if day.beside["given"] else ([], 0)
    meetings = reentries_today(actor, now, day.calendars.zones) if day.beside["reentries"] else []
    days = [(number, local_date(now, zone)) for number, zone in day.calendars.zones.items()]
    planned = kept_on(actor, days) if day.beside["planned"] else []
    return Around(meetings, planned, [day.calendars.item(row) for row in given], count)


def own_reports(actor: Actor, limit: int = 10) -> list[tuple[int, str, str, IncidentState, date]]:
    """Return the person's newest reports: id, reference, what happened, state, date.

    What keeps old ones in view is dear to ask: by the OFFSET of nothing it is asked of one after the other, from the
    newest on, until there are enough.
    """
    columns = (Incident.id, Incident.reference, Incident.tile, Incident.state, Incident.local_date)
    own = select(*columns).where(Incident.reporter_id == actor.user_id).order_by(Incident.id.desc())
    one = own.offset(0).subquery("one")
    seen = select(Incident.id).where(Incident.id == one.c.id, reported_by(actor)).correlate(one)
    statement = select(one).where(finds_any(seen)).order_by(one.c.id.desc()).limit(limit)
    return [(row[0], row[1], row[2], row[3], row[4]) for row in db.session.execute(statement)]


def _caseload(actor: Actor, today: date) -> tuple[dict[CaseState, int], int]:
    if not actor.has(*CASE_TEAM):
        return {}, 0
    rows = _by_state.rows(actor, today=today).all()
    return {row[0]: row[1] for row in rows}, sum(int(row[2] or 0) for row in rows)


@PreparedFor
def _by_state(actor: Actor) -> Any:
    late = func.sum(case((Case.next_review_on < bindparam("today"), 1), else_=0))
    cases: Any = select(Case.state, func.count(), late)
    mine = cases_visible(cases, actor, live=True).where(Case.lead_id == actor.user_id, Case.state.in_(OPEN))
    return mine.group_by(Case.state)


def digest_people(school_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Return (person, school) of everyone at these schools for whom a decision waits, follow-ups aside."""
    leads = select(Case.lead_id, Case.school_id).where(
        Case.school_id.in_(school_ids), Case.state == CaseState.INTAKE, Case.lead_id.is_not(None)
    )
    asked = select(Incident.reporter_id, Incident.school_id).where(
        Incident.school_id.in_(school_ids), Incident.state == IncidentState.RETURNED, Incident.reporter_id.is_not(None)
    )
    found = db.session.execute(leads.union(asked))
    return [(row[0], row[1]) for row in found if row[0] is not None]


def schools_with_concerns(school_ids: Sequence[int]) -> list[int]:
    statement = select(CareRecord.school_id).where(
        CareRecord.school_id.in_(school_ids), CareRecord.screened_at.is_(None)
    )
    return list(db.session.scalars(statement.distinct()))


def schools_with_reviews(school_ids: Sequence[int]) -> list[int]:
    statement = select(Incident.school_id).where(Incident.school_id.in_(school_ids), Incident.state.in_(WAITING))
    return list(db.session.scalars(statement.distinct()))
