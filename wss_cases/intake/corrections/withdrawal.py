"""Withdrawing a report. The reporter does it; if a duty or danger depends on the report, others decide."""

from typing import Any, Final

from flask import flash, url_for
from sqlalchemy import exists, select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.grants import holders
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import LongText, NotBlank, PlainForm
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.pages import set_state
from wss_cases.incidents.incident.queries import get_incident, load_incident
from wss_cases.incidents.incident.states import UNDECIDED, WITHDRAWN, IncidentState
from wss_cases.intake.corrections.facts import is_reporters, refuse_after_review, review_began, withdrawal_asked
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY, LegalDuty
from wss_cases.safeguards.police.review.models import PoliceReview

SENTENCES: Final[dict[str, Any]] = {
    "incident.withdrawn": _l("Withdrawn by the reporter. Reason: %(why)s"),
    "incident.withdrawal_asked": _l(
        "The reporter asks to withdraw it. It involves a legal duty or danger, so a dean decides. Reason: %(why)s"
    ),
    "review.reopened": _l("Reopened. Reason: %(why)s"),
}


_SAYS = leads_to(
    "/review/{id}", _l("A reporter asks to withdraw a report"),
    _l("It involves a legal duty or danger, so you decide. Its legal duties continue meanwhile."),
)  # fmt: skip


def _still_asked(message: OutboxMessage, actor: Actor) -> bool:
    incident = load_incident(message.object_id)
    return incident is not None and incident.state in UNDECIDED and can(actor, Permission.INCIDENT_REVIEW, incident)


MESSAGES = (MessageKind("incident.withdrawal_asked", _SAYS, _still_asked),)


def refuse_withdrawal(actor: Actor, incident: Incident) -> None:
    """Raise NotFound for another person's report; Refused once review has begun or the deans have been asked."""
    if incident.reporter_id is None or incident.reporter_id != actor.user_id:
        raise NotFound
    refuse_after_review(is_reporters(actor, incident, review_began(incident)))
    if withdrawal_asked(incident) is not None:
        raise Refused("", asked_words())


def asked_words() -> str:
    return _("The deans and administrators have been asked. The report stays open until one of them decides.")


def hangs_on(incident: Incident) -> bool:
    """Whether a duty, a police review, danger, or a message to another school depends on the report."""
    from_duty = exists().where(LegalDuty.incident_id == incident.id, LegalDuty.state.in_(OPEN_DUTY))
    reviewed = exists().where(PoliceReview.incident_id == incident.id)
    is_told = any(person.other_school_id not in (None, incident.happened_at_id) for person in incident.people)
    return incident.danger_now or is_told or any(db.session.scalar(select(one)) for one in (from_duty, reviewed))


pages = Pages(
    "withdrawal", __name__, url_prefix="/incidents/<int:incident_id>",
    trail=lambda report: [(_("Incidents"), url_for("incidents.incidents")), (report.reference, _page_of(report))],
)  # fmt: skip


class WithdrawForm(PlainForm):
    reason = LongText(_l("Why are you withdrawing it?"), [NotBlank(_l("Enter the reason in a sentence."))], limit=2_000)


def _load(actor: Actor, incident_id: int) -> Incident:
    report = get_incident(actor, incident_id, Permission.INCIDENT_COMPLETE)
    refuse_withdrawal(actor, report)
    return report


def _page_of(report: Incident) -> str:
    return url_for("incidents.incident", incident_id=report.id)


def _after(report: Incident, _answer: int) -> str:
    if withdrawal_asked(report) is not None:
        flash(asked_words())
    return _page_of(report)


def _intro(report: Incident, _form: WithdrawForm) -> dict[str, str]:
    asked = _(
        "This report involves a legal duty or danger, so another dean or administrator decides. They read your reason."
    )
    alone = _("The report is marked as withdrawn, with your reason, and is not counted.")
    return {"intro": asked if hangs_on(report) else alone}


@pages.act(
    "/withdraw", Subject(Incident, _load), WithdrawForm, Permission.INCIDENT_COMPLETE, title=_l("Withdraw the report"),
    button=lambda report: _("Ask for a decision") if hangs_on(report) else _("Withdraw the report"), then=_after,
    more=_intro,
)  # fmt: skip
def withdraw(uow: UnitOfWork, incident: Incident, form: WithdrawForm) -> None:
    """Withdraw a report; it then counts nowhere. If a duty or danger depends on it, the school's deans and
    administrators other than the reporter decide. Raises NotFound for anyone but its reporter; Refused once review
    has begun or the others have been asked."""
    refuse_withdrawal(uow.actor, incident)
    reason = form.reason.data
    if not hangs_on(incident):
        uow.record(incident, "incident.withdrawn", why=reason)
        set_state(uow, incident, IncidentState.NO_FURTHER_ACTION, reason=WITHDRAWN, note=reason)
        return
    uow.record(incident, "incident.withdrawal_asked", why=reason)
    today = today_at(incident.school_id, uow.now)
    people = [pair for role in (Role.DEAN, Role.ADMINISTRATOR) for pair in holders(role, incident.school_id, today)]
    for user_id in sorted({number for number, _name in people} - {uow.actor.user_id or 0}):
        uow.notify(user_id, "incident.withdrawal_asked", incident, f"withdrawal:{incident.id}:{user_id}")


ROOM = Room(pages=(pages,), sentences=SENTENCES, messages=MESSAGES)
