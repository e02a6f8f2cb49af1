"""The school's open legal duties, and the page of one duty with what may be done about it."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wss_cases.access.actor import CASE_TEAM
from wss_cases.access.engine import can
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.school_choice import chosen_school_id
from wss_cases.foundation import clock
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code, ngettext
from wss_cases.foundation.pages import Page, form_page
from wss_cases.roster.queries import get_school
from wss_cases.safeguards import actions
from wss_cases.safeguards.forms import DischargeForm, NotApplicableForm
from wss_cases.safeguards.queries import DutyRow, get_duty, open_duties, user_name
from wss_cases.safeguards.rules import is_overdue
from wss_cases.safeguards.states import CHANNEL_LABELS, DUTY_LABELS, DUTY_STATE_LABELS, OPEN_DUTY, DutyState

blueprint = Blueprint("safeguards", __name__, url_prefix="/duties")

ZONE = "America/Chicago"


def zone_of(school_id: int) -> str:
    """Return a school's time zone."""
    school = get_school(school_id)
    return school.time_zone if school else ZONE


def instant(wall: datetime | None, zone: str) -> datetime:
    """Return the instant of a wall-clock time that a form gave; a missing one is a programming error."""
    assert wall is not None
    return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def duty_words(row: DutyRow, now: datetime, zone: str) -> dict[str, Any]:
    """Return a duty in the reader's words: what, trigger, whom to tell, clock left, source, state."""
    duty, kind, spanish = row.duty, row.kind, locale_code() == "es"
    overdue = is_overdue(duty.state, duty.due_at, now, kind.clock_hours)
    return {
        "id": duty.id,
        "what": DUTY_LABELS.get(duty.code, duty.code),
        "reference": row.reference,
        "incident_id": duty.incident_id,
        "state": state_words(row),
        "is_open": duty.state in OPEN_DUTY,
        "verify_first": duty.state is DutyState.VERIFY_FIRST,
        "overdue": overdue,
        "tone": "brick" if overdue or duty.state is DutyState.DUE else "sun",
        "trigger": kind.trigger_es if spanish else kind.trigger_en,
        "tell": kind.tell_es if spanish else kind.tell_en,
        "clock": kind.clock_es if spanish else kind.clock_en,
        "left": clock_left(row, now),
        "source": kind.source,
        "confirmed": kind.is_confirmed,
        "still_raised": duty.still_raised,
        "proposed": duty.proposed_by_id is not None and duty.state in OPEN_DUTY,
        "raised": moment_words(duty.raised_at, zone),
        "rules": ", ".join(duty.rules),
        "href": url_for("safeguards.duty", duty_id=duty.id),
    }


def state_words(row: DutyRow) -> Any:
    """Return a duty's state in words: "At once" for one that is due without a clock to wait for."""
    if row.duty.state is DutyState.DUE and row.kind.clock_hours == 0:
        return _("At once")
    return DUTY_STATE_LABELS[row.duty.state]


def clock_left(row: DutyRow, now: datetime) -> str:
    """Return how much of an open duty's clock is left, or by how much it ran out, in words."""
    duty = row.duty
    if duty.state not in OPEN_DUTY:
        return ""
    if row.kind.clock_hours == 0:
        ago = span_words(now - duty.raised_at)
        if duty.state is DutyState.VERIFY_FIRST:
            return _("Verify first, then at once; raised %(ago)s ago", ago=ago)
        return _("At once: raised %(ago)s ago", ago=ago)
    if duty.due_at is None:
        return ""
    left = duty.due_at - now
    if left.total_seconds() < 0:
        return _("Overdue by %(span)s", span=span_words(-left))
    return _("%(span)s left", span=span_words(left))


def span_words(span: Any) -> str:
    """Return a length of time in its largest whole unit: minutes, hours or days."""
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 60:
        return ngettext("%(num)d minute", "%(num)d minutes", minutes)
    if minutes < 48 * 60:
        return ngettext("%(num)d hour", "%(num)d hours", minutes // 60)
    return ngettext("%(num)d day", "%(num)d days", minutes // (24 * 60))


@blueprint.get("")
@gate(Permission.DUTY_READ)
def duties() -> Page:
    """The open duties of the chosen school, the soonest clock first."""
    actor, now = current_actor(), clock.now()
    rows = open_duties(actor, chosen_school_id(actor, *CASE_TEAM))
    return render_template(
        "safeguards/duties.html", rows=[duty_words(row, now, zone_of(row.duty.school_id)) for row in rows]
    )


@blueprint.get("/<int:duty_id>")
@gate(Permission.DUTY_READ)
def duty(duty_id: int) -> Page:
    """One duty: what it asks, how long is left, what was done or proposed."""
    actor, now = current_actor(), clock.now()
    row = get_duty(actor, duty_id)
    zone = zone_of(row.duty.school_id)
    may_act = can(actor, Permission.DUTY_DISCHARGE, row.duty)
    return render_template(
        "safeguards/duty.html",
        duty=duty_words(row, now, zone),
        record=row.duty,
        may_act=may_act,
        own_proposal=row.duty.proposed_by_id == actor.user_id,
        proposed_by=user_name(row.duty.proposed_by_id),
        closed_by=user_name(row.duty.closed_by_id),
        closed=moment_words(row.duty.closed_at, zone),
        channel=CHANNEL_LABELS.get(row.duty.channel, row.duty.channel),
        request_key=BaseForm(formdata=None).request_key.data,
    )


@blueprint.route("/<int:duty_id>/discharge", methods=["GET", "POST"])
@gate(Permission.DUTY_DISCHARGE)
def discharge(duty_id: int) -> Page:
    """Record that a duty was carried out."""
    actor, now = current_actor(), clock.now()
    row = get_duty(actor, duty_id)
    zone = zone_of(row.duty.school_id)
    form = DischargeForm(
        version=row.duty.version, done_at=clock.local(now, zone).replace(tzinfo=None, second=0)
    )

    def act() -> int:
        return actions.discharge(
            actor,
            duty_id,
            what_was_done=form.what_was_done.data,
            done_at=instant(form.done_at.data, zone),
            told_whom=form.told_whom.data,
            channel=form.channel.data,
            reference=form.reference.data,
            version=form.seen_version,
            now=now,
            request_key=form.request_key.data,
        )

    return form_page(
        form,
        act,
        url_for("safeguards.duty", duty_id=duty_id),
        "safeguards/discharge.html",
        duty=duty_words(row, now, zone),
    )


@blueprint.route("/<int:duty_id>/not-applicable", methods=["GET", "POST"])
@gate(Permission.DUTY_DISCHARGE)
def not_applicable(duty_id: int) -> Page:
    """Propose that a duty does not apply."""
    actor, now = current_actor(), clock.now()
    row = get_duty(actor, duty_id)
    form = NotApplicableForm(version=row.duty.version)

    def act() -> int:
        return actions.propose_not_applicable(
            actor, duty_id, form.reason.data, form.seen_version, now, form.request_key.data
        )

    return form_page(
        form,
        act,
        url_for("safeguards.duty", duty_id=duty_id),
        "safeguards/not_applicable.html",
        duty=duty_words(row, now, zone_of(row.duty.school_id)),
    )


@blueprint.post("/<int:duty_id>/second-look")
@gate(Permission.DUTY_DISCHARGE)
def second_look(duty_id: int) -> Response:
    """Agree that a duty does not apply, or let it stand, as a second person."""
    form = BaseForm()
    actions.take_second_look(
        current_actor(),
        duty_id,
        agrees=request.form.get("agrees") == "1",
        version=form.seen_version,
        now=clock.now(),
        request_key=form.request_key.data,
    )
    return redirect(url_for("safeguards.duty", duty_id=duty_id), 303)
