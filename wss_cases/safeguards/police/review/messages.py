"""The mails about police-notification reviews: that an answer waits, what it was, and the hour after a call.

No names, no report number of a student, a link.
"""

from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.clock import now
from wss_cases.foundation.dates import day_words, moment_words
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.plain_templates import link
from wss_cases.incidents.incident.queries import parties_of
from wss_cases.journal.message_kinds import MessageKind, PushWords
from wss_cases.journal.models import OutboxMessage
from wss_cases.roster.directory.queries import get_school
from wss_cases.safeguards.police.review.actions import steps_aside
from wss_cases.safeguards.police.review.models import NotificationGround, ReviewState
from wss_cases.safeguards.police.review.queries import load_review

ASKED = "police.asked"
SECOND = "police.second"
ANSWERED = "police.answered"
CALLED = "police.called"
CALL_SOON = "police.call_soon"
CALL_LATE = "police.call_late"
SECONDING = "police.seconding"
SECOND_REVIEW = "police.second_review"

_ANSWERS = {
    ASKED: (ReviewState.ASKED, Permission.POLICE_REVIEW_ANSWER),
    SECOND: (ReviewState.APPROVED_ONCE, Permission.POLICE_REVIEW_APPROVE),
}
_READS = Permission.POLICE_REVIEW_READ


def _context(message: OutboxMessage, actor: Actor) -> dict[str, Any] | None:
    review = load_review(message.object_id)
    school = get_school(review.school_id) if review is not None else None
    if review is None or school is None:
        return None
    ends = review.record_due_at if review.called_at is not None else review.answer_by
    return {
        "kind": message.kind.removeprefix("police."),
        "state": review.state.value,
        "school": school.name,
        "by_law": review.door is NotificationGround.REQUIRED_BY_LAW,
        "silent": review.door is NotificationGround.OTHER and review.state is ReviewState.REFUSED
        and review.first_approves is not False and review.second_approves is not False,
        "ends": moment_words(ends, school.time_zone),
        "by_day": day_words(review.review_due_on) if review.review_due_on is not None else "",
        "over": ends is not None and ends <= now(),
        "href": link(f"/police-reviews/{review.id}"),
    }  # fmt: skip


def _still_asks(message: OutboxMessage, actor: Actor) -> bool:
    review, (state, permission) = load_review(message.object_id), _ANSWERS[message.kind]
    if review is None or review.state is not state or not can(actor, permission, review):
        return False
    first = review.first_by_id is not None and review.first_by_id == actor.user_id
    return not first and not steps_aside(actor.user_id, review.requested_by_id, parties_of(review.incident_id))


def _still_theirs(message: OutboxMessage, actor: Actor) -> bool:
    review = load_review(message.object_id)
    return review is not None and review.requested_by_id == actor.user_id and can(actor, _READS, review)


def _still_to_record(message: OutboxMessage, actor: Actor) -> bool:
    review = load_review(message.object_id)
    return review is not None and review.state is ReviewState.CALLED and can(actor, _READS, review)


def _still_seconds(message: OutboxMessage, actor: Actor) -> bool:
    review = load_review(message.object_id)
    if review is None or not can(actor, Permission.POLICE_REVIEW_SECOND, review):
        return False
    is_asked = (
        review.waits_for_second_review
        if message.kind == SECOND_REVIEW
        else review.state is ReviewState.SECONDING and review.first_by_id != actor.user_id
    )
    return is_asked and not steps_aside(actor.user_id, review.requested_by_id, parties_of(review.incident_id))


PUSHED_ASKED = PushWords(_l("A decision about police waits for your answer"), _l("Open it before its time runs out."))
PUSHED_SOON = PushWords(_l("The record of a police call is due soon"), _l("Open it and finish the record."))
PUSHED_LATE = PushWords(_l("The record of a police call is overdue"), _l("Open it and finish the record."))
MESSAGES = (
    MessageKind(ASKED, "police_asked", _context, _still_asks, push=PUSHED_ASKED),
    MessageKind(SECOND, "police_asked", _context, _still_asks, push=PUSHED_ASKED),
    MessageKind(ANSWERED, "police_answered", _context, _still_theirs),
    MessageKind(CALLED, "police_call", _context, _still_to_record),
    MessageKind(CALL_SOON, "police_call", _context, _still_to_record, push=PUSHED_SOON),
    MessageKind(CALL_LATE, "police_call", _context, _still_to_record, push=PUSHED_LATE),
    MessageKind(SECONDING, "police_second", _context, _still_seconds, push=PUSHED_ASKED),
    MessageKind(SECOND_REVIEW, "police_second", _context, _still_seconds),
)
