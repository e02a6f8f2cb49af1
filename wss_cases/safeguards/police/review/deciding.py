"""Steps of police-notification reviews that several acts share, and the mails they send."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.foundation.clock import now
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import link
from wss_cases.foundation.school_time import day_words, moment_words, today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import parties_of
from wss_cases.journal.message_kinds import Mail, MessageKind, Paragraph, PushWords
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common.models import STANDS, Pathway, propose
from wss_cases.pathways.reengagement.opening import case_for
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school, school_days
from wss_cases.routing.engine.vocabulary import PATHWAY_OF, Kind, Person
from wss_cases.safeguards.duties.duty.queries import students_who_caused_harm
from wss_cases.safeguards.police.review.models import (
    RESTORATIVE,
    NotificationGround,
    PoliceReview,
    ReviewState,
    may_become,
    steps_aside,
)
from wss_cases.safeguards.police.review.queries import load_review, reviews_of

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


START_WITHIN = 1


def open_repair(uow: UnitOfWork, incident: Incident) -> None:
    """Propose a restorative conversation for each student who caused harm and has no restorative pathway.

    The case of the incident opens where there is none, as it does for a removal; an answer never waits for a decision
    on the report, and a review of the report finds the case and adds to it.
    """
    students = {student.id for student in students_who_caused_harm(incident.id)}
    if not students or students <= _reached(incident):
        return
    case = case_for(uow, incident)
    reached = _reached(incident)
    start = school_days(case.school_id).add(today_at(case.school_id, uow.now), START_WITHIN)
    for person in case.participants:
        if person.student_id not in students or person.student_id in reached:
            continue
        propose(
            uow,
            case,
            pathway=PATHWAY_OF[Kind.CONVERSATION].value,
            kind=Kind.CONVERSATION.value,
            for_whom=Person.CAUSED_HARM.value,
            participant_id=person.id,
            tier=case.tier,
            rules=[],
            start_by=start,
            owner_id=case.lead_id,
        )


def _reached(incident: Incident) -> set[int]:
    """Students of the incident's cases with a restorative pathway of their own or of everybody."""
    reached: set[int] = set()
    for case in cases_of_incident(incident.id):
        rows = select(Pathway.participant_id).where(
            Pathway.case_id == case.id, Pathway.pathway.in_(RESTORATIVE), Pathway.state.in_(STANDS)
        )
        of = set(db.session.scalars(rows))
        for person in case.participants:
            if person.student_id is not None and (None in of or person.id in of):
                reached.add(person.student_id)
    return reached


def open_review(
    uow: UnitOfWork, incident: Incident, door: NotificationGround, state: ReviewState, **more: object
) -> PoliceReview:
    """Begin a review by one of the three grounds. For use cases."""
    return uow.add(
        PoliceReview(
            school_id=incident.school_id,
            incident_id=incident.id,
            door=door,
            state=state,
            requested_by_id=uow.actor.user_id,
            requested_at=uow.now,
            **more,
        )
    )


def write_answer(
    uow: UnitOfWork, review: PoliceReview, which: str, approves: bool, reason: str,
    at: datetime | None = None, manner: str = "here",
) -> None:  # fmt: skip
    """Write the `first` or `second` answer of a review, given by the actor now unless `at` says when. For use cases."""
    given = {
        "by_id": uow.actor.user_id, "at": at or uow.now, "approves": approves, "manner": manner, "reason": reason,
    }  # fmt: skip
    for name, value in given.items():
        setattr(review, f"{which}_{name}", value)


def refuse_open(incident: Incident, states: Collection[ReviewState]) -> None:
    """Raise Refused where a review of the report is in one of these states. For use cases."""
    if any(review.state in states for review in reviews_of(incident.id)):
        raise Refused("", _("A review of this report is already open. Continue with that one."))


def ask_second(uow: UnitOfWork, review: PoliceReview) -> None:
    """Write to the network's approver and deputy that the second answer waits. For use cases."""
    for user_id in {review.approver_id, review.deputy_id} - {None, review.first_by_id, review.requested_by_id}:
        assert user_id is not None
        uow.notify(user_id, SECOND, review, f"{SECOND}:{review.id}:{user_id}", at_any_hour=True)


def move(review: PoliceReview, state: ReviewState) -> None:
    """Take the next step of the table. For use cases; ValueError for one that is not in it is a programming error."""
    if not may_become(review.state, state):
        raise ValueError(f"{review.state} does not become {state}")
    review.state = state


def end(uow: UnitOfWork, review: PoliceReview, state: ReviewState, kind: str, door: str = "") -> None:
    """Come to an outcome: the history, the mail to who asked, and a restorative pathway all the same. For use cases."""
    move(review, state)
    review.ended_at = uow.now
    data: dict[str, Any] = {"door": door} if door else {}
    uow.record(review, kind, **data)
    tell_asker(uow, review)
    incident = existing(uow.session.get(Incident, review.incident_id))
    open_repair(uow, incident)


def tell_asker(uow: UnitOfWork, review: PoliceReview) -> None:
    """Write to who asked that there is an answer. For use cases."""
    is_answered = review.state in (ReviewState.REFUSED, ReviewState.ALLOWED)
    if is_answered and review.requested_by_id not in (None, uow.actor.user_id):
        key = f"{ANSWERED}:{review.id}:{review.state.value}"
        uow.notify(review.requested_by_id, ANSWERED, review, key, at_any_hour=True)
