"""The school's legal duties, page by page and filtered, and the page of one duty with what may be done about it."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from wss_cases.access.actor import CASE_TEAM
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.school_choice import chosen_school_id
from wss_cases.foundation import clock
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import zone_of
from wss_cases.safeguards.duties.duty.presenters import duty_words
from wss_cases.safeguards.duties.duty.queries import PAGE, Wanted, duties_count, duties_page, get_duty, own_duty_count
from wss_cases.safeguards.duties.duty.states import DutyState
from wss_cases.safeguards.duties.pages.acts import views as views_acts

__all__ = ["blueprint", "duty_words"]

blueprint = Blueprint("safeguards", __name__, url_prefix="/duties")

SCHOOL = views_acts.Side("safeguards", "duty_id", get_duty, Permission.DUTY_DISCHARGE, Permission.DUTY_DISCHARGE)


@blueprint.get("")
@gate(Permission.DUTY_READ)
def duties() -> Page:
    """The duties of the chosen school, the soonest clock first: the open ones, or those in one state."""
    actor, now = current_actor(), clock.now()
    state = request.args.get("state", "")
    wanted = Wanted(
        chosen_school_id(actor, *CASE_TEAM),
        DutyState(state) if state in set(DutyState) else None,
        request.args.get("overdue") == "1",
    )
    rows = duties_page(actor, wanted, now, request.args.get("after", type=int))
    kept: dict[str, Any] = {
        "state": wanted.state.value if wanted.state else None,
        "overdue": "1" if wanted.overdue else None,
    }
    zones = {school_id: zone_of(school_id) for school_id in {row.duty.school_id for row in rows}}
    return render_template(
        "safeguards/duties/pages/list.html",
        rows=[duty_words(row, now, zones[row.duty.school_id]) for row in rows[:PAGE]],
        count=duties_count(actor, wanted, now),
        wanted=wanted,
        states=list(DutyState.labels().items()),
        states_words=DutyState(wanted.state).label if wanted.state else None,
        first=url_for("safeguards.duties", **kept) if request.args.get("after") else None,
        more=url_for("safeguards.duties", after=rows[PAGE - 1].duty.id, **kept) if len(rows) > PAGE else None,
        own=own_duty_count(actor),
        may_read_table=might(actor, Permission.DUTY_TABLE_READ),
    )


@blueprint.get("/<int:duty_id>")
@gate(Permission.DUTY_READ)
def duty(duty_id: int) -> Page:
    """One duty: what it asks, how long is left, what was done or proposed."""
    return views_acts.show(SCHOOL, duty_id)


@blueprint.route("/<int:duty_id>/verify", methods=["GET", "POST"])
@gate(Permission.DUTY_DISCHARGE)
def verify(duty_id: int) -> Page:
    """Say that the facts were verified and the duty is due now."""
    return views_acts.verify_page(SCHOOL, duty_id)


@blueprint.route("/<int:duty_id>/steps/<int:position>", methods=["GET", "POST"])
@gate(Permission.DUTY_DISCHARGE)
def step(duty_id: int, position: int) -> Page:
    """Record one step of a duty."""
    return views_acts.step_page(SCHOOL, duty_id, position)


@blueprint.route("/<int:duty_id>/discharge", methods=["GET", "POST"])
@gate(Permission.DUTY_DISCHARGE)
def discharge(duty_id: int) -> Page:
    """Record that a duty was carried out."""
    return views_acts.discharge_page(SCHOOL, duty_id)


@blueprint.route("/<int:duty_id>/not-applicable", methods=["GET", "POST"])
@gate(Permission.DUTY_DISCHARGE)
def not_applicable(duty_id: int) -> Page:
    """Propose that a duty does not apply."""
    return views_acts.not_applicable_page(SCHOOL, duty_id)


@blueprint.post("/<int:duty_id>/second-look")
@gate(Permission.DUTY_DISCHARGE)
def second_look(duty_id: int) -> Response:
    """Agree that a duty does not apply, or let it stand, as a second person."""
    return views_acts.second_look_act(SCHOOL, duty_id)
