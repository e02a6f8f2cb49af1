"""Making, canceling, closing and moving follow-ups, for other packages and for the acts of this one.

A recorded call that reached a guardian closes the follow-up that asked for it."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import or_, select

from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import Case
from wss_cases.followups.about import spoken_of
from wss_cases.followups.calendar import last_day_for, tell_move, wanted_day
from wss_cases.followups.core.models import ActKind, FollowUp, FollowUpAct, FollowUpState, FollowUpTemplate
from wss_cases.followups.core.presenters import keep_note, outcomes_of
from wss_cases.followups.core.states import CLOSED_BY_HAND, FAMILY, GUARDIAN_CALLS, HAPPENED_AGAIN, RECORDED_ELSEWHERE
from wss_cases.followups.evidence import Evidence, missing
from wss_cases.followups.templates.queries import due_on as due_of
from wss_cases.followups.templates.queries import template_in_force, templates_for
from wss_cases.followups.undo import remember, remind_again, restorable
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import day_words, local_date, today_at, zone_of
from wss_cases.incidents.incident.models import GuardianContact, Incident, IncidentPerson
from wss_cases.journal.extension_points import react
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.telling import refuse_kept_off, refuse_private


def make(
    uow: UnitOfWork, *, school_id: int, kind: str, owner_id: int | None, due_on: date,
    incident_id: int | None = None, case_id: int | None = None, pathway_id: int | None = None,
    incident_person_id: int | None = None, participant_id: int | None = None,
    plan_step_id: int | None = None, lead_id: int | None = None,
    title: str = "", rules: Sequence[str] = (), single_mail: bool | None = None, given_by_id: int | None = None,
    template: FollowUpTemplate | None = None,
) -> FollowUp:  # fmt: skip
    """Add a follow-up to an incident, a case or a plan step. One due today is a same-day item, with its own mail.

    Without a title it shows its template's, by default that of its kind. `single_mail` None: as the template says.
    `given_by_id`: who assigned it to its owner by hand.
    """
    today = today_at(school_id, uow.now)
    template = template or template_in_force(kind, school_id, today)
    own_mail = single_mail if single_mail is not None else bool(template and template.single_mail)
    planned = wanted_day(kind, school_id, case_id, due_on, today, (case_id or incident_id or 0))
    row = FollowUp(
        incident_id=incident_id, case_id=case_id, plan_step_id=plan_step_id, lead_id=lead_id, pathway_id=pathway_id,
        school_id=school_id, incident_person_id=incident_person_id, participant_id=participant_id,
        kind=kind, title=title, rules=list(rules), owner_id=owner_id, given_by_id=given_by_id,
        template_id=template.id if template else None, created_at=uow.now, due_on=planned.due_on,
        original_due_on=due_on, same_day=planned.due_on == today, single_mail=own_mail or planned.due_on == today,
    )  # fmt: skip
    uow.add(row)
    uow.record(row, "followup.made", what=kind, due_on=due_on.isoformat())
    tell_move(uow, row, due_on, planned)
    return row


def make_for_event(
    uow: UnitOfWork,
    event: str,
    *,
    school_id: int,
    owner_id: int | None,
    from_day: date,
    pathway_kind: str = "",
    **subject: Any,
) -> list[FollowUp]:
    """Add the follow-ups that templates name for an event, due so many school days after `from_day`.

    `subject`: what they belong to, as for `make`. `pathway_kind`: the kind of pathway of the event, because some
    templates are for one pathway only.
    """
    days, shared = school_days(school_id), {"school_id": school_id, "owner_id": owner_id, **subject}
    return [
        make(uow, kind=template.kind, due_on=due_of(template, from_day, days), template=template, **shared)
        for template in templates_for(event, school_id, from_day, pathway_kind)
    ]


def cancel_open(uow: UnitOfWork, *, reason: str, but: Collection[str] = (), **subject: int) -> int:
    """Cancel every open follow-up of a case or pathway (`subject`), except kinds in `but`. Returns how many."""
    assert subject, "name what the follow-ups hang on"
    statement = select(FollowUp).filter_by(**subject, state=FollowUpState.OPEN)
    statement = statement.where(FollowUp.kind.not_in(sorted(but)))
    open_rows = list(uow.session.scalars(statement.order_by(FollowUp.id).with_for_update()))
    for row in open_rows:
        cancel_row(uow, row, reason)
    return len(open_rows)


def cancel_row(uow: UnitOfWork, row: FollowUp, reason: str) -> None:
    row.state, row.outcome_note = FollowUpState.CANCELLED, reason
    _settle(uow, row)
    uow.record(row, "followup.cancelled", what=row.kind)


def close_row(
    uow: UnitOfWork, row: FollowUp, outcome: str, note: str = "", evidence: dict[str, Any] | None = None
) -> None:
    """Close a locked, open follow-up with its outcome, for packages that record the event itself.

    The evidence's `on` is the day of the event when it is not today; that day counts as the day of closing.
    """
    row.state, row.outcome = FollowUpState.DONE, outcome
    keep_note(row, note)
    row.evidence = evidence or {}
    _settle(uow, row)
    row.closed_on = date.fromisoformat(row.evidence["on"]) if row.evidence.get("on") else row.closed_on
    uow.record(row, "followup.done", what=row.kind, outcome=outcome)


def _settle(uow: UnitOfWork, row: FollowUp) -> None:
    row.closed_at, row.closed_by_id = uow.now, uow.actor.user_id
    row.closed_on = today_at(row.school_id, uow.now)


def check_near(due_on: date, today: date) -> None:
    """Raise Refused for a day that is past, or more than a year away."""
    if due_on < today:
        raise Refused("due_on", _("Choose today or a later day."))
    if (due_on - today).days > 400:
        raise Refused("due_on", _("Choose a day within the next year."))


def check_day(uow: UnitOfWork, school_id: int, due_on: date, kind: str, case_id: int | None) -> None:
    """Raise Refused for a day on which nothing can be due: past, over a year away, without school, or, for a check-in,
    after the school year.
    """
    today, days = today_at(school_id, uow.now), school_days(school_id)
    check_near(due_on, today)
    if not days.is_school_day(due_on):
        raise Refused("due_on", _("There is no school on this day. Choose a school day."))
    last = last_day_for(kind, case_id, school_id, due_on, today, days)
    if last is not None:
        words = _(
            "The last school day is %(day)s, and a check-in must come before it. Choose an earlier day.",
            day=day_words(last),
        )
        raise Refused("due_on", words)


REACHED: Final = "reached"
"""The result of a call that needs no further call, and the outcome of the follow-up for it."""


def guardian_reached(uow: UnitOfWork, contact: GuardianContact) -> None:
    """Close the open call follow-ups about this person of a report. A voicemail is an attempt and closes nothing."""
    if contact.result != REACHED:
        return
    for row in _open_calls(uow, [contact.incident_person_id]):
        _close(uow, row, contact)


def report_merged(uow: UnitOfWork, target: Incident) -> None:
    """Close open call follow-ups of a report when the family was reached in a report that is now merged into it."""
    for row in _open_calls(uow, [person.id for person in target.people if person.id is not None]):
        close_if_reached(uow, row)


def _open_calls(uow: UnitOfWork, person_ids: Collection[int]) -> list[FollowUp]:
    about = (FollowUp.incident_person_id.in_(person_ids), FollowUp.kind.in_(GUARDIAN_CALLS))
    calls = select(FollowUp).where(*about, FollowUp.state == FollowUpState.OPEN)
    return list(uow.session.scalars(calls.order_by(FollowUp.id).with_for_update()))


def close_if_reached(uow: UnitOfWork, row: FollowUp) -> None:
    """Close an open call follow-up when the family was reached before it was made.

    A contact in a report that was merged into this one counts for the same student.
    """
    if row.kind not in GUARDIAN_CALLS or row.incident_person_id is None:
        return
    person = uow.session.get_one(IncidentPerson, row.incident_person_id)
    of_merged = select(Incident.id).where(Incident.duplicate_of_id == person.incident_id)
    entries = select(IncidentPerson.id).where(
        or_(
            IncidentPerson.id == person.id,
            IncidentPerson.incident_id.in_(of_merged) & (IncidentPerson.student_id == person.student_id),
        )
    )
    calls = select(GuardianContact).where(
        GuardianContact.incident_person_id.in_(entries), GuardianContact.result == REACHED
    )
    contact = uow.session.scalars(calls.order_by(GuardianContact.at, GuardianContact.id)).first()
    if contact is not None:
        _close(uow, row, contact)


def _close(uow: UnitOfWork, row: FollowUp, contact: GuardianContact) -> None:
    on = local_date(contact.at, zone_of(row.school_id)).isoformat()
    shown = {"manner": contact.manner, "on": on, "language": contact.language, "attempts": 1}
    close_row(uow, row, REACHED, contact.note, {name: value for name, value in shown.items() if value})


ROOM = Room(reactions={"incident.guardian_contact": guardian_reached, "incident.merged": report_merged})


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


def move_row(uow: UnitOfWork, row: FollowUp, due_on: date, reason: str, batch: str = "") -> FollowUpAct:
    """Move a locked, open follow-up to a checked day. Its mail for that day is sent, even if it was dropped before."""
    before = restorable(row)
    row.due_on, row.snoozed_until = due_on, None
    uow.record(row, "followup.moved", what=row.kind, due_on=due_on.isoformat(), reason=reason)
    remind_again(uow, row)
    return remember(uow, row, ActKind.MOVED, before, batch)


def _happened_on(uow: UnitOfWork, row: FollowUp) -> date:
    """The first day on which it could be done: of its report, or of its case and the case's reports."""
    if row.case_id is None:
        return uow.session.get_one(Incident, row.incident_id).local_date
    case = uow.session.get_one(Case, row.case_id)
    return min((incident.local_date for incident in case.incidents), default=case.opened_on)


def open_follow_up(uow: UnitOfWork, follow_up_id: int, version: int | None) -> FollowUp:
    """Lock an open follow-up that the actor may work on. Raises NotFound, Stale, Refused."""
    row = uow.load(FollowUp, follow_up_id, Permission.FOLLOWUP_WORK, version)
    refuse_closed(row)
    return row


def refuse_closed(row: FollowUp) -> None:
    if row.state is not FollowUpState.OPEN:
        raise Refused("", _("This follow-up is already closed."))
