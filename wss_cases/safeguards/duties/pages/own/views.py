"""Each adult's own duty to report abuse or neglect: seen by that adult and the school's administrator alone."""

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import zone_of
from wss_cases.safeguards.duties.duty.presenters import duty_words
from wss_cases.safeguards.duties.duty.queries import get_own_duty, own_duties
from wss_cases.safeguards.duties.pages.acts import views as views_acts

blueprint = Blueprint("own_duties", __name__, url_prefix="/duties/own")

OWN = views_acts.Side("own_duties", "own_duty_id", get_own_duty, Permission.OWN_DUTY_WORK, Permission.OWN_DUTY_LOOK)


@blueprint.get("")
@gate(Permission.OWN_DUTY_READ)
def duties() -> Page:
    """One's own duties to report abuse or neglect; for an administrator those of the school too."""
    now = clock.now()
    rows = [duty_words(row, now, zone_of(row.duty.school_id)) for row in own_duties(current_actor())]
    return render_template("safeguards/duties/pages/own/list.html", rows=rows)


@blueprint.get("/<int:own_duty_id>")
@gate(Permission.OWN_DUTY_READ)
def duty(own_duty_id: int) -> Page:
    """One adult's own duty: what it asks, and what that adult recorded."""
    return views_acts.show(OWN, own_duty_id)


@blueprint.route("/<int:own_duty_id>/verify", methods=["GET", "POST"])
@gate(Permission.OWN_DUTY_WORK)
def verify(own_duty_id: int) -> Page:
    """Say that there is reasonable cause after all, and one's duty is due now."""
    return views_acts.verify_page(OWN, own_duty_id)


@blueprint.route("/<int:own_duty_id>/steps/<int:position>", methods=["GET", "POST"])
@gate(Permission.OWN_DUTY_WORK)
def step(own_duty_id: int, position: int) -> Page:
    """Record one's own call to the hotline, or one's written confirmation."""
    return views_acts.step_page(OWN, own_duty_id, position)


@blueprint.route("/<int:own_duty_id>/discharge", methods=["GET", "POST"])
@gate(Permission.OWN_DUTY_WORK)
def discharge(own_duty_id: int) -> Page:
    """Record that one's own duty was carried out."""
    return views_acts.discharge_page(OWN, own_duty_id)


@blueprint.route("/<int:own_duty_id>/not-applicable", methods=["GET", "POST"])
@gate(Permission.OWN_DUTY_WORK)
def not_applicable(own_duty_id: int) -> Page:
    """Propose that one's own duty does not apply; the administrator looks."""
    return views_acts.not_applicable_page(OWN, own_duty_id)


@blueprint.post("/<int:own_duty_id>/second-look")
@gate(Permission.OWN_DUTY_LOOK)
def second_look(own_duty_id: int) -> Response:
    """Agree, as the administrator, that an adult's own duty does not apply, or let it stand."""
    return views_acts.second_look_act(OWN, own_duty_id)
