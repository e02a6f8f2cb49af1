"""What the next acts of many circles follow from, as columns, in few queries; the caller has checked the pathways."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import and_, select

from wss_cases.cases.case.models import CaseIncident, CaseParticipant, PlanState, SafetyPlan
from wss_cases.foundation.database.prepared import Narrow, Prepared
from wss_cases.pathways.circles.circle.models import (
    CircleConsent,
    CircleMeeting,
    CirclePreparation,
    CircleScreen,
    CircleSetting,
)
from wss_cases.pathways.circles.circle.rules import holds_on, parties
from wss_cases.pathways.circles.requirements.queries import Circle, leave_out_unset, read_keepers, read_lifts
from wss_cases.pathways.circles.terms.models import Agreement, AgreementTerm
from wss_cases.pathways.common.models import Pathway
from wss_cases.routing.rule_sets import RoutingAnswer


@dataclass
class Agreed:
    """An agreement with as much of its terms as says what is open and when they were agreed."""

    agreed_on: date
    terms: list[Any] = field(default_factory=list)


def begun_in_columns(rows: Sequence[Any]) -> dict[int, Circle]:
    """Return as much of the meetings and the agreement of each circle, by its id, as its next act follows from."""
    circles = {row.id: Circle() for row in rows}
    for meeting in _meetings.rows(circles):
        circles[meeting.pathway_id].meetings.append(meeting)
    for term in _terms.rows(circles):
        agreed: Any = circles[term.pathway_id].agreement or Agreed(term.first_agreed_on)
        circles[term.pathway_id].agreement = agreed
        if term.id is not None:
            agreed.terms.append(term)
    return circles


@Prepared
def _meetings(among_ids: Narrow) -> Any:
    """Return a select of the meetings of these circles, the last one first."""
    one = CircleMeeting
    columns = select(one.id, one.pathway_id, one.school_id, one.kind, one.starts_at, one.happened)
    return columns.where(among_ids(one.pathway_id)).order_by(one.starts_at.desc(), one.id.desc())


@Prepared
def _terms(among_ids: Narrow) -> Any:
    """Return a select of the agreements of these circles, each with its terms, or alone."""
    term = AgreementTerm
    columns = select(
        Agreement.pathway_id, Agreement.agreed_on.label("first_agreed_on"),
        term.id, term.state, term.due_on, term.agreed_on,
    )  # fmt: skip
    joined = columns.select_from(Agreement).outerjoin(term, term.agreement_id == Agreement.id)
    return joined.where(among_ids(Agreement.pathway_id)).order_by(term.position)


def requirements_in_columns(circles: Mapping[int, Circle], rows: Sequence[Any]) -> None:
    """Read that from which the requirements of these circles follow: people, holds, what each said, keepers."""
    if not rows:
        return
    answers = _holds({row.case_id for row in rows})
    read = {row.id: circles[row.id] for row in rows}
    people: dict[int, list[Any]] = defaultdict(list)
    for person in _people.rows(read):
        people[person.pathway_id].append(person)
    for row in rows:
        circle = read[row.id]
        circle.invited = parties(row.for_whom, row.participant_id, people[row.id])
        circle.holds = holds_on(row.kind, row.for_whom, answers[row.case_id])
        _fill(circle, people[row.id])
        leave_out_unset(circle, row.participant_id)
    read_lifts(read)
    read_keepers(read)


@Prepared
def _people(among_ids: Narrow) -> Any:
    """Return a select of the people of the cases of these circles, each with what they said of the circle, how far
    they are prepared for it, and what holds of the circle itself."""
    person, consent, prepared = CaseParticipant, CircleConsent, CirclePreparation
    agreed = and_(SafetyPlan.participant_id == person.id, SafetyPlan.case_id == person.case_id)
    of_both = and_(prepared.pathway_id == Pathway.id, prepared.participant_id == person.id)
    counts = and_(consent.pathway_id == Pathway.id, consent.participant_id == person.id, consent.replaced_at.is_(None))
    columns = select(
        Pathway.id.label("pathway_id"), person.id, person.role, person.incident_person_id,
        consent.id.label("consent_id"), consent.consented, consent.not_now, consent.given_on,
        consent.guardian_consented, consent.guardian_on,
        prepared.id.label("preparation_id"), prepared.support_offered_on, prepared.pre_met_on, prepared.is_ready,
        prepared.ready_on, prepared.plan_needed,
        CircleScreen.id.label("screen_id"), CircleScreen.answer, CircleScreen.screened_on,
        CircleSetting.guardian_consent.label("guardians_asked"),
        select(SafetyPlan.id).where(agreed, SafetyPlan.state == PlanState.AGREED).exists().label("planned"),
    )  # fmt: skip
    statement = (
        columns.select_from(Pathway)
        .join(person, person.case_id == Pathway.case_id)
        .outerjoin(consent, counts)
        .outerjoin(prepared, of_both)
        .outerjoin(CircleScreen, CircleScreen.pathway_id == Pathway.id)
        .outerjoin(CircleSetting, CircleSetting.school_id == Pathway.school_id)
    )
    return statement.where(among_ids(Pathway.id)).order_by(person.id)


def _fill(circle: Circle, people: Iterable[Any]) -> None:
    """Enter in a circle what the rows of the people of its case say; one row is the person, their consent and more."""
    planned = set()
    for person in people:
        if person.consent_id is not None:
            circle.consents[person.id] = person
        if person.preparation_id is not None:
            circle.preparations[person.id] = person
        if person.screen_id is not None:
            circle.screen = person
        if person.planned:
            planned.add(person.id)
        circle.guardians_asked = bool(person.guardians_asked)
    circle.planned = frozenset(planned)


def _holds(case_ids: Iterable[int]) -> Mapping[int, list[Any]]:
    """Return of the newest stored answer for each person of the cases' incidents the holds alone, by case."""
    newest = {tuple(whose): holds for *whose, holds in _answers.rows(sorted(case_ids))}
    by_case: dict[int, list[Any]] = defaultdict(list)
    for (case_id, _incident, _person), holds in newest.items():
        by_case[case_id].append({"holds": holds or ()})
    return by_case


@Prepared
def _answers(among_ids: Narrow) -> Any:
    """Return a select of the holds of the stored answers for the people of these cases' incidents, newest last."""
    one = RoutingAnswer
    columns = select(CaseIncident.case_id, one.incident_id, one.incident_person_id, one.answer["holds"])
    joined = columns.join(one, one.incident_id == CaseIncident.incident_id)
    return joined.where(among_ids(CaseIncident.case_id)).order_by(one.id)
