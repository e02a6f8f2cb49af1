"""Steps for other packages: create a report, change its people and state, decide who may see it; and its emails.

An email says what kind of thing happened, with a link, and never a name, number or text.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, or_, select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.grants import actor_of, holders
from wss_cases.accounts.network_approvers import possible_approvers
from wss_cases.foundation.db import db, table_of
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.school_time import local, local_date, today_at
from wss_cases.incidents.incident import queries, states
from wss_cases.incidents.incident.models import (
    Addendum,
    CareRecord,
    Incident,
    IncidentDraft,
    IncidentPerson,
    alarm_of,
    signs_of,
)
from wss_cases.incidents.incident.queries import behavior_of_tile, load_care_record, load_incident, location, was_opened
from wss_cases.incidents.incident.rules import CAUSED, Capture, CapturedPerson, columns_of, highest_group
from wss_cases.incidents.incident.states import (
    MAY_HAVE_CAUSED,
    MOVED,
    TEXT_ADDED,
    TRANSITIONS,
    UNDECIDED,
    WAITING,
    IncidentState,
    KeptFrom,
    PersonKind,
    PersonRole,
    Tile,
    WhenPrecision,
)
from wss_cases.journal.extension_points import react
from wss_cases.journal.message_kinds import MessageKind, PushWords, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.mail.webhooks.messages import HookEvent
from wss_cases.mail.webhooks.pages import tell_webhooks
from wss_cases.roster.directory.models import School, StaffMember, Student
from wss_cases.roster.directory.queries import get_school, students_by_id


def _may_read(message: OutboxMessage, actor: Actor) -> bool:
    return can(actor, Permission.INCIDENT_READ, load_incident(message.object_id))


def _still_asked(message: OutboxMessage, actor: Actor) -> bool:
    incident = load_incident(message.object_id)
    waits = incident is not None and incident.state is IncidentState.RETURNED
    return waits and _may_read(message, actor)


def _unscreened(message: OutboxMessage, actor: Actor) -> bool:
    record = load_care_record(message.object_id)
    return record is not None and record.screened_at is None and can(actor, Permission.CARE_WORK, record)


def _unopened(message: OutboxMessage, actor: Actor) -> bool:
    record = load_care_record(message.object_id)
    return record is not None and _unscreened(message, actor) and not was_opened(record)


DANGER = leads_to(
    "/incidents/{id}",
    _l("Danger now reported at your school"),
    _l("A report says that someone is hurt or in danger now. Open it, and call if no one has called."),
)
ALARM = leads_to(
    "/incidents/{id}",
    _l("Read this report now"),
    _l("A report at your school should be read now. Call 911 if you believe someone is in danger or has a gun."),
)
RETURNED = leads_to(
    "/incidents/{id}",
    _l("A question about your report"),
    _l("Your report came back with a question. Please answer it."),
)
OUTCOME = leads_to(
    "/incidents/{id}", _l("Update on your report"), _l("A report you made has an outcome. Open it to see the outcome.")
)
CONCERN = leads_to(
    "/care/{id}",
    _l("A student needs to be seen today"),
    _l("A concern about a student was recorded. A clinician screens the student the same day."),
)
UNOPENED = leads_to(
    "/care/{id}",
    _l("Act now: no one has opened a concern about a student"),
    _l(
        "It may be about suicide, and no clinician has opened it. Call 988 or 911; do not leave the student alone."
        " Open it now."
    ),
)
PUSHED_DANGER = PushWords(
    _l("Danger reported at your school"), _l("Open the report. Call 911 if no one has called yet.")
)
PUSHED_ALARM = PushWords(_l("Read this report now"), _l("Call 911 if you believe someone is in danger or has a gun."))
PUSHED_CONCERN = PushWords(_l("A student needs to be seen today"), _l("Open the concern about a student now."))
PUSHED_UNOPENED = PushWords(
    _l("Act now: no one has opened a concern about a student"),
    _l("It may be about suicide. Call 988 or 911; do not leave the student alone."),
)
MESSAGES = (
    MessageKind("incident.danger", DANGER, _may_read, push=PUSHED_DANGER),
    MessageKind("incident.alarm", ALARM, _may_read, push=PUSHED_ALARM),
    MessageKind("incident.returned", RETURNED, _still_asked),
    MessageKind("incident.outcome", OUTCOME, _may_read),
    MessageKind("care.opened", CONCERN, _unscreened, push=PUSHED_CONCERN),
    MessageKind("care.unopened", UNOPENED, _unopened, push=PUSHED_UNOPENED),
)


CONDUCT = "adult_conduct"
READERS = (Role.DEAN, Role.ADMINISTRATOR)
_HEADS = frozenset({"principal", "administrator", "siteadministrator"})
"""Roster roles that head a school, with or without an account."""
_ADULTS = frozenset({PersonKind.STAFF, PersonKind.OTHER_ADULT})


def settle_audience(uow: UnitOfWork, incident: Incident) -> None:
    """Hide a report from the adult it may be about, and from others who must not know. For use cases."""
    kept_from = _kept_from(incident, uow.now)
    if kept_from is not incident.kept_from:
        incident.kept_from = kept_from
        uow.record(incident, "incident.audience_settled")
    uow.session.flush()


def told_of(incident: Incident, roles: Collection[Role], now: datetime) -> dict[int, str]:
    """People to tell about a report, name by user id: holders of these roles at its school who may see it, and the
    district's office if no adult is named yet or nobody else is left."""
    people = open_to(incident, _holders(incident.school_id, roles, now), now)
    if incident.kept_from is KeptFrom.TEAM or (incident.kept_from is not None and not people):
        network = db.session.get_one(School, incident.school_id).network or ""
        people |= open_to(incident, dict(possible_approvers(network, now)), now)
    return people


def open_to(incident: Incident, people: Mapping[int, str], now: datetime) -> dict[int, str]:
    """Those of these people (name by user id) who may see the report."""
    if incident.kept_from is None:
        return dict(people)
    actors = {user_id: actor_of(user_id, now) for user_id in people}
    return {
        user_id: name
        for user_id, name in people.items()
        if (actor := actors[user_id]) is not None and not incident.is_closed_to(actor)
    }


def is_left_to_office(incident: Incident, now: datetime) -> bool:
    """Whether the district's office decides a report, because everyone at its school who could may not see it."""
    if incident.kept_from not in (KeptFrom.TEAM, KeptFrom.SCHOOL):
        return False
    roles = (Role.ADMINISTRATOR,) if incident.kept_from is KeptFrom.TEAM else READERS
    return not open_to(incident, _holders(incident.school_id, roles, now), now)


def left_to_office(actor: Actor, now: datetime) -> tuple[int, ...]:
    """Undecided reports that the actor decides for the district's office."""
    if not actor.has(Role.DISTRICT):
        return ()
    statement = select(Incident).where(Incident.state.in_(UNDECIDED), Incident.for_office(actor))
    return tuple(row.id for row in db.session.scalars(statement) if is_left_to_office(row, now))


def _kept_from(incident: Incident, now: datetime) -> KeptFrom | None:
    every = [incident.facts or {}, *(person.facts or {} for person in incident.people)]
    adults = [one for one in incident.people if one.kind in _ADULTS and one.role in MAY_HAVE_CAUSED]
    stated = any(facts.get(CONDUCT) is True or CONDUCT in facts.get("sent_on", ()) for facts in every)
    stated = stated or any(person.kind is PersonKind.STAFF and person.role in CAUSED for person in adults)
    if not stated and not any(facts.get(CONDUCT) == "unknown" for facts in every):
        return None
    named = _named(incident, adults)
    if named:
        return _kept_from_named(incident.school_id, named, now)
    outsider = any(person.kind is PersonKind.OTHER_ADULT for person in adults)
    return KeptFrom.TEAM if stated and not outsider else None


def _kept_from_named(school_id: int, named: Iterable[Any], now: datetime) -> KeptFrom:
    accounts = {row.user_id for row in named}
    heads = _holders(school_id, (Role.ADMINISTRATOR,), now).keys()
    if accounts & heads or any(row.role.lower() in _HEADS for row in named):
        return KeptFrom.SCHOOL
    return KeptFrom.NAMED if _holders(school_id, READERS, now).keys() - accounts else KeptFrom.SCHOOL


def _named(incident: Incident, adults: Iterable[IncidentPerson]) -> list[Any]:
    """(roster role, account id or None) of the staff in a report, without its reporter."""
    ids = sorted({person.staff_id for person in adults if person.staff_id is not None})
    if not ids:
        return []
    by_email = and_(StaffMember.email != "", func.lower(StaffMember.email) == UserAccount.email)
    same = or_(StaffMember.user_id == UserAccount.id, by_email)
    rows = select(StaffMember.id, StaffMember.role, UserAccount.id.label("user_id")).outerjoin(UserAccount, same)
    members = db.session.execute(rows.where(StaffMember.id.in_(ids))).all()
    own = {row.id for row in members if row.user_id is not None and row.user_id == incident.reporter_id}
    return [row for row in members if row.id not in own]


def _holders(school_id: int, roles: Collection[Role], now: datetime) -> dict[int, str]:
    today = today_at(school_id, now)
    return {user_id: name for role in roles for user_id, name in holders(role, school_id, today)}


MOST_PEOPLE = 40
UNOPENED_FOR = timedelta(minutes=30)
"""How long a concern may stay unread before the administrators are alerted."""
TOLD = frozenset(IncidentState) - WAITING
"""States of which the reporter gets an email without content."""

_DRAFTS = table_of(IncidentDraft)
_OWN = (_DRAFTS.c.user_id == bindparam("draft_by")) & (_DRAFTS.c.form == bindparam("draft_form"))
_DRAFT_OF_NEW = delete(_DRAFTS).where(_OWN, _DRAFTS.c.incident_id.is_(None))
_DRAFT_OF_ONE = delete(_DRAFTS).where(_OWN, _DRAFTS.c.incident_id == bindparam("draft_of"))


def create_incident(uow: UnitOfWork, capture: Capture) -> Incident:
    """Create a submitted report from a capture, with its people and the facts of its tile. Raises NotFound for a
    school that is not the actor's; Refused for people of another school or an unknown place."""
    school = _school(uow, capture)
    where = location(capture.location_code)
    if where is None:
        raise Refused("where", _("Choose where it happened."))
    wall = local(capture.occurred_at, school.time_zone)
    exact = capture.precision in (WhenPrecision.EXACT, WhenPrecision.PERIOD)
    number = uow.next_number(f"incident:{school.id}")
    incident = Incident(
        school_id=school.id,
        number=number,
        reference=f"{school.code}-I-{number:04d}",
        state=IncidentState.SUBMITTED,
        reporter_id=uow.actor.user_id,
        submitted_at=uow.now,
        occurred_at=capture.occurred_at,
        local_date=local_date(capture.occurred_at, school.time_zone),
        local_minute=wall.hour * 60 + wall.minute if exact else None,
        when_precision=capture.precision,
        period=capture.period,
        tile=capture.tile.value,
        location_code=where.code,
        place=where.place,
        danger_now=capture.danger_now,
        narrative=capture.narrative,
        property_damage=True if capture.tile is Tile.PROPERTY else None,
        **columns_of(capture),
    )
    add_people(uow, incident, capture)
    incident.behavior_group = highest_group(incident.people)
    uow.add(incident)
    uow.record(incident, "incident.submitted", reference=incident.reference)
    tell_that_it_waits(uow, incident)
    return incident


def add_people(uow: UnitOfWork, incident: Incident, capture: Capture) -> None:
    """Add the people of its capture to a new report; without any, one unidentified person."""
    named = list(dict.fromkeys(capture.people)) or [CapturedPerson(PersonKind.NOT_IDENTIFIED)]
    if len(named) > MOST_PEOPLE:
        raise Refused("people", _("Name at most %(number)d people.", number=MOST_PEOPLE))
    students = students_by_id(who.id for who in named if who.kind is PersonKind.STUDENT)
    for who in named:
        part = person_of(uow, capture.school_id, who, incident.tile, incident.local_date, students.get(who.id or 0))
        incident.people.append(part)


def person_of(
    uow: UnitOfWork, school_id: int, who: CapturedPerson, tile: str, day: date, known: Student | None = None
) -> IncidentPerson:
    """A person's part in a report; `known` is the student if already loaded. Raises Refused for someone not at this
    school."""
    person = IncidentPerson(role=who.role, kind=who.kind, description=who.description)
    if who.kind is PersonKind.STUDENT:
        student = _at_school(uow, Student, who, school_id, known)
        person.student, person.student_id, person.grade = student, student.id, student.grade
    elif who.kind is PersonKind.STAFF and who.id is not None:
        staff = _at_school(uow, StaffMember, who, school_id)
        person.staff, person.staff_id = staff, staff.id
    may_have_done_it = who.role in (*CAUSED, PersonRole.INVOLVED)
    if may_have_done_it and who.kind in (PersonKind.STUDENT, PersonKind.NOT_IDENTIFIED):
        person.behavior = behavior_of_tile(tile, person.grade, day)
    return person


def tell_that_it_waits(uow: UnitOfWork, incident: Incident) -> None:
    """Tell the school's webhooks that a report waits: it is new, or came back."""
    tell_webhooks(uow, HookEvent.WAITS, incident, f"{incident.school_id}:{incident.version}")


def tell_of_danger(uow: UnitOfWork, incident: Incident) -> int:
    """Queue the urgent notice of an alarm once to every dean and administrator who may see it, and of danger now to
    webhooks. Returns the number of people."""
    people = told_of(incident, READERS, uow.now)
    if incident.danger_now:
        tell_webhooks(uow, HookEvent.DANGER, incident, incident.school_id)
    kind = "incident.danger" if incident.danger_now else "incident.alarm"
    for user_id in people:
        uow.notify(user_id, kind, incident, f"danger:{incident.id}:{user_id}", at_any_hour=True)
    return len(people)


def is_alarm(incident: Incident) -> bool:
    """Whether a report needs someone at once, by its own facts or those of any person in it."""
    parts = [{}, *(person.facts or {} for person in incident.people)]
    return any(
        alarm_of({**(incident.facts or {}), **part}, signs_of(incident), incident.tile, incident.danger_now)
        for part in parts
    )


def open_care(uow: UnitOfWork, capture: Capture) -> CareRecord:
    """Record a student concern and tell the care team at once. It is no incident and in no rate. Raises NotFound for
    a school that is not the actor's; Refused for a student of another school."""
    school = _school(uow, capture)
    students = [who for who in capture.people if who.kind is PersonKind.STUDENT]
    if len(students) > 1:
        raise Refused("people", _("Name one student. Record a separate concern for each student."))
    if any(who.description for who in capture.people):
        raise Refused("people", _("This student is at another school. Call that school; this page does not notify it."))
    student_id = _at_school(uow, Student, students[0], school.id).id if students else None
    record = uow.add(
        CareRecord(
            school_id=school.id,
            student_id=student_id,
            reporter_id=uow.actor.user_id,
            opened_at=uow.now,
            location_code=capture.location_code,
            narrative=capture.narrative,
        )
    )
    uow.record(record, "care.opened")
    today = today_at(school.id, uow.now)
    clinicians = holders(Role.COORDINATOR, school.id, today)
    heads = holders(Role.ADMINISTRATOR, school.id, today)
    for user_id, _name in (*clinicians, *heads):
        uow.notify(user_id, "care.opened", record, f"care:{record.id}:{user_id}", at_any_hour=True)
    alarm_at = uow.now + UNOPENED_FOR if clinicians else uow.now
    for user_id, _name in heads:
        key = f"care-unopened:{record.id}:{user_id}"
        uow.notify(user_id, "care.unopened", record, key, at_any_hour=True, not_before=alarm_at)
    return record


def set_state(
    uow: UnitOfWork,
    incident: Incident,
    state: IncidentState,
    *,
    reason: str = "",
    note: str = "",
    question: str | None = None,
    duplicate_of: Incident | None = None,
) -> bool:
    """Change a report's state, record it and tell the reporter; False if it has that state already. `reason` is a
    code, `note` and `question` are private texts. Raises Refused for a step that the transitions do not have."""
    if state == incident.state:
        return False
    if state not in TRANSITIONS[incident.state]:
        raise Refused("state", _("This report cannot be moved there from its current status."))
    # Closing or reopening the case changes the report's state too, but nobody reviews it then.
    of_case = IncidentState.CLOSED in (state, incident.state)
    decided = state is not IncidentState.SUBMITTED and not of_case
    came_back = state in WAITING and incident.state not in WAITING
    incident.state = state
    incident.duplicate_of_id = duplicate_of.id if duplicate_of is not None else None
    if question is not None:
        incident.question, incident.answer = question, ""
    if reason:
        incident.outcome_reason = reason
    if note:
        incident.closing_note = note
    data: dict[str, Any] = {"reference": duplicate_of.reference} if duplicate_of is not None else {}
    kind = "submitted_again" if state is IncidentState.SUBMITTED else state.value
    if decided:
        incident.reviewed_at, incident.reviewer_id = uow.now, uow.actor.user_id
    uow.record(incident, f"incident.{kind}", **data)
    react(uow, MOVED, incident)
    if came_back:
        tell_that_it_waits(uow, incident)
    tell_reporter(uow, incident)
    return True


def tell_reporter(uow: UnitOfWork, incident: Incident) -> None:
    """Queue the email without content about a new state, unless the reporter made the change."""
    reporter = incident.reporter_id
    if incident.state not in TOLD or reporter is None or reporter == uow.actor.user_id:
        return
    kind = "incident.returned" if incident.state is IncidentState.RETURNED else "incident.outcome"
    uow.notify(reporter, kind, incident, f"incident:{incident.id}:{incident.state.value}:{incident.version}")


def append_text(uow: UnitOfWork, incident: Incident, text: str) -> None:
    """Add text to a report; earlier text stays."""
    assert uow.actor.user_id is not None
    uow.session.add(Addendum(incident_id=incident.id, author_id=uow.actor.user_id, at=uow.now, text=text))
    react(uow, TEXT_ADDED, incident)


def drop_draft(uow: UnitOfWork, form: str, incident_id: int | None = None) -> None:
    """Delete the actor's draft of a submitted form."""
    values = {"draft_by": uow.actor.user_id, "draft_form": form}
    if incident_id is None:
        uow.along(_DRAFT_OF_NEW, values)
    else:
        uow.along(_DRAFT_OF_ONE, values | {"draft_of": incident_id})


def _school(uow: UnitOfWork, capture: Capture) -> School:
    school = existing(get_school(capture.school_id))
    require(uow.actor, Permission.INCIDENT_REPORT, school)
    return school


def _at_school(uow: UnitOfWork, model: Any, who: CapturedPerson, school_id: int, known: Any = None) -> Any:
    person = known or uow.session.get(model, who.id)
    if person is None or person.school_id != school_id:
        raise Refused("people", _("One of these people is not at this school. Choose again."))
    return person


ROOM = Room(
    sentences=states.SENTENCES,
    messages=MESSAGES,
    loaders={"incident": queries.load_incident, "care_record": queries.load_care_record},
    recent_students=queries.recent_students,
)
