"""The page on which a second person verifies the duty that requires a notification."""

from flask import Blueprint, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.teams import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.errors import existing
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import zone_of
from wss_cases.incidents.incident.queries import load_incident
from wss_cases.safeguards.duties.duty.queries import load_duty
from wss_cases.safeguards.duties.duty.states import DUTY_LABELS
from wss_cases.safeguards.police.review.pages.forms import SecondForm
from wss_cases.safeguards.police.review.pages.presenters import request_rows, review_words
from wss_cases.safeguards.police.review.queries import get_review
from wss_cases.safeguards.police.seconding.actions import second

blueprint = Blueprint("police_seconding", __name__, url_prefix="/police-reviews/<int:review_id>")


@blueprint.route("/verify", methods=["GET", "POST"])
@gate(Permission.POLICE_REVIEW_SECOND)
def verify(review_id: int) -> Page:
    """Say whether the duty applies, as a second person; what it rests on stands above."""
    row = get_review(current_actor(), review_id, Permission.POLICE_REVIEW_SECOND)
    review, zone = row.review, zone_of(row.review.school_id)
    duty, incident = load_duty(review.duty_id or 0), existing(load_incident(review.incident_id))
    form = SecondForm(version=review.version)

    def act() -> int:
        verified = form.verified.data == "yes"
        return second(submitted(form), review_id, verified=verified, reason=form.reason.data or "")

    return form_page(
        form,
        act,
        url_for("police_reviews.review", review_id=review_id),
        "safeguards/police/seconding/verify.html",
        row=row,
        words=review_words(review, clock.now(), zone),
        request_rows=request_rows(review, user_names({review.requested_by_id}), zone),
        duty=DUTY_LABELS.get(duty.code, duty.code) if duty else "",
        narrative=incident.narrative,
    )
