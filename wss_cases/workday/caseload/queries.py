"""Reading the desk: every open case of one or more leads, placed and weighed, in a constant number of queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    String,
    bindparam,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from wss_cases.access.actor import CASE_TEAM, Actor, Role
from wss_cases.access.prepared import PreparedFor
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.coverage import CoverRow, near
from wss_cases.accounts.grants import holders
from wss_cases.accounts.teams import user_names, works
from wss_cases.cases.case.models import OPEN, Case, CaseIncident, CaseState
from wss_cases.cases.case.queries import visible_to
from wss_cases.casework.next_act import READ, DutyItem, FollowUpItem, PathwayItem, Situation, stands_for, steps_alone
from wss_cases.casework.transfer.models import StudentMove
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.queries import known_to as follow_ups_known_to
from wss_cases.foundation.database import Narrow, Prepared, among_ids
from wss_cases.foundation.db import UtcDateTime, db
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import at_local, local_date, today_at
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.common.models import LIVE, Pathway, PathwayState
from wss_cases.pathways.common.pages import number
from wss_cases.pathways.common.queries import known_to as pathways_known_to
from wss_cases.pathways.common.queries import team_of
from wss_cases.pathways.mentoring.plan.models import MentoringPlan
from wss_cases.pathways.mentoring.plan.rules import coming_days, last_day_of
from wss_cases.pathways.reengagement.plan import ReengagementPlan
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.vocabulary import Pathway as Family
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY, LegalDuty
from wss_cases.safeguards.duties.duty.queries import shared
from wss_cases.workday.caseload.rules import (
    CASELOAD_WEIGHTS,
    Part,
    Placed,
    Weights,
    first_things_first,
    not_begun,
    parts_of,
    place,
    weight_of,
)

BEGUN = (PathwayState.COMPLETED, PathwayState.ENDED_EARLY)
"""Stands for the pathways of a case that are all over."""

STAGE, FAMILY = "stage", "family"
MOST = 400
"""Open cases that a desk reads; a school with more of them sees the first ones."""


class DeskCase(NamedTuple):
    id: int
    reference: str
    harm_kind: str
    location_code: str
    state: CaseState
    lead_id: int | None
    placed: Placed
    pathways: Sequence[Any]
    weights: Weights

    @property
    def kinds(self) -> dict[int, str]:
        return {pathway.id: pathway.kind for pathway in self.pathways}

    @property
    def parts(self) -> Sequence[Part]:
        return parts_of(self.state, [pathway.pathway for pathway in self.pathways], self.weights)

    @property
    def weight(self) -> int:
        return sum(part.points for part in self.parts)


@dataclass
class _Hanging:
    """What hangs on the cases, by case."""

    pathways: dict[int, list[Any]] = field(default_factory=lambda: defaultdict(list))
    had: dict[int, PathwayState] = field(default_factory=dict)
    follow_ups: dict[int, list[Any]] = field(default_factory=lambda: defaultdict(list))
    duties: dict[int, list[DutyItem]] = field(default_factory=lambda: defaultdict(list))


def desk_cases(
    actor: Actor, school_id: int, lead_ids: Iterable[int] | None, today: date, now: datetime, weights: Weights,
    days: SchoolDays | None = None,
) -> list[DeskCase]:  # fmt: skip
    """Return the open cases of these leads at a school (None: of everybody, and of nobody), first things first.

    `days` are the school's, where they are known already.
    """
    found = _open_cases if lead_ids is None else _open_cases_of
    rows = found.rows(actor, school=school_id, leads=sorted(lead_ids or ())).all()
    if not rows:
        return []
    hanging = _hanging(actor, school_id, rows)
    live = [pathway for of_case in hanging.pathways.values() for pathway in of_case]
    steps = steps_alone(live, today, now, days or school_days(school_id))
    leads = _at_work({row.lead_id for row in rows if row.lead_id is not None}, school_id, now)
    desk = [
        DeskCase(
            id=row.id,
            reference=row.reference,
            harm_kind=row.harm_kind,
            location_code=row.location_code,
            state=row.state,
            lead_id=row.lead_id,
            placed=_placed(row, hanging, steps, today, leads),
            pathways=hanging.pathways.get(row.id, ()),
            weights=weights,
        )
        for row in rows
    ]
    return sorted(desk, key=lambda case: (*first_things_first(case.placed), case.id))


@PreparedFor
def _open_cases(actor: Actor) -> Any:
    columns: Any = select(
        Case.id, Case.reference, Case.harm_kind, Case.location_code, Case.state, Case.lead_id, Case.next_review_on,
        _moved().label("moved"),
        _duties(LegalDuty.id).where(CaseIncident.case_id == Case.id).exists().label("open_duty"),
    )  # fmt: skip
    here = visible_to(columns, actor, live=True).where(Case.school_id == bindparam("school"))
    return here.order_by(Case.next_review_on, Case.id).limit(MOST)


@PreparedFor
def _open_cases_of(actor: Actor) -> Any:
    return _open_cases.build(actor).where(Case.lead_id.in_(bindparam("leads", expanding=True)))


def _at_work(lead_ids: Collection[int], school_id: int, now: datetime) -> frozenset[int]:
    asked = {"leads": sorted(lead_ids), "school": school_id, "now": now}
    return frozenset(db.session.scalars(_working(), asked))


@cache
def _working() -> Select[Any]:
    here = works(UserAccount.id, bindparam("school"), CASE_TEAM, bindparam("now", type_=UtcDateTime()))
    return select(UserAccount.id).where(UserAccount.id.in_(bindparam("leads", expanding=True)), here)


def _placed(
    row: Any, hanging: _Hanging, steps: Mapping[int, Any], today: date, leads: Collection[int | None]
) -> Placed:
    live, follow_ups = hanging.pathways.get(row.id, ()), hanging.follow_ups.get(row.id, ())
    pathways = [PathwayItem(pathway.id, pathway.state, steps.get(pathway.id)) for pathway in live]
    if not pathways and row.id in hanging.had:
        pathways = [PathwayItem(0, hanging.had[row.id])]
    situation = Situation(
        state=row.state,
        today=today,
        has_lead=row.lead_id in leads,
        review_on=row.next_review_on,
        duties=hanging.duties.get(row.id, ()),
        follow_ups=[
            FollowUpItem(number, due_on, kind, owner_id not in (None, row.lead_id))
            for number, due_on, kind, pathway_id, owner_id in follow_ups
            if not stands_for(kind, pathway_id, steps)
        ],
        pathways=pathways,
    )
    return place(
        situation,
        all_due=[due_on for _number, due_on, *_more in follow_ups],
        start_by=[pathway.start_by for pathway in live if pathway.start_by is not None and not_begun(pathway.state)],
        moved=row.moved,
    )


def _hanging(actor: Actor, school_id: int, cases: Sequence[Any]) -> _Hanging:
    """Return what of these cases of a school the actor may see: a need for housing support only the coordinator."""
    case_ids = [case.id for case in cases]
    hanging = _Hanging()
    for pathway in _live.rows(actor, ids=case_ids, school=school_id):
        hanging.pathways[pathway.case_id].append(pathway)
    bare = [case_id for case_id in case_ids if case_id not in hanging.pathways]
    for case_id, state in _had.rows(actor, ids=bare) if bare else ():
        if hanging.had.get(case_id) not in BEGUN:
            hanging.had[case_id] = state
    for of_case, *item in _open_follow_ups.rows(actor, ids=case_ids):
        hanging.follow_ups[of_case].append(item)
    with_duty = [case.id for case in cases if case.open_duty]
    for case_id, duty_id, code in _of_law.rows(with_duty) if with_duty else ():
        hanging.duties[case_id].append(DutyItem(duty_id, code))
    return hanging


@PreparedFor
def _live(actor: Actor) -> Any:
    here = (among_ids(Pathway.case_id), Pathway.school_id == bindparam("school"), Pathway.state.in_(LIVE))
    return select(*READ).where(*here, pathways_known_to(actor)).order_by(Pathway.id)


@PreparedFor
def _had(actor: Actor) -> Any:
    over = (among_ids(Pathway.case_id), Pathway.state.not_in(LIVE), pathways_known_to(actor))
    return select(Pathway.case_id, Pathway.state).where(*over).distinct()


@PreparedFor
def _open_follow_ups(actor: Actor) -> Any:
    one = FollowUp
    columns: Any = select(one.case_id, one.id, one.due_on, one.kind, one.pathway_id, one.owner_id)
    seen = (among_ids(one.case_id), one.state == FollowUpState.OPEN, follow_ups_known_to(actor))
    return columns.where(*seen).order_by(one.id)


@Prepared
def _of_law(among_ids: Narrow) -> Any:
    duties = _duties(CaseIncident.case_id, LegalDuty.id, LegalDuty.code)
    return duties.where(among_ids(CaseIncident.case_id)).order_by(LegalDuty.id)


def _duties(*columns: Any) -> Select[Any]:
    duty = LegalDuty
    joined = select(*columns).select_from(CaseIncident).join(duty, duty.incident_id == CaseIncident.incident_id)
    return joined.where(duty.state.in_(OPEN_DUTY), shared())


def _moved() -> ColumnElement[int]:
    """How many students of a case are at another school now, and nobody has settled it yet."""
    statement = (
        select(func.count())
        .select_from(StudentMove)
        .join(FollowUp, FollowUp.id == StudentMove.follow_up_id)
        .where(StudentMove.case_id == Case.id, FollowUp.state == FollowUpState.OPEN)
    )
    return statement.scalar_subquery()


@dataclass(frozen=True)
class Load:
    """What one person carries at a school: open cases and their weight; `lead_id` None is nobody's."""

    lead_id: int | None
    cases: int
    points: int


def loads_at(actor: Actor, school_id: int, weights: Weights) -> list[Load]:
    """Return what each lead of a school carries, in one query, of what the actor sees; the caller reaches the school.

    No more than the desk weighs: what is left of a sum would tell of a pathway that only the coordinator sees.
    """
    # a pathway names its school too, by which those of the whole school are found at once
    return loads_of([Case.school_id == school_id], weights, pathways_known_to(actor), Pathway.school_id == school_id)


def loads_of(where: Sequence[ColumnElement[bool]], weights: Weights, *seen: ColumnElement[bool]) -> list[Load]:
    """Return what each lead carries of the open cases that meet these conditions, by the pathways that are `seen`; the
    caller reaches them."""
    cases: dict[int | None, int] = defaultdict(int)
    points: dict[int | None, int] = defaultdict(int)
    for lead_id, what, name, count in db.session.execute(_carrying(where, seen)):
        if what == STAGE:
            cases[lead_id] += count
            points[lead_id] += count * weight_of(CaseState(name), (), weights)
        else:
            points[lead_id] += count * weights.families.get(name, 1)
    return [Load(lead_id, cases[lead_id], points[lead_id]) for lead_id in cases]


def _carrying(where: Sequence[ColumnElement[bool]], seen: Sequence[ColumnElement[bool]]) -> Any:
    """Return a select of open cases by lead and stage, and of their pathways by lead and family."""
    stages = (
        select(Case.lead_id, literal(STAGE), cast(Case.state, String(40)), func.count())
        .where(*where, Case.state.in_(OPEN))
        .group_by(Case.lead_id, Case.state)
    )
    families = (
        select(Case.lead_id, literal(FAMILY), Pathway.pathway, func.count())
        .join(Pathway, Pathway.case_id == Case.id)
        .where(*where, Case.state.in_(OPEN), Pathway.state.in_(LIVE), *seen)
        .group_by(Case.lead_id, Pathway.pathway)
    )
    return union_all(stages, families)


AHEAD = timedelta(days=14)
CIRCLE, SESSION, REENTRY, RETURN = "circle", "session", "reentry", "return"
OF_SOME: dict[str, Any] = {
    "at": UtcDateTime(),
    "place": String(200),
    "on_day": Date(),
    "rhythm": MentoringPlan.rhythm.type,
    "weeks": Integer(),
}
"""What is read of some kinds of things alone."""


class Entry(NamedTuple):
    """One thing of a day: what it is, when and where (`at` None: some time that day), and of which pathway."""

    day: date
    what: str
    case_id: int
    pathway_id: int
    reference: str
    kind: str
    at: datetime | None = None
    place: str = ""


def calendar(
    actor: Actor, school_id: int, lead_ids: Collection[int] | None, today: date, zone: str, days: SchoolDays
) -> list[Entry]:
    """Return what stands in the fourteen days from today, by day and hour, in one query."""
    start, end = at_local(today, 0, 0, zone), at_local(today + AHEAD, 0, 0, zone)
    found = _entries.rows(actor, school=school_id, start=start, end=end, today=today, last=today + AHEAD)
    rows = [row for row in found if lead_ids is None or row.lead_id in lead_ids]
    coming, last = coming_days(days, today), today + AHEAD - timedelta(days=1)
    entries: list[Entry] = []
    for row in rows:
        of = (row.case_id, row.pathway_id, row.reference, row.kind)
        if row.what == SESSION:
            until = min(last, last_day_of(row.on_day, row.weeks) or last)
            entries += [Entry(day, SESSION, *of) for day in coming(row.rhythm, row.on_day, until)]
            continue
        if row.at is not None and start <= row.at < end:
            entries.append(Entry(local_date(row.at, zone), row.what, *of, row.at, row.place))
        if row.on_day is not None and today <= row.on_day < today + AHEAD:
            entries.append(Entry(row.on_day, RETURN, *of))
    return sorted(entries, key=lambda entry: (entry.day, entry.at or end, entry.reference))


@PreparedFor
def _entries(actor: Actor) -> Any:
    """Return the select of what may stand there of a `school` from `start` to `end`, which begin `today` and the day
    after the `last`."""
    # what hangs on a case names its school too, by which it is found sooner; not by its lead: a planner takes it
    # that hardly a case of a school is theirs, and goes through all plans of the school for each
    here = Case.school_id == bindparam("school")
    return union_all(
        *(visible_to(part.where(here), actor, live=True) for part in (_circles(), _returns(), _sessions()))
    )


def _select(what: str, of: Any, **columns: Any) -> Select[Any]:
    given = [columns.get(name, cast(null(), type_)).label(name) for name, type_ in OF_SOME.items()]
    return (
        select(
            literal(what, String(20)).label("what"), *given, Case.id.label("case_id"), of.pathway_id, Case.reference,
            Pathway.kind, Case.lead_id,
        )
        .join(Case, Case.id == of.case_id)
        .join(Pathway, Pathway.id == of.pathway_id)
    )  # fmt: skip


def _circles() -> Select[Any]:
    one = CircleMeeting
    soon = (one.starts_at >= bindparam("start"), one.starts_at < bindparam("end"))
    return _select(CIRCLE, one, at=one.starts_at, place=one.room).where(
        *soon, one.happened.is_(None), one.school_id == bindparam("school")
    )


def _returns() -> Select[Any]:
    plan = ReengagementPlan
    meets = (plan.meeting_at >= bindparam("start")) & (plan.meeting_at < bindparam("end"))
    returns = (plan.return_on >= bindparam("today")) & (plan.return_on < bindparam("last"))
    return _select(REENTRY, plan, at=plan.meeting_at, place=plan.meeting_place, on_day=plan.return_on).where(
        or_(meets, returns),
        Pathway.pathway == Family.REENGAGEMENT,
        Pathway.state.in_((PathwayState.PREPARING, PathwayState.ACTIVE)),
        Pathway.school_id == bindparam("school"),
    )


def _sessions() -> Select[Any]:
    plan = MentoringPlan
    return _select(SESSION, plan, rhythm=plan.rhythm, on_day=plan.starts_on, weeks=plan.weeks).where(
        Pathway.pathway == Family.MENTORING,
        Pathway.state == PathwayState.ACTIVE,
        Pathway.school_id == bindparam("school"),
        plan.rhythm.is_not(None),
        plan.starts_on.is_not(None),
    )


MINE, EVERYBODY = "mine", "school"


@dataclass(frozen=True)
class Desk:
    """Whose desk it is: a school on a day, the leads whose cases lie on it (None: everybody's), who covers whom."""

    actor: Actor
    school: School
    days: SchoolDays
    now: datetime
    today: date
    whose: str
    lead_ids: frozenset[int] | None
    covers: Sequence[CoverRow]
    names: dict[int, str]
    weights: Weights


def open_desk(actor: Actor, school: School, whose: str, now: datetime) -> Desk:
    """Return the desk that is asked for: one's own with those one stands in for, one person's, or the school's."""
    today = today_at(school.id, now)
    covers = [row for row in near(actor.user_id, now) if row.school_id == school.id]
    names = dict(holders(Role.COORDINATOR, school.id, today))
    if not whose:
        whose = MINE if actor.user_id in names or covers else EVERYBODY
    person = number(whose)
    lead_ids = frozenset({person}) if person is not None else None
    if whose == MINE:
        own = {actor.user_id} if actor.user_id is not None else set()
        lead_ids = frozenset(own | {row.user_id for row in covers if row.cover_id == actor.user_id})
    return Desk(
        actor=actor, school=school, days=school_days(school.id), now=now, today=today,
        whose=whose if person is not None or whose == MINE else EVERYBODY, lead_ids=lead_ids,
        covers=covers, names=names, weights=CASELOAD_WEIGHTS.on(today),
    )  # fmt: skip


def names_of(desk: Desk, loads: Iterable[Load]) -> dict[int, str]:
    """Return the names of whoever leads cases here, and of whose desk is asked for. Raises NotFound for a desk of
    somebody who does neither here."""
    found = user_names([load.lead_id for load in loads if load.lead_id not in desk.names])
    person = number(desk.whose)
    asked = person is not None and person not in desk.names and person not in found
    team = team_of(desk.school.id, desk.today) if found or asked else {}
    if asked and person is not None:
        if person not in team:
            raise NotFound
        found[person] = team[person]
    others = {who: name if who in team else _("%(name)s, who left", name=name) for who, name in found.items()}
    return desk.names | others
