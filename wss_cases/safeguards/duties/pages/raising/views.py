"""Raising a legal duty by hand on a report, one's own among them, and what of it stands on the report's page."""

from flask import Blueprint, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import at_wall, local_date, zone_of
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.safeguards.duties.duty.forms import RaiseForm, RaiseMandatedForm, wall_minute
from wss_cases.safeguards.duties.duty.queries import kinds_in_force
from wss_cases.safeguards.duties.duty.raising import ByHand, raise_by_hand
from wss_cases.safeguards.duties.duty.states import DUTY_LABELS, PERSONAL

blueprint = Blueprint("duty_raising", __name__, url_prefix="/incidents/<int:incident_id>/duties")

MANDATED_CODE = "child_abuse_or_neglect"


@blueprint.route("/new", methods=["GET", "POST"])
@gate(Permission.DUTY_RAISE)
def new(incident_id: int) -> Page:
    """Raise a duty of the table that somebody sees in this report."""
    return _raise(incident_id, Permission.DUTY_RAISE, RaiseForm, "safeguards.duty", "duty_id")


@blueprint.route("/own", methods=["GET", "POST"])
@gate(Permission.DUTY_RAISE_OWN)
def own(incident_id: int) -> Page:
    """Take up one's mandated-reporter duty to report abuse or neglect that one sees in this report."""
    return _raise(incident_id, Permission.DUTY_RAISE_OWN, RaiseMandatedForm, "own_duties.duty", "own_duty_id")


def _raise(incident_id: int, permission: Permission, form_of: type[RaiseForm], page: str, key: str) -> Page:
    incident, now = get_incident(current_actor(), incident_id, permission), clock.now()
    zone = zone_of(incident.school_id)
    form = form_of(aware_at=wall_minute(now, zone))
    if "code" in form:
        kinds = kinds_in_force(None, local_date(now, zone))
        labels = [(code, DUTY_LABELS.get(code, code)) for code in DUTY_LABELS if code in kinds.keys() - PERSONAL]
        form.code.choices = choices([("", _("Choose one")), *labels])

    def act() -> int:
        because, aware_at = form.because.data or "", at_wall(form.aware_at.data, zone)
        if "code" in form:
            given = ByHand(form.code.data, because, aware_at, verify_first=form.facts.data == "verify_first")
        else:
            given = ByHand(MANDATED_CODE, because, aware_at)
        return raise_by_hand(submitted(form), incident_id, given)

    return form_page(
        form,
        act,
        lambda made: url_for(page, **{key: made}),
        "safeguards/duties/pages/raising/raise.html",
        incident=incident,
        own=permission is Permission.DUTY_RAISE_OWN,
    )
