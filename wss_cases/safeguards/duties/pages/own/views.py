"""Mandated-reporter duties (abuse or neglect): seen by the adult whose it is and the school's administrator alone."""

from flask import Blueprint, render_template

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import zone_of
from wss_cases.safeguards.duties.duty.presenters import duty_words
from wss_cases.safeguards.duties.duty.queries import get_mandated_duty, mandated_duties
from wss_cases.safeguards.duties.pages.acts.views import Side, add_pages

blueprint = Blueprint("own_duties", __name__, url_prefix="/duties/own")

OWN = Side(
    "own_duties",
    "own_duty_id",
    get_mandated_duty,
    Permission.OWN_DUTY_READ,
    Permission.OWN_DUTY_WORK,
    Permission.OWN_DUTY_LOOK,
)
add_pages(blueprint, OWN)


@blueprint.get("")
@gate(Permission.OWN_DUTY_READ)
def duties() -> Page:
    """One's mandated-reporter duties to report abuse or neglect; for an administrator those of the school too."""
    now = clock.now()
    rows = [duty_words(row, now, zone_of(row.duty.school_id)) for row in mandated_duties(current_actor())]
    return render_template("safeguards/duties/pages/own/list.html", rows=rows)
