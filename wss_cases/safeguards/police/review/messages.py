"""The mails about police-notification reviews: that an answer waits, what it was, and the hour after a call.

No names, no report number of a student, a link.
"""

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.clock import now
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import link
from wss_cases.foundation.school_time import day_words, moment_words
from wss_cases.incidents.incident.queries import parties_of
from wss_cases.journal.message_kinds import Mail, MessageKind, Paragraph, PushWords
from wss_cases.journal.models import OutboxMessage
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school
from wss_cases.safeguards.police.review.actions import steps_aside
from wss_cases.safeguards.police.review.models import NotificationGround, PoliceReview, ReviewState
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


NO_CALL = _l("This email does not replace a phone call. No one should wait to call 911 or a hotline.")


def _about(message: OutboxMessage) -> tuple[PoliceReview, School] | None:
    review = load_review(message.object_id)
    school = get_school(review.school_id) if review is not None else None
    return (review, school) if review is not None and school is not None else None


def _href(review: PoliceReview) -> str:
    return link(f"/police-reviews/{review.id}")


def _asked(message: OutboxMessage, actor: Actor) -> Mail | None:
    about = _about(message)
    if about is None:
        return None
    review, school = about
    moment = moment_words(review.answer_by, school.time_zone)
    second = _("The administrator said yes. Yours is the second answer.")
    return Mail(
        _("A police-notification review is waiting for your answer until %(moment)s", moment=moment),
        [
            second if message.kind == SECOND else _("Yours is the first of two answers."),
            Paragraph(_("Without an answer by %(moment)s the answer is no.", moment=moment), bold=True),
            str(NO_CALL),
        ],
        _href(review),
        _("Open the review and answer"),
        title=_("%(school)s asks whether the police may be told about a report.", school=school.name),
    )


def _answered(message: OutboxMessage, actor: Actor) -> Mail | None:
    review = load_review(message.object_id)
    if review is None:
        return None
    refused, by_law = review.state is ReviewState.REFUSED, review.door is NotificationGround.REQUIRED_BY_LAW
    no_one_answered = (
        review.door is NotificationGround.OTHER
        and review.first_approves is not False
        and review.second_approves is not False
    )
    if refused and no_one_answered:
        words = _("No one answered in time. No response means no: the police are not told.")
    elif refused:
        words = _("The answer is no. The police are not told; the reason is on the page.")
    elif by_law:
        words = _("The review is open. Record the notification when it is made.")
    else:
        words = _("Both people approved. Record the notification when it is made.")
    if refused:
        subject = _("A police-notification review was refused")
    elif by_law:
        subject = _("The police may be notified as a law requires")
    else:
        subject = _("A police-notification review was approved by both")
    return Mail(subject, [words, _("A restorative pathway is open anyway.")], _href(review), _("Open the review"))


def _called(message: OutboxMessage, actor: Actor) -> Mail | None:
    about = _about(message)
    if about is None:
        return None
    review, school = about
    ends = review.record_due_at if review.called_at is not None else review.answer_by
    moment = moment_words(ends, school.time_zone)
    if ends is not None and ends <= now():
        subject = _("The hour to record a call to the police ran out: %(moment)s", moment=moment)
        clock = _("Its clock ran out: %(moment)s", moment=moment)
    else:
        subject = _("A call to the police must be recorded by %(moment)s", moment=moment)
        clock = _("Its clock ends: %(moment)s", moment=moment)
    called = _(
        "Police were called first because of an imminent danger at %(school)s. The record is due within the hour.",
        school=school.name,
    )
    return Mail(
        subject, [called, Paragraph(clock, bold=True), str(NO_CALL)], _href(review),
        _("Open the review and record the call"), title=_("A call to the police must be recorded"),
    )  # fmt: skip


def _seconding(message: OutboxMessage, actor: Actor) -> Mail | None:
    about = _about(message)
    if about is None:
        return None
    review, school = about
    moment = moment_words(review.record_due_at if review.called_at is not None else review.answer_by, school.time_zone)
    return Mail(
        _("A second person is asked to verify a legal duty until %(moment)s", moment=moment),
        [
            _(
                "A legal duty at %(school)s requires notifying the police. Only one person has confirmed it: you are "
                "asked to verify it.", school=school.name,
            ),
            Paragraph(_("Until %(moment)s; then it opens for one person.", moment=moment), bold=True),
            str(NO_CALL),
        ],
        _href(review),
        _("Open the review and answer"),
        title=_("A second person is asked to verify a legal duty"),
    )  # fmt: skip


def _second_review(message: OutboxMessage, actor: Actor) -> Mail | None:
    about = _about(message)
    if about is None:
        return None
    review, school = about
    day = day_words(review.review_due_on) if review.review_due_on is not None else ""
    return Mail(
        _("A police notification needs review by %(day)s", day=day),
        [
            _(
                "One person notified the police at %(school)s. Someone who did not make the notification reviews it: "
                "you are asked to.", school=school.name,
            ),
            Paragraph(_("By %(day)s.", day=day), bold=True),
            str(NO_CALL),
        ],
        _href(review),
        _("Open the review and answer"),
        title=_("A police notification needs review"),
    )  # fmt: skip


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
    MessageKind(ASKED, _asked, _still_asks, push=PUSHED_ASKED),
    MessageKind(SECOND, _asked, _still_asks, push=PUSHED_ASKED),
    MessageKind(ANSWERED, _answered, _still_theirs),
    MessageKind(CALLED, _called, _still_to_record),
    MessageKind(CALL_SOON, _called, _still_to_record, push=PUSHED_SOON),
    MessageKind(CALL_LATE, _called, _still_to_record, push=PUSHED_LATE),
    MessageKind(SECONDING, _seconding, _still_seconds, push=PUSHED_ASKED),
    MessageKind(SECOND_REVIEW, _second_review, _still_seconds),
)
