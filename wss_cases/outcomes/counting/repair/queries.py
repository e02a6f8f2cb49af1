"""Counts of whether harm was repaired: how cases with a person harmed were closed, and what that person said then."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Date, and_, bindparam, case, exists, func, literal, not_, or_, select, union_all
from sqlalchemy.orm import aliased

from wss_cases.access.actor import Actor
from wss_cases.cases.case.models import Case, CaseIncident, CaseParticipant, CaseResult, CaseState
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.queries import known_to, tells_of_housing
from wss_cases.followups.core.states import CONVERSATION
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import at_local, district_zone
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.states import UNFOUNDED, IncidentState
from wss_cases.intake.decision import CONVERSATION_OUTCOMES
from wss_cases.outcomes.counting.cache import cached_count
from wss_cases.outcomes.counting.measures import WINDOWS
from wss_cases.outcomes.counting.scope.queries import (
    HARMED,
    PreparedOfScope,
    by_age,
    by_days,
    counted,
    had_time,
    reads_all,
    within,
    within_schools,
)
from wss_cases.outcomes.counting.scope.rules import Scope, Share, waits_from
from wss_cases.pathways.circles.circle.models import CirclePreparation, TermState
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm
from wss_cases.pathways.common.models import Pathway
from wss_cases.roster.directory.models import StaffMember
from wss_cases.roster.directory.queries import school_days
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
ANY, EVERY = "any", "every incident"
"""Names of the lines for any pathway, and for the incidents themselves; no pathway has these names."""
MEETS: Final = (Family.CIRCLE, Family.RESTORATIVE_CONVERSATION)


@dataclass(frozen=True)
class Terms:
    """Agreement terms due in the period, except those changed by consent: kept (and how many of them late), all, and
    those due so lately that they are in none of these."""

    kept: int = 0
    late: int = 0
    due: int = 0
    too_recent: int = 0

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


def unfounded() -> ColumnElement[bool]:
    """Condition: an incident did not happen as reported, by the decision on the report or the closing of all of its
    cases."""
    of_incident = exists().where(CaseIncident.incident_id == Incident.id, Case.id == CaseIncident.case_id)
    closed_so = of_incident.where(Case.result == CaseResult.UNFOUNDED)
    other = of_incident.where(or_(Case.result.is_(None), Case.result != CaseResult.UNFOUNDED))
    # correlated to the incident alone: a statement that joins its cases must not narrow these to the joined one
    return or_(
        Incident.outcome_reason == UNFOUNDED, and_(closed_so.correlate(Incident), not_(other.correlate(Incident)))
    )


def to_repair(actor: Actor, scope: Scope) -> list[ColumnElement[bool]]:
    """Conditions of an incident that calls for repair: it counts and is not unfounded."""
    return [*counted(actor, scope), not_(unfounded())]


@dataclass(frozen=True)
class Step:
    """Incidents at one step of the funnel: those that `reached` it, `of` those at the step before, all of them old
    enough for it; and those at the step before that are too recent to tell."""

    reached: int = 0
    of: int = 0
    too_recent: int = 0


@cached_count("funnel", version=3, depends_on=by_age(*STEPS))
def funnel(actor: Actor, scope: Scope) -> dict[str, dict[str, Step]]:
    """For each pathway, and for "any", the incidents at each step, in one query."""
    rows = {row[0]: [int(number) for number in row[1:]] for row in db.session.execute(_came(actor, scope))}
    _reached, all_old_enough, all_too_recent = rows.pop(EVERY)[:3]
    steps = {}
    for pathway, numbers in rows.items():
        each = {step: Step(*numbers[3 * place : 3 * place + 3]) for place, step in enumerate(STEPS)}
        # before the first step stand all incidents, also those without a pathway
        steps[pathway] = each | {"proposed": Step(each["proposed"].reached, all_old_enough, all_too_recent)}
    return steps


def _came(actor: Actor, scope: Scope) -> Any:
    """A select of (pathway, for each step the three numbers of `Step`), with ANY for the furthest step of each
    incident, and EVERY for all incidents. It joins incidents to agreements only once."""
    conditions, light = step_conditions(), light_conditions()
    furthest = case(*((conditions[step], place) for place, step in reversed([*enumerate(STEPS, 1)])), else_=0)
    incidents = to_repair(actor, scope)
    of_cases = (
        select(Incident.id, Pathway.pathway, func.max(furthest).label("step"), Incident.local_date.label("day"))
        .join(CaseIncident, CaseIncident.incident_id == Incident.id)
        .join(Pathway, Pathway.case_id == CaseIncident.case_id)
        .outerjoin(Agreement, Agreement.pathway_id == Pathway.id)
        .where(*incidents)
        .group_by(Incident.id, Pathway.pathway, Incident.local_date)
    )
    talked = case((light["held"], STEPS.index("held") + 1), else_=1)
    conversation = literal(Family.RESTORATIVE_CONVERSATION.value)
    without_case = select(Incident.id, conversation, talked, Incident.local_date).where(*incidents, light["proposed"])
    each = union_all(of_cases, without_case).cte("each_pathway")
    furthest_of_all = select(func.max(each.c.step).label("step"), each.c.day).group_by(each.c.id, each.c.day).subquery()
    every = select(literal(0).label("step"), Incident.local_date.label("day")).where(*incidents).subquery()
    return union_all(
        select(each.c.pathway, *_at_steps(scope, each)).group_by(each.c.pathway),
        select(literal(ANY), *_at_steps(scope, furthest_of_all)),
        select(literal(EVERY), *_at_steps(scope, every)),
    )


def _at_steps(scope: Scope, rows: Any) -> list[ColumnElement[int]]:
    sums: list[ColumnElement[int]] = []
    for place, name in enumerate(STEPS, 1):
        is_old_enough = rows.c.day <= had_time(scope, name).last
        came, came_before = rows.c.step >= place, rows.c.step >= place - 1
        numbers = (and_(came, is_old_enough), and_(came_before, is_old_enough), and_(came_before, not_(is_old_enough)))
        sums += [func.coalesce(func.sum(case((condition, 1), else_=0)), 0) for condition in numbers]
    return sums


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
    dates = within(actor, scope, Agreement.school_id, AgreementTerm.due_on)
    return [*dates, AgreementTerm.state.not_in((TermState.CHANGED, TermState.EXCUSED))]


@cached_count("terms", version=4, depends_on=by_age("terms"))
def terms(actor: Actor, scope: Scope) -> Terms:
    """The terms due in the period. A term that its own owner marked as kept counts as due, but not as kept."""
    owner, person = aliased(CaseParticipant), aliased(IncidentPerson)
    marked_by = AgreementTerm.decided_by_id
    by_other = and_(
        or_(StaffMember.user_id.is_(None), marked_by.is_(None), StaffMember.user_id != marked_by),
        or_(AgreementTerm.owner_user_id.is_(None), marked_by.is_(None), AgreementTerm.owner_user_id != marked_by),
    )
    is_old_enough = AgreementTerm.due_on <= had_time(scope, "terms").last
    decided = [is_old_enough, by_other]
    if scope.as_of is not None:
        decided.append(AgreementTerm.decided_at < at_local(scope.as_of + timedelta(days=1), 0, 0, district_zone()))
    kept, late = AgreementTerm.state.in_(KEPT), AgreementTerm.state == TermState.LATE
    conditions = (and_(kept, *decided), and_(late, *decided), is_old_enough, not_(is_old_enough))
    statement = (
        select(*(func.sum(case((condition, 1), else_=0)) for condition in conditions))
        .select_from(AgreementTerm)
        .join(Agreement, Agreement.id == AgreementTerm.agreement_id)
        .outerjoin(owner, owner.id == AgreementTerm.owner_participant_id)
        .outerjoin(person, person.id == owner.incident_person_id)
        .outerjoin(StaffMember, StaffMember.id == person.staff_id)
        .where(*terms_due(actor, scope))
    )
    return Terms(*(int(number or 0) for number in db.session.execute(statement).one()))


def due_follow_ups(actor: Actor, scope: Scope) -> list[ColumnElement[bool]]:
    """Conditions of a follow-up on students that was due in the period, on a day that is over: open or done.

    Follow-ups of plan steps are counted in the plan, and first contacts with a person harmed by their own clock.
    Follow-ups that reveal a need for housing support are counted only for readers who may know of it, and in no figure
    of the district.
    """
    dates = within(actor, had_time(scope, "follow_ups"), FollowUp.school_id, FollowUp.due_on)
    on_students = FollowUp.plan_step_id.is_(None)
    counts = FollowUp.state.in_((FollowUpState.OPEN, FollowUpState.DONE))
    known = not_(tells_of_housing()) if actor.is_system or reads_all(actor, scope) else known_to(actor)
    return [*dates, on_students, counts, FollowUp.kind != FollowUpKind.CONTACT_PERSON_HARMED.value, known]


def on_time() -> ColumnElement[bool]:
    """Condition: the follow-up was done on or before its due date."""
    return and_(FollowUp.state == FollowUpState.DONE, FollowUp.closed_on <= FollowUp.due_on)


@cached_count("follow_ups", version=4, depends_on=by_age("follow_ups"))
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
STILL_OPEN, TOO_RECENT = "still_open", "too_recent"
OF_HARMS: Final = ("repaired", "partly", "not_repaired", STILL_OPEN)
"""The numbers of which the share of repaired harms is a part."""


@dataclass(frozen=True)
class Harms:
    """Cases with a person harmed that have had their time: closed in the period as repaired, partly, not; or still open
    at its end. `left_out` were closed as unfounded or transferred. `too_recent` are younger cases, closed or open.

    `said` counts what the person harmed said at closing, in cases not left out; '' where nobody recorded it.
    """

    repaired: int = 0
    partly: int = 0
    not_repaired: int = 0
    left_out: int = 0
    still_open: int = 0
    too_recent: int = 0
    said: dict[str, int] = field(default_factory=dict)

    @property
    def of(self) -> int:
        """Cases of which it is known whether the harm was repaired in time."""
        return sum(getattr(self, name) for name in OF_HARMS)

    @property
    def share(self) -> Share:
        """The share of cases in which the harm was repaired."""
        return Share(self.repaired, self.of)


def harmed_cases(actor: Actor, scope: Scope) -> tuple[list[ColumnElement[bool]], ColumnElement[str]]:
    """Conditions of the cases with a person harmed that were closed in the period or open at its end, and the number of
    `Harms` that each is counted in."""
    return _harmed_cases(actor, scope, **_harm_days(scope))


def _harm_days(scope: Scope) -> dict[str, Any]:
    """When the period begins and ends, and the last days on which a case was opened that has had its time: of those
    closed by the day of counting, of those still open at the period's end."""
    zone, at_end = district_zone(), waits_from(school_days(scope.school_id), scope.late_before, WINDOWS["repaired"])
    return {
        "since": at_local(scope.first, 0, 0, zone),
        "until": at_local(scope.last + timedelta(days=1), 0, 0, zone),
        "judged": had_time(scope, "repaired").last,
        "overdue": at_end - timedelta(days=1),
    }


def _harmed_cases(
    actor: Actor, scope: Scope, since: Any, until: Any, judged: Any, overdue: Any
) -> tuple[list[ColumnElement[bool]], ColumnElement[str]]:
    is_closed = and_(Case.state == CaseState.CLOSED, Case.closed_at >= since, Case.closed_at < until)
    is_open = and_(Case.opened_on <= scope.last, or_(Case.state != CaseState.CLOSED, Case.closed_at >= until))
    conditions = [
        *within_schools(actor, scope, Case.school_id),
        or_(is_closed, is_open),
        exists().where(CaseParticipant.case_id == Case.id, CaseParticipant.role.in_(HARMED)),
    ]
    number = case(
        (Case.opened_on > case((is_closed, judged), else_=overdue), TOO_RECENT),
        (is_open, STILL_OPEN),
        *((Case.result.in_(results), name) for name, results in CHOICES.items()),
    )
    return conditions, number


@cached_count("harms", version=2, depends_on=by_age("repaired"))
def harms(actor: Actor, scope: Scope) -> Harms:
    """How the cases with a person harmed were closed, and what that person said, in one query."""
    numbers = dict.fromkeys((*CHOICES, STILL_OPEN, TOO_RECENT), 0)
    statements: dict[str, int] = {}
    for name, says, number in _HARMS.rows(actor, scope, **_harm_days(scope)):
        numbers[name] += number
        if name in ("repaired", "partly", "not_repaired"):
            key = says.value if says is not None else ""
            statements[key] = statements.get(key, 0) + number
    return Harms(**numbers, said=statements)


def _by_number(actor: Actor, scope: Scope) -> Any:
    days = {name: bindparam(name, type_=Date()) for name in ("judged", "overdue")}
    moments = {name: bindparam(name, type_=Case.closed_at.type) for name in ("since", "until")}
    conditions, number = _harmed_cases(actor, scope, **days, **moments)
    numbered = select(number.label("number"), Case.harmed_says).where(*conditions).subquery()
    return select(*numbered.c, func.count()).group_by(*numbered.c)


_HARMS = PreparedOfScope(_by_number)
