"""The review, within a school day, of an emergency and of what nobody seconded, by somebody who did not make it; and
the correction of a record with its reason."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import SYSTEM
from wss_cases.access.permissions import Permission
from wss_cases.accounts.network_approvers import approver_of
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import LongText, MomentField, NotBlank, PlainForm, ReasonField, radio, require
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.school_time import today_at, zone_of
from wss_cases.incidents.incident.queries import parties_of
from wss_cases.journal.acts import Pages
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import school_days
from wss_cases.safeguards.duties.duty.pages import wall_minute
from wss_cases.safeguards.police.review.actions import NO_DANGER, TIME_REASON, check_time, counted_on, refuse_no_danger
from wss_cases.safeguards.police.review.deciding import write_answer
from wss_cases.safeguards.police.review.messages import SECOND_REVIEW
from wss_cases.safeguards.police.review.models import (
    NotificationGround,
    PoliceNotification,
    PoliceReview,
    ReviewState,
    Seconding,
)
from wss_cases.safeguards.police.review.presenters import REVIEW, back, request_card, trail
from wss_cases.safeguards.police.review.queries import ReviewRow, notification_of, of_the_network, of_the_school

BATCH = 200
REVIEW_WITHIN = 1
"""School days until somebody who did not make it has reviewed it."""


def ask_second_review(uow: UnitOfWork, review: PoliceReview, made: PoliceNotification) -> None:
    """Ask for the review of a notification that one person alone stands behind. For use cases."""
    if review.door is not NotificationGround.EMERGENCY and review.seconding is not Seconding.NOT_SECONDED:
        return
    today = today_at(review.school_id, uow.now)
    review.review_due_on = school_days(review.school_id).add(today, REVIEW_WITHIN)
    makers = {review.requested_by_id, made.recorded_by_id}
    people = of_the_school(review, makers, uow.now) or _network(uow, review, makers)
    _tell(uow, review, people)


def _network(uow: UnitOfWork, review: PoliceReview, makers: Collection[int | None]) -> list[int]:
    named = approver_of(existing(uow.session.get(School, review.school_id)).network)
    if named is not None:
        review.approver_id, review.deputy_id = named.approver_id, named.deputy_id
    return of_the_network(review, makers, uow.now)


def _tell(uow: UnitOfWork, review: PoliceReview, people: Collection[int]) -> None:
    for user_id in people:
        key = f"{SECOND_REVIEW}:{review.id}:{len(review.corrections)}:{user_id}"
        uow.notify(user_id, SECOND_REVIEW, review, key)


pages = Pages("police_second_review", __name__, trail=trail, url_prefix="/police-reviews/<int:review_id>")


class AfterwardsForm(PlainForm):
    """What somebody who did not make a notification finds about it."""

    confirms = radio(
        _l("Was it what it was recorded as?"),
        {"yes": _l("Yes: confirmed"), "no": _l("No: not confirmed")},
        _l("Choose your answer."),
    )
    reason = LongText(_l("Reason"), [NotBlank(_l("Enter the reason."))], rows=3)

    def fit(self, review: PoliceReview) -> None:
        """Ask what this notification was recorded as."""
        self.confirms.description = (
            _("Was there an imminent danger that staff could not safely de-escalate?")
            if review.door is NotificationGround.EMERGENCY
            else _("Did the legal duty apply?")
        )


@pages.act(
    "/second-review", REVIEW, AfterwardsForm, Permission.POLICE_REVIEW_SECOND, endpoint="afterwards",
    title=_l("Second review"), button=_l("Record the review"), then=back, template="safeguards/police/review/act.html",
    lede=_l("By someone who did not record it. No call made in good faith is used against anyone."),
    more=lambda row, _form: request_card(row, _("What was recorded")),
)  # fmt: skip
def review_afterwards(uow: UnitOfWork, review: PoliceReview, form: AfterwardsForm) -> None:
    """Say, as somebody who did not make it, whether a notification was what it was recorded as.

    Raises Refused for who called or recorded it, a party, or somebody who is no second person beside them.
    """
    if not review.waits_for_second_review:
        raise Refused("", _("This notification is not waiting for a second review."))
    makers = {review.requested_by_id, existing(notification_of(review.id)).recorded_by_id}
    if uow.actor.user_id in makers | parties_of(review.incident_id):
        raise Refused("", _("You made this notification or are involved in what happened, so someone else reviews it."))
    refuse_one_person("", uow.actor.user_id, makers, uow.now)
    confirms = form.confirms.data == "yes"
    write_answer(uow, review, "second", confirms, form.reason.data)
    uow.record(review, "police.confirmed" if confirms else "police.not_confirmed")


class CorrectForm(PlainForm):
    """What the record of a notification says instead, and why; call and danger are an emergency's."""

    called_at = MomentField(_l("When did you call?"))
    danger = LongText(_l("What the imminent danger was"), rows=3)
    notified_at = MomentField(_l("When were they told?"), _l("Enter when they were told."))
    time_reason = ReasonField(TIME_REASON)
    why = LongText(_l("Reason for the correction"), [NotBlank(_l("Enter the reason for the correction."))], rows=3)

    def fit(self, review: PoliceReview) -> None:
        """Ask for the call and the danger of an emergency alone, and read times on the school's clock."""
        self.called_at.zone = self.notified_at.zone = zone_of(review.school_id)
        if review.door is NotificationGround.EMERGENCY:
            require(self.danger, NO_DANGER)
        else:
            del self.called_at, self.danger


def _as_recorded(row: ReviewRow) -> dict[str, Any]:
    review, zone, made = row.review, zone_of(row.review.school_id), existing(notification_of(row.review.id))
    return {
        "called_at": wall_minute(review.called_at, zone) if review.called_at else None,
        "notified_at": wall_minute(made.notified_at, zone),
        "danger": review.danger,
    }


@pages.act(
    "/correction", REVIEW, CorrectForm, Permission.POLICE_NOTIFICATION_RECORD,
    title=_l("Correct the record"), button=_l("Save the correction"), start=_as_recorded, then=back,
    lede=_l("The previous record stays in the history. A second review is requested again."),
)  # fmt: skip
def correct(uow: UnitOfWork, review: PoliceReview, form: CorrectForm) -> None:
    """Correct the times of a notification and the danger of an emergency, with the reason; a review of it is made anew.

    Raises Refused without a danger in words, and for a time that is questioned without its reason.
    """
    if review.state is not ReviewState.NOTIFIED:
        raise Refused("", _("Nothing is recorded yet that could be corrected."))
    made, notified_at, why = existing(notification_of(review.id)), form.notified_at.at, form.time_reason.data
    if form.danger:
        refuse_no_danger(form.danger.data)
    check_time(uow, review, "notified_at", notified_at, why)
    if form.danger:
        review.called_at, review.danger = form.called_at.at or review.called_at, form.danger.data
        check_time(uow, review, "called_at", existing(review.called_at), why)
    made.notified_at, made.local_date = notified_at, counted_on(review, notified_at, uow.now)
    review.time_reason = why or review.time_reason
    review.corrections = "\n".join(line for line in (review.corrections, form.why.data) if line)
    if review.review_due_on is not None:
        review.second_by_id, review.second_at, review.second_approves = None, None, None
        review.second_manner, review.second_reason = "", ""
        ask_second_review(uow, review, made)
    uow.audit("police.corrected", "police_notification", made.id)
    uow.record(review, "police.corrected")


def escalate_second_reviews(now: datetime) -> None:
    """Ask the network where no one of the school has reviewed a notification by the end of its day."""
    late = (
        select(PoliceReview.id)
        .where(
            PoliceReview.review_due_on < today_at(None, now),
            PoliceReview.second_at.is_(None),
            PoliceReview.approver_id.is_(None),
            PoliceReview.state == ReviewState.NOTIFIED,
        )
        .order_by(PoliceReview.id)
    )
    for review_id in db.session.scalars(late.limit(BATCH)).all():
        with unit_of_work(SYSTEM, now) as uow:
            review = uow.load(PoliceReview, review_id, Permission.POLICE_REVIEW_ANSWER)
            made = existing(notification_of(review.id))
            _tell(uow, review, _network(uow, review, {review.requested_by_id, made.recorded_by_id}))
            uow.audit("police.second_review_late", "police_review", review.id)


ROOM = Room(pages=(pages,))
