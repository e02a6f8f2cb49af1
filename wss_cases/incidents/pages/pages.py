"""The page of a report: text added, questions answered, calls to guardians; and the filter of the list."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.validators import Optional

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation import clock
from wss_cases.foundation.clock import EARLIEST_YEAR, LATEST_YEAR, school_year_bounds
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import (
    BaseForm,
    LongText,
    MomentField,
    NotBlank,
    PlainForm,
    ShortText,
    choice_field,
    choices,
    day_in,
    pick,
    radio,
)
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, with_flash
from wss_cases.foundation.school_time import local, moment_words, zone_of
from wss_cases.incidents.additions import add_addendum, answer_question
from wss_cases.incidents.incident.models import GuardianContact, Incident, IncidentPerson
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
from wss_cases.incidents.telling import ASK_ALONE, MayTellForm, agree_to_tell, entry_of, may_tell, may_tell_page
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.extension_points import panels_for, react
from wss_cases.journal.rooms import Place, Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.queries import guardians_of
from wss_cases.roster.directory.rules import Reach
from wss_cases.roster.telling import NOT_SAID, refuse_private


class AddendumForm(BaseForm):
    text = LongText(_l("Add to the report"), [NotBlank(_l("Write what you want to add."))])


class AnswerForm(BaseForm):
    answer = LongText(_l("Your answer"), [NotBlank(_l("Write your answer."))])


class HurtForm(BaseForm):
    hurt = radio(
        _l("Is someone hurting this student?"), HurtBySomebody, _l("Enter whether someone is hurting the student.")
    )


def read_filter(args: Mapping[str, str]) -> IncidentFilter:
    """The filter in an address. Raises Refused for the first invalid value."""
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


pages = Pages("incidents", __name__)


def page_of_report(report: Incident) -> str:
    return url_for("incidents.incident", incident_id=report.id)


def _completable(actor: Actor, incident_id: int) -> Incident:
    return get_incident(actor, incident_id, Permission.INCIDENT_COMPLETE)


@pages.get("/incidents/<int:incident_id>")
@gate(Permission.INCIDENT_READ)
def incident(incident_id: int) -> str:
    """One report: facts, people, texts, contacts, history; its reporter sees the outcome."""
    return _page(get_incident(current_actor(), incident_id), AddendumForm(), AnswerForm())


@pages.post("/incidents/<int:incident_id>/addendum")
@gate(Permission.INCIDENT_COMPLETE)
def addendum(incident_id: int) -> Page:
    report = _completable(current_actor(), incident_id)
    form = AddendumForm()
    if form.validate():
        add_addendum(submitted(form), report.id, form.text.data)
        flash(_("Your text was added to the report."))
        return _back(report)
    return _page(report, form, AnswerForm(formdata=None)), 400


@pages.post("/incidents/<int:incident_id>/answer")
@gate(Permission.INCIDENT_COMPLETE)
def answer(incident_id: int) -> Page:
    report = _completable(current_actor(), incident_id)
    form = AnswerForm()
    if form.validate():
        answer_question(submitted(form), report.id, form.answer.data)
        flash(_("The answer was sent."))
        return _back(report)
    return _page(report, AddendumForm(formdata=None), form), 400


class ContactForm(PlainForm):
    """An attempt to reach a student's guardian; no guardian means someone not on the roster."""

    person = pick(_l("About which student?"), {}, _l("Choose the student."))
    guardian = choice_field(_l("Who did you try to reach?"), validators=[Optional()], validate_choice=False)
    at = MomentField(_l("When?"), _l("Enter the date and the time."))
    manner = radio(_l("How?"), MANNER_LABELS, _l("Choose how."))
    result = radio(_l("Result"), RESULT_LABELS, _l("Choose the result."))
    language = ShortText(
        _l("Language spoken"), limit=20, width="medium", description=_l("For example: Spanish.")
    )  # fmt: skip
    note = LongText(_l("What was said"), limit=5000, rows=3, description=NOT_SAID)

    def fit(self, report: Incident) -> None:
        self.students = [person for person in report.people if person.student_id is not None]
        self.person.choices = choices([(str(person.id), person_words(person)) for person in self.students])
        self.at.zone = zone_of(report.school_id)


def _contact_words(report: Incident, form: ContactForm) -> dict[str, Any]:
    # Reporters may say whom they reached; only the case team sees phone numbers.
    team = current_actor().covers(report.school_id, *CASE_TEAM)
    offered = reachable(form.students, numbers=team)
    form.guardian.choices = choices([("", _("Someone not in the roster")), *offered])
    return {"agreed": _agreed(form.students), "back_words": _("Back to the report")}


@pages.act(
    "/incidents/<int:incident_id>/contacts/new", Subject(Incident, _completable), ContactForm,
    Permission.INCIDENT_COMPLETE, adds=True, endpoint="contact", title=_l("Contact with a guardian"),
    button=_l("Record the attempt"), lede=_l("A voicemail is an attempt, not contact."), boxed=False,
    start=lambda report: {"at": local(clock.now(), zone_of(report.school_id)).replace(tzinfo=None)},
    trail=lambda report: [(_("Incidents"), url_for(".incidents")), (report.reference, page_of_report(report))],
    more=_contact_words, template="incidents/pages/contact.html",
    then=lambda report, _answer: page_of_report(report) + "#contacts",
    done=_l("The attempt is recorded. You do not need to enter it again."),
)  # fmt: skip
def record_guardian_contact(uow: UnitOfWork, incident: Incident, form: ContactForm) -> int:
    """Record an attempt to reach a guardian of a student in the report."""
    person = entry_of(uow, incident, int(form.person.data))
    guardian_id = id_in(form.guardian.data)
    if form.at.at > uow.now + timedelta(minutes=1):
        raise Refused("at", _("This time is in the future. Enter when it happened."))
    _check_guardian(person, guardian_id)
    refuse_private("note", form.note.data, may_tell(person))
    contact = GuardianContact(
        incident_id=incident.id, incident_person_id=person.id, author_id=uow.actor.user_id, at=form.at.at,
        manner=form.manner.data, result=form.result.data, language=form.language.data, guardian_id=guardian_id,
        note=form.note.data,
    )  # fmt: skip
    uow.record(uow.add(contact), "incident.guardian_contact")
    uow.record(incident, "incident.guardian_contact")
    react(uow, "incident.guardian_contact", contact)
    return contact.id


def _check_guardian(person: IncidentPerson, guardian_id: int | None) -> None:
    if guardian_id is None:
        return
    guardian = next((row for row in guardians_of(person.student_id or 0) if row.id == guardian_id), None)
    if guardian is None:
        raise Refused("guardian", _("This adult is not a guardian of this student."))
    if guardian.reach is Reach.NEVER:
        raise Refused("guardian", _("No one may contact this person about this student."))


@pages.route("/incidents/<int:incident_id>/may-tell", methods=["GET", "POST"], endpoint="may_tell")
@gate(Permission.INCIDENT_COMPLETE)
def may_tell_home(incident_id: int) -> Page:
    """Record that the people concerned agree that a call may tell what normally only a student tells at home."""
    report = _completable(current_actor(), incident_id)
    form = MayTellForm()
    form.offer(report.people)
    back = url_for(".contact", incident_id=report.id)

    def act() -> int:
        return agree_to_tell(submitted(form), report.id, int(form.person.data), form.told.data, form.given())

    done = with_flash(_("It is recorded. You may say these words on a call."), back)
    return may_tell_page(form, act, done, back, str(ASK_ALONE))


def _agreed(students: list[IncidentPerson]) -> list[str]:
    consents = [(person_words(person), sorted(may_tell(person))) for person in students]
    return [dotted(who, ", ".join(words)) for who, words in consents if words]


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
    return redirect(page_of_report(report), 303)


def _student_links(actor: Actor, report: Incident) -> dict[int, str | None]:
    if not actor.covers(report.school_id, *CASE_TEAM):
        return {}
    ids = [person.student_id for person in report.people if person.student_id is not None]
    return {student_id: url_for("students.student", student_id=student_id) for student_id in ids}


ROOM = Room(pages=(pages,))
