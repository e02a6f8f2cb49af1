"""The use cases of a pathway's page: propose by hand, offer, accept, start, next step, complete."""

from datetime import date

from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import Case, CaseState
from wss_cases.cases.case.pages import advance
from wss_cases.cases.progress import open_only
from wss_cases.followups.making import cancel_open
from wss_cases.foundation.db import Base
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.follow_ups import follow_event
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.proposals import propose
from wss_cases.pathways.common.queries import team_of
from wss_cases.pathways.common.rules import has_begun, may_become, outcomes_for
from wss_cases.pathways.common.states import LIVE, PATHWAY_OF, EndReason, Kind, PathwayState
from wss_cases.routing.engine.pages import Pathway as Family

OUTLIVES = frozenset({"agreement_term"})
"""Kinds of follow-ups that stay open when their pathway ends: a promise that was made stands."""


@use_case
def add(
    uow: UnitOfWork,
    case_id: int,
    *,
    kind: str,
    for_whom: str,
    participant_id: int | None,
    start_by: date | None,
    owner_id: int | None,
) -> int:
    """Propose a pathway by hand in an open case. Returns its id.

    Raises Refused for an owner elsewhere, or one who may not know of it.
    """
    case = uow.load(Case, case_id, Permission.CASE_WORK)
    open_only(case)
    if kind not in set(Kind):
        raise Refused("kind", _("Choose one of the kinds."))
    if owner_id is not None:
        _owner(uow, case.school_id, kind, "owner_id", owner_id)
    row = propose(
        uow,
        case,
        pathway=PATHWAY_OF[Kind(kind)],
        kind=kind,
        for_whom=for_whom,
        participant_id=participant_id,
        tier=case.tier,
        rules=[],
        start_by=start_by,
        owner_id=owner_id if owner_id is not None else case.lead_id,
    )
    return row.id


def _owner(uow: UnitOfWork, school_id: int, kind: str, field: str, owner_id: int) -> str:
    """The name of who is to own a pathway of a kind."""
    people = team_of(school_id, today_at(school_id, uow.now), kind)
    if owner_id in people:
        return people[owner_id]
    if kind == Kind.HOUSING_BASIC_NEEDS:
        raise Refused(field, _("Choose a coordinator: only coordinators see this."))
    raise Refused(field, _("Choose the lead person."))


def load_live(uow: UnitOfWork, pathway_id: int, version: int | None = None, family: Family | None = None) -> Pathway:
    """Lock a pathway that has not ended (of one family), in a case that is open. Raises Refused, NotFound or Stale."""
    row = uow.load(Pathway, pathway_id, Permission.CASE_WORK, version)
    open_only(row.case)
    if row.state not in LIVE:
        raise Refused("", _("This pathway has ended."))
    if family is not None and row.pathway != family:
        raise NotFound
    return row


def move_pathway(row: Pathway, state: PathwayState) -> None:
    """Change a pathway's state if the table allows it. Raises Refused."""
    if not may_become(row.state, state):
        raise Refused("", _("This pathway cannot be moved there from its current status."))
    row.state = state


def not_later(uow: UnitOfWork, school_id: int, field: str, day: date) -> None:
    """Raise Refused for a day that has not come yet."""
    if day > today_at(school_id, uow.now):
        raise Refused(field, _("Choose today or an earlier day."))


def audit_only(uow: UnitOfWork, row: Pathway) -> None:
    """Audit what changed on a pathway when the case's history has an entry for it already."""
    uow.audit("pathway.next_step", "pathway", row.id, changes_of(row))


def add_audited(uow: UnitOfWork, record: Base, kind: str) -> int:
    """Add a record, or save a changed one, that is only audited: without an entry in the case's history.

    Returns its id.
    """
    changes = changes_of(record)
    uow.session.add(record)
    uow.session.flush()
    record_id: int = record.id  # type: ignore[attr-defined]
    uow.audit(kind, record.__tablename__, record_id, changes)
    return record_id


def note_offer(uow: UnitOfWork, row: Pathway, on: date, by: tuple[int, str] | None = None) -> None:
    """Record who made the offer and when, unless that is recorded already; without `by` the actor made it."""
    by_id, name = by or (uow.actor.user_id, uow.actor.name)
    if row.offered_on is None and by_id is not None:
        row.offered_on, row.offered_by_id = on, by_id
        uow.record(row, "pathway.offered", what=row.kind, by=name)


def note_acceptance(uow: UnitOfWork, row: Pathway, on: date) -> None:
    """Move a pathway into preparation, and the case with it. With no offer on record, the actor made it that day."""
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
    """End an active pathway with its outcome; its open follow-ups are cancelled."""
    if outcome not in outcomes_for(row.pathway):
        raise Refused("outcome", _("Choose the outcome."))
    move_pathway(row, PathwayState.COMPLETED)
    row.outcome, row.outcome_note = outcome, note
    _close(uow, row)
    uow.record(row, "pathway.completed", what=row.kind, outcome=outcome)
    follow_event(uow, row, "pathway_completed", of_case=True)


def note_end(uow: UnitOfWork, row: Pathway, reason: EndReason, note: str) -> None:
    """End a live pathway before its outcome; its open follow-ups are cancelled."""
    move_pathway(row, PathwayState.ENDED_EARLY)
    row.end_reason, row.outcome_note = reason.value, note
    _close(uow, row)
    uow.record(row, "pathway.ended_early", what=row.kind, reason=reason.value)
    follow_event(uow, row, "pathway_ended_early", of_case=True)


def note_decline(uow: UnitOfWork, row: Pathway) -> None:
    """End a live pathway because it was declined or left; its open follow-ups are cancelled."""
    move_pathway(row, PathwayState.DECLINED)
    _close(uow, row)
    uow.record(row, "pathway.left" if has_begun(row) else "pathway.declined", what=row.kind)
    follow_event(uow, row, "pathway_declined", of_case=True)


def _close(uow: UnitOfWork, row: Pathway) -> None:
    row.ended_at, row.next_step, row.next_step_on = uow.now, "", None
    cancel_open(uow, pathway_id=row.id, reason=_("The pathway has ended."), but=OUTLIVES)


@use_case
def offer(uow: UnitOfWork, pathway_id: int, by_id: int, on: date) -> int:
    """Record who invited the person, and when. Raises Refused for somebody outside the school's case team."""
    row = load_live(uow, pathway_id, uow.version)
    not_later(uow, row.school_id, "on", on)
    people = team_of(row.school_id, on)
    if by_id not in people:
        raise Refused("by", _("Choose who made the offer."))
    note_offer(uow, row, on, (by_id, people[by_id]))
    return row.id


@use_case
def accept(uow: UnitOfWork, pathway_id: int, on: date) -> int:
    """Record that the offer was accepted; preparation begins. With no offer on record, the actor made it that day."""
    row = load_live(uow, pathway_id, uow.version)
    not_later(uow, row.school_id, "on", on)
    note_acceptance(uow, row, on)
    return row.id


@use_case
def start(uow: UnitOfWork, pathway_id: int, on: date) -> int:
    """Record that the pathway is active since a day."""
    row = load_live(uow, pathway_id, uow.version)
    not_later(uow, row.school_id, "on", on)
    if row.pathway == Family.CIRCLE:
        raise Refused("", _("A circle starts when its meeting takes place."))
    if row.pathway == Family.REENGAGEMENT:
        raise Refused("", _("A re-engagement starts on the first day back. Record it on its own page."))
    note_start(uow, row, on)
    return row.id


@use_case
def plan(
    uow: UnitOfWork,
    pathway_id: int,
    *,
    next_step: str,
    next_step_on: date | None,
    expected_end: date | None,
    owner_id: int | None,
) -> int:
    """Set the next step with its date, the expected end, and the owner.

    Raises Refused for an owner elsewhere, or one who may not know of it.
    """
    row = load_live(uow, pathway_id, uow.version)
    if owner_id is not None and owner_id != row.owner_id:
        name, row.owner_id = _owner(uow, row.school_id, row.kind, "owner", owner_id), owner_id
        uow.record(row, "pathway.owner", what=row.kind, to=name)
    row.next_step, row.next_step_on, row.expected_end = next_step, next_step_on, expected_end
    uow.record(row, "pathway.next_step", what=row.kind)
    return row.id


@use_case
def complete(uow: UnitOfWork, pathway_id: int, outcome: str, note: str) -> int:
    """Complete an active pathway with one of its family's outcomes."""
    row = load_live(uow, pathway_id, uow.version)
    if row.pathway == Family.CIRCLE:
        raise Refused("", _("A circle is completed from its own page, after its meeting and agreement."))
    if row.pathway == Family.REENGAGEMENT:
        raise Refused("", _("A re-engagement is completed from its own page, after a review."))
    if row.pathway == Family.WRAPAROUND:
        raise Refused("", _("A referral is completed from its own page, with what was received."))
    note_completion(uow, row, outcome, note)
    return row.id
