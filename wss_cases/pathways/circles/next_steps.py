"""The one next act of each live circle, read for many circles at once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from wss_cases.cases.models import CaseIncident, CaseParticipant
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.circles.agreements.models import Agreement, AgreementTerm
from wss_cases.pathways.circles.models import CircleConsent, CircleMeeting, HoldLift
from wss_cases.pathways.circles.rules import closed, gates_of, holds_on, parties
from wss_cases.pathways.circles.states import TermState
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.next_steps import ids, waiting
from wss_cases.pathways.common.states import LIVE
from wss_cases.pathways.common.steps import Step
from wss_cases.routing.models import RoutingAnswer


@dataclass
class Around:
    """What stands around circles, by pathway or by case."""

    meetings: dict[int, list[Any]] = field(default_factory=lambda: defaultdict(list))
    agreed: set[int] = field(default_factory=set)
    open_terms: dict[int, list[tuple[date, int]]] = field(default_factory=lambda: defaultdict(list))
    consents: dict[int, dict[int, Any]] = field(default_factory=lambda: defaultdict(dict))
    lifted: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    people: dict[int, list[Any]] = field(default_factory=lambda: defaultdict(list))
    answers: dict[int, dict[tuple[int, int | None], Any]] = field(default_factory=lambda: defaultdict(dict))


def next_steps(rows: Sequence[Pathway], today: date, now: datetime) -> dict[int, Step]:
    """Return the next act of each live circle by its id, in a constant number of queries."""
    live = [row for row in rows if row.state in LIVE]
    if not live:
        return {}
    around = Around()
    _read_meetings(around, [row.id for row in live])
    unmet = [row for row in live if not around.meetings[row.id]]
    if unmet:
        _read_gates(around, unmet)
    return {row.id: _step(row, around, today, now) for row in live}


def _read_meetings(around: Around, pathway_ids: list[int]) -> None:
    meetings = select(
        CircleMeeting.pathway_id, CircleMeeting.id, CircleMeeting.happened, CircleMeeting.starts_at
    ).where(CircleMeeting.pathway_id.in_(pathway_ids))
    for row in db.session.execute(meetings.order_by(CircleMeeting.id)):
        if row.happened is not False:
            around.meetings[row.pathway_id].append(row)
    terms = (
        select(Agreement.pathway_id, AgreementTerm.id, AgreementTerm.due_on, AgreementTerm.state)
        .outerjoin(AgreementTerm)
        .where(Agreement.pathway_id.in_(pathway_ids))
    )
    for pathway_id, term_id, due_on, state in db.session.execute(terms):
        around.agreed.add(pathway_id)
        if state is TermState.OPEN:
            around.open_terms[pathway_id].append((due_on, term_id))


def _read_gates(around: Around, rows: Sequence[Pathway]) -> None:
    pathway_ids, case_ids = [row.id for row in rows], sorted({row.case_id for row in rows})
    for consent in db.session.scalars(select(CircleConsent).where(CircleConsent.pathway_id.in_(pathway_ids))):
        around.consents[consent.pathway_id][consent.participant_id] = consent
    lifts = select(HoldLift.pathway_id, HoldLift.rule).where(HoldLift.pathway_id.in_(pathway_ids))
    for pathway_id, rule in db.session.execute(lifts):
        around.lifted[pathway_id].add(rule)
    people = select(CaseParticipant.case_id, CaseParticipant.id, CaseParticipant.role)
    found = people.where(CaseParticipant.case_id.in_(case_ids)).order_by(CaseParticipant.id)
    for person in db.session.execute(found):
        around.people[person.case_id].append(person)
    answers = (
        select(
            CaseIncident.case_id,
            RoutingAnswer.incident_id,
            RoutingAnswer.incident_person_id,
            RoutingAnswer.answer,
        )
        .join(RoutingAnswer, RoutingAnswer.incident_id == CaseIncident.incident_id)
        .where(CaseIncident.case_id.in_(case_ids))
        .order_by(RoutingAnswer.id)
    )
    for case_id, incident_id, person_id, answer in db.session.execute(answers):
        around.answers[case_id][incident_id, person_id] = answer


def _step(row: Pathway, around: Around, today: date, now: datetime) -> Step:
    meetings = around.meetings[row.id]
    planned = next((meeting for meeting in meetings if meeting.happened is None), None)
    if planned is not None:
        if planned.starts_at > now:
            return waiting(row, row.next_step_on)
        words, values = _l("Say whether the meeting happened"), {"meeting_id": planned.id}
        return Step("answer_meeting", words, "circles.answer", values, on=row.next_step_on, urgent=True)
    if meetings:
        return _after_meeting(row, around, today)
    return _before_meeting(row, around)


def _after_meeting(row: Pathway, around: Around, today: date) -> Step:
    if row.id not in around.agreed:
        return Step("agreement", _l("Record the agreement"), "agreements.agreement", ids(row))
    if not around.open_terms[row.id]:
        return Step("complete", _l("Complete it with its outcome"), "agreements.complete", ids(row))
    due, term_id = min(around.open_terms[row.id])
    if due > today:
        return waiting(row, due)
    values = {**ids(row), "term_id": term_id}
    return Step("mark_term", _l("Mark the term that is due"), "agreements.term", values, on=due)


def _before_meeting(row: Pathway, around: Around) -> Step:
    holds = holds_on(row.kind, row.for_whom, around.answers[row.case_id].values())
    invited = parties(row.for_whom, row.participant_id, around.people[row.case_id])
    shut = closed(gates_of(invited, around.consents[row.id], holds, around.lifted[row.id]))
    stands = {hold.rule for hold in holds if not hold.can_be_lifted}
    if any(gate.code == "hold" and gate.rule in stands for gate in shut):
        return Step("end", _l("End it: a hold stands"), "pathway_acts.end", ids(row))
    if any(gate.refused for gate in shut):
        return Step("decline", _l("Record that it was declined"), "pathway_acts.decline", ids(row))
    unasked = next((gate for gate in shut if gate.code == "consent"), None)
    if unasked is not None:
        values = {**ids(row), "participant_id": unasked.person_id}
        return Step("consent", _l("Record the consent"), "circles.consent", values, on=row.start_by)
    held = next((gate for gate in shut if gate.code == "hold"), None)
    if held is not None:
        values = {**ids(row), "rule": held.rule}
        return Step("lift_hold", _l("Look at the hold that applies"), "circles.hold", values)
    return Step("plan_meeting", _l("Plan the meeting"), "circles.meeting", ids(row), on=row.next_step_on)
