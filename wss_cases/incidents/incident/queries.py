"""Queries of reports, codes, drafts and concerns; and the adults who are a party to a report."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select
from sqlalchemy.orm import joinedload, selectinload

from wss_cases.access.actor import STAFF, Actor, Role, in_schools
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.access.visibility import in_view, of_team_or_own
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.code_tables import HeldRows, own
from wss_cases.foundation.db import by_id, db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import _
from wss_cases.incidents.incident.models import (
    Addendum,
    BehaviorCode,
    CareRecord,
    GuardianContact,
    Incident,
    IncidentDraft,
    IncidentPerson,
    LocationCode,
)
from wss_cases.incidents.incident.rules import CAUSED, DUPLICATE_WINDOW, SUFFERED, Capture, code_set_for
from wss_cases.incidents.incident.states import IncidentState, PersonKind, PersonRole
from wss_cases.journal.models import AuditEntry
from wss_cases.roster.directory.models import StaffMember

CARE_TEAM = (Role.COORDINATOR, Role.ADMINISTRATOR)
COUNTED_AS_PRIOR = (IncidentState.ROUTED, IncidentState.CLOSED)


def visible_to(statement: Select[Any], actor: Actor, *, live: bool = False) -> Select[Any]:
    """Limit a select to reports visible to the actor: their own at their schools, all of the school for the case
    team unless hidden from them, and for the district's office those hidden from a school. Past years only while
    visible for the role: see docs/decisions/0015-clean-slate.md. `live`: only undecided ones, which always are."""
    seen = of_team_or_own(Incident, actor, Incident.reporter_id == actor.user_id, live=live)
    if actor.has(Role.DISTRICT):
        office = Incident.for_office(actor)
        seen = or_(seen, and_(Incident.always_visible(), office) if live else office)
    return statement.where(seen)


def reviewed_by(actor: Actor, *roles: Role) -> ColumnElement[bool]:
    """Reports of the schools where the actor has one of these roles, except those hidden from them."""
    return and_(in_schools(Incident.school_id, actor, *roles), not_(Incident.closed_to(actor)))


def own_reports(actor: Actor, *, live: bool = False) -> ColumnElement[bool]:
    """The actor's own reports at schools where they still work; with `live` only undecided ones."""
    return and_(Incident.reporter_id == actor.user_id, in_view(Incident, actor, *STAFF, live=live))


def get_incident(actor: Actor, incident_id: int, permission: Permission | None = None) -> Incident:
    """A report with its people, loaded for `permission` if given. Raises NotFound if it is missing or not visible."""
    people = selectinload(Incident.people)
    statement = visible_to(select(Incident), actor).where(Incident.id == incident_id)
    incident: Incident | None = db.session.scalar(
        statement.options(
            people.joinedload(IncidentPerson.student),
            people.joinedload(IncidentPerson.staff),
            people.joinedload(IncidentPerson.other_school),
            people.joinedload(IncidentPerson.behavior),
        )
    )
    if permission is not None:
        require(actor, permission, incident)
    return existing(incident)


load_incident = by_id(Incident)


def people_of(incident_id: int) -> list[IncidentPerson]:
    """People of a report with roster records and behaviors; the caller has checked it."""
    statement = (
        select(IncidentPerson)
        .where(IncidentPerson.incident_id == incident_id)
        .options(
            joinedload(IncidentPerson.student),
            joinedload(IncidentPerson.staff),
            joinedload(IncidentPerson.other_school),
            joinedload(IncidentPerson.behavior),
        )
        .order_by(IncidentPerson.id)
    )
    return list(db.session.scalars(statement))


def addenda_of(incident_id: int) -> list[Addendum]:
    """Text added to a report, oldest first; the caller has checked it."""
    statement = select(Addendum).where(Addendum.incident_id == incident_id).order_by(Addendum.id)
    return list(db.session.scalars(statement))


def contacts_of(incident_id: int) -> list[GuardianContact]:
    """Attempts to reach guardians, newest first; the caller has checked the report."""
    statement = (
        select(GuardianContact)
        .where(GuardianContact.incident_id == incident_id)
        .order_by(GuardianContact.at.desc(), GuardianContact.id.desc())
    )
    return list(db.session.scalars(statement))


_BEHAVIORS: HeldRows[BehaviorCode] = HeldRows(
    lambda: db.session.scalars(select(BehaviorCode).order_by(BehaviorCode.behavior_group, BehaviorCode.id))
)
_PLACES: HeldRows[LocationCode] = HeldRows(
    lambda: db.session.scalars(select(LocationCode).order_by(LocationCode.position, LocationCode.id))
)


def behaviors_in_force(code_set: str, day: date) -> list[BehaviorCode]:
    """Codes of a set on a date, by group and listed order. Cached: do not change them."""
    return [
        one
        for one in _BEHAVIORS.rows()
        if one.code_set == code_set and one.starts_on <= day and (one.ends_on is None or one.ends_on >= day)
    ]


def behavior_of_tile(tile: str, grade: int | None, day: date) -> BehaviorCode | None:
    """The code of a tile at this grade and date; None if a person must choose."""
    codes = behaviors_in_force(code_set_for(grade, day), day)
    return next((own(code) for code in codes if code.tile == tile), None)


def behavior_words(codes: Sequence[str], locale: str) -> dict[str, str]:
    """Labels of these behavior codes in a language, in their newest wording."""
    wanted, words = frozenset(codes), every_behavior(locale)
    return {code: label for code, label in words.items() if code in wanted}


def every_behavior(locale: str) -> dict[str, str]:
    """Labels of all behavior codes in a language, in their newest wording."""
    by_day = sorted(_BEHAVIORS.rows(), key=lambda one: one.starts_on)
    return {one.code: one.label_es if locale == "es" else one.label_en for one in by_day}


def every_place(locale: str) -> dict[str, str]:
    return {one.code: one.label_es if locale == "es" else one.label_en for one in locations()}


def locations() -> list[LocationCode]:
    """All places in order. Cached: do not change them."""
    return _PLACES.rows()


def locations_on(day: date, but: str = "") -> list[LocationCode]:
    """Places that can be chosen on a date, and also the place `but`, even if retired."""
    return [one for one in locations() if one.ends_on is None or one.ends_on >= day or one.code == but]


def location(code: str) -> LocationCode | None:
    return next((one for one in locations() if one.code == code), None)


def likely_duplicates(capture: Capture, actor: Actor) -> list[Incident]:
    """Reports of the same school within two hours that share a person, or place and tile. The actor may not be able
    to open them; none is hidden from them by `kept_from`."""
    students = [p.id for p in capture.people if p.kind is PersonKind.STUDENT and p.id is not None]
    shared = select(IncidentPerson.incident_id).where(IncidentPerson.student_id.in_(students))
    same_person = Incident.id.in_(shared)
    same_thing = and_(Incident.location_code == capture.location_code, Incident.tile == capture.tile.value)
    statement = (
        select(Incident)
        .where(
            Incident.school_id == capture.school_id,
            Incident.counts(),
            not_(Incident.closed_to(actor)),
            Incident.occurred_at >= capture.occurred_at - DUPLICATE_WINDOW,
            Incident.occurred_at <= capture.occurred_at + DUPLICATE_WINDOW,
            or_(same_person, same_thing),
        )
        .order_by(Incident.id.desc())
        .limit(5)
    )
    return list(db.session.scalars(statement))


def priors(student_id: int, before: date) -> tuple[int, int]:
    """Number of earlier incidents that count for routing in the 90 and 365 days before a date: decided reports in
    which the student caused harm, with someone harmed or group 3 and above. Never attendance, self-harm, duplicates,
    returned or unfounded reports."""
    statement = (
        select(Incident.id, Incident.local_date, Incident.facts, BehaviorCode.behavior_group)
        .join(IncidentPerson, IncidentPerson.incident_id == Incident.id)
        .outerjoin(BehaviorCode, BehaviorCode.id == IncidentPerson.behavior_code_id)
        .where(
            IncidentPerson.student_id == student_id,
            IncidentPerson.role.in_(sorted(CAUSED)),
            Incident.state.in_(COUNTED_AS_PRIOR),
            Incident.outcome_reason != "unfounded",
            Incident.local_date < before,
            Incident.local_date >= before - timedelta(days=365),
            or_(BehaviorCode.id.is_(None), BehaviorCode.is_attendance.is_(False)),
        )
    )
    rows = [row for row in db.session.execute(statement) if not (row.facts or {}).get("self_harm")]
    harmed = _with_somebody_harmed([row.id for row in rows], student_id)
    days = {row.id: row.local_date for row in rows if row.id in harmed or (row.behavior_group or 0) >= 3}
    return sum(1 for day in days.values() if day >= before - timedelta(days=90)), len(days)


def _with_somebody_harmed(incident_ids: Sequence[int], student_id: int) -> set[int]:
    if not incident_ids:
        return set()
    other = or_(IncidentPerson.student_id.is_(None), IncidentPerson.student_id != student_id)
    statement = select(IncidentPerson.incident_id).where(
        IncidentPerson.incident_id.in_(incident_ids), IncidentPerson.role.in_(sorted(SUFFERED)), other
    )
    return set(db.session.scalars(statement))


def own_draft(actor: Actor, form: str, incident_id: int | None = None) -> IncidentDraft | None:
    """The actor's own draft of a form, or of one report's details."""
    own = (IncidentDraft.user_id == actor.user_id, IncidentDraft.form == form)
    draft_of = IncidentDraft.incident_id
    about = draft_of.is_(None) if incident_id is None else draft_of == incident_id
    statement = select(IncidentDraft).where(*own, about)
    return db.session.scalar(statement.order_by(IncidentDraft.id.desc()).limit(1))


def newest_draft(
    actor: Actor, form: str, kept_at: datetime | None, incident_id: int | None = None
) -> IncidentDraft | None:
    """The actor's own draft, None if the form saved when the session ended is newer."""
    draft = own_draft(actor, form, incident_id)
    return None if draft is not None and kept_at is not None and kept_at > draft.updated_at else draft


def recent_students(actor: Actor, school_id: int, limit: int = 20) -> Select[Any]:
    """Select of the student ids in the actor's own latest reports at a school."""
    latest = (
        select(Incident.id)
        .where(Incident.reporter_id == actor.user_id, Incident.school_id == school_id)
        .order_by(Incident.id.desc())
        .limit(limit)
    )
    return select(IncidentPerson.student_id).where(
        IncidentPerson.incident_id.in_(latest), IncidentPerson.student_id.is_not(None)
    )


def care_visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    return statement.where(in_view(CareRecord, actor, *CARE_TEAM))


def care_records(actor: Actor) -> list[CareRecord]:
    """Student concerns of the care team's schools, unscreened first, then newest, at most 200."""
    statement = care_visible_to(select(CareRecord), actor)
    order = (CareRecord.screened_at.is_not(None), CareRecord.id.desc())
    return list(db.session.scalars(statement.order_by(*order).limit(200)))


def unscreened_counted(actor: Actor) -> Select[Any] | None:
    """Select of the number of unscreened concerns at the care team's schools; None for other people."""
    if not actor.has(*CARE_TEAM):
        return None
    counted: Any = select(func.count(CareRecord.id)).where(CareRecord.screened_at.is_(None))
    return care_visible_to(counted, actor)


def get_care_record(actor: Actor, record_id: int) -> CareRecord:
    """One student concern. Raises NotFound for anyone outside the school's care team."""
    statement = care_visible_to(select(CareRecord), actor).where(CareRecord.id == record_id)
    record: CareRecord | None = db.session.scalar(statement)
    return existing(record)


def own_care_record(actor: Actor, record_id: int) -> CareRecord:
    """The actor's own student concern, while they work at its school. Raises NotFound."""
    own = and_(CareRecord.reporter_id == actor.user_id, in_view(CareRecord, actor, *STAFF))
    record: CareRecord | None = db.session.scalar(select(CareRecord).where(own, CareRecord.id == record_id))
    return existing(record)


def was_opened(record: CareRecord) -> bool:
    """Whether anyone other than its reporter has read a student concern."""
    read = select(AuditEntry.id).where(
        AuditEntry.object_type == "care_record",
        AuditEntry.object_id == record.id,
        AuditEntry.action == "care_record.read",
        AuditEntry.actor_id != record.reporter_id,
    )
    return db.session.scalar(read.limit(1)) is not None


load_care_record = by_id(CareRecord)


NO_PARTY = (PersonRole.WITNESS, PersonRole.SUPPORT)


def parties_of(*incident_ids: int) -> frozenset[int]:
    """Accounts of the adults who are a party to one of these reports; witnesses are not."""
    same = or_(
        StaffMember.user_id == UserAccount.id,
        (StaffMember.email != "") & (func.lower(StaffMember.email) == UserAccount.email),
    )
    statement = (
        select(UserAccount.id)
        .join(StaffMember, same)
        .join(IncidentPerson, IncidentPerson.staff_id == StaffMember.id)
        .where(IncidentPerson.incident_id.in_(incident_ids), IncidentPerson.role.not_in(NO_PARTY))
    )
    return frozenset(db.session.scalars(statement))


def refuse_party(user_id: int | None, *incident_ids: int) -> None:
    """Raise Refused for a party to one of these reports: they cannot give its second review."""
    if user_id in parties_of(*incident_ids):
        raise Refused("", _("You are involved in what happened, so someone else does the second review."))
