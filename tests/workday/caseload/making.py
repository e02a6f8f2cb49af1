"""A desk full of cases of every sort: stages, kinds of pathways, follow-ups due and overdue."""

from __future__ import annotations

from datetime import timedelta
from itertools import cycle, islice
from typing import Any

from tests.cases.making import TODAY
from tests.factories.cases import CaseFactory, CaseParticipantFactory, PathwayFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.roster import StudentFactory
from wss_cases.accounts.account.models import UserAccount
from wss_cases.cases.case.models import Case, CaseState
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.common.models import PathwayState
from wss_cases.roster.directory.models import School
from wss_cases.routing.engine.vocabulary import Kind

SORTS: tuple[tuple[CaseState, Kind | None, PathwayState, int | None], ...] = (
    (CaseState.INTAKE, None, PathwayState.PROPOSED, None),
    (CaseState.PREPARING, Kind.PEER_CONFERENCE, PathwayState.PREPARING, -4),
    (CaseState.IN_PROCESS, Kind.ONE_TO_ONE, PathwayState.ACTIVE, 0),
    (CaseState.PREPARING, Kind.CONVERSATION, PathwayState.PROPOSED, 2),
    (CaseState.IN_PROCESS, Kind.FAMILY_SUPPORT, PathwayState.ACTIVE, None),
    (CaseState.MONITORING, Kind.PEACE_CIRCLE, PathwayState.ACTIVE, 6),
)
"""Stage, kind and state of its pathway, and in how many days its follow-up is due."""


def fill_desk(school: School, lead: UserAccount, count: int) -> list[Case]:
    """Add so many open cases of a lead, of every sort in turn."""
    return [_add(school, lead, *sort) for sort in islice(cycle(SORTS), count)]


def _add(
    school: School, lead: UserAccount, stage: CaseState, kind: Kind | None, state: PathwayState, due: int | None
) -> Case:
    case: Case = CaseFactory(school_id=school.id, lead_id=lead.id, state=stage, location_code="hallway")
    student = StudentFactory(school=school)
    CaseParticipantFactory(case_id=case.id, student_id=student.id)
    other = StudentFactory(school=school)
    CaseParticipantFactory(case_id=case.id, student_id=other.id, role=PersonRole.HARMED)
    placed: dict[str, Any] = {"case_id": case.id, "school_id": school.id}
    if kind is not None:
        PathwayFactory(kind=kind.value, state=state, owner_id=lead.id, **placed)
    if due is not None:
        FollowUpFactory(owner_id=lead.id, due_on=TODAY + timedelta(days=due), **placed)
    return case
