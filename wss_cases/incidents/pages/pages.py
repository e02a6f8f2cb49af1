"""The page of a report: text added, questions answered, calls home, screening, and the list's filter."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import DateTimeLocalField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation import clock
from wss_cases.foundation.clock import EARLIEST_YEAR, LATEST_YEAR, school_year_bounds
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices, filled, radio, select
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.plausible import day_in
from wss_cases.foundation.school_time import at_wall, local, zone_of
from wss_cases.incidents import telling
from wss_cases.incidents.additions import ContactAttempt, add_addendum, answer_question, record_guardian_contact
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.rules import IncidentFilter, person_words
from wss_cases.incidents.incident.states import (
    MANNER_LABELS,
    RESULT_LABELS,
    UNDECIDED,
    HurtBySomebody,
    IncidentState,
    Tile,
)
from wss_cases.incidents.lists import GROUPS
from wss_cases.incidents.pages.presenters import TONES, page_of, reachable, state_of
from wss_cases.incidents.telling import ASK_ALONE, MayTellForm, agree_to_tell, may_tell_page
from wss_cases.journal.extension_points import panels_for
from wss_cases.journal.rooms import Place, Room
from wss_cases.roster.telling import NOT_SAID

MOMENT_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


class AddendumForm(BaseForm):
    """Text added to a submitted report."""

    text = LongText(_l("Add to the report"), [NotBlank(_l("Write what you want to add."))])


class AnswerForm(BaseForm):
    """The reporter's answer to a question."""

    answer = LongText(_l("Your answer"), [NotBlank(_l("Write your answer."))])


class ScreeningForm(BaseForm):
    """What a clinician's screening led to, in the care record only."""

    note = LongText(_l("What was found and what happens next"), [NotBlank(_l("Write what was found."))])


class HurtForm(BaseForm):
    """Whether somebody is hurting the student."""

    hurt = radio(
        _l("Is someone hurting this student?"), HurtBySomebody, _l("Enter whether someone is hurting the student.")
    )


class ContactForm(BaseForm):
    """An attempt to reach a guardian."""

    person = select(_l("About which student?"), validators=[InputRequired(_l("Choose the student."))])
    guardian = select(_l("Who did you try to reach?"), validators=[Optional()])
    at = DateTimeLocalField(
        _l("When?"), format=MOMENT_FORMATS, validators=[InputRequired(_l("Enter the date and the time."))]
    )
    manner = radio(_l("How?"), MANNER_LABELS, _l("Choose how."))
    result = radio(_l("Result"), RESULT_LABELS, _l("Choose the result."))
    language = ShortText(_l("Language spoken"), limit=20)
    note = LongText(_l("What was said"), limit=5000)


def read_filter(args: Mapping[str, str]) -> IncidentFilter:
    """Return the filter of a list's address. Raises Refused naming the first value that cannot be read."""
    values: dict[str, Any] = {}
    for parameter, (name, read) in _READERS.items():
        text = args.get(parameter, "")
        if text == "":
            continue
        try:
            values[name] = read(text)
        except (ValueError, OverflowError, IndexError) as error:
            raise Refused("", _("This filter cannot be used: %(name)s.", name=parameter)) from error
    return IncidentFilter(**values)


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or len(text) > 18:
            raise ValueError(text)
        number = int(text)
        if not least <= number <= most:
            raise ValueError(text)
        return number

    return read


def _month(text: str) -> str:
    if len(text) != 7:
        raise ValueError(text)
    if not EARLIEST_YEAR <= date.fromisoformat(f"{text}-01").year <= LATEST_YEAR:
        raise ValueError(text)
    return text


def _group(text: str) -> str:
    if text not in {"none", "1-2", "3-4", "5-6", *"123456"}:
        raise ValueError(text)
    return text


def _code(text: str) -> str:
    if len(text) > 60 or not text.isascii() or not text.replace("_", "").isalnum():
        raise ValueError(text)
    return text


_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "school": ("school", _number(1, 10**17)),
    "year": ("year", lambda text: school_year_bounds(text) and text),
    "from": ("from_day", day_in),
    "to": ("to_day", day_in),
    "behavior": ("behavior", _code),
    "group": ("group", _group),
    "place": ("place", _code),
    "tile": ("tile", lambda text: Tile(text).value),
    "grade": ("grade", _number(-1, 13)),
    "hour": ("hour", _number(0, 23)),
    "weekday": ("weekday", _number(0, 6)),
    "state": ("state", lambda text: text if text in GROUPS else IncidentState(text).value),
    "month": ("month", _month),
}
PARAMETERS = tuple(_READERS)


blueprint = Blueprint("incidents", __name__)


@blueprint.get("/incidents/<int:incident_id>")
@gate(Permission.INCIDENT_READ)
def incident(incident_id: int) -> str:
    """Show one report: facts, people, texts, contacts, history; a reporter sees what became of it."""
    return _page(get_incident(current_actor(), incident_id), AddendumForm(), AnswerForm())


@blueprint.post("/incidents/<int:incident_id>/addendum")
@gate(Permission.INCIDENT_COMPLETE)
def addendum(incident_id: int) -> Page:
    """Add text to a report."""
    report = _completable(incident_id)
    form = AddendumForm()
    if form.validate():
        add_addendum(submitted(form), report.id, form.text.data)
        flash(_("Your text was added to the report."))
        return _back(report)
    return _page(report, form, AnswerForm(formdata=None)), 400


@blueprint.post("/incidents/<int:incident_id>/answer")
@gate(Permission.INCIDENT_COMPLETE)
def answer(incident_id: int) -> Page:
    """Answer the question that a report came back with."""
    report = _completable(incident_id)
    form = AnswerForm()
    if form.validate():
        answer_question(submitted(form), report.id, form.answer.data)
        flash(_("The answer was sent."))
        return _back(report)
    return _page(report, AddendumForm(formdata=None), form), 400


@blueprint.route("/incidents/<int:incident_id>/contacts/new", methods=["GET", "POST"])
@gate(Permission.INCIDENT_COMPLETE)
def contact(incident_id: int) -> Page:
    """Record an attempt to reach a guardian."""
    actor, now = current_actor(), clock.now()
    report = _completable(incident_id)
    zone = zone_of(report.school_id)
    form = ContactForm()
    students = [person for person in report.people if person.student_id is not None]
    form.person.choices = choices([(str(person.id), person_words(person)) for person in students])
    # who reported something may say whom they reached; numbers are the case team's
    team = actor.covers(report.school_id, *CASE_TEAM)
    form.guardian.choices = choices([("", _("Someone not in the roster")), *reachable(students, numbers=team)])
    if not form.is_submitted():
        form.at.data = local(now, zone).replace(tzinfo=None)

    def act() -> int:
        attempt = filled(
            form,
            ContactAttempt,
            incident_person_id=int(form.person.data),
            at=at_wall(form.at.data, zone),
            guardian_id=int(form.guardian.data) if form.guardian.data else None,
        )
        return record_guardian_contact(submitted(form), report.id, attempt)

    address = url_for("incidents.incident", incident_id=report.id) + "#contacts"
    done = with_flash(_("The attempt is recorded. You do not need to enter it again."), address)
    return form_page(
        form, act, done, "incidents/pages/contact.html", incident=report, not_said=NOT_SAID, agreed=_agreed(students)
    )


@blueprint.route("/incidents/<int:incident_id>/may-tell", methods=["GET", "POST"])
@gate(Permission.INCIDENT_COMPLETE)
def may_tell(incident_id: int) -> Page:
    """Record that whom the words concern agrees that a call tells what only a student tells at home."""
    report = _completable(incident_id)
    form = MayTellForm()
    form.offer(report.people)
    back = url_for(".contact", incident_id=report.id)

    def act() -> int:
        return agree_to_tell(submitted(form), report.id, int(form.person.data), form.told.data, form.given())

    done = with_flash(_("It is recorded. You may say these words on a call."), back)
    return may_tell_page(form, act, done, back, str(ASK_ALONE))


def _agreed(students: list[IncidentPerson]) -> list[str]:
    told = [(person_words(person), sorted(telling.may_tell(person))) for person in students]
    return [dotted(who, ", ".join(words)) for who, words in told if words]


def _completable(incident_id: int) -> Incident:
    return get_incident(current_actor(), incident_id, Permission.INCIDENT_COMPLETE)


def _page(report: Incident, add: AddendumForm, reply: AnswerForm) -> str:
    actor = current_actor()
    zone = zone_of(report.school_id)
    reply.version.data = reply.version.data or str(report.version)
    return render_template(
        "incidents/pages/incident.html",
        incident=report,
        when=moment_words(report.occurred_at, zone),
        shown=page_of(report, zone, team=actor.covers(report.school_id, *CASE_TEAM), reader_id=actor.user_id),
        own=(own := report.reporter_id == actor.user_id),
        may_review=can(actor, Permission.INCIDENT_REVIEW, report),
        may_complete=report.state in UNDECIDED,
        state=state_of(report, own=own),
        tone=TONES.get(report.state, "slate"),
        review_href=url_for("review.incident", incident_id=report.id),
        panels=panels_for(Place.INCIDENT, actor, report),
        student_hrefs=_student_links(actor, report),
        add=add,
        reply=reply,
        done=request.args.get("done"),
    )


def _back(report: Incident) -> Response:
    return redirect(url_for("incidents.incident", incident_id=report.id), 303)


def _student_links(actor: Actor, report: Incident) -> dict[int, str | None]:
    if not actor.covers(report.school_id, *CASE_TEAM):
        return {}
    ids = [person.student_id for person in report.people if person.student_id is not None]
    return {student_id: url_for("students.student", student_id=student_id) for student_id in ids}


ROOM = Room(pages=(blueprint,))
