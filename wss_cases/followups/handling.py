"""Use cases of follow-ups: close, move, reassign, cancel, add."""

from dataclasses import dataclass
from datetime import date, datetime

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor
from wss_cases.access.permissions import Permission
from wss_cases.accounts.grants import actor_of
from wss_cases.cases.case.models import Case
from wss_cases.followups.about import spoken_of
from wss_cases.followups.core.models import ActKind, FollowUp, FollowUpAct, FollowUpState
from wss_cases.followups.core.pages import outcomes_of
from wss_cases.followups.core.states import (
    CLOSED_BY_HAND,
    FAMILY,
    HAPPENED_AGAIN,
    KINDS,
    MOVE_REASONS,
    RECORDED_ELSEWHERE,
)
from wss_cases.followups.evidence import Evidence, missing
from wss_cases.followups.making import cancel_row, check_day, close_row, make
from wss_cases.followups.undo import remember, remind_again, restorable
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.extension_points import react
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.telling import refuse_kept_off, refuse_private


@dataclass(frozen=True)
class New:
    """A follow-up added by hand, to one incident or one case."""

    kind: str
    title: str
    owner_id: int
    due_on: date
    incident_id: int | None = None
    case_id: int | None = None


@use_case
def close(uow: UnitOfWork, follow_up_id: int, outcome: str, shown: Evidence) -> int:
    """Close a follow-up with an outcome of its kind and its evidence.

    Raises NotFound, Stale, Refused naming the field.
    """
    row = open_follow_up(uow, follow_up_id, uow.version)
    close_checked(uow, row, outcome, shown)
    return row.id


def close_checked(
    uow: UnitOfWork, row: FollowUp, outcome: str, shown: Evidence, *, of_circle: bool = False, batch: str = ""
) -> FollowUpAct:
    """Close a locked, open follow-up with an outcome of its kind and its evidence. Returns the act, by which it can be
    undone.

    `of_circle`: what was said belongs in a circle's sealed notes, so no sentence is required. Raises Refused.
    """
    if row.kind in RECORDED_ELSEWHERE:
        raise Refused("", str(RECORDED_ELSEWHERE[row.kind]))
    if outcome not in outcomes_of(row.kind) or outcome == HAPPENED_AGAIN:
        raise Refused("outcome", _("Choose how it went."))
    today, earliest = today_at(row.school_id, uow.now), _happened_on(uow, row)
    if lacks := missing(row.kind, outcome, shown, today, earliest, of_circle=of_circle):
        raise Refused(*lacks)
    if row.kind in FAMILY:
        _check_told(row, shown)
    before = restorable(row)
    close_row(uow, row, outcome, shown.note, shown.stored())
    react(uow, CLOSED_BY_HAND, row)
    return remember(uow, row, ActKind.CLOSED, before, batch)


def _check_told(row: FollowUp, shown: Evidence) -> None:
    student_ids, agreed = spoken_of(row)
    if shown.who.strip():
        refuse_kept_off("who", student_ids, shown.who)
    refuse_private("note", shown.note, agreed)


@use_case
def move(uow: UnitOfWork, follow_up_id: int, due_on: date, reason: str) -> int:
    """Move a follow-up to another school day; `reason` is a key of MOVE_REASONS. Raises NotFound, Stale, Refused."""
    row = open_follow_up(uow, follow_up_id, uow.version)
    check_day(uow, row.school_id, due_on, row.kind, row.case_id)
    if reason not in MOVE_REASONS:
        raise Refused("reason", _("Choose why."))
    if due_on == row.due_on:
        raise Refused("due_on", _("It is already due on this day. Choose another day."))
    move_row(uow, row, due_on, reason)
    return row.id


def move_row(uow: UnitOfWork, row: FollowUp, due_on: date, reason: str, batch: str = "") -> FollowUpAct:
    """Move a locked, open follow-up to a checked day. Its mail for that day is sent, even if it was dropped before."""
    before = restorable(row)
    row.due_on, row.snoozed_until = due_on, None
    uow.record(row, "followup.moved", what=row.kind, due_on=due_on.isoformat(), reason=reason)
    remind_again(uow, row)
    return remember(uow, row, ActKind.MOVED, before, batch)


@use_case
def reassign(uow: UnitOfWork, follow_up_id: int, owner_id: int) -> int:
    """Assign a follow-up to someone else of its school. Raises NotFound, Stale, Refused naming the field."""
    row = open_follow_up(uow, follow_up_id, uow.version)
    owner = _owner(row.school_id, owner_id, uow.now)
    before = restorable(row)
    row.owner_id, row.given_by_id = owner.user_id, uow.actor.user_id
    row.snoozed_until = None  # the new owner must be told what is due already
    uow.record(row, "followup.reassigned", what=row.kind, owner=owner.name)
    remember(uow, row, ActKind.REASSIGNED, before)
    return row.id


@use_case
def cancel(uow: UnitOfWork, follow_up_id: int, reason: str) -> int:
    """Cancel a follow-up with a reason. Raises NotFound, Stale, Refused naming the field."""
    row = open_follow_up(uow, follow_up_id, uow.version)
    if not reason.strip():
        raise Refused("reason", _("Explain why it is no longer needed."))
    before = restorable(row)
    cancel_row(uow, row, reason)
    remember(uow, row, ActKind.CANCELLED, before)
    return row.id


@use_case
def add(uow: UnitOfWork, new: New) -> int:
    """Add a follow-up by hand to a case or an incident. Raises NotFound, Refused naming the field."""
    school_id = _subject_school(uow, new)
    if new.kind not in KINDS or new.kind in RECORDED_ELSEWHERE:
        raise Refused("kind", _("Choose what it is."))
    if new.kind == "other" and not new.title.strip():
        raise Refused("title", _("Enter what has to be done."))
    check_day(uow, school_id, new.due_on, new.kind, new.case_id)
    _owner(school_id, new.owner_id, uow.now)
    return make(uow, school_id=school_id, given_by_id=uow.actor.user_id, **vars(new)).id


def _subject_school(uow: UnitOfWork, new: New) -> int:
    if new.case_id is not None:
        return uow.load(Case, new.case_id, Permission.CASE_WORK).school_id
    incident = uow.load(Incident, new.incident_id or 0, Permission.INCIDENT_READ)
    if not (uow.actor.is_system or uow.actor.covers(incident.school_id, *CASE_TEAM)):
        raise NotFound
    return incident.school_id


def _happened_on(uow: UnitOfWork, row: FollowUp) -> date:
    """The first day on which it could be done: of its report, or of its case and the case's reports."""
    if row.case_id is None:
        return uow.session.get_one(Incident, row.incident_id).local_date
    case = uow.session.get_one(Case, row.case_id)
    return min((incident.local_date for incident in case.incidents), default=case.opened_on)


def open_follow_up(uow: UnitOfWork, follow_up_id: int, version: int | None) -> FollowUp:
    """Lock an open follow-up that the actor may work on. Raises NotFound, Stale, Refused."""
    row = uow.load(FollowUp, follow_up_id, Permission.FOLLOWUP_WORK, version)
    if row.state is not FollowUpState.OPEN:
        raise Refused("", _("This follow-up is already closed."))
    return row


def _owner(school_id: int, owner_id: int, now: datetime) -> Actor:
    owner = actor_of(owner_id, now)
    if owner is None or not owner.covers(school_id, *STAFF):
        raise Refused("owner", _("Choose someone who works at this school."))
    return owner
