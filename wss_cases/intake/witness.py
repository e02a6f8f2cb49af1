"""A second witness adds an account to an existing report without reading it. The account stays their own report,
joined to the other: they read theirs, the dean reads both."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm.attributes import flag_modified
from werkzeug.wrappers import Response

from wss_cases.access.actor import Actor, Invocation, Role
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.accounts.grants import holders
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.additions import join_report
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.pages import create_incident, drop_draft, open_to
from wss_cases.incidents.incident.queries import get_incident, likely_duplicates
from wss_cases.incidents.incident.rules import Capture, CapturedPerson, number_given
from wss_cases.incidents.incident.states import HEARD_FROM_LABELS, UNDECIDED, PersonKind, Tile
from wss_cases.intake.report.actions import answer_heard_from, route_incident, signed
from wss_cases.intake.report.forms import CaptureForm
from wss_cases.intake.report.rules import joined
from wss_cases.intake.report.views import blueprint as capture
from wss_cases.intake.report.views import school_for
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.mail.push.pages import offer
from wss_cases.roster.directory.queries import get_school


def joinable(capture: Capture, actor: Actor) -> list[Incident]:
    """Undecided reports of the same event, to which a second witness may add an account. After a decision an account
    stays separate, or no dean would read it."""
    return [row for row in likely_duplicates(capture, actor) if row.state in UNDECIDED]


def beside(incident: Incident, actor: Actor) -> list[Incident]:
    """The same for a saved report that is undecided."""
    if incident.state not in UNDECIDED or incident.happened_at_id is not None:
        return []
    return [row for row in joinable(capture_of(incident), actor) if row.id != incident.id]


def capture_of(incident: Incident) -> Capture:
    """A saved report as a capture, for comparing it with others."""
    people = (CapturedPerson(PersonKind.STUDENT, one.student_id) for one in incident.people if one.student_id)
    return Capture(
        school_id=incident.school_id,
        danger_now=incident.danger_now,
        tile=Tile(incident.tile),
        location_code=incident.location_code,
        occurred_at=incident.occurred_at,
        people=tuple(people),
    )


@use_case
def add_account(uow: UnitOfWork, capture: Capture, target_id: int) -> int:
    """Save a second witness's report joined to one of the same event; returns its own id. Raises NotFound for a
    report of another event, or a decided one."""
    if target_id not in {row.id for row in joinable(capture, uow.actor)}:
        raise NotFound
    incident = create_incident(uow, signed(uow, capture))
    _join(uow, incident, target_id)
    drop_draft(uow, "capture")
    return incident.id


@use_case
def join_own(uow: UnitOfWork, incident_id: int, target_id: int) -> int:
    """Join one's own waiting report to a report of the same event; returns one's own id. Raises Refused for another
    person's report, and equally for another event or no report; Stale if one's own is decided."""
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_COMPLETE)
    if incident.state not in UNDECIDED:
        raise Stale
    own = incident.reporter_id == uow.actor.user_id
    if not own or target_id not in {row.id for row in beside(incident, uow.actor)}:
        raise Refused("", _("Choose another report."))
    _join(uow, incident, target_id)
    return incident.id


def _join(uow: UnitOfWork, incident: Incident, target_id: int) -> None:
    """Join a report to another one, adding missing people and danger; it is routed again, and anyone who has it open
    sees that it changed."""
    target = uow.session.get_one(Incident, target_id, with_for_update=True, populate_existing=True)
    if target.state not in UNDECIDED:
        raise Stale
    uow.record(incident, "incident.account_added")
    join_report(uow, incident, target)
    # Joining reports is not a review.
    incident.reviewed_at = incident.reviewer_id = None
    target.danger_now = target.danger_now or incident.danger_now
    target.facts, target.signs = joined(target.facts, incident.facts), [*target.signs, *incident.signs]
    flag_modified(target, "facts")
    uow.record(target, "incident.second_account")
    route_incident(uow, target)


blueprint = Blueprint("witness", __name__)


@capture.get("/incidents/<int:incident_id>/saved")
@gate(Permission.INCIDENT_READ)
def saved(incident_id: int) -> str:
    """Confirmation: reference, who was told, what happens next; and the question how the reporter knows."""
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
    """Save the capture page as a second witness's account of an existing report."""
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
    """Say with one tap how one knows of what one reported."""
    report = _own(incident_id)
    answer_heard_from(submitted(BaseForm()), report.id, request.form.get("heard_from", ""))
    return redirect(url_for("capture.saved", incident_id=report.id), 303)


def _own(incident_id: int) -> Incident:
    return get_incident(current_actor(), incident_id, Permission.INCIDENT_COMPLETE)


ROOM = Room(
    pages=(blueprint,),
    sentences={
        "incident.account_added": _l("A second witness added it to the report of the same event"),
        "incident.second_account": _l("A second witness added what they saw"),
    },
)
