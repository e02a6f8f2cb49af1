"""The partner's answer and days of service: steps for both sides, and the school's acts for a partner that calls."""

from datetime import date
from operator import itemgetter
from typing import Any

from flask import redirect, url_for
from wtforms import DateField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.followups.core.queries import get_follow_up
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import PlainForm, choice_field, needs, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common.actions import check_live, close_open, follow
from wss_cases.pathways.common.pages import HERE, PathwayPages, today_of
from wss_cases.pathways.referrals.consent import DAY, REFERRAL
from wss_cases.pathways.referrals.referral import models
from wss_cases.pathways.referrals.referral.pages import check_step, drop_follow_ups
from wss_cases.pathways.referrals.referral.queries import open_referral
from wss_cases.roster.directory.queries import school_days

DAYS_TO_ANSWER, DAYS_TO_FIRST_SERVICE = 5, 10
"""The school days for a partner that is not in the directory, as in referrals of the first release."""


def note_accepted(uow: UnitOfWork, row: models.Referral) -> None:
    """Record that the partner accepts. The deadline of the first service begins."""
    check_step(row, models.ReferralState.ACCEPTED)
    today = today_at(row.school_id, uow.now)
    terms = row.partner.days_to_first_service if row.partner else DAYS_TO_FIRST_SERVICE
    due_on = school_days(row.school_id).add(today, terms)
    row.state, row.answered_on, row.first_service_by = models.ReferralState.ACCEPTED, today, due_on
    uow.record(row, "referral.accepted", partner=row.partner_name, by=due_on.isoformat())
    close_open(uow, row.pathway_id, "referral_answer", "partner_accepted")
    follow(uow, row.pathway, "referral_first_service", due_on)


def note_waitlisted(uow: UnitOfWork, row: models.Referral) -> None:
    """Record that the partner has a waiting list. The school asks again after as many school days as the
    partner has to answer."""
    check_step(row, models.ReferralState.WAITLISTED)
    today = today_at(row.school_id, uow.now)
    terms = row.partner.days_to_answer if row.partner else DAYS_TO_ANSWER
    ask_on = school_days(row.school_id).add(today, max(terms, 1))
    row.state, row.answered_on, row.answer_by = models.ReferralState.WAITLISTED, today, ask_on
    uow.record(row, "referral.waitlisted", partner=row.partner_name)
    close_open(uow, row.pathway_id, "referral_answer", "partner_waitlisted")
    follow(uow, row.pathway, "referral_answer", ask_on)


def note_declined(uow: UnitOfWork, row: models.Referral, reason: str) -> None:
    """Record that the partner declines, with its reason. From then on it no longer sees the referral."""
    check_step(row, models.ReferralState.DECLINED)
    row.answered_on = row.ended_on = today_at(row.school_id, uow.now)
    row.state, row.answer_note = models.ReferralState.DECLINED, reason
    uow.record(row, "referral.declined", partner=row.partner_name, reason=reason)
    close_open(uow, row.pathway_id, "referral_answer", "partner_declined")
    drop_follow_ups(uow, row)


def note_service(uow: UnitOfWork, row: models.Referral, on: date) -> None:
    """Log a day of service: the first after accepting, then later ones. Nothing of what was said is stored."""
    _check_day(uow, row, on)
    if on in {each.on_day for each in row.services}:
        raise Refused("on", _("This day is already logged."))
    if row.state is models.ReferralState.ACCEPTED:
        check_step(row, models.ReferralState.FIRST_SEEN)
        row.state, row.first_service_on = models.ReferralState.FIRST_SEEN, on
        _add(uow, row, models.ServiceKind.FIRST, on)
        uow.record(row, "referral.first_seen", partner=row.partner_name, on=on.isoformat())
        close_open(uow, row.pathway_id, "referral_first_service", "first_seen", on=on)
    elif row.state in (models.ReferralState.FIRST_SEEN, models.ReferralState.ACTIVE):
        row.state = models.ReferralState.ACTIVE
        _add(uow, row, models.ServiceKind.LATER, on)
        uow.record(row, "referral.service", partner=row.partner_name, on=on.isoformat())
    else:
        raise Refused("", _("Accept the referral before you log service."))


def note_finished(uow: UnitOfWork, row: models.Referral, on: date, received: str) -> None:
    """Record the last day of service and what was received. Raises Refused before any service."""
    _check_day(uow, row, on)
    if row.services and on < row.services[-1].on_day:
        raise Refused("on", _("The last service cannot be before one that is logged."))
    check_step(row, models.ReferralState.DONE)
    row.state, row.received, row.ended_on = models.ReferralState.DONE, received, on
    _add(uow, row, models.ServiceKind.LAST, on)
    uow.record(row, "referral.done", partner=row.partner_name, received=received)
    drop_follow_ups(uow, row)


def _check_day(uow: UnitOfWork, row: models.Referral, on: date) -> None:
    if on > today_at(row.school_id, uow.now):
        raise Refused("on", _("Choose today or an earlier day."))
    earliest = row.first_service_on if row.state in models.SERVED else row.sent_on
    if earliest is not None and on < earliest:
        raise Refused("on", _("This day is before the referral was sent, or before the first service."))


def _add(uow: UnitOfWork, row: models.Referral, kind: models.ServiceKind, on: date) -> None:
    uow.add(
        models.ServiceDate(referral_id=row.id, kind=kind, on_day=on, logged_at=uow.now, logged_by_id=uow.actor.user_id)
    )


pages = PathwayPages("referral_service", __name__, REFERRAL, of=itemgetter(0), url_prefix="")

ROOT = f"{HERE}/referral/<int:referral_id>"
PAGES = {
    "referral_answer": "referral_service.answer",
    "referral_first_service": "referral_service.service",
    "referral_consent_ends": "referral_consent.renew",
}
"""The page that each kind of follow-up asks for."""


class AnswerForm(PlainForm):
    answer = radio(_l("What the partner said"), models.ANSWER_LABELS, _l("Choose what the partner said."))
    reason = choice_field(
        _l("If it cannot accept: reason"),
        [("", _l("No reason needed")), *models.DECLINE_LABELS.items()],
        validators=[Optional()],
    )

    def validate(self, extra_validators: Any = None) -> bool:
        missing = self.answer.data == "declined" and not self.reason.data
        return needs(super().validate(extra_validators), self.reason, missing, _("Choose the reason."))


@pages.on_pathway(
    f"{ROOT}/answer", AnswerForm, _l("Record the partner’s answer"), _l("Save the answer"), endpoint="answer"
)
def record_answer(uow: UnitOfWork, row: models.Referral, form: AnswerForm) -> None:
    """Record what the partner said on the phone."""
    check_live(row.pathway)
    if form.answer.data == "declined":
        note_declined(uow, row, form.reason.data)
    elif form.answer.data == "accepted":
        note_accepted(uow, row)
    else:
        note_waitlisted(uow, row)


class ServiceForm(PlainForm):
    on = DateField(
        _l("Day of service"),
        validators=[InputRequired(DAY)],
        description=_l("Only the date. Nothing that was said there."),
    )


@pages.on_pathway(
    f"{ROOT}/service", ServiceForm, _l("Log a day of service"), _l("Save the day"), endpoint="service",
    start=lambda found: {"on": today_of(found[0])},
)  # fmt: skip
def log_service(uow: UnitOfWork, row: models.Referral, form: ServiceForm) -> None:
    check_live(row.pathway)
    note_service(uow, row, form.on.data)


class FinishForm(PlainForm):
    on = DateField(_l("Last day of service"), validators=[InputRequired(DAY)])
    received = radio(_l("What was received"), models.RECEIVED_LABELS, _l("Choose what was received."))


@pages.on_pathway(
    f"{ROOT}/finish", FinishForm, _l("The service has ended"), _l("Save"), endpoint="finish",
    start=lambda found: {"on": today_of(found[0])},
)  # fmt: skip
def finish(uow: UnitOfWork, row: models.Referral, form: FinishForm) -> None:
    check_live(row.pathway)
    note_finished(uow, row, form.on.data, form.received.data)


@pages.get("/follow-ups/<int:follow_up_id>/referral")
@gate(Permission.CASE_WORK)
def of_follow_up(follow_up_id: int) -> Page:
    """Redirect from a follow-up to its page of the open referral, or to the case when none is open."""
    follow_up = get_follow_up(current_actor(), follow_up_id)
    if follow_up.case_id is None:
        raise NotFound
    referral = open_referral(follow_up.pathway_id) if follow_up.pathway_id is not None else None
    if referral is None or follow_up.kind not in PAGES:
        return redirect(url_for("casework.case", case_id=follow_up.case_id), 303)
    here: dict[str, Any] = {"case_id": referral.case_id, "pathway_id": referral.pathway_id, "referral_id": referral.id}
    return redirect(url_for(PAGES[follow_up.kind], **here), 303)


ROOM = Room(pages=(pages,))
