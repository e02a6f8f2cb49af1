"""Taking out of a report whoever was named in error: the page of the act, the second look, and the way to both."""

from typing import Any

from flask import Blueprint, redirect, request, url_for

from wss_cases.access.act_pages import act_page, submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.teams import user_names
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.rules import person_words
from wss_cases.intake.other_schools import may_tell
from wss_cases.records.named_in_error.actions import decide_taking_out, take_out
from wss_cases.records.named_in_error.queries import (
    asked_on,
    contacts_about,
    joined_to,
    may_take_out,
    named_as,
    needs_second,
)
from wss_cases.records.named_in_error.taking_back import take_back

blueprint = Blueprint("named_in_error", __name__, url_prefix="/incidents/<int:incident_id>")
Subject = tuple[Incident, IncidentPerson]


class TakeOutForm(BaseForm):
    """Why it was not this student."""

    reason = LongText(
        _l("How do you know that it was not this student?"),
        [NotBlank(_l("Enter the reason in a sentence."))],
        limit=2_000,
    )


def _load(actor: Actor, incident_id: int, person_id: int) -> Subject:
    report = get_incident(actor, incident_id, Permission.INCIDENT_COMPLETE)
    if not may_take_out(actor, report):
        raise NotFound
    person = next((one for one in report.people if one.id == person_id and one.student_id is not None), None)
    return report, existing(person)


def _address(report: Incident) -> str:
    return url_for("incidents.incident", incident_id=report.id)


def _words(subject: Subject) -> dict[str, Any]:
    report, person = subject
    back, title = _address(report), _("Named in error")
    student_id, reports = person.student_id or 0, joined_to(report)
    second = needs_second(reports, student_id, contacts_about(named_as(student_id, reports)))
    return {
        "title": title,
        "lede": f"{report.reference} · {person_words(person)}",
        "go_words": _("Ask a second person") if second else _("Remove this student"),
        "crumbs": [(_("Incidents"), url_for("incidents.incidents")), (report.reference, back), (title, None)],
        "back_href": back,
        "intro": _(
            "The student is removed from this report and its case: from every page, list, count, export, and copy. "
            "What was opened for the student ends, and the name is removed from every text. Everyone outside who was "
            "told receives the correction. Legal duties continue. Only the audit log and the record of disclosures "
            "still show it."
        ),
        "second": _("Steps depend on this report, so a second person must agree before it takes effect.")
        if second
        else "",
    }


act_page(
    blueprint,
    "/people/<int:person_id>/named-in-error",
    "take_out",
    Permission.INCIDENT_COMPLETE,
    load=_load,
    form=lambda subject: TakeOutForm(version=subject[0].version),
    act=lambda call, subject, form: take_out(call, subject[0].id, subject[1].id, form.reason.data),
    done=lambda subject: _address(subject[0]) + "#named-in-error",
    words=_words,
    template="records/named_in_error/act.html",
)


def _load_told(actor: Actor, incident_id: int, told_id: int) -> Subject:
    report = get_incident(actor, incident_id, Permission.INCIDENT_COMPLETE)
    if not may_tell(report, reviews=can(actor, Permission.INCIDENT_REVIEW, report)):
        raise NotFound
    person = next((one for one in report.people if one.id == told_id and one.other_school_id is not None), None)
    return report, existing(person)


def _told_words(subject: Subject) -> dict[str, Any]:
    report, person = subject
    back, title = _address(report), _("The wrong student of another school")
    return {
        "title": title,
        "lede": f"{report.reference} · {person_words(person)}",
        "go_words": _("Withdraw it"),
        "crumbs": [(_("Incidents"), url_for("incidents.incidents")), (report.reference, back), (title, None)],
        "back_href": back,
        "intro": _(
            "Here the person is set to not identified, so that you can enter who it was. The other school reads your "
            "reason, and its dean removes the student from its report. Do not name any student of your school."
        ),
    }


act_page(
    blueprint,
    "/told/<int:told_id>/take-back",
    "take_back",
    Permission.INCIDENT_COMPLETE,
    load=_load_told,
    form=lambda subject: TakeOutForm(version=subject[0].version),
    act=lambda call, subject, form: take_back(call, subject[0].id, subject[1].id, form.reason.data),
    done=lambda subject: _address(subject[0]),
    words=_told_words,
    template="records/named_in_error/act.html",
)


@blueprint.post("/named-in-error/<int:taking_out_id>")
@gate(Permission.INCIDENT_REVIEW)
def decide(incident_id: int, taking_out_id: int) -> Page:
    """Take the second look: agree, or let the report stand."""
    report = get_incident(current_actor(), incident_id, Permission.INCIDENT_REVIEW)
    existing(next((row for row in asked_on(report.id) if row.id == taking_out_id), None))
    decide_taking_out(submitted(BaseForm()), taking_out_id, agrees=request.form.get("agrees") == "yes")
    return redirect(_address(report), 303)


def panel(actor: Actor, report: Incident) -> tuple[str, dict[str, Any]] | None:
    """Return the students who can be taken out of a report, and what waits for a second person: to reporters theirs."""
    if not may_take_out(actor, report):
        return None
    reviews = can(actor, Permission.INCIDENT_REVIEW, report)
    asked = {row.incident_person_id: row for row in asked_on(report.id)}
    names = user_names([row.asked_by_id for row in asked.values()])
    people = {person.id: person_words(person) for person in report.people if person.student_id is not None}
    if not people:
        return None
    waiting = [
        {
            "name": people.get(person_id, ""),
            "reason": row.reason,
            "by": names.get(row.asked_by_id or 0, ""),
            "own": row.asked_by_id == actor.user_id,
            "href": url_for("named_in_error.decide", incident_id=report.id, taking_out_id=row.id),
        }
        for person_id, row in asked.items()
        if reviews or row.asked_by_id == actor.user_id
    ]
    links = [
        (name, url_for("named_in_error.take_out", incident_id=report.id, person_id=person_id))
        for person_id, name in people.items()
        if person_id not in asked
    ]
    return "records/named_in_error/_panel.html", {"waiting": waiting, "links": links}
