"""The review, within a school day, of an emergency and of what nobody seconded, by somebody who did not make it; and
the correction of a record with its reason."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, url_for
from sqlalchemy import select

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import SYSTEM
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.network_approvers import approver_of
from wss_cases.accounts.teams import user_names
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing, refuse_blank
from wss_cases.foundation.forms import filled
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import at_wall, today_at, zone_of
from wss_cases.incidents.incident.queries import parties_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import school_days
from wss_cases.safeguards.duties.duty.pages import wall_minute
from wss_cases.safeguards.police.review.actions import check_time, counted_on, names_danger
from wss_cases.safeguards.police.review.messages import SECOND_REVIEW
from wss_cases.safeguards.police.review.models import (
    NotificationGround,
    PoliceNotification,
    PoliceReview,
    ReviewState,
    Seconding,
)
from wss_cases.safeguards.police.review.pages.pages import AfterwardsForm, CorrectForm
from wss_cases.safeguards.police.review.pages.presenters import request_rows
from wss_cases.safeguards.police.review.queries import get_review, notification_of, of_the_network, of_the_school

BATCH = 200
REVIEW_WITHIN = 1
"""School days until somebody who did not make it has reviewed it."""


@dataclass(frozen=True)
class Corrected:
    """What a record says instead, and why; `called_at` and `danger` are an emergency's."""

    notified_at: datetime
    why: str
    called_at: datetime | None = None
    danger: str = ""
    time_reason: str = ""


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


@use_case
def review_afterwards(uow: UnitOfWork, review_id: int, *, confirms: bool, reason: str) -> int:
    """Say, as somebody who did not make it, whether a notification was what it was recorded as.

    Raises Refused for who called or recorded it, a party, or somebody who is no second person beside them.
    """
    review = uow.load(PoliceReview, review_id, Permission.POLICE_REVIEW_SECOND, uow.version)
    if not review.waits_for_second_review:
        raise Refused("", _("This notification is not waiting for a second review."))
    makers = {review.requested_by_id, existing(notification_of(review.id)).recorded_by_id}
    if uow.actor.user_id in makers | parties_of(review.incident_id):
        raise Refused("", _("You made this notification or are involved in what happened, so someone else reviews it."))
    refuse_one_person("", uow.actor.user_id, makers, uow.now)
    refuse_blank("reason", reason, _("Enter the reason."))
    review.second_by_id, review.second_at, review.second_approves = uow.actor.user_id, uow.now, confirms
    review.second_manner, review.second_reason = "here", reason
    uow.record(review, "police.confirmed" if confirms else "police.not_confirmed")
    return review.id


@use_case
def correct(uow: UnitOfWork, review_id: int, given: Corrected) -> int:
    """Correct the times of a notification and the danger of an emergency, with the reason; a review of it is made anew.

    Raises Refused without a reason, without a danger in words, and for a time that is questioned without one.
    """
    review = uow.load(PoliceReview, review_id, Permission.POLICE_NOTIFICATION_RECORD, uow.version)
    if review.state is not ReviewState.NOTIFIED:
        raise Refused("", _("Nothing is recorded yet that could be corrected."))
    made = existing(notification_of(review.id))
    refuse_blank("why", given.why, _("Enter the reason for the correction."))
    is_emergency = review.door is NotificationGround.EMERGENCY
    if is_emergency and not names_danger(given.danger):
        raise Refused("danger", _("Write what the imminent danger was."))
    times = {"notified_at": given.notified_at} | ({"called_at": given.called_at} if is_emergency else {})
    for name, at in times.items():
        check_time(uow, review, name, existing(at), given.time_reason)
    if is_emergency:
        review.called_at, review.danger = given.called_at, given.danger
    made.notified_at, made.local_date = given.notified_at, counted_on(review, given.notified_at, uow.now)
    review.time_reason = given.time_reason or review.time_reason
    review.corrections = "\n".join(line for line in (review.corrections, given.why) if line)
    if review.review_due_on is not None:
        review.second_by_id, review.second_at, review.second_approves = None, None, None
        review.second_manner, review.second_reason = "", ""
        ask_second_review(uow, review, made)
    uow.audit("police.corrected", "police_notification", made.id)
    uow.record(review, "police.corrected")
    return review.id


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


blueprint = Blueprint("police_second_review", __name__, url_prefix="/police-reviews/<int:review_id>")


@blueprint.route("/second-review", methods=["GET", "POST"])
@gate(Permission.POLICE_REVIEW_SECOND)
def afterwards(review_id: int) -> Page:
    """Say whether a notification was what it was recorded as, as somebody who did not make it."""
    row = get_review(current_actor(), review_id, Permission.POLICE_REVIEW_SECOND)
    review, form = row.review, AfterwardsForm(version=row.review.version)

    def act() -> int:
        confirms = form.confirms.data == "yes"
        return review_afterwards(submitted(form), review_id, confirms=confirms, reason=form.reason.data or "")

    return form_page(
        form,
        act,
        url_for("police_reviews.review", review_id=review_id),
        "safeguards/police/second_review/afterwards.html",
        row=row,
        emergency=review.door is NotificationGround.EMERGENCY,
        request_rows=request_rows(review, user_names({review.requested_by_id}), zone_of(review.school_id)),
    )


@blueprint.route("/correction", methods=["GET", "POST"], endpoint="correct")
@gate(Permission.POLICE_NOTIFICATION_RECORD)
def correct_page(review_id: int) -> Page:
    """Correct the times of a notification, and what the danger of an emergency was, with the reason."""
    row = get_review(current_actor(), review_id, Permission.POLICE_NOTIFICATION_RECORD)
    review, zone, made = row.review, zone_of(row.review.school_id), existing(notification_of(review_id))
    form = CorrectForm(
        version=review.version,
        called_at=wall_minute(review.called_at, zone) if review.called_at else None,
        notified_at=wall_minute(made.notified_at, zone),
        danger=review.danger,
    )

    def act() -> int:
        called_at = at_wall(form.called_at.data, zone) if form.called_at.data else review.called_at
        times = {"called_at": called_at, "notified_at": at_wall(form.notified_at.data, zone)}
        return correct(submitted(form), review_id, filled(form, Corrected, **times))

    return form_page(
        form,
        act,
        url_for("police_reviews.review", review_id=review_id),
        "safeguards/police/second_review/correct.html",
        row=row,
        emergency=review.door is NotificationGround.EMERGENCY,
    )


ROOM = Room(pages=(blueprint,))
