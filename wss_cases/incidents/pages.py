"""The page of a report: text added, questions answered, calls to guardians; reports in words; the filter of lists."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms.validators import Optional

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.teams import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.clock import EARLIEST_YEAR, LATEST_YEAR, school_year_bounds
from wss_cases.foundation.db import db
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
from wss_cases.foundation.i18n import _, _l, dotted, in_language, locale_code
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, with_flash
from wss_cases.foundation.school_time import day_words_with_year, local, moment_words, zone_of
from wss_cases.incidents.changes import add_addendum, answer_question
from wss_cases.incidents.incident import states
from wss_cases.incidents.incident.models import GuardianContact, Incident, IncidentPerson
from wss_cases.incidents.incident.queries import addenda_of, behavior_words, contacts_of, get_incident, locations
from wss_cases.incidents.incident.rules import IncidentFilter, person_words
from wss_cases.incidents.incident.states import (
    MANNER_LABELS,
    OWN_STATE_LABELS,
    RESULT_LABELS,
    UNDECIDED,
    WITHDRAWN,
    HurtBySomebody,
    IncidentState,
    Tile,
    WhenPrecision,
)
from wss_cases.incidents.lists import GROUPS, openable_student, trait_words
from wss_cases.incidents.telling import ASK_ALONE, MayTellForm, agree_to_tell, entry_of, may_tell, may_tell_page
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.extension_points import panels_for, react
from wss_cases.journal.queries import history
from wss_cases.journal.rooms import Place, Room
from wss_cases.journal.timeline import entry_rows
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.pages import grade_words, language_words, limit_words, relation_words
from wss_cases.roster.directory.queries import guardians_of, guardians_of_each
from wss_cases.roster.directory.rules import Reach
from wss_cases.roster.telling import NOT_SAID, refuse_private

DONE = (IncidentState.ROUTED, IncidentState.NO_FURTHER_ACTION, IncidentState.CLOSED)
TONES = {IncidentState.RETURNED: "sun", **dict.fromkeys(DONE, "moss")}
TAB_LABELS = {"todo": _l("To do"), "submitted": _l("Submitted"), "done": _l("Done")}
GROUP_LABELS = {"counted": _l("Counted in outcomes")}
"""Groups of states without a tab; figures link to them."""
Rows = list[dict[str, Any]]


def outcome_words(incident: Incident) -> str:
    """The outcome of a report in one sentence, without names."""
    if incident.is_withdrawn:
        return _("The reporter withdrew it before anyone reviewed it.")
    return {
        IncidentState.SUBMITTED: _("Waiting for dean review."),
        IncidentState.UNDER_REVIEW: _("A dean is reading it."),
        IncidentState.RETURNED: _("Waiting for the reporter’s answer."),
        IncidentState.ROUTED: _("It was decided. People are working to repair the harm."),
        IncidentState.NO_FURTHER_ACTION: _("It was reviewed and closed with no further action."),
        IncidentState.DUPLICATE: _("Duplicate; merged with another report about the same incident."),
        IncidentState.CLOSED: _("The work on it is finished."),
    }[incident.state]


def title_words(tile: str, place: str) -> str:
    return f"{Tile(tile).label} · {place}"


def place_names() -> dict[str, str]:
    return {place.code: in_language(place, "label") for place in locations()}


def state_of(report: Any, *, own: bool) -> str:
    """The state of a report, for its reporter (`own`) or the case team."""
    if report.outcome_reason == WITHDRAWN:
        return _("Withdrawn")
    return str(OWN_STATE_LABELS.get(report.state, report.state.label) if own else report.state.label)


def chips(narrow: IncidentFilter) -> list[tuple[str, str]]:
    """(parameter, words) of each filter in use, without a state that has a tab."""
    behaviors = behavior_words([narrow.behavior], locale_code()) if narrow.behavior else {}
    words = {
        "state": "" if is_tab(narrow.state) else state_words(narrow.state),
        "year": _("School year %(year)s", year=narrow.year.replace("-", "–")) if narrow.year else "",
        "from": _("From %(day)s", day=day_words_with_year(narrow.from_day)) if narrow.from_day else "",
        "to": _("To %(day)s", day=day_words_with_year(narrow.to_day)) if narrow.to_day else "",
        "tile": str(Tile(narrow.tile).label) if narrow.tile else "",
        **trait_words(narrow, behaviors, place_names() if narrow.place else {}),
    }
    return [(name, text) for name, text in words.items() if text]


def is_tab(state: str | None) -> bool:
    """Whether a tab leads to the list of this state."""
    return not state or state in TAB_LABELS


def state_words(state: str | None) -> str:
    if not state:
        return _("All reports")
    return str(TAB_LABELS.get(state) or GROUP_LABELS.get(state) or IncidentState(state).label)


def page_of(incident: Incident, zone: str, *, team: bool, reader_id: int | None) -> dict[str, Any]:
    """One report in words; merged reports, history and others' contacts only for the case team."""
    addenda = addenda_of(incident.id)
    contacts = [one for one in contacts_of(incident.id) if team or one.author_id == reader_id]
    names = user_names([incident.reporter_id, *(a.author_id for a in addenda), *(c.author_id for c in contacts)])
    return {
        "outcome": outcome_words(incident),
        "facts": _facts(incident, zone, names),
        "people": _people(incident),
        "addenda": [
            {"what": names.get(a.author_id, ""), "when": moment_words(a.at, zone), "note": a.text} for a in addenda
        ],
        "contacts": _contacts(incident, contacts, zone),
        "history": history_rows(incident.id, zone) if team else [],
        "duplicate_of": _other(incident.duplicate_of_id),
        "merged": _merged(incident.id) if team else [],
    }


def history_rows(incident_id: int, zone: str, limit: int | None = None) -> Rows:
    """History of a report in words, newest first; the caller has checked it."""
    entries = history("incident", incident_id) if limit is None else history("incident", incident_id, limit)
    return entry_rows(entries, zone)


def report_rows(incident: Incident) -> list[tuple[str, str]]:
    """What identifies a report to someone who may not read it: reference and time."""
    when = when_words(incident, zone_of(incident.school_id))
    return [(_("Report"), incident.reference), (_("When"), when)]


def when_words(incident: Incident, zone: str) -> str:
    """The time, only as exactly as it is known."""
    if incident.when_precision is WhenPrecision.EARLIER_TODAY:
        return _("Earlier on %(day)s", day=day_words_with_year(incident.local_date))
    if incident.when_precision is WhenPrecision.DAY:
        return day_words_with_year(incident.local_date)
    words = moment_words(incident.occurred_at, zone)
    return _("%(when)s, in that period", when=words) if incident.when_precision is WhenPrecision.PERIOD else words


def _facts(incident: Incident, zone: str, names: dict[int, str]) -> Rows:
    place = place_names().get(incident.location_code, incident.location_code)
    damage = {True: _("Yes"), False: _("No"), None: ""}[incident.property_damage]
    sexual = (incident.facts or {}).get("sexual")
    rows = [
        (_("What"), Tile(incident.tile).label),
        (_("Where"), place),
        (_("When"), when_words(incident, zone)),
        (_("Hurt or in danger when it was reported"), _("Yes") if incident.danger_now else _("No")),
        (_("Reported by"), names.get(incident.reporter_id or 0, "")),
        (_("Injury"), states.INJURY_LABELS.get(incident.injury or "", "")),
        (_("Weapon"), states.WEAPON_LABELS.get(incident.weapon or "", "")),
        (_("Substance"), states.SUBSTANCE_LABELS.get(incident.substance or "", "")),
        (_("Sexual"), states.SEXUAL_LABELS.get(sexual or "", "")),
        (_("Bias"), states.BIAS_LABELS.get(incident.bias_basis or "", "")),
        (_("Theft or damage"), damage),
        (_("Immediate action taken"), incident.immediate_action),
    ]
    return [{"label": label, "value": str(value)} for label, value in rows]


def _people(incident: Incident) -> Rows:
    rows = []
    for person in incident.people:
        coded = in_language(person.behavior, "label") if person.behavior else None
        known = person.motivation if person.motivation != "unknown" else None
        motivation = states.MOTIVATION_LABELS.get(known or "")
        parts = [states.REPORTED_ROLE_LABELS[person.role], grade_words(person.grade), coded, motivation]
        rows.append(
            {
                "name": person_words(person),
                "meta": " · ".join(str(part) for part in parts if part),
                "family_text": person.family_text,
                "student_id": person.student_id,
            }
        )
    return rows


def _contacts(incident: Incident, contacts: Sequence[Any], zone: str) -> Rows:
    about = {person.id: person_words(person) for person in incident.people}
    students = {person.id: person.student_id for person in incident.people}
    called = {students[contact.incident_person_id] for contact in contacts if contact.guardian_id}
    each = guardians_of_each({student_id for student_id in called if student_id})
    guardians = {who.id: who.name for group in each.values() for who in group}
    return [
        {
            "what": f"{states.MANNER_LABELS[c.manner]}: {states.RESULT_LABELS[c.result]}",
            "when": moment_words(c.at, zone),
            "who": dotted(guardians.get(c.guardian_id), about[c.incident_person_id], language_words(c.language)),
            "note": c.note,
        }
        for c in contacts
    ]


def reachable(people: Sequence[IncidentPerson], *, numbers: bool) -> list[tuple[str, str]]:
    """(id, words) of guardians of these students who may be called, with phone numbers if `numbers`."""
    each = guardians_of_each([person.student_id for person in people if person.student_id])
    contacts = [who for guardians in each.values() for who in guardians]
    never = {who.id for who in contacts if who.reach is Reach.NEVER}
    return [
        (str(who.id), dotted(who.name, relation_words(who.relation), who.phone if numbers else "", limit_words(who)))
        for who in {one.id: one for one in contacts if one.id not in never}.values()
    ]


def _other(incident_id: int | None) -> tuple[int, str] | None:
    if incident_id is None:
        return None
    reference = db.session.scalar(select(Incident.reference).where(Incident.id == incident_id))
    return (incident_id, reference or "")


def _merged(incident_id: int) -> list[tuple[int, str]]:
    statement = select(Incident.id, Incident.reference).where(Incident.duplicate_of_id == incident_id)
    return [(row[0], row[1]) for row in db.session.execute(statement.order_by(Incident.id))]


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
    ids = [number for person in report.people if (number := openable_student(actor, person)) is not None]
    return {student_id: url_for("students.student", student_id=student_id) for student_id in ids}


ROOM = Room(pages=(pages,))
