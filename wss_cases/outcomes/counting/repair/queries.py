"""Counts of whether harm was repaired: how cases with a person harmed were closed, and what that person said then."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, func, literal_column, not_, or_, select, union_all
from sqlalchemy.orm import aliased

from wss_cases.access.actor import Actor
from wss_cases.cases.case.models import Case, CaseIncident, CaseParticipant, CaseResult, CaseState
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.queries import known_to, tells_of_housing
from wss_cases.followups.core.states import CONVERSATION
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import at_local, district_zone
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.intake.decision import CONVERSATION_OUTCOMES
from wss_cases.outcomes.counting.cache import cached_count
from wss_cases.outcomes.counting.scope.queries import (
    HARMED,
    PreparedOfScope,
    by_days,
    counted,
    reads_all,
    within,
    within_schools,
)
from wss_cases.outcomes.counting.scope.rules import Scope, Share
from wss_cases.pathways.circles.circle.models import CirclePreparation, TermState
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm
from wss_cases.pathways.common.models import Pathway
from wss_cases.roster.directory.models import StaffMember
from wss_cases.routing.engine.vocabulary import FollowUpKind
from wss_cases.routing.engine.vocabulary import Pathway as Family
from wss_cases.safeguards.discipline.consequences import MinorConsequence
from wss_cases.safeguards.discipline.removals.models import ActionState, DisciplineAction

KEPT: Final = (TermState.KEPT, TermState.LATE)
STEPS: Final = ("proposed", "offered", "accepted", "held", "agreement", "kept")
AGREEMENT_STEPS: Final = ("agreement", "kept")
AGREEING: Final = ("any", Family.CIRCLE.value)
"""The funnels in which an agreement can be made; no other pathway leads to an agreement."""
NOT_REACHED: Final = ("not_reached", "not_to_contact")
"""Outcomes of a first contact in which no one spoke with the person harmed."""
LIGHT: Final = "without a case"
"""Name of the line of conversations recorded on the incident itself; no pathway has this name."""
NONE: ColumnElement[int] = literal_column("0")
MEETS: Final = (Family.CIRCLE, Family.RESTORATIVE_CONVERSATION)


@dataclass(frozen=True)
class Terms:
    """Agreement terms due in the period, except those changed by consent: kept (and how many of them late), and all."""

    kept: int = 0
    late: int = 0
    due: int = 0

    @property
    def share(self) -> Share:
        return Share(self.kept, self.due)


def agreement_kept() -> ColumnElement[bool]:
    term = exists().where(AgreementTerm.agreement_id == Agreement.id)
    broken = term.where(AgreementTerm.state.in_((TermState.OPEN, TermState.NOT_KEPT)))
    return and_(~broken, term.where(AgreementTerm.state.in_(KEPT)))


def step_conditions() -> dict[str, ColumnElement[bool]]:
    """For each step of the funnel, the condition of a pathway that reached it; each includes the step before.

    A circle or conversation was held when it met; other pathways when they started.
    """
    held_on = case((Pathway.pathway.in_([family.value for family in MEETS]), Pathway.held_on), else_=Pathway.started_on)
    conditions: list[ColumnElement[bool]] = [
        Pathway.id.is_not(None),
        Pathway.offered_on.is_not(None),
        Pathway.accepted_on.is_not(None),
        held_on.is_not(None),
        Agreement.id.is_not(None),
        agreement_kept(),
    ]
    return {step: and_(*conditions[: place + 1]) for place, step in enumerate(STEPS)}


def light_conditions() -> dict[str, ColumnElement[bool]]:
    """For each step, the condition of an incident with a conversation on the incident itself, without a case."""
    alone = ~exists().where(CaseIncident.incident_id == Incident.id)
    was_held = and_(
        Incident.state == IncidentState.CLOSED, Incident.outcome_reason.in_(sorted(CONVERSATION_OUTCOMES)), alone
    )
    is_planned = exists().where(
        FollowUp.incident_id == Incident.id, FollowUp.kind == CONVERSATION, FollowUp.state != FollowUpState.CANCELLED
    )
    return {
        "proposed": or_(was_held, and_(is_planned, alone)),
        "offered": was_held,
        "accepted": was_held,
        "held": was_held,
    }


def came_to(step: str, pathway: str = "", *seen: ColumnElement[bool]) -> ColumnElement[bool]:
    """Condition: a pathway of the incident reached a step, or a conversation without a case did. `pathway` limits it to
    a family, `seen` are more conditions of the pathway."""
    came = (
        select(CaseIncident.incident_id)
        .join(Pathway, Pathway.case_id == CaseIncident.case_id)
        .outerjoin(Agreement, Agreement.pathway_id == Pathway.id)
        .where(step_conditions()[step], *([Pathway.pathway == pathway] if pathway else []), *seen)
    )
    light = light_conditions() if pathway in ("", Family.RESTORATIVE_CONVERSATION.value) else {}
    return or_(Incident.id.in_(came), light[step]) if step in light else Incident.id.in_(came)


@cached_count("funnel", version=2, depends_on=by_days)
def funnel(actor: Actor, scope: Scope) -> dict[str, dict[str, int]]:
    """For each pathway, and for "any", the number of incidents that reached each step, in one query."""
    numbers = {
        row[0]: dict(zip(STEPS, map(int, row[1:]), strict=True)) for row in db.session.execute(_came(actor, scope))
    }
    light = numbers.pop(LIGHT)
    if light["proposed"]:
        numbers.setdefault(Family.RESTORATIVE_CONVERSATION.value, dict.fromkeys(STEPS, 0))
    for name in (Family.RESTORATIVE_CONVERSATION.value, "any") if light["proposed"] else ():
        for step in light_conditions():
            numbers[name][step] += light["proposed" if step == "proposed" else "held"]
    return numbers


def _came(actor: Actor, scope: Scope) -> Any:
    """A select of (pathway, incidents that reached each step), with "any" for the furthest step of each incident and
    one row for conversations without a case. It joins incidents to agreements only once."""
    conditions = step_conditions()
    furthest = case(*((conditions[step], place) for place, step in reversed([*enumerate(STEPS, 1)])), else_=0)
    each = (
        select(Incident.id.label("incident_id"), Pathway.pathway, func.max(furthest).label("step"))
        .join(CaseIncident, CaseIncident.incident_id == Incident.id)
        .join(Pathway, Pathway.case_id == CaseIncident.case_id)
        .outerjoin(Agreement, Agreement.pathway_id == Pathway.id)
        .where(*counted(actor, scope))
        .group_by(Incident.id, Pathway.pathway)
        .cte("each_pathway")
    )
    all_of_them = select(func.max(each.c.step).label("step")).group_by(each.c.incident_id).subquery()
    light = light_conditions()
    proposed, was_held = (func.coalesce(func.sum(case((light[step], 1), else_=0)), 0) for step in ("proposed", "held"))
    without_case = [proposed if step == "proposed" else was_held if step == "held" else NONE for step in STEPS]
    return union_all(
        select(each.c.pathway, *_reached(each.c.step)).group_by(each.c.pathway),
        select(literal_column("'any'"), *_reached(all_of_them.c.step)),
        select(literal_column(f"'{LIGHT}'"), *without_case).where(*counted(actor, scope)),
    )


def _reached(step: ColumnElement[int]) -> list[ColumnElement[int]]:
    sums = (func.sum(case((step >= place, 1), else_=0)) for place, _name in enumerate(STEPS, 1))
    return [func.coalesce(value, 0) for value in sums]


def contact_dates(actor: Actor, scope: Scope) -> Any:
    """A subquery: each person harmed in the period's incidents, with the date of the first contact or NULL."""
    reached = and_(
        FollowUp.incident_person_id == IncidentPerson.id,
        FollowUp.kind == FollowUpKind.CONTACT_PERSON_HARMED.value,
        FollowUp.state == FollowUpState.DONE,
        FollowUp.outcome.not_in(NOT_REACHED),
    )
    met, closed = _prepared(actor, scope), func.min(FollowUp.closed_on)
    first = case((or_(closed.is_(None), met.c.day < closed), met.c.day), else_=closed)
    return (
        select(
            IncidentPerson.id.label("person_id"),
            Incident.id.label("incident_id"),
            Incident.local_date.label("happened"),
            first.label("reached"),
        )
        .join(Incident, Incident.id == IncidentPerson.incident_id)
        .outerjoin(FollowUp, reached)
        .outerjoin(met, met.c.person_id == IncidentPerson.id)
        .where(*counted(actor, scope), IncidentPerson.role.in_(HARMED))
        .group_by(IncidentPerson.id, Incident.id, Incident.local_date, met.c.day)
        .subquery()
    )


def _prepared(actor: Actor, scope: Scope) -> Any:
    """A subquery: people harmed to whom a circle of their case offered support or whom it met alone, and the first
    date."""
    steps = (CirclePreparation.support_offered_on, CirclePreparation.pre_met_on)
    days = union_all(*(select(CirclePreparation.participant_id, day.label("day")) for day in steps)).subquery()
    same = or_(
        CaseParticipant.incident_person_id == IncidentPerson.id, CaseParticipant.student_id == IncidentPerson.student_id
    )
    return (
        select(IncidentPerson.id.label("person_id"), func.min(days.c.day).label("day"))
        .select_from(days)
        .join(CaseParticipant, CaseParticipant.id == days.c.participant_id)
        .join(CaseIncident, CaseIncident.case_id == CaseParticipant.case_id)
        .join(Incident, and_(Incident.id == CaseIncident.incident_id, Incident.local_date <= days.c.day))
        .join(IncidentPerson, and_(IncidentPerson.incident_id == Incident.id, same))
        .where(*counted(actor, scope), IncidentPerson.role.in_(HARMED))
        .group_by(IncidentPerson.id)
        .subquery()
    )


@cached_count("contacts", version=2, depends_on=by_days)
def contacts(actor: Actor, scope: Scope) -> list[tuple[date, date | None, int]]:
    """(date of the incident, date of first contact or None, number of people harmed)."""
    dates = contact_dates(actor, scope)
    statement = select(dates.c.happened, dates.c.reached, func.count())
    rows = db.session.execute(statement.group_by(dates.c.happened, dates.c.reached))
    return [(row[0], row[1], row[2]) for row in rows]


def terms_due(actor: Actor, scope: Scope) -> list[ColumnElement[bool]]:
    """Conditions of an agreement term that was due in the period and was not changed by consent."""
    over = or_(AgreementTerm.state != TermState.OPEN, AgreementTerm.due_on < scope.late_before)
    dates = within(actor, scope, Agreement.school_id, AgreementTerm.due_on)
    return [*dates, AgreementTerm.state.not_in((TermState.CHANGED, TermState.EXCUSED)), over]


@cached_count("terms", version=3, depends_on=by_days)
def terms(actor: Actor, scope: Scope) -> Terms:
    """The terms due in the period. A term that its own owner marked as kept counts as due, but not as kept."""
    owner, person = aliased(CaseParticipant), aliased(IncidentPerson)
    marked_by = AgreementTerm.decided_by_id
    by_other = and_(
        or_(StaffMember.user_id.is_(None), marked_by.is_(None), StaffMember.user_id != marked_by),
        or_(AgreementTerm.owner_user_id.is_(None), marked_by.is_(None), AgreementTerm.owner_user_id != marked_by),
    )
    statement = (
        select(
            func.sum(case((and_(AgreementTerm.state.in_(KEPT), by_other), 1), else_=0)),
            func.sum(case((and_(AgreementTerm.state == TermState.LATE, by_other), 1), else_=0)),
            func.count(),
        )
        .select_from(AgreementTerm)
        .join(Agreement, Agreement.id == AgreementTerm.agreement_id)
        .outerjoin(owner, owner.id == AgreementTerm.owner_participant_id)
        .outerjoin(person, person.id == owner.incident_person_id)
        .outerjoin(StaffMember, StaffMember.id == person.staff_id)
        .where(*terms_due(actor, scope))
    )
    row = db.session.execute(statement).one()
    return Terms(int(row[0] or 0), int(row[1] or 0), int(row[2] or 0))


def due_follow_ups(actor: Actor, scope: Scope) -> list[ColumnElement[bool]]:
    """Conditions of a follow-up on students that was due in the period: open and past its date, or done, not canceled.

    Follow-ups of plan steps are counted in the plan, and first contacts with a person harmed by their own clock.
    Follow-ups that reveal a need for housing support are counted only for readers who may know of it, and in no figure
    of the district.
    """
    over = or_(FollowUp.state == FollowUpState.DONE, FollowUp.due_on < scope.late_before)
    dates = within(actor, scope, FollowUp.school_id, FollowUp.due_on)
    on_students = FollowUp.plan_step_id.is_(None)
    counts = FollowUp.state.in_((FollowUpState.OPEN, FollowUpState.DONE))
    known = not_(tells_of_housing()) if actor.is_system or reads_all(actor, scope) else known_to(actor)
    return [*dates, on_students, counts, over, FollowUp.kind != FollowUpKind.CONTACT_PERSON_HARMED.value, known]


def on_time() -> ColumnElement[bool]:
    """Condition: the follow-up was done on or before its due date."""
    return and_(FollowUp.state == FollowUpState.DONE, FollowUp.closed_on <= FollowUp.due_on)


@cached_count("follow_ups", version=3, depends_on=by_days)
def follow_ups(actor: Actor, scope: Scope) -> dict[str, Share]:
    """By kind, the follow-ups done on time of those due in the period."""
    good = func.sum(case((on_time(), 1), else_=0))
    statement = select(FollowUp.kind, good, func.count()).where(*due_follow_ups(actor, scope))
    rows = db.session.execute(statement.group_by(FollowUp.kind).order_by(FollowUp.kind))
    return {row[0]: Share(int(row[1]), row[2]) for row in rows}


def removed(actor: Actor, scope: Scope) -> tuple[ColumnElement[bool], ...]:
    began = within(actor, scope, DisciplineAction.school_id, DisciplineAction.starts_on)
    return (*began, DisciplineAction.state == ActionState.STANDING)


@cached_count("removals", version=1, depends_on=by_days)
def removals(actor: Actor, scope: Scope) -> dict[str, tuple[int, int]]:
    """By kind of removal, (instances, different students)."""
    statement = (
        select(DisciplineAction.kind, func.count(), func.count(DisciplineAction.student_id.distinct()))
        .where(*removed(actor, scope))
        .group_by(DisciplineAction.kind)
    )
    return {row[0].value: (row[1], row[2]) for row in db.session.execute(statement)}


def minor_consequences(actor: Actor, scope: Scope) -> dict[str, tuple[int, int]]:
    """By kind of minor consequence, (instances, different students). No figure of removals includes them."""
    statement = (
        select(MinorConsequence.kind, func.count(), func.count(IncidentPerson.student_id.distinct()))
        .join(IncidentPerson, IncidentPerson.id == MinorConsequence.incident_person_id)
        .where(
            *within(actor, scope, MinorConsequence.school_id, MinorConsequence.given_on),
            MinorConsequence.taken_back_at.is_(None),
            IncidentPerson.student_id.is_not(None),
        )
        .group_by(MinorConsequence.kind)
    )
    return {row[0].value: (row[1], row[2]) for row in db.session.execute(statement)}


LEFT_OUT: Final = (CaseResult.UNFOUNDED, CaseResult.TRANSFERRED)
"""Results that say nothing about repair: there was no harm, or the case continues at another school."""
NOT_REPAIRED: Final = tuple(
    result for result in CaseResult if result not in (*LEFT_OUT, CaseResult.REPAIRED, CaseResult.PARTLY_REPAIRED)
)

CHOICES: Final[dict[str, tuple[CaseResult, ...]]] = {
    "repaired": (CaseResult.REPAIRED,),
    "partly": (CaseResult.PARTLY_REPAIRED,),
    "not_repaired": NOT_REPAIRED,
    "left_out": LEFT_OUT,
}
"""The results counted in each number of the measure."""


@dataclass(frozen=True)
class Harms:
    """Cases with a person harmed that were closed in the period: repaired, partly, not; `left_out` were unfounded or
    transferred.

    `said` counts what the person harmed said at closing, in cases not left out; '' where nobody recorded it.
    """

    repaired: int = 0
    partly: int = 0
    not_repaired: int = 0
    left_out: int = 0
    said: dict[str, int] = field(default_factory=dict)

    @property
    def of(self) -> int:
        """Cases with a result that says whether the harm was repaired."""
        return self.repaired + self.partly + self.not_repaired

    @property
    def share(self) -> Share:
        """The share of cases in which the harm was repaired."""
        return Share(self.repaired, self.of)


def closed_with_harm(actor: Actor, scope: Scope) -> list[ColumnElement[bool]]:
    return _closed(actor, scope, **_moments(scope))


def _moments(scope: Scope) -> dict[str, datetime]:
    zone = district_zone()
    return {"since": at_local(scope.first, 0, 0, zone), "until": at_local(scope.last + timedelta(days=1), 0, 0, zone)}


def _closed(actor: Actor, scope: Scope, since: Any, until: Any) -> list[ColumnElement[bool]]:
    return [
        *within_schools(actor, scope, Case.school_id),
        Case.state == CaseState.CLOSED,
        Case.closed_at >= since,
        Case.closed_at < until,
        exists().where(CaseParticipant.case_id == Case.id, CaseParticipant.role.in_(HARMED)),
    ]


@cached_count("harms", version=1, depends_on=by_days)
def harms(actor: Actor, scope: Scope) -> Harms:
    """How the cases with a person harmed were closed, and what that person said, in one query."""
    numbers = dict.fromkeys(CHOICES, 0)
    statements: dict[str, int] = {}
    for result, says, number in _HARMS.rows(actor, scope, **_moments(scope)):
        numbers[next(name for name, results in CHOICES.items() if result in results)] += number
        if result not in LEFT_OUT:
            key = says.value if says is not None else ""
            statements[key] = statements.get(key, 0) + number
    return Harms(**numbers, said=statements)


def _by_result(actor: Actor, scope: Scope) -> Any:
    columns = (Case.result, Case.harmed_says)
    closed = _closed(actor, scope, bindparam("since"), bindparam("until"))
    return select(*columns, func.count()).where(*closed).group_by(*columns)


_HARMS = PreparedOfScope(_by_result)
