"""Reading cases; every read starts from what the actor may see."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, func, select
from sqlalchemy.orm import aliased, joinedload

from wss_cases.access.actor import CASE_TEAM, Actor, Role, may_know_of_housing
from wss_cases.access.prepared import PreparedFor
from wss_cases.access.visibility import finds_any, in_view
from wss_cases.accounts.grants import actor_of, holders
from wss_cases.cases.case.models import OPEN, Case, CaseIncident, CaseNote, CaseParticipant
from wss_cases.foundation.database import Narrow, Prepared
from wss_cases.foundation.db import by_id, db
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.i18n import in_language
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import locations
from wss_cases.incidents.other_schools import named_elsewhere
from wss_cases.roster.directory.models import Student
from wss_cases.roster.names.finder import Finder
from wss_cases.roster.names.queries import finder_around

Statement = TypeVar("Statement", bound=Select[Any])


def visible_to(statement: Statement, actor: Actor, *, live: bool = False) -> Statement:
    """The cases that the actor sees: of schools where they are on the case team, in view. `live`: only open ones."""
    return statement.where(in_view(Case, actor, *CASE_TEAM, live=live))


def keeps_report(ids: Any, first: date) -> ColumnElement[bool]:
    """Reports stay in view as long as a case opened from them is."""
    link: Any = aliased(CaseIncident)
    case: Any = aliased(Case)
    joined = select(link.id).join(case, case.id == link.case_id)
    return finds_any(joined.where(link.incident_id == ids, case.since(first)))


load_case = by_id(Case)


def get_case(actor: Actor, case_id: int) -> Case:
    """Return a case that the actor may see. Raises NotFound."""
    case: Case | None = _by_id.rows(actor, case=case_id).scalar()
    return existing(case)


@PreparedFor
def _by_id(actor: Actor) -> Any:
    return visible_to(select(Case).where(Case.id == bindparam("case")), actor)


def participants_of(case_id: int) -> list[CaseParticipant]:
    """The people of a case with their students; the caller has checked the case."""
    return people_of_each([case_id])[case_id]


def people_of_each(case_ids: Collection[int]) -> dict[int, list[CaseParticipant]]:
    """The same of several cases, in one query."""
    people: dict[int, list[CaseParticipant]] = {case_id: [] for case_id in case_ids}
    for person in _people.rows(people).scalars():
        people[person.case_id].append(person)
    return people


@Prepared
def _people(among_ids: Narrow) -> Any:
    with_students = select(CaseParticipant).options(joinedload(CaseParticipant.student))
    return with_students.where(among_ids(CaseParticipant.case_id)).order_by(CaseParticipant.id)


def students_in(case_ids: Collection[int]) -> dict[int, list[str]]:
    """The displayed names of the students of cases. The caller has checked the cases."""
    return _names(_students.rows(case_ids)) if case_ids else {}


def students_seen(actor: Actor, case_ids: Collection[int]) -> dict[int, list[str]]:
    """The displayed names of the students of those cases that the actor may see, for a list of other records: who
    keeps a circle need not see its case."""
    if not case_ids:
        return {}
    seen = visible_to(select(Case.id).where(Case.id.in_(sorted(case_ids))), actor)
    return _names(db.session.execute(_students_where(CaseParticipant.case_id.in_(seen))))


@Prepared
def _students(among_ids: Narrow) -> Any:
    return _students_where(among_ids(CaseParticipant.case_id))


def _students_where(of_cases: ColumnElement[bool]) -> Any:
    of_parties = select(CaseParticipant.case_id, Student).join(Student, Student.id == CaseParticipant.student_id)
    return of_parties.where(of_cases).order_by(CaseParticipant.id)


def _names(found: Iterable[Any]) -> dict[int, list[str]]:
    names: dict[int, list[str]] = {}
    for case_id, student in found:
        names.setdefault(case_id, []).append(student.shown_name)
    return names


def get_participant(case: Case, participant_id: int) -> CaseParticipant:
    """Return one person of a case. Raises NotFound for a person of another case."""
    person = db.session.get(CaseParticipant, participant_id)
    if person is None or person.case_id != case.id:
        raise NotFound
    return person


def notes_of(case_id: int) -> list[CaseNote]:
    return list(db.session.scalars(select(CaseNote).where(CaseNote.case_id == case_id).order_by(CaseNote.id.desc())))


def incidents_of(case_id: int) -> list[Incident]:
    """The incidents that a case was opened from, oldest first."""
    statement = (
        select(Incident)
        .join(CaseIncident, CaseIncident.incident_id == Incident.id)
        .where(CaseIncident.case_id == case_id)
        .order_by(Incident.id)
    )
    return list(db.session.scalars(statement))


def cases_of_incident(incident_id: int) -> list[Case]:
    """The cases that an incident belongs to: none or one. For pages that already checked the incident."""
    statement = (
        select(Case).join(CaseIncident, CaseIncident.case_id == Case.id).where(CaseIncident.incident_id == incident_id)
    )
    return list(db.session.scalars(statement.order_by(Case.id)))


def choose_lead(school_id: int, day: date) -> int | None:
    """The coordinator of a school with the fewest open cases on this date; None when it has none."""
    people = [user_id for user_id, _name in holders(Role.COORDINATOR, school_id, day)]
    if not people:
        return None
    statement = (
        select(Case.lead_id, func.count()).where(Case.lead_id.in_(people), Case.state.in_(OPEN)).group_by(Case.lead_id)
    )
    load = {row[0]: row[1] for row in db.session.execute(statement)}
    return min(people, key=lambda user_id: (load.get(user_id, 0), user_id))


def choose_for_housing(school_id: int, wanted_id: int | None, now: datetime) -> int | None:
    """Who works on a need for housing support at a school: `wanted` where they may know of it, else a coordinator as
    `choose_lead` chooses; None at a school without one, where it waits."""
    wanted = actor_of(wanted_id, now) if wanted_id is not None else None
    if wanted is not None and may_know_of_housing(wanted, school_id):
        return wanted_id
    return choose_lead(school_id, today_at(school_id, now))


def place_words(codes: Iterable[str]) -> dict[str, str]:
    wanted = {code for code in codes if code}
    return {one.code: in_language(one, "label") for one in locations() if one.code in wanted} if wanted else {}


def names_of_others(people: Sequence[CaseParticipant], person: CaseParticipant) -> Finder:
    """A finder of the names of the other students of a case and their families, for papers about one student."""
    own_id = person.student_id or 0
    near = [one.student_id for one in people if one.student_id not in (None, own_id)]
    reports = select(CaseIncident.incident_id).where(CaseIncident.case_id.in_({one.case_id for one in people}))
    return finder_around(own_id, near, named_elsewhere(db.session.scalars(reports)))
