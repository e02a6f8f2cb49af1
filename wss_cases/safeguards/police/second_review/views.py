"""Reviewing a notification that somebody else made, and correcting what was recorded of one."""

from flask import Blueprint, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.teams import user_names
from wss_cases.foundation.errors import existing
from wss_cases.foundation.forms import filled
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import at_wall, zone_of
from wss_cases.safeguards.duties.duty.forms import wall_minute
from wss_cases.safeguards.police.review.pages.forms import AfterwardsForm, CorrectForm
from wss_cases.safeguards.police.review.pages.presenters import request_rows
from wss_cases.safeguards.police.review.queries import get_review, notification_of
from wss_cases.safeguards.police.review.states import NotificationGround
from wss_cases.safeguards.police.second_review import actions

blueprint = Blueprint("police_second_review", __name__, url_prefix="/police-reviews/<int:review_id>")


@blueprint.route("/second-review", methods=["GET", "POST"])
@gate(Permission.POLICE_REVIEW_SECOND)
def afterwards(review_id: int) -> Page:
    """Say whether a notification was what it was recorded as, as somebody who did not make it."""
    row = get_review(current_actor(), review_id, Permission.POLICE_REVIEW_SECOND)
    review, form = row.review, AfterwardsForm(version=row.review.version)

    def act() -> int:
        confirms = form.confirms.data == "yes"
        return actions.review_afterwards(submitted(form), review_id, confirms=confirms, reason=form.reason.data or "")

    return form_page(
        form,
        act,
        url_for("police_reviews.review", review_id=review_id),
        "safeguards/police/second_review/afterwards.html",
        row=row,
        emergency=review.door is NotificationGround.EMERGENCY,
        request_rows=request_rows(review, user_names({review.requested_by_id}), zone_of(review.school_id)),
    )


@blueprint.route("/correction", methods=["GET", "POST"])
@gate(Permission.POLICE_NOTIFICATION_RECORD)
def correct(review_id: int) -> Page:
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
        return actions.correct(submitted(form), review_id, filled(form, actions.Corrected, **times))

    return form_page(
        form,
        act,
        url_for("police_reviews.review", review_id=review_id),
        "safeguards/police/second_review/correct.html",
        row=row,
        emergency=review.door is NotificationGround.EMERGENCY,
    )
