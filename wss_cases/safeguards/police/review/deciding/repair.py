"""What opens with every outcome of a police-notification review: a restorative pathway where a student caused harm."""

from sqlalchemy import select

from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.proposals import propose
from wss_cases.pathways.common.states import STANDS
from wss_cases.pathways.reengagement.opening.actions import case_for
from wss_cases.roster.directory.queries import school_days
from wss_cases.routing.engine.pages import PATHWAY_OF, Kind, Person
from wss_cases.safeguards.duties.duty.queries import students_who_caused_harm
from wss_cases.safeguards.police.review.rules import RESTORATIVE

START_WITHIN = 1


def open_repair(uow: UnitOfWork, incident: Incident) -> None:
    """Propose a restorative conversation for each student who caused harm and has no restorative pathway.

    The case of the incident opens where there is none, as it does for a removal; an answer never waits for a decision
    on the report, and a review of the report finds the case and adds to it.
    """
    students = {student.id for student in students_who_caused_harm(incident.id)}
    if not students or students <= _reached(incident):
        return
    case = case_for(uow, incident)
    reached = _reached(incident)
    start = school_days(case.school_id).add(today_at(case.school_id, uow.now), START_WITHIN)
    for person in case.participants:
        if person.student_id not in students or person.student_id in reached:
            continue
        propose(
            uow,
            case,
            pathway=PATHWAY_OF[Kind.CONVERSATION].value,
            kind=Kind.CONVERSATION.value,
            for_whom=Person.CAUSED_HARM.value,
            participant_id=person.id,
            tier=case.tier,
            rules=[],
            start_by=start,
            owner_id=case.lead_id,
        )


def _reached(incident: Incident) -> set[int]:
    """Students of the incident's cases with a restorative pathway of their own or of everybody."""
    reached: set[int] = set()
    for case in cases_of_incident(incident.id):
        rows = select(Pathway.participant_id).where(
            Pathway.case_id == case.id, Pathway.pathway.in_(RESTORATIVE), Pathway.state.in_(STANDS)
        )
        of = set(db.session.scalars(rows))
        for person in case.participants:
            if person.student_id is not None and (None in of or person.id in of):
                reached.add(person.student_id)
    return reached
