"""A police-notification review in the reader's words: its ground, state, clock and answers."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from flask import url_for

from wss_cases.accounts.teams import user_names
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import _, dotted
from wss_cases.foundation.school_time import day_words, moment_words, zone_of
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import load_incident
from wss_cases.incidents.incident.states import MANNER_LABELS, RESULT_LABELS, TOLD_BY_LABELS
from wss_cases.journal.acts import Subject
from wss_cases.safeguards.duties.duty.models import CHANNEL_LABELS, DUTY_LABELS, DutyState, LegalDuty
from wss_cases.safeguards.duties.duty.pages import source_words, span_words
from wss_cases.safeguards.duties.duty.queries import load_duty
from wss_cases.safeguards.police.review.actions import LAW_AT_ONCE
from wss_cases.safeguards.police.review.models import (
    ANSWER_MANNERS,
    SHEET_LABELS,
    SHORT_GROUND_LABELS,
    WAITING,
    NotificationGround,
    PoliceNotification,
    PoliceReview,
    ReviewState,
)
from wss_cases.safeguards.police.review.queries import ReviewRow, get_review, on_whose_word, told_here

TONES = {
    ReviewState.ASKED: "sun",
    ReviewState.APPROVED_ONCE: "sun",
    ReviewState.CALLED: "brick",
    ReviewState.SECONDING: "sun",
    ReviewState.ALLOWED: "sun",
    ReviewState.NOTIFIED: "slate",
    ReviewState.REFUSED: "moss",
    ReviewState.WITHDRAWN: "slate",
}

REVIEW = Subject(PoliceReview, get_review, row=attrgetter("review"))


def trail(row: ReviewRow) -> list[tuple[Any, str]]:
    """The pages above an act on a review."""
    return [(_("Police-notification reviews"), url_for("police_reviews.page")), (row.reference, back(row))]


def back(row: ReviewRow, _answer: int = 0) -> str:
    """The address of a review's page."""
    return url_for("police_reviews.review", review_id=row.review.id)


def request_card(row: ReviewRow, title: Any) -> dict[str, Any]:
    """What was asked, as the card above an answer."""
    review = row.review
    rows = request_rows(review, user_names({review.requested_by_id}), zone_of(review.school_id))
    return {"card_title": title, "request_rows": rows}


def way_words(incident: Incident) -> str:
    """Return the words of the link to the page on which police are told of a report, or a call is recorded."""
    return _("Notify police (last resort)") if told_here(incident) else _("Someone called 911?")


def review_words(review: PoliceReview, now: datetime, zone: str) -> dict[str, Any]:
    """Return a review as a line of a list: ground, state, how much of its clock is left."""
    late = review.state is ReviewState.CALLED and review.record_due_at is not None
    return {
        "id": review.id,
        "door": SHORT_GROUND_LABELS[review.door],
        "door_long": NotificationGround(review.door).label,
        "state": ReviewState(review.state).label,
        "tone": TONES[review.state],
        "left": clock_words(review, now),
        "overdue": bool(late and review.record_due_at is not None and review.record_due_at <= now),
        "asked": moment_words(review.requested_at, zone),
        "href": url_for("police_reviews.review", review_id=review.id),
    }


def duty_line(duty: LegalDuty) -> str:
    """Return a duty as one of those that open the law's door, and whether it is still to be verified."""
    label = DUTY_LABELS.get(duty.code, duty.code)
    return dotted(label, DutyState.VERIFY_FIRST.label if duty.state is DutyState.VERIFY_FIRST else "")


def counted_words(review: PoliceReview) -> str:
    """Return how a notification counts that the second review did not confirm."""
    duty = load_duty(review.duty_id or 0)
    if review.door is NotificationGround.EMERGENCY:
        return _("It has its own line in the counts, “emergency not confirmed”: never avoidable, never by who called.")
    if duty is not None and duty.code in LAW_AT_ONCE:
        return _(
            "It has its own line in the counts, “required by law, not confirmed”: never avoidable, never by who called."
        )
    return _("It is counted as avoidable, never by who called.")


def _duty_rows(review: PoliceReview) -> list[dict[str, Any]]:
    duty = load_duty(review.duty_id) if review.duty_id is not None else None
    if duty is None:
        return []
    incident = existing(load_incident(review.incident_id))
    said = on_whose_word(duty, incident)
    by_report = said == [incident.reporter_id] and duty.raised_by_id is None
    how = source_words(duty) or str(TOLD_BY_LABELS.get(incident.heard_from or "", "") if by_report else "")
    rows = (
        (_("Legal duty"), duty_line(duty)),
        (_("On whose word"), ", ".join(user_names(said).values())),
        (_("How they know"), how),
        (_("Why they thought so"), duty.raised_because),
    )
    return [{"label": label, "value": value} for label, value in rows if value]


def clock_words(review: PoliceReview, now: datetime) -> str:
    """Return how much is left of the hour to record a call, or of the time to answer; '' where nothing runs."""
    if review.state is ReviewState.CALLED and review.record_due_at is not None:
        left = review.record_due_at - now
        if left.total_seconds() <= 0:
            return _("To be recorded: overdue by %(span)s", span=span_words(-left))
        return _("To be recorded: %(span)s left", span=span_words(left))
    if review.state is ReviewState.SECONDING:
        if review.answer_by is None:
            return _("A second person did not verify it, so the network's deputy decides.")
        left = max(review.answer_by - now, timedelta())
        return _("Opens for one person in %(span)s if no one answers", span=span_words(left))
    if review.waits_for_second_review:
        return _("To be reviewed by %(day)s by someone who did not make it", day=day_words(review.review_due_on))
    if review.state in WAITING and review.answer_by is not None:
        left = review.answer_by - now
        if left.total_seconds() <= 0:
            return _("The time to answer has run out. No response means no.")
        return _("%(span)s left to answer; no response means no", span=span_words(left))
    return ""


def request_rows(review: PoliceReview, names: Mapping[int, str], zone: str) -> list[dict[str, Any]]:
    """Return what was asked and why, as the rows of a summary."""
    rows: list[dict[str, Any]] = [
        {"label": _("Asked by"), "value": names.get(review.requested_by_id or 0, "")},
        {"label": _("When"), "value": moment_words(review.requested_at, zone)},
    ]
    if review.before_reviews:
        rows.append({"label": _("Review"), "value": _("Recorded before reviews existed")})
    if review.door is NotificationGround.EMERGENCY:
        rows.append({"label": _("Police called"), "value": moment_words(review.called_at, zone)})
        if review.danger:
            rows.append({"label": _("What the imminent danger was"), "value": review.danger})
    rows += _duty_rows(review)
    if review.time_reason:
        rows.append({"label": _("Why this time is right"), "value": review.time_reason})
    if review.corrections:
        rows.append({"label": _("Why it was corrected"), "value": review.corrections.splitlines()})
    if review.door is NotificationGround.OTHER and not review.before_reviews:
        rows += [
            {"label": _("What was done to de-escalate"), "value": review.tried},
            {"label": _("Which alternatives were tried, and the results"), "value": review.alternatives},
            {"label": _("Attempts to reach the guardian: when, how, result"), "value": review.guardian_attempts},
            {"label": _("The student's supports: disability, language, housing"), "value": review.supports},
            {"label": _("Why the police are needed anyway"), "value": review.why},
            {"label": _("Not to remove a disruptive student"), "value": _("Confirmed")},
        ]
    if review.end_reason:
        rows.append({"label": _("Why it is withdrawn"), "value": review.end_reason})
    return rows


def answer_rows(review: PoliceReview, names: Mapping[int, str], zone: str) -> list[dict[str, Any]]:
    """Return both answers: yes or no, by whom, when, how and why; silence where there was none."""
    is_other = review.door is NotificationGround.OTHER
    afterwards = review.review_due_on is not None
    first = _("The administrator") if is_other else _("The second person")
    second = _("The second review") if afterwards else _("The approver outside the school")
    both = (
        (first, review.first_by_id, review.first_at, review.first_approves,
         review.first_manner, review.first_reason),
        (second, review.second_by_id, review.second_at, review.second_approves,
         review.second_manner, review.second_reason),
    )  # fmt: skip
    return [
        {
            "who": who,
            "name": names.get(user_id, ""),
            "answer": _answer(approves, afterwards=afterwards),
            "tone": "sun" if approves else "moss",
            "meta": f"{moment_words(at, zone)} · {ANSWER_MANNERS.get(manner, manner)}",
            "reason": reason,
        }
        for who, user_id, at, approves, manner, reason in both
        if user_id is not None
    ]


def _answer(approves: bool | None, *, afterwards: bool) -> str:
    if afterwards:
        return _("Confirmed") if approves else _("Not confirmed")
    return _("Yes") if approves else _("No")


def notification_rows(made: PoliceNotification, students: list[str], zone: str) -> list[Any]:
    """Return the notification that was made, as the rows of a summary."""
    guardian = [
        str(RESULT_LABELS.get(made.guardian_result, _("Not tried yet") if made.guardian_result else "")),
        str(MANNER_LABELS.get(made.guardian_manner, made.guardian_manner)),
        moment_words(made.guardian_told_at, zone),
        made.guardian_name,
    ]
    return [
        {"label": _("When"), "value": moment_words(made.notified_at, zone)},
        {"label": _("How"), "value": str(CHANNEL_LABELS.get(made.channel, made.channel))},
        {"label": _("Who was told"), "value": made.told_whom},
        {"label": _("Report number"), "value": made.report_number},
        {"label": _("Students the police were told about"), "value": students or _("No one was named")},
        {"label": _("Guardian told"), "value": " · ".join(part for part in guardian if part)},
        {"label": _("Rights sheet"), "value": str(SHEET_LABELS.get(made.rights_sheet, ""))},
        {"label": _("Adult who stays with the student"), "value": made.adult_with_student},
        {"label": _("What happened afterward"), "value": made.note},
    ]
