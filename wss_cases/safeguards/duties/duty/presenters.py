"""A legal duty and its steps in the reader's words, and instants of the school's wall clock."""

from datetime import datetime
from typing import Any

from flask import url_for

from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import dotted, in_language, ngettext
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.queries import load_incident
from wss_cases.incidents.incident.states import TOLD_BY_LABELS
from wss_cases.incidents.pages.presenters import report_rows
from wss_cases.journal.rooms import ForDeputy
from wss_cases.safeguards.duties.duty.models import LegalDuty
from wss_cases.safeguards.duties.duty.queries import DutyRow, StepRow, user_name
from wss_cases.safeguards.duties.duty.rules import is_overdue
from wss_cases.safeguards.duties.duty.states import (
    CHANNEL_LABELS,
    DUTY_LABELS,
    MAY_NOT_APPLY,
    OPEN_DUTY,
    DutyState,
    StepOutcome,
)


def duty_words(row: DutyRow, now: datetime, zone: str, whom: str = "") -> dict[str, Any]:
    """Return a duty in the reader's words: whom it is about, what, trigger, whom to tell, clock left, source, state."""
    duty, kind = row.duty, row.kind
    pages = "own_duties" if duty.is_personal else "safeguards"
    named: dict[str, Any] = {"own_duty_id" if duty.is_personal else "duty_id": duty.id}
    overdue = is_overdue(duty.state, duty.due_at, now, kind.clock_hours)
    return {
        "id": duty.id,
        "what": DUTY_LABELS.get(duty.code, duty.code),
        "whom": whom,
        "reference": row.reference,
        "incident_id": duty.incident_id,
        "state": state_words(row),
        "is_open": duty.state in OPEN_DUTY,
        "verify_first": duty.state is DutyState.VERIFY_FIRST,
        "overdue": overdue,
        "tone": "brick" if overdue or duty.state is DutyState.DUE else "sun",
        "trigger": in_language(kind, "trigger"),
        "tell": in_language(kind, "tell"),
        "clock": in_language(kind, "clock"),
        "left": clock_left(row, now),
        "source": kind.source,
        "confirmed": kind.is_confirmed,
        "still_raised": duty.still_raised,
        "proposed": duty.proposed_by_id is not None and duty.state in MAY_NOT_APPLY,
        "may_not_apply": duty.state in MAY_NOT_APPLY,
        "raised": moment_words(duty.raised_at, zone),
        "rules": ", ".join(duty.rules),
        "by_hand": user_name(duty.raised_by_id),
        "because": duty.raised_because,
        "told_by": source_words(duty),
        "aware": moment_words(duty.aware_at, zone),
        "own": user_name(duty.owner_id) if duty.is_personal else "",
        "list_href": url_for(f"{pages}.duties"),
        "href": url_for(f"{pages}.duty", **named),
    }


def source_words(duty: LegalDuty) -> str:
    """Return how whoever raised a duty knows, and who told them; '' where nobody said."""
    return dotted(TOLD_BY_LABELS.get(duty.source_how, ""), duty.source_name)


def state_words(row: DutyRow) -> Any:
    """Return a duty's state in words: "At once" for one that is due without a clock to wait for."""
    if row.duty.state is DutyState.DUE and row.kind.clock_hours == 0:
        return _("Right away")
    return DutyState(row.duty.state).label


def clock_left(row: DutyRow, now: datetime) -> str:
    """Return how much of an open duty's clock is left, or by how much it ran out, in words."""
    duty = row.duty
    if duty.state not in OPEN_DUTY:
        return ""
    if row.kind.clock_hours == 0:
        ago = span_words(now - duty.aware_at)
        if duty.state is DutyState.VERIFY_FIRST:
            return _("Verify first, then right away; raised %(ago)s ago", ago=ago)
        return _("Right away: raised %(ago)s ago", ago=ago)
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


def step_words(row: StepRow, zone: str) -> dict[str, Any]:
    """Return one step of a duty in the reader's words: whom to tell, and how it was recorded, if it was."""
    record = row.record
    parts: list[str] = []
    if record is not None:
        channel = str(CHANNEL_LABELS.get(record.channel, record.channel))
        parts = [record.told_whom, channel, moment_words(record.done_at, zone), record.reference]
    return {
        "position": row.step.position,
        "whom": in_language(row.step, "whom"),
        "recorded": record is not None,
        "done": record is not None and record.outcome is StepOutcome.DONE,
        "told": " · ".join(part for part in parts if part),
        "note": record.note if record is not None else "",
        "by": row.by,
    }


def for_deputy(duty: LegalDuty) -> ForDeputy | None:
    """Return what the network's deputy must know to say, as the second person, whether a duty applies; of one that is
    an adult's own neither which it is nor what was reported."""
    if duty.proposed_by_id is None or duty.state not in MAY_NOT_APPLY:
        return None
    title, report = _("Does this legal duty apply?"), existing(load_incident(duty.incident_id))
    what, texts = _("An adult’s mandated-reporter duty"), [duty.proposed_reason]
    if not duty.is_personal:
        what = str(DUTY_LABELS.get(duty.code, duty.code))
        texts += [duty.raised_because, report.narrative]
    agree = (_("You are asked to agree that"), _("Agree: not applicable"))
    rows = [*report_rows(report), (_("Legal duty"), what), agree]
    return ForDeputy(title, rows, [text for text in texts if text])


def reports_of(duty: LegalDuty) -> list[int]:
    """Return the report that a duty is about."""
    return [duty.incident_id]
