"""The follow-ups of a pathway, as steps of its use cases."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from wss_cases.cases.case.models import CaseIncident, CaseParticipant
from wss_cases.cases.case.queries import choose_for_housing
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making import close_row, make, make_for_event
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common.models import Pathway
from wss_cases.routing.engine.pages import Kind


def follow(
    uow: UnitOfWork, row: Pathway, kind: str, due_on: date, *, title: str = "", of_case: bool = False
) -> FollowUp:
    """Make a follow-up for whoever works a pathway; `of_case`: it belongs to the case and outlives the pathway.

    Of a need for housing it stays on its pathway, which says who may know of it, and goes to none but them.
    """
    return make(uow, kind=kind, due_on=due_on, title=title, **_whose(uow, row, of_case))


def follow_event(uow: UnitOfWork, row: Pathway, event: str, *, of_case: bool = False) -> None:
    """Make what the templates say for something that happened in a pathway today; `of_case` as for `follow`."""
    today = today_at(row.school_id, uow.now)
    make_for_event(uow, event, from_day=today, pathway_kind=row.kind, **_whose(uow, row, of_case))


def _whose(uow: UnitOfWork, row: Pathway, of_case: bool) -> dict[str, Any]:
    owner_id, of_pathway = row.owner_id or row.case.lead_id, not of_case
    if row.kind == Kind.HOUSING_BASIC_NEEDS:
        owner_id, of_pathway = choose_for_housing(row.school_id, owner_id, uow.now), True
    hangs_on = {
        "case_id": row.case_id, "pathway_id": row.id if of_pathway else None, "participant_id": row.participant_id
    }  # fmt: skip
    return {"school_id": row.school_id, "owner_id": owner_id, **hangs_on}


def open_follow_ups(uow: UnitOfWork, pathway_id: int, *kinds: str) -> list[FollowUp]:
    """Lock and return the open follow-ups of a pathway of these kinds, by id."""
    statement = select(FollowUp).where(
        FollowUp.pathway_id == pathway_id, FollowUp.kind.in_(kinds), FollowUp.state == FollowUpState.OPEN
    )
    return list(uow.session.scalars(statement.order_by(FollowUp.id).with_for_update()))


def close_open(
    uow: UnitOfWork, pathway_id: int, kind: str, outcome: str, note: str = "", on: date | None = None
) -> None:
    """Close the open follow-ups of a pathway of one kind, with the outcome that was just recorded and its day."""
    for follow_up in open_follow_ups(uow, pathway_id, kind):
        close_row(uow, follow_up, outcome, note, {"on": on.isoformat()} if on else None)


def close_recorded(
    uow: UnitOfWork, row: Pathway, kind: str, outcome: str, on: date, people: Collection[CaseParticipant],
    *, named_only: bool = False, **shown: str,
) -> None:  # fmt: skip
    """Close what a pathway, its case or a report of it asks about these people, done on a day: it is asked for once.

    `shown`: more of what shows it, as in `Evidence.stored`: manner, who. A person is found again in each report of the
    case; what names nobody counts in its own pathway only, and with `named_only` not at all.
    """
    reports = select(CaseIncident.incident_id).where(CaseIncident.case_id == row.case_id)
    entries = {person.incident_person_id for person in people} - {None}
    students = {person.student_id for person in people} - {None}
    theirs = select(IncidentPerson.id).where(
        IncidentPerson.incident_id.in_(reports),
        or_(IncidentPerson.id.in_(sorted(entries)), IncidentPerson.student_id.in_(sorted(students))),
    )
    statement = select(FollowUp).where(
        FollowUp.state == FollowUpState.OPEN,
        FollowUp.kind == kind,
        or_(FollowUp.case_id == row.case_id, FollowUp.incident_id.in_(reports)),
        or_(
            FollowUp.incident_person_id.in_(theirs),
            FollowUp.participant_id.in_([person.id for person in people]),
            *([] if named_only else [FollowUp.pathway_id == row.id]),
        ),
    )
    evidence = {name: value for name, value in {"on": on.isoformat(), **shown}.items() if value}
    for follow_up in uow.session.scalars(statement.order_by(FollowUp.id).with_for_update()):
        close_row(uow, follow_up, outcome, evidence=evidence)
