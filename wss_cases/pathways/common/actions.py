"""Steps of every pathway: offer, acceptance, start, completion and end; and its follow-ups."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from wss_cases.access.permissions import Permission
from wss_cases.cases.case.actions import advance
from wss_cases.cases.case.models import CaseIncident, CaseParticipant, CaseState
from wss_cases.cases.case.queries import choose_for_housing
from wss_cases.cases.progress import open_only
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making import cancel_open, close_row, make, make_for_event
from wss_cases.foundation.db import Base
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common.models import LIVE, EndReason, Pathway, PathwayState, has_begun, may_become, outcomes_for
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.routing.engine.vocabulary import Pathway as Family


def follow(
    uow: UnitOfWork, row: Pathway, kind: str, due_on: date, *, title: str = "", of_case: bool = False
) -> FollowUp:
    """Make a follow-up for the owner of a pathway. `of_case`: it belongs to the case and outlives the pathway.

    Follow-ups of housing support always stay on their pathway, which says who may know of it, and go only to those
    people.
    """
    return make(uow, kind=kind, due_on=due_on, title=title, **_owner_and_subject(uow, row, of_case))


def follow_event(uow: UnitOfWork, row: Pathway, event: str, *, of_case: bool = False) -> None:
    """Make the follow-ups that the templates name for an event in a pathway today; `of_case` as for `follow`."""
    today = today_at(row.school_id, uow.now)
    make_for_event(uow, event, from_day=today, pathway_kind=row.kind, **_owner_and_subject(uow, row, of_case))


def _owner_and_subject(uow: UnitOfWork, row: Pathway, of_case: bool) -> dict[str, Any]:
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
    """Close a pathway's open follow-ups of a kind with the outcome that was just recorded and its day."""
    for follow_up in open_follow_ups(uow, pathway_id, kind):
        close_row(uow, follow_up, outcome, note, {"on": on.isoformat()} if on else None)


def close_recorded(
    uow: UnitOfWork, row: Pathway, kind: str, outcome: str, on: date, people: Collection[CaseParticipant],
    *, named_only: bool = False, **shown: str,
) -> None:  # fmt: skip
    """Close open follow-ups of a kind about these people: those of the pathway, its case, or one of the case's reports.

    `on` is the day on which the work was done, so that nobody is asked for it twice. `shown`: further evidence as in
    `Evidence.stored` (manner, who). A person is matched in each report of the case. A follow-up that names no one
    counts only on its own pathway, and with `named_only` not at all.
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


OUTLIVES = frozenset({"agreement_term"})
"""Kinds of follow-ups that stay open when their pathway ends, because an agreed term still binds."""


def load_live(uow: UnitOfWork, pathway_id: int, version: int | None = None, family: Family | None = None) -> Pathway:
    """Lock a pathway that has not ended, of this family if given, in an open case. Raises Refused, NotFound or
    Stale.
    """
    row = uow.load(Pathway, pathway_id, Permission.CASE_WORK, version)
    check_live(row, family)
    return row


def check_live(row: Pathway, family: Family | None = None) -> None:
    """Raise Refused where a pathway or its case has ended, NotFound where it is of another family."""
    open_only(row.case)
    if row.state not in LIVE:
        raise Refused("", _("This pathway has ended."))
    if family is not None and row.pathway != family:
        raise NotFound


def move_pathway(row: Pathway, state: PathwayState) -> None:
    """Change a pathway's state if its transitions allow it. Raises Refused."""
    if not may_become(row.state, state):
        raise Refused("", _("This pathway cannot be moved there from its current status."))
    row.state = state


def not_later(uow: UnitOfWork, school_id: int, field: str, day: date) -> None:
    if day > today_at(school_id, uow.now):
        raise Refused(field, _("Choose today or an earlier day."))


def audit_only(uow: UnitOfWork, row: Pathway) -> None:
    """Audit a pathway's changes without an entry in the case's history, which has one already."""
    uow.audit("pathway.next_step", "pathway", row.id, changes_of(row))


def add_audited(uow: UnitOfWork, record: Base, kind: str) -> int:
    """Save a record that is audited but has no entry in the case's history. Returns its id."""
    changes = changes_of(record)
    uow.session.add(record)
    uow.session.flush()
    record_id: int = record.id  # type: ignore[attr-defined]
    uow.audit(kind, record.__tablename__, record_id, changes)
    return record_id


def note_offer(uow: UnitOfWork, row: Pathway, on: date, by: tuple[int, str] | None = None) -> None:
    """Record who made the offer and when, unless that is recorded already. Without `by` the actor made it."""
    by_id, name = by or (uow.actor.user_id, uow.actor.name)
    if row.offered_on is None and by_id is not None:
        row.offered_on, row.offered_by_id = on, by_id
        uow.record(row, "pathway.offered", what=row.kind, by=name)


def note_acceptance(uow: UnitOfWork, row: Pathway, on: date) -> None:
    """Move a pathway into preparation, and the case with it. Without an offer on record, the actor made it that day."""
    note_offer(uow, row, on)
    move_pathway(row, PathwayState.PREPARING)
    row.accepted_on = on
    uow.record(row, "pathway.accepted", what=row.kind)
    advance(uow, row.case, CaseState.PREPARING)


def note_start(uow: UnitOfWork, row: Pathway, on: date) -> None:
    """Make a prepared pathway active, and the case with it."""
    move_pathway(row, PathwayState.ACTIVE)
    row.started_on = on
    uow.record(row, "pathway.started", what=row.kind)
    advance(uow, row.case, CaseState.IN_PROCESS)
    follow_event(uow, row, "pathway_started")


def note_completion(uow: UnitOfWork, row: Pathway, outcome: str, note: str) -> None:
    """End an active pathway with its outcome. Its open follow-ups are canceled."""
    if outcome not in outcomes_for(row.pathway):
        raise Refused("outcome", _("Choose the outcome."))
    move_pathway(row, PathwayState.COMPLETED)
    row.outcome, row.outcome_note = outcome, note
    _close(uow, row)
    uow.record(row, "pathway.completed", what=row.kind, outcome=outcome)
    follow_event(uow, row, "pathway_completed", of_case=True)


def note_end(uow: UnitOfWork, row: Pathway, reason: EndReason, note: str) -> None:
    """End a live pathway early. Its open follow-ups are canceled."""
    move_pathway(row, PathwayState.ENDED_EARLY)
    row.end_reason, row.outcome_note = reason.value, note
    _close(uow, row)
    uow.record(row, "pathway.ended_early", what=row.kind, reason=reason.value)
    follow_event(uow, row, "pathway_ended_early", of_case=True)


def note_decline(uow: UnitOfWork, row: Pathway) -> None:
    """End a live pathway because it was declined or left. Its open follow-ups are canceled."""
    move_pathway(row, PathwayState.DECLINED)
    _close(uow, row)
    uow.record(row, "pathway.left" if has_begun(row) else "pathway.declined", what=row.kind)
    follow_event(uow, row, "pathway_declined", of_case=True)


def _close(uow: UnitOfWork, row: Pathway) -> None:
    row.ended_at, row.next_step, row.next_step_on = uow.now, "", None
    cancel_open(uow, pathway_id=row.id, reason=_("The pathway has ended."), but=OUTLIVES)
