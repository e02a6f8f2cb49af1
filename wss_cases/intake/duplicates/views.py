"""One tap each: two reports are merged, told apart, or may be the same again."""

from flask import Blueprint, flash, redirect, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Stale
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.intake.duplicates import actions
from wss_cases.intake.duplicates.rules import stays

blueprint = Blueprint("duplicates", __name__, url_prefix="/review/<int:incident_id>")


def _both(incident_id: int, other_id: int) -> tuple[Incident, Incident]:
    actor = current_actor()
    one = get_incident(actor, incident_id, Permission.INCIDENT_REVIEW)
    return one, get_incident(actor, other_id, Permission.INCIDENT_REVIEW)


def _call(act: str, *ids: int) -> Invocation:
    """Return the call of one button of a page that has many: each carries its own key."""
    form = BaseForm()
    call = submitted(form)
    return Invocation(call.actor, call.now, ":".join([form.request_key.data or "", act, *map(str, ids)]))


@blueprint.post("/same/<int:other_id>")
@gate(Permission.INCIDENT_REVIEW)
def merge(incident_id: int, other_id: int) -> Page:
    """Merge two reports: the decided one stays, else the one that was reported first."""
    one, other = _both(incident_id, other_id)
    stay = stays(one, other)
    goes = other if stay is one else one
    try:
        kept = actions.merge_into(_call("same", one.id, other.id), goes.id, stay.reference)
    except Stale:
        flash(_("This report was decided meanwhile."), "warning")
        return redirect(_back(one.id), 303)
    flash(_("%(reference)s was merged into %(kept)s.", reference=goes.reference, kept=stay.reference))
    return redirect(_back(kept), 303)


@blueprint.post("/apart/<int:other_id>")
@gate(Permission.INCIDENT_REVIEW)
def apart(incident_id: int, other_id: int) -> Page:
    """Say that two reports tell of two events."""
    one, other = _both(incident_id, other_id)
    actions.tell_apart(_call("apart", one.id, other.id), one.id, other.id)
    flash(_("%(reference)s is not the same. You can undo this on either report’s page.", reference=other.reference))
    return redirect(_back(one.id), 303)


@blueprint.post("/maybe/<int:other_id>")
@gate(Permission.INCIDENT_REVIEW)
def maybe(incident_id: int, other_id: int) -> Page:
    """Take back that two reports tell of two events."""
    one, other = _both(incident_id, other_id)
    actions.take_apart_back(_call("maybe", one.id, other.id), one.id, other.id)
    flash(_("They are marked as possible duplicates again."))
    return redirect(_back(one.id), 303)


def _back(incident_id: int) -> str:
    """Return to the list where it was left, or to the page of the report that stays."""
    if request.args.get("to") == "queue":
        return url_for("queue.page", _anchor=f"report-{incident_id}")
    return url_for("review.incident", incident_id=incident_id)
