"""Reading removals: the days a student was away, what adults had offered, one action with its past, a school's list."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from wss_cases.access.actor import CASE_TEAM, Actor, Role, in_schools
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.access.visibility import in_view
from wss_cases.cases.case.models import Case, CaseParticipant
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import by_id, db, newest
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.i18n import _, ngettext
from wss_cases.foundation.school_time import day_words_with_year
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.incidents.other_schools import named_elsewhere
from wss_cases.journal.rooms import Room
from wss_cases.pathways.common.models import Pathway
from wss_cases.roster.directory.models import Enrolment, Student
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.roster.names.finder import Finder
from wss_cases.roster.names.queries import finder_around
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.routing.engine.vocabulary import Pathway as Family
from wss_cases.safeguards.discipline.removals import models
from wss_cases.safeguards.discipline.removals.models import (
    ActionState,
    DisciplineAction,
    DisciplineAppeal,
    DisciplineKind,
    DisciplineVersion,
    Span,
    Tried,
)

PAGE = 30
CAUSED = (PersonRole.CAUSED_HARM, PersonRole.BOTH)
FAMILIES = {
    Family.RESTORATIVE_CONVERSATION: Tried.CONVERSATION,
    Family.CIRCLE: Tried.CIRCLE,
    Family.MENTORING: Tried.MENTORING,
    Family.WRAPAROUND: Tried.REFERRAL,
}
CHECKED_IN = ("agreement_check_in", "after_walk_out", "reengagement_review")
"""Follow-ups in which an adult came back to a student who caused harm."""


@dataclass(frozen=True)
class Offer:
    """One thing that an adult offered, and when; never what became of it."""

    what: Tried
    on: date


@dataclass(frozen=True)
class ListedAction:
    """One row of a school's list."""

    action: DisciplineAction
    student: Student
    reference: str | None
    appeal_waits: bool

    @property
    def id(self) -> int:
        return self.action.id


load_action = by_id(DisciplineAction)


def actions_visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Keep the discipline actions of the schools in which the actor is on the case team."""
    return statement.where(in_view(DisciplineAction, actor, *CASE_TEAM))


def _listed() -> Any:
    waits = select(DisciplineAppeal.id).where(
        DisciplineAppeal.action_id == DisciplineAction.id, DisciplineAppeal.outcome.is_(None)
    )
    return (
        select(DisciplineAction, Student, Incident.reference, waits.exists())
        .join(Student, Student.id == DisciplineAction.student_id)
        .outerjoin(Incident, Incident.id == DisciplineAction.incident_id)
    )


def get_action(actor: Actor, action_id: int, permission: Permission | None = None) -> ListedAction:
    """Return a discipline action that the actor may see, for what `permission` allows if given. Raises NotFound."""
    row = db.session.execute(actions_visible_to(_listed().where(DisciplineAction.id == action_id), actor)).first()
    listed = ListedAction(*existing(row))
    if permission is not None:
        require(actor, permission, listed.action)
    return listed


def actions_page(actor: Actor, school_id: int | None, before_id: int | None, limit: int = PAGE) -> list[ListedAction]:
    """Return the newest discipline actions of a school (None: of all the actor reaches), recorded before one."""
    statement = newest(actions_visible_to(_listed(), actor), DisciplineAction, limit, before_id, school_id)
    return [ListedAction(*row) for row in db.session.execute(statement)]


def standing_counts(actor: Actor, school_id: int | None, first: date, last: date) -> tuple[int, int]:
    """Return how many removals that stand began in a period, and of how many different students."""
    counted: Any = select(func.count(), func.count(DisciplineAction.student_id.distinct())).where(
        DisciplineAction.state == ActionState.STANDING, DisciplineAction.starts_on.between(first, last)
    )
    if school_id is not None:
        counted = counted.where(DisciplineAction.school_id == school_id)
    row = db.session.execute(actions_visible_to(counted, actor)).one()
    return row[0], row[1]


def versions_of(action_id: int) -> list[DisciplineVersion]:
    """Return what an action was before, the newest first; the caller has checked the action."""
    statement = select(DisciplineVersion).where(DisciplineVersion.action_id == action_id)
    return list(db.session.scalars(statement.order_by(DisciplineVersion.number.desc())))


def appeal_of(action_id: int) -> DisciplineAppeal | None:
    """Return the appeal against an action; the caller has checked the action."""
    return db.session.scalar(select(DisciplineAppeal).where(DisciplineAppeal.action_id == action_id))


def undecided_appeal(action_id: int) -> DisciplineAppeal:
    """Return the appeal against an action that waits to be decided. Raises NotFound; the caller checked the action."""
    appeal = existing(appeal_of(action_id))
    if appeal.outcome is not None:
        raise NotFound
    return appeal


def undecided_appeals_counted(actor: Actor) -> Select[Any] | None:
    """Return the select of how many appeals wait for the administrators of the actor's schools."""
    if not actor.has(Role.ADMINISTRATOR):
        return None
    return select(func.count(DisciplineAppeal.id)).where(
        in_schools(DisciplineAppeal.school_id, actor, Role.ADMINISTRATOR), DisciplineAppeal.outcome.is_(None)
    )


def spans_of(student_id: int, but: int | None = None) -> list[tuple[Span, SchoolDays]]:
    """Return a student's removals that stand, of every school, each with its school's calendar.

    `but`: one that is left out, because it is being changed. Days are all that the caller shows of another school.
    """
    action = DisciplineAction
    statement = select(action.school_id, action.kind, action.days, action.starts_on, action.ends_on).where(
        action.student_id == student_id, action.state == ActionState.STANDING
    )
    if but is not None:
        statement = statement.where(action.id != but)
    rows = db.session.execute(statement.order_by(action.id)).all()
    calendars = {school_id: school_days(school_id) for school_id in {row[0] for row in rows}}
    return [(Span(*row[1:]), calendars[row[0]]) for row in rows]


def grade_on(student: Student, day: date) -> int | None:
    """Return the grade a student was in on a date, by their enrolment; else the one on the roster."""
    statement = select(Enrolment.grade).where(
        Enrolment.student_id == student.id,
        Enrolment.grade.is_not(None),
        Enrolment.starts_on <= day,
        or_(Enrolment.ends_on.is_(None), Enrolment.ends_on >= day),
    )
    grade: int | None = db.session.scalar(statement.order_by(Enrolment.starts_on.desc()).limit(1))
    return grade if grade is not None else student.grade


def offered_to(student_id: int, school_id: int, since: date) -> list[Offer]:
    """Return what adults offered a student in the cases and reports of a school from a date on, by kind and date.

    Kind and date are all there is: what a student answered, declined or left is in no packet.
    """
    offers = {
        *_pathways_offered(student_id, school_id, since),
        *_conversations_on_reports(student_id, school_id, since),
        *_check_ins(student_id, school_id, since),
    }
    order = list(Tried)
    return sorted(offers, key=lambda offer: (order.index(offer.what), offer.on))


def _cases_of(student_id: int, school_id: int) -> Select[Any]:
    return (
        select(CaseParticipant.case_id)
        .join(Case, Case.id == CaseParticipant.case_id)
        .where(CaseParticipant.student_id == student_id, CaseParticipant.role.in_(CAUSED), Case.school_id == school_id)
    )


def _pathways_offered(student_id: int, school_id: int, since: date) -> list[Offer]:
    # support with housing is in no list: deans and administrators read it, and it becomes part of the action
    own = select(CaseParticipant.id).where(CaseParticipant.student_id == student_id)
    statement = select(Pathway.pathway, Pathway.offered_on).where(
        Pathway.case_id.in_(_cases_of(student_id, school_id)),
        Pathway.pathway.in_(list(FAMILIES)),
        Pathway.kind != Kind.HOUSING_BASIC_NEEDS,
        Pathway.offered_on >= since,
        or_(Pathway.participant_id.in_(own), Pathway.participant_id.is_(None) & (Pathway.for_whom != "harmed")),
    )
    rows: list[Any] = list(db.session.execute(statement))
    return [Offer(FAMILIES[Family(row[0])], row[1]) for row in rows]


def _conversations_on_reports(student_id: int, school_id: int, since: date) -> list[Offer]:
    """Conversations that adults held on a report which became no case."""
    reports = select(IncidentPerson.incident_id).where(
        IncidentPerson.student_id == student_id, IncidentPerson.role.in_(CAUSED)
    )
    held = (FollowUp.kind == "conversation", FollowUp.outcome != "not_possible", FollowUp.school_id == school_id)
    return _done(Tried.CONVERSATION, since, *held, FollowUp.incident_id.in_(reports))


def _check_ins(student_id: int, school_id: int, since: date) -> list[Offer]:
    cases = _cases_of(student_id, school_id)
    return _done(Tried.CHECK_IN, since, FollowUp.kind.in_(CHECKED_IN), FollowUp.case_id.in_(cases))


def _done(what: Tried, since: date, *conditions: ColumnElement[bool]) -> list[Offer]:
    done = (FollowUp.state == FollowUpState.DONE, FollowUp.closed_on >= since)
    days: list[Any] = list(db.session.scalars(select(FollowUp.closed_on).where(*done, *conditions)))
    return [Offer(what, day) for day in days]


def names_of_others(incident_id: int | None, student_id: int) -> Finder:
    """Return what finds the other students of a report, and their families, in what a student's family reads."""
    others = select(IncidentPerson.student_id).where(
        IncidentPerson.incident_id == incident_id, IncidentPerson.student_id != student_id
    )
    near = [one for one in db.session.scalars(others) if one is not None]
    return finder_around(student_id, near, named_elsewhere([incident_id] if incident_id else []))


def facts_of_report(incident_id: int) -> list[dict[str, Any]]:
    """Return what is known of a report and of each of its people; the caller has checked what hangs on it."""
    of_people = select(IncidentPerson.facts).where(IncidentPerson.incident_id == incident_id)
    return [*db.session.scalars(select(Incident.facts).where(Incident.id == incident_id).union_all(of_people))]


def actions_of_incident(actor: Actor, incident_id: int) -> list[ListedAction]:
    statement = actions_visible_to(_listed().where(DisciplineAction.incident_id == incident_id), actor)
    return [ListedAction(*row) for row in db.session.execute(statement.order_by(DisciplineAction.id))]


def actions_of_student(actor: Actor, student_id: int, limit: int = 10) -> list[ListedAction]:
    statement = actions_visible_to(_listed().where(DisciplineAction.student_id == student_id), actor)
    return [ListedAction(*row) for row in db.session.execute(newest(statement, DisciplineAction, limit))]


def discipline_of(incident_id: int) -> list[DisciplineAction]:
    statement = select(DisciplineAction).where(DisciplineAction.incident_id == incident_id)
    return list(db.session.scalars(statement.order_by(DisciplineAction.id)))


def number_of_days(days: int) -> str:
    """Return school days in words; none is written as 0, not left out."""
    return ngettext("%(num)d school day", "%(num)d school days", days)


def what_words(row: DisciplineAction) -> str:
    """Return what a removal is called where it is shown by itself; an emergency removal is no suspension."""
    return _("Emergency removal") if row.analysis else str(DisciplineKind(row.kind).label)


def span_words(row: DisciplineAction | DisciplineVersion, what: str = "") -> str:
    """Return a removal's kind, or what else it is called, with its days and dates in a line."""
    first = day_words_with_year(row.starts_on)
    when = first if row.days == 1 else _("from %(first)s on", first=first)
    if row.ends_on is not None and row.ends_on != row.starts_on:
        when = _("%(first)s to %(last)s", first=first, last=day_words_with_year(row.ends_on))
    return f"{what or DisciplineKind(row.kind).label} · {number_of_days(row.days)} · {when}"


ROOM = Room(sentences=models.SENTENCES, loaders={"discipline_action": load_action})
