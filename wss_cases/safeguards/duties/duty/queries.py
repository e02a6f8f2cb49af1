"""Reading legal duties and their table; lists start from what the actor may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, not_, or_, select

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor, Role
from wss_cases.access.prepared import PreparedFor
from wss_cases.access.visibility import in_view
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.teams import user_names
from wss_cases.foundation.db import by_id, db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import _
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.rules import routed_people
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.journal.models import TimelineEntry
from wss_cases.roster.directory.models import Student
from wss_cases.routing.engine.facts import ARTICLE_26A, ASK_FIRST, asked_before_family
from wss_cases.routing.engine.vocabulary import Duty
from wss_cases.routing.rule_sets import RoutingAnswer
from wss_cases.safeguards.duties.duty.models import (
    AT_ONCE,
    MAY_NOT_APPLY,
    OPEN_DUTY,
    PERSONAL,
    DutyState,
    LegalDuty,
    LegalDutyKind,
    LegalDutyKindStep,
    LegalDutyStep,
)

Statement = TypeVar("Statement", bound=Select[Any])
SECOND_REVIEW = (Role.DEAN, Role.ADMINISTRATOR)
PAGE = 50


@dataclass(frozen=True)
class DutyRow:
    """An open duty with its kind and the report it hangs on."""

    duty: LegalDuty
    kind: LegalDutyKind
    reference: str


@dataclass(frozen=True)
class Wanted:
    """Which duties a list shows; None is any."""

    school_id: int | None = None
    state: DutyState | None = None
    overdue: bool = False


@dataclass(frozen=True)
class StepRow:
    """One step that a duty asks for, and how it was recorded, if it was."""

    step: LegalDutyKindStep
    record: LegalDutyStep | None
    by: str


def visible_to(statement: Statement, actor: Actor, *, live: bool = False) -> Statement:
    """Keep the duties of the schools in which the actor is on the case team, without mandated-reporter duties, and for
    the district's office those of reports that it reads; with `live` the open ones alone."""
    seen = in_view(LegalDuty, actor, *CASE_TEAM, live=live)
    if actor.has(Role.DISTRICT):
        office = LegalDuty.for_office(actor)
        seen = or_(seen, and_(LegalDuty.always_visible(), office) if live else office)
    return statement.where(seen, shared())


def mandated_visible_to(statement: Statement, actor: Actor, *, live: bool = False) -> Statement:
    """Keep the duties that are each adult's own: the actor's, and all of the schools that they administer; with `live`
    the open ones alone."""
    mine = and_(LegalDuty.owner_id == actor.user_id, in_view(LegalDuty, actor, *STAFF, live=live))
    administered = in_view(LegalDuty, actor, Role.ADMINISTRATOR, live=live)
    return statement.where(LegalDuty.code.in_(sorted(PERSONAL)), or_(mine, administered))


def shared() -> ColumnElement[bool]:
    """Duties of the school, not of one adult; whoever counts or lists duties begins here."""
    return LegalDuty.code.not_in(sorted(PERSONAL))


load_duty = by_id(LegalDuty)


def get_duty(actor: Actor, duty_id: int) -> DutyRow:
    """Return a duty that the actor may see. Raises NotFound."""
    return _one(visible_to(_rows().where(LegalDuty.id == duty_id), actor))


def get_mandated_duty(actor: Actor, duty_id: int) -> DutyRow:
    """Return a duty that is the actor's own, or an adult's of a school that they administer. Raises NotFound."""
    return _one(mandated_visible_to(_rows().where(LegalDuty.id == duty_id), actor))


def _one(statement: Select[Any]) -> DutyRow:
    return DutyRow(*existing(db.session.execute(statement).first()))


def duties_page(actor: Actor, wanted: Wanted, now: datetime | None, after: int | None = None) -> list[DutyRow]:
    """Return up to one more than a page of duties, the soonest clock first; `after` is the last of the page before.

    Without a state the open ones, and those carried out that wait for a second look. `overdue` keeps those whose clock
    ran out by `now`.
    """
    statement = _matching(_rows(), actor, wanted, now)
    last = db.session.scalar(visible_to(select(LegalDuty).where(LegalDuty.id == after), actor))
    if last is not None:
        statement = statement.where(_beyond(last.due_at, last.id))
    ordered = statement.order_by(LegalDuty.due_at.is_(None), LegalDuty.due_at, LegalDuty.id)
    return [DutyRow(*row) for row in db.session.execute(ordered.limit(PAGE + 1))]


def duties_count(actor: Actor, wanted: Wanted, now: datetime) -> int:
    joined = select(func.count(LegalDuty.id)).join(LegalDutyKind, LegalDutyKind.id == LegalDuty.kind_id)
    return db.session.scalar(_matching(joined, actor, wanted, now)) or 0


def _matching(statement: Statement, actor: Actor, wanted: Wanted, now: datetime | None) -> Statement:
    which = LegalDuty.always_visible() if wanted.state is None else LegalDuty.state == wanted.state
    statement = visible_to(statement.where(which), actor)
    if wanted.school_id is not None:
        statement = statement.where(LegalDuty.school_id == wanted.school_id)
    if wanted.overdue and now is not None:
        statement = statement.where(overdue_by(now))
    return statement


def overdue_by(now: datetime) -> ColumnElement[bool]:
    """Open duties whose clock has run out: `rules.is_overdue`, said in SQL."""
    at_once = LegalDutyKind.clock_hours == 0
    return and_(
        LegalDuty.state.in_(OPEN_DUTY),
        or_(
            and_(at_once, LegalDuty.state == DutyState.DUE, LegalDuty.due_at < now - AT_ONCE),
            and_(not_(at_once), LegalDuty.due_at < now),
        ),
    )


def _beyond(due_at: datetime | None, number: int) -> ColumnElement[bool]:
    if due_at is None:
        return and_(LegalDuty.due_at.is_(None), LegalDuty.id > number)
    later = or_(LegalDuty.due_at > due_at, and_(LegalDuty.due_at == due_at, LegalDuty.id > number))
    return or_(LegalDuty.due_at.is_(None), later)


def open_duties_counted(actor: Actor) -> Select[Any] | None:
    if not actor.has(*CASE_TEAM):
        return None
    return visible_to(select(func.count(LegalDuty.id)).where(LegalDuty.state.in_(OPEN_DUTY)), actor, live=True)


def running_clocks(actor: Actor, limit: int) -> list[DutyRow]:
    return [DutyRow(*row) for row in _running.rows(actor, limit=limit)]


@PreparedFor
def _running(actor: Actor) -> Any:
    statement = visible_to(_rows(), actor, live=True).where(*_has_clock())
    return statement.order_by(LegalDuty.due_at, LegalDuty.id).limit(bindparam("limit"))


def clocks_found(actor: Actor) -> Select[Any]:
    joined: Any = select(LegalDuty.id).join(LegalDutyKind, LegalDutyKind.id == LegalDuty.kind_id)
    return visible_to(joined.where(*_has_clock()), actor, live=True)


def _has_clock() -> tuple[ColumnElement[bool], ...]:
    clock = (LegalDutyKind.clock_hours.is_not(None), LegalDuty.due_at.is_not(None))
    return LegalDuty.state.in_(OPEN_DUTY), *clock


def second_reviews_counted(actor: Actor) -> Select[Any] | None:
    """Return the select of how many duties somebody else proposed as not applicable, for the actor to take the second
    review."""
    if not actor.has(*SECOND_REVIEW):
        return None
    return select(func.count(LegalDuty.id)).where(
        in_view(LegalDuty, actor, *SECOND_REVIEW, live=True), shared(), LegalDuty.proposed_by_id != actor.user_id
    )


def mandated_duties_counted(actor: Actor) -> Select[Any] | None:
    """Return the select of how many of these wait for the actor: their own open ones, and as administrator those of
    others."""
    if not actor.has(*STAFF):
        return None
    return mandated_visible_to(select(func.count(LegalDuty.id)), actor, live=True)


def mandated_duties_waiting(actor: Actor) -> int:
    counted = mandated_duties_counted(actor)
    return 0 if counted is None else db.session.scalar(counted) or 0


def mandated_duties(actor: Actor) -> list[DutyRow]:
    """Return the mandated-reporter duties that the actor may see: open ones first, then the newest, at most 200."""
    statement = mandated_visible_to(_rows(), actor)
    closed = LegalDuty.state.not_in(OPEN_DUTY)
    rows = db.session.execute(statement.order_by(closed, LegalDuty.id.desc()).limit(200))
    return [DutyRow(*row) for row in rows]


def duties_of(incident_id: int) -> list[DutyRow]:
    """Return every duty of the school that an incident raised, open ones first; the caller has checked the incident.

    A mandated-reporter duty is never among them: see `mandated_duties_of`.
    """
    return _open_first(_rows().where(LegalDuty.incident_id == incident_id, shared()))


def mandated_duties_of(actor: Actor, incident_id: int) -> list[DutyRow]:
    return _open_first(mandated_visible_to(_rows().where(LegalDuty.incident_id == incident_id), actor))


def _open_first(statement: Select[Any]) -> list[DutyRow]:
    rows = [DutyRow(*row) for row in db.session.execute(statement)]
    return sorted(rows, key=lambda row: (row.duty.state not in OPEN_DUTY, row.duty.id))


def steps_of(duty: LegalDuty) -> list[StepRow]:
    """Return the steps of a duty in order, each with its record if there is one; the caller has checked the duty."""
    recorded = and_(LegalDutyStep.kind_step_id == LegalDutyKindStep.id, LegalDutyStep.duty_id == duty.id)
    statement = (
        select(LegalDutyKindStep, LegalDutyStep, UserAccount.name)
        .outerjoin(LegalDutyStep, recorded)
        .outerjoin(UserAccount, UserAccount.id == LegalDutyStep.recorded_by_id)
        .where(LegalDutyKindStep.kind_id == duty.kind_id)
        .order_by(LegalDutyKindStep.position)
    )
    return [StepRow(step, record, name or "") for step, record, name in db.session.execute(statement)]


def _rows() -> Any:
    return (
        select(LegalDuty, LegalDutyKind, Incident.reference)
        .join(LegalDutyKind, LegalDutyKind.id == LegalDuty.kind_id)
        .join(Incident, Incident.id == LegalDuty.incident_id)
    )


def kinds_in_force(codes: Iterable[str] | None, day: date) -> dict[str, LegalDutyKind]:
    """Return the rows of the duty table for these codes (None: for all) on a date."""
    statement = select(LegalDutyKind).where(
        LegalDutyKind.starts_on <= day, or_(LegalDutyKind.ends_on.is_(None), LegalDutyKind.ends_on >= day)
    )
    if codes is not None:
        statement = statement.where(LegalDutyKind.code.in_(sorted(codes)))
    rows = db.session.scalars(statement.order_by(LegalDutyKind.starts_on))
    return {kind.code: kind for kind in rows}


def entered_by(duty_id: int) -> list[int]:
    """Return whose acts first raised a duty by facts and first made it due."""
    entry = TimelineEntry
    statement = select(entry.kind, entry.actor_id).where(
        entry.subject_type == LegalDuty.__tablename__,
        entry.subject_id == duty_id,
        entry.kind.in_(("duty.raised", "duty.now_due")),
    )
    first = {row.kind: row.actor_id for row in db.session.execute(statement.order_by(entry.id.desc()))}
    return sorted({actor_id for actor_id in first.values() if actor_id is not None})


def students_in(incident_id: int, *roles: PersonRole) -> list[Student]:
    """Return the students of a report, those with one of these roles where any is given; the caller checked it."""
    statement = (
        select(Student)
        .join(IncidentPerson, IncidentPerson.student_id == Student.id)
        .where(IncidentPerson.incident_id == incident_id, IncidentPerson.role.in_(roles or list(PersonRole)))
        .order_by(IncidentPerson.id)
    )
    return list(db.session.scalars(statement))


def students_who_caused_harm(incident_id: int) -> list[Student]:
    """Return the students reported to have caused harm in an incident; the caller has checked the incident."""
    return students_in(incident_id, PersonRole.CAUSED_HARM, PersonRole.BOTH)


def user_name(user_id: int | None) -> str:
    return user_names([user_id]).get(user_id or 0, "")


def proposed_everywhere() -> list[LegalDuty]:
    statement = select(LegalDuty).where(LegalDuty.proposed_by_id.is_not(None), LegalDuty.state.in_(MAY_NOT_APPLY))
    return list(db.session.scalars(statement.order_by(LegalDuty.id)))


_NOTICE: Final = Duty.BULLYING_NOTICE.value


def notice_waits_for(duty: LegalDuty) -> str:
    """Return in words whom the families' notice of an open duty waits for; '' for another duty, or where it waits for
    no one. The caller has checked the duty."""
    if duty.code != _NOTICE or duty.state not in OPEN_DUTY:
        return ""
    event = asked_before_family(_newest_facts(duty.incident_id))
    if event == ARTICLE_26A:
        return _(
            "The notice waits, within its 24 hours: the Article 26A resource person first asks the student who was "
            "harmed, alone, and the Title IX coordinator sets what may be said."
        )
    if event == ASK_FIRST:
        return _(
            "The notice waits, within its 24 hours: a named counselor first asks each student, alone, what is safe to "
            "say at home."
        )
    return ""


def _newest_facts(incident_id: int) -> list[dict[str, Any]]:
    """Return the facts of the newest answer for everyone of a report who is routed now."""
    answers = select(RoutingAnswer.incident_person_id, RoutingAnswer.facts).filter_by(incident_id=incident_id)
    newest = {row.incident_person_id: row.facts for row in db.session.execute(answers.order_by(RoutingAnswer.id))}
    people = db.session.scalars(select(IncidentPerson).filter_by(incident_id=incident_id)).all()
    routed: list[int | None] = [person.id for person in routed_people(people)]
    return [newest[number] for number in routed or [None] if number in newest]
