"""The confirmation of a report, how its reporter knows, and what a second witness adds to a report that is there."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.accounts.grants import holders
from wss_cases.foundation import clock
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.pages import open_to
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.rules import number_given
from wss_cases.incidents.incident.states import HEARD_FROM_LABELS, UNDECIDED, Tile
from wss_cases.intake.report.actions import answer_heard_from
from wss_cases.intake.report.forms import CaptureForm
from wss_cases.intake.report.views import blueprint as capture
from wss_cases.intake.report.views import school_for
from wss_cases.intake.witness.actions import add_account, join_own
from wss_cases.intake.witness.queries import beside
from wss_cases.mail.push.pages import offer
from wss_cases.roster.directory.queries import get_school

blueprint = Blueprint("witness", __name__)


@capture.get("/incidents/<int:incident_id>/saved")
@gate(Permission.INCIDENT_READ)
def saved(incident_id: int) -> str:
    """Say the reference, who was told, and what happens next; ask how the reporter knows."""
    actor = current_actor()
    incident = get_incident(actor, incident_id)
    day, now = today_at(incident.school_id, incident.submitted_at), clock.now()
    school = get_school(incident.school_id)
    own = incident.reporter_id == actor.user_id and incident.state in UNDECIDED
    return render_template(
        "intake/report/saved.html",
        incident=incident,
        deans=list(open_to(incident, dict(holders(Role.DEAN, incident.school_id, day)), now).values()),
        heads=list(open_to(incident, dict(holders(Role.ADMINISTRATOR, incident.school_id, day)), now).values()),
        office=school.phone if school else "",
        number_given=number_given(incident.people) is not None,
        push_offer=offer(actor, wanted=incident.danger_now),
        joined=incident.duplicate_of_id is not None,
        same=[(row.id, row.reference) for row in beside(incident, actor)] if own else [],
        heard=HEARD_FROM_LABELS if own else {},
        private=incident.tile == Tile.PRIVATE,
        request_key=BaseForm(formdata=None).request_key.data,
    )


@blueprint.post("/incidents/new/same/<int:other_id>")
@gate(Permission.INCIDENT_REPORT)
def add(other_id: int) -> Page:
    """Save what is on the capture page as a second witness's account of a report that is there."""
    actor, now, form = current_actor(), clock.now(), CaptureForm()
    school = school_for(actor, request.form.get("school_id"))
    sound = form.validate() and form.check_people()
    moment = form.moment(now, school.time_zone) if sound else None
    if moment is None or form.what.data == Tile.WORRIED:
        flash(_("Something is missing. Nothing was saved yet."), "warning")
        return redirect(url_for("capture.capture"), 303)
    call = Invocation(actor, now, form.request_key.data)
    own_id = add_account(call, form.capture(school.id, moment), other_id)
    return redirect(url_for("capture.saved", incident_id=own_id), 303)


@blueprint.post("/incidents/<int:incident_id>/same/<int:other_id>")
@gate(Permission.INCIDENT_COMPLETE)
def join(incident_id: int, other_id: int) -> Response:
    """Join one's own report to the report of the same event."""
    report = _own(incident_id)
    join_own(submitted(BaseForm()), report.id, other_id)
    return redirect(url_for("capture.saved", incident_id=report.id), 303)


@blueprint.post("/incidents/<int:incident_id>/heard-from")
@gate(Permission.INCIDENT_COMPLETE)
def heard_from(incident_id: int) -> Response:
    """Say in one tap how one knows of what one reported."""
    report = _own(incident_id)
    answer_heard_from(submitted(BaseForm()), report.id, request.form.get("heard_from", ""))
    return redirect(url_for("capture.saved", incident_id=report.id), 303)


def _own(incident_id: int) -> Incident:
    return get_incident(current_actor(), incident_id, Permission.INCIDENT_COMPLETE)
