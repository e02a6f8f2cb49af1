"""The page on which a reporter takes a report back."""

from typing import Any

from flask import Blueprint, flash, url_for

from wss_cases.access.act_pages import act_page
from wss_cases.access.actor import Actor
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.intake.corrections.withdrawal.actions import asked_words, hangs_on, refuse_withdrawal, withdraw

blueprint = Blueprint("withdrawal", __name__, url_prefix="/incidents/<int:incident_id>")


class WithdrawForm(BaseForm):
    """Why it is taken back."""

    reason = LongText(_l("Why are you withdrawing it?"), [NotBlank(_l("Enter the reason in a sentence."))], limit=2_000)


def _load(actor: Actor, incident_id: int) -> Incident:
    report = get_incident(actor, incident_id, Permission.INCIDENT_COMPLETE)
    refuse_withdrawal(actor, report)
    return report


def _act(call: Invocation, report: Incident, form: WithdrawForm) -> None:
    asked = hangs_on(report)
    withdraw(call, report.id, form.reason.data or "")
    if asked:
        flash(asked_words())


def _words(report: Incident) -> dict[str, Any]:
    asked = hangs_on(report)
    back, title = _address(report), _("Withdraw the report")
    return {
        "title": title,
        "go_words": _("Ask for a decision") if asked else title,
        "crumbs": [(_("Incidents"), url_for("incidents.incidents")), (report.reference, back), (title, None)],
        "back_href": back,
        "intro": _(
            "This report involves a legal duty or danger, so another dean or administrator decides. They read your "
            "reason."
        )
        if asked
        else _("The report is marked as withdrawn, with your reason, and is not counted."),
        "fields": ["reason"],
    }


def _address(report: Incident) -> str:
    return url_for("incidents.incident", incident_id=report.id)


act_page(
    blueprint,
    "/withdraw",
    "withdraw",
    Permission.INCIDENT_COMPLETE,
    load=_load,
    form=lambda report: WithdrawForm(version=report.version),
    act=_act,
    done=_address,
    words=_words,
    template="intake/review/acts/act.html",
)
