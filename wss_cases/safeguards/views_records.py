"""Recording police notifications on a report, so that they are counted."""

from flask import Blueprint, flash, url_for

from wss_cases.access.engine import require
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.incidents.models import Incident
from wss_cases.incidents.queries import get_incident
from wss_cases.safeguards.actions_records import Notification, record_notification
from wss_cases.safeguards.forms import NotificationForm
from wss_cases.safeguards.queries import duties_of, students_who_caused_harm
from wss_cases.safeguards.states import DUTY_LABELS, OPEN_DUTY, NotificationDoor
from wss_cases.safeguards.views import instant, zone_of

blueprint = Blueprint("removals", __name__, url_prefix="/incidents/<int:incident_id>")


def _loaded(incident_id: int, permission: Permission) -> Incident:
    actor = current_actor()
    incident = get_incident(actor, incident_id)
    require(actor, permission, incident)
    return incident


@blueprint.route("/police-notification", methods=["GET", "POST"])
@gate(Permission.POLICE_NOTIFICATION_RECORD)
def police(incident_id: int) -> Page:
    """Record a police notification that was made, with its door."""
    actor, now = current_actor(), clock.now()
    incident = _loaded(incident_id, Permission.POLICE_NOTIFICATION_RECORD)
    zone = zone_of(incident.school_id)
    form = NotificationForm(notified_at=clock.local(now, zone).replace(tzinfo=None, second=0, microsecond=0))
    duties = [row.duty for row in duties_of(incident_id) if row.duty.state in OPEN_DUTY]
    form.duty_id.choices = choices(
        [("", _("None")), *((str(duty.id), DUTY_LABELS.get(duty.code, duty.code)) for duty in duties)]
    )
    form.student_ids.choices = choices([(s.id, s.shown_name) for s in students_who_caused_harm(incident_id)])

    def act() -> int:
        given = Notification(
            door=NotificationDoor(form.door.data),
            notified_at=instant(form.notified_at.data, zone),
            told_whom=form.told_whom.data or "",
            channel=form.channel.data or "",
            duty_id=int(form.duty_id.data) if form.duty_id.data else None,
            report_number=form.report_number.data or "",
            guardian_told_at=instant(form.guardian_told_at.data, zone)
            if form.guardian_told_at.data
            else None,
            guardian_manner=form.guardian_manner.data or "",
            note=form.note.data or "",
            student_ids=tuple(form.student_ids.data or ()),
        )
        return record_notification(actor, incident_id, given, now, form.request_key.data)

    return form_page(
        form,
        act,
        lambda _made: _back(incident, _("The police notification is recorded.")),
        "safeguards/police.html",
        incident=incident,
    )


def _back(incident: Incident, words: str) -> str:
    flash(words)
    return url_for("incidents.incident", incident_id=incident.id)
