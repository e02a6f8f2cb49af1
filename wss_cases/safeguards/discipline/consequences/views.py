"""One tap each: a minor consequence is logged, or taken back."""

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.safeguards.discipline.consequences.actions import give_consequence, take_consequence_back
from wss_cases.safeguards.discipline.consequences.states import ConsequenceKind

blueprint = Blueprint("consequences", __name__)


@blueprint.post("/incidents/<int:incident_id>/consequences")
@gate(Permission.DISCIPLINE_RECORD)
def give(incident_id: int) -> Response:
    """Log a minor consequence."""
    report = get_incident(current_actor(), incident_id, Permission.DISCIPLINE_RECORD)
    kind, call = request.form.get("kind", ""), submitted(BaseForm())
    person_id = id_in(request.form.get("person"))
    if kind not in set(ConsequenceKind) or person_id is None:
        raise Refused("kind", _("Choose one of these."))
    key = f"{call.request_key}:{person_id}:{kind}"
    give_consequence(Invocation(call.actor, call.now, key), report.id, person_id, ConsequenceKind(kind))
    flash(_("It is logged: %(what)s.", what=ConsequenceKind(kind).label))
    return _back(report.id)


@blueprint.post("/consequences/<int:consequence_id>/take-back")
@gate(Permission.DISCIPLINE_RECORD)
def take_back(consequence_id: int) -> Response:
    """Take a minor consequence back."""
    report_id = take_consequence_back(submitted(BaseForm()), consequence_id)
    flash(_("It is taken back. The history keeps both."))
    return _back(report_id)


def _back(report_id: int) -> Response:
    return redirect(url_for("review.incident", incident_id=report_id, _anchor="consequences"), 303)
