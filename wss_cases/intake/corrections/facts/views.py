"""The page on which the facts of a report are put right."""

from flask import Blueprint, render_template, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import STAFF, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation import clock
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import zone_of
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import behaviors_in_force, get_incident, locations_on
from wss_cases.incidents.incident.rules import code_set_for, person_words
from wss_cases.intake.corrections.facts.actions import correct_facts
from wss_cases.intake.corrections.facts.forms import OF_PERSON, CorrectionForm, correction_form
from wss_cases.intake.corrections.facts.queries import review_began, withdrawal_asked
from wss_cases.intake.corrections.facts.rules import is_reporters, may_correct, refuse_after_review
from wss_cases.roster.directory.queries import schools_by_id

blueprint = Blueprint("corrections", __name__, url_prefix="/incidents/<int:incident_id>")


@blueprint.route("/correct", methods=["GET", "POST"])
@gate(Permission.INCIDENT_COMPLETE)
def facts(incident_id: int) -> Page:
    """Every fact as it stands; what is changed is corrected, with one reason."""
    actor = current_actor()
    report = get_incident(actor, incident_id, Permission.INCIDENT_COMPLETE)
    refuse_after_review(may_correct(actor, report, review_began(report)))
    zone, title = zone_of(report.school_id), _("Correct the facts")
    form = _form(actor, report, zone)
    back = url_for("incidents.incident", incident_id=report.id)
    reviews = can(actor, Permission.INCIDENT_REVIEW, report)
    shown = {
        "title": title,
        "go_words": _("Correct it"),
        "crumbs": [(_("Incidents"), url_for("incidents.incidents")), (report.reference, back), (title, None)],
        "back_href": back,
        "people": [
            (person_words(person), [form[f"p{person.id}_{name}"] for name in OF_PERSON]) for person in report.people
        ],
    }
    template = "intake/corrections/facts.html"
    if form.is_submitted() and form.occurred.data is not None and not form.check_time(clock.now(), zone):
        return render_template(template, form=form, **shown), 400

    def act() -> int:
        return correct_facts(submitted(form), report.id, form.correction(report, zone))

    return form_page(
        form, act, url_for("review.incident", incident_id=report.id) if reviews else back, template, **shown
    )


def _form(actor: Actor, report: Incident, zone: str) -> CorrectionForm:
    day = report.local_date
    codes = {name: behaviors_in_force(name, day) for name in {code_set_for(p.grade, day) for p in report.people}}
    schools = {one.id: one.name for one in schools_by_id(actor.school_ids(*STAFF) | {report.school_id}).values()}
    places = locations_on(day, report.location_code)
    return correction_form(report, codes, places, sorted(schools.items(), key=lambda one: one[1]), zone)


def panel(actor: Actor, report: Incident) -> tuple[str, dict[str, str]] | None:
    """Return the way to the correction of a report, on its page; None for whoever may not correct it."""
    began = review_began(report)
    if not may_correct(actor, report, began):
        return None
    pages = {"href": url_for("corrections.facts", incident_id=report.id)}
    asked = withdrawal_asked(report)
    if asked is not None and report.reporter_id == actor.user_id:
        pages["asked"] = moment_words(asked.at, zone_of(report.school_id))
    elif is_reporters(actor, report, began):
        pages["withdraw"] = url_for("withdrawal.withdraw", incident_id=report.id)
    return "intake/corrections/_panel.html", pages
