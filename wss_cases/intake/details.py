"""Completing the details of a report: form, draft, check page, and adding people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import Field, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm, LongText, ShortText, apply_refusal, choice_field, choices, radio
from wss_cases.foundation.i18n import _, _l, in_language
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at, zone_of
from wss_cases.incidents.changes import save_draft
from wss_cases.incidents.incident import states
from wss_cases.incidents.incident.models import BehaviorCode, Incident, IncidentPerson, LocationCode
from wss_cases.incidents.incident.queries import behaviors_in_force, get_incident, locations_on, newest_draft, own_draft
from wss_cases.incidents.incident.rules import (
    CAUSED,
    UNKNOWN,
    CapturedPerson,
    Details,
    PersonDetails,
    code_set_for,
    is_unknown,
    person_words,
    worst_injury,
)
from wss_cases.incidents.incident.states import TEXT_ADDED, UNDECIDED, PersonKind, PersonRole
from wss_cases.intake.questions import (
    FLAGS,
    OF_PERSON,
    OF_REPORT,
    OF_STUDENT_ALONE,
    OF_STUDENTS,
    chosen_for,
    is_adult,
    kind_of,
    open_questions,
    without_student,
)
from wss_cases.intake.report.actions import add_people_to, complete_details, read_added
from wss_cases.intake.report.forms import captured_person, people_items, person_ids, search_items
from wss_cases.intake.report.pages import capture_blueprint as blueprint
from wss_cases.intake.report.pages import saved_as_json, switch_language
from wss_cases.journal.rooms import Room

Labels = Mapping[Any, Any]
YES_NO = {"yes": True, "no": False, "unknown": None}


def yes_no(label: Any) -> RadioField:
    """A question with the answers yes, no and not known, or none."""
    return RadioField(
        label,
        choices=choices([("yes", states.YES), ("no", states.NO), ("unknown", states.NOT_KNOWN)]),
        validators=[Optional()],
    )


def pick(label: Any, labels: Labels) -> SelectField:
    return choice_field(label, [("", _l("Not answered")), *labels.items()], validators=[Optional()])


class DetailsForm(BaseForm):
    """The details of the whole report; `details_form` adds the fields of one report."""

    heard_from = radio(_l("How do you know of it?"), states.HEARD_FROM_LABELS)
    location = choice_field(_l("Where, exactly?"), validators=[InputRequired(_l("Choose where it happened."))])
    injury = pick(OF_REPORT["injury"], states.INJURY_LABELS)
    weapon = pick(OF_REPORT["weapon"], states.WEAPON_LABELS)
    substance = pick(OF_REPORT["substance"], states.SUBSTANCE_LABELS)
    sexual = pick(OF_REPORT["sexual"], states.SEXUAL_LABELS)
    bias_basis = pick(OF_REPORT["bias_basis"], states.BIAS_LABELS)
    property_damage = yes_no(OF_REPORT["property_damage"])
    verified = yes_no(OF_REPORT["verified"])
    immediate_action = LongText(OF_REPORT["immediate_action"])
    more = LongText(OF_REPORT["more"])

    def details(self, incident: Incident) -> Details:
        """The answers of a valid form; facts that were not asked keep their stored value."""
        facts: dict[str, Any] = {name: known for name, known in incident.facts.items() if name in OF_STUDENTS}
        for name in (*FLAGS, "mutual"):
            if name in self and self[name].data in YES_NO:
                facts[name] = YES_NO[self[name].data]
            elif name in self:
                facts.pop(name, None)
        codes = {name: self[name].data or None for name in ("injury", "weapon", "substance", "bias_basis")}
        codes["injury"] = codes["injury"] or worst_injury(self.injuries(incident.people))
        for name in ("injury", "weapon", "substance"):
            if codes[name]:
                facts[name] = codes[name]
        for name in ("sexual", "verified"):
            if self[name].data:
                facts[name] = self[name].data
        bias = codes["bias_basis"]
        if bias:
            facts["bias"] = None if bias == "not_known" else bias != "none"
        return Details(
            **codes,
            location_code=self.location.data,
            property_damage=YES_NO.get(self.property_damage.data or "unknown"),
            heard_from=self.heard_from.data or None,
            facts=facts,
            immediate_action=self.immediate_action.data or "",
            more=self.more.data or "",
            people=tuple(self.part(person) for person in incident.people),
        )

    def injuries(self, people: Sequence[IncidentPerson]) -> list[str | None]:
        """The injury of each person who may be hurt, None where it was not answered."""
        return [
            self[f"p{person.id}_injury"].data or None
            for person in people
            if self[f"p{person.id}_role"].data not in (PersonRole.WITNESS, PersonRole.SUPPORT)
        ]

    def part(self, person: IncidentPerson) -> PersonDetails:
        """The answers about one person; questions not asked of adults give empty values."""
        names = {name: f"p{person.id}_{name}" for name in PERSON_FIELDS}
        values = {name: self[field].data if field in self else "" for name, field in names.items()}
        return PersonDetails(
            person_id=person.id,
            role=PersonRole(values["role"]),
            behavior_code_id=int(values["behavior"]) if values["behavior"] else None,
            motivation=values["motivation"] or None,
            injury=values["injury"] or None,
            family_text=values["family_text"] or "",
            facts=dict(person.facts or {}),
        )


PERSON_FIELDS = ("role", "injury", "behavior", "motivation", "family_text")


class AddPersonForm(BaseForm):
    """One more person in the report: chosen by name, or described."""

    people = SelectMultipleField(_l("Add a person"), choices=[], validate_choice=False, validators=[person_ids])
    people_q = ShortText(_l("Name"))
    kind = choice_field(
        _l("Or someone who is not on the lists"),
        [("", _l("No one")), *((k, PersonKind(k).label) for k in PersonKind if k is not PersonKind.STUDENT)],
        validators=[Optional()],
    )
    description = ShortText(_l("Describe them in a few words"))
    in_place_of = choice_field(_l("Who is this?"), validators=[Optional()])


def details_form(
    incident: Incident,
    codes: Mapping[str, Sequence[BehaviorCode]],
    places: Sequence[LocationCode],
    *,
    reviewer: bool,
    formdata: MultiDict[str, str] | None = None,
    check_csrf: bool = True,
) -> DetailsForm:
    """The form of one report, filled from the record or from `formdata`. `codes` are the behaviors in force by code
    set; only a reviewer is asked whether the harm was mutual."""
    skipped = OF_STUDENTS if without_student(incident.people) else ()
    fields: dict[str, Field] = {name: yes_no(label) for name, label in FLAGS.items() if name not in skipped}
    if reviewer:
        fields["mutual"] = yes_no(_l("Was the harm mutual (more than self-defense)?"))
    for person in incident.people:
        asked = person_fields(person, codes[code_set_for(person.grade, incident.local_date)])
        left_out = {f"p{person.id}_{name}" for name in OF_STUDENT_ALONE} if is_adult(person) else set()
        fields |= {name: field for name, field in asked.items() if name not in left_out}
    made = type("DetailsOfReport", (DetailsForm,), dict(fields))
    options: dict[str, Any] = {} if check_csrf else {"meta": {"csrf": False}}
    if formdata is not None:
        options["formdata"] = formdata
    form: DetailsForm = made(data=stored(incident), **options)
    form.location.choices = choices([(place.code, in_language(place, "label")) for place in places])
    return form


def behavior_words(code: BehaviorCode) -> str:
    label: str = in_language(code, "label")
    if code.behavior_group is None:
        return label
    return _("%(label)s (group %(group)s)", label=label, group=code.behavior_group)


def stored(incident: Incident) -> dict[str, Any]:
    """A report's answers as form data."""
    words = {True: "yes", False: "no", None: "unknown"}
    # An unknown fact counts as unanswered, except that nobody could verify the facts: that is an answer.
    facts = {name: fact for name, fact in (incident.facts or {}).items() if fact != UNKNOWN or name == "verified"}
    data: dict[str, Any] = {name: words[facts[name]] for name in (*FLAGS, "mutual") if name in facts}
    data |= {name: facts.get(name) for name in ("sexual", "verified")}
    for name in ("injury", "weapon", "substance", "bias_basis", "immediate_action", "heard_from"):
        data[name] = getattr(incident, name)
    if incident.property_damage is not None:
        data["property_damage"] = words[incident.property_damage]
    if incident.tile == "bullying":
        data.setdefault("bullying", "yes")
    data["location"] = incident.location_code
    for person in incident.people:
        for name in ("role", "motivation", "injury", "family_text"):
            data[f"p{person.id}_{name}"] = getattr(person, name)
        data[f"p{person.id}_behavior"] = str(person.behavior_code_id or "")
    return data


def person_fields(person: IncidentPerson, codes: Sequence[BehaviorCode]) -> dict[str, Field]:
    """The questions about one person by field name."""
    behaviors = [("", _l("Not coded yet")), *((str(code.id), behavior_words(code)) for code in codes)]
    prefix = f"p{person.id}_"
    return {
        prefix + "role": choice_field(_l("Role"), list(PersonRole.labels().items())),
        prefix + "behavior": choice_field(OF_PERSON["behavior"], behaviors, validators=[Optional()]),
        prefix + "motivation": pick(OF_PERSON["motivation"], states.MOTIVATION_LABELS),
        prefix + "injury": pick(OF_PERSON["person_injury"], states.INJURY_LABELS),
        prefix + "family_text": LongText(OF_PERSON["family_text"]),
    }


HARM = ("injury", "weapon", "substance", "sexual", "bias_basis", "property_damage")
ROLE = "role"


@dataclass(frozen=True)
class Group:
    """One card of questions about a person or a subject. `fields` are visible, `folded` are hidden until opened."""

    title: str
    fields: tuple[Any, ...]
    folded: tuple[Any, ...] = ()
    person_id: int | None = None

    @property
    def every(self) -> tuple[Any, ...]:
        return (*self.fields, *self.folded)

    @property
    def unfolds(self) -> bool:
        return any(field.errors for field in self.folded)


def groups_of(form: DetailsForm, incident: Incident, asked: frozenset[str]) -> list[Group]:
    """The cards in order: source of the report, people, the event, then folded questions by subject. `asked` names
    the visible ones."""
    about = [
        (_("Harm"), HARM),
        (_("What else is known"), (*FLAGS, "mutual", "verified")),
        (_("Place and immediate action"), ("heard_from", "location", "immediate_action", "more")),
    ]
    subjects = [(title, [form[name] for name in names if name in form]) for title, names in about]
    event = [field for _title, fields in reversed(subjects) for field in fields if field.name in asked]
    folded = [(title, tuple(one for one in fields if one.name not in asked)) for title, fields in subjects]
    return [
        *(_person(form, person, asked) for person in incident.people),
        Group(_("What happened"), tuple(event)),
        *(Group(title, (), fields) for title, fields in folded if fields),
    ]


def _person(form: DetailsForm, person: IncidentPerson, asked: frozenset[str]) -> Group:
    fields = [(name, form[f"p{person.id}_{name}"]) for name in PERSON_FIELDS if f"p{person.id}_{name}" in form]
    # The table of questions has different names for a person's injury and for that of the whole report.
    opened = {ROLE, *(asked - {"injury"}), *({"injury"} if "person_injury" in asked else ())}
    return Group(
        person_words(person),
        tuple(field for name, field in fields if name in opened),
        tuple(field for name, field in fields if name not in opened),
        person.id,
    )


def summary_of(
    form: DetailsForm, incident: Incident, asked: frozenset[str], back: str
) -> list[tuple[str, list[dict[str, Any]]]]:
    """(title, rows) of the questions asked and of those answered. Empty answers read "Not provided"; each row links
    to its field."""
    parts = []
    for group in groups_of(form, incident, asked):
        rows = [
            {
                "label": field.label.text,
                "value": _words(field),
                "change_href": f"{back}#{field.id}",
                "change_about": f"{field.label.text}: {group.title}",
            }
            for field in group.every
            if not _pointless(form, group, field) and (field in group.fields or _words(field))
        ]
        if rows:
            parts.append((group.title, rows))
    return parts


def _pointless(form: DetailsForm, group: Group, field: Any) -> bool:
    # Witnesses and people harmed are not asked what they did.
    if group.person_id is None or not field.name.endswith(("_behavior", "_motivation")):
        return False
    role = form[f"p{group.person_id}_role"].data
    return role not in (*(r.value for r in CAUSED), PersonRole.INVOLVED.value)


def _words(field: Any) -> str:
    if not hasattr(field, "iter_choices"):
        return str(field.data or "")
    if not field.data:
        return ""
    return next((str(choice[1]) for choice in field.iter_choices() if str(choice[0]) == str(field.data)), "")


FORM = "details"
NOT_SAVED = {"csrf_token", "request_key", "version", "people_q", "find", "add", "switch_language"}


@blueprint.route("/incidents/<int:incident_id>/details", methods=["GET", "POST"])
@gate(Permission.INCIDENT_COMPLETE)
def details(incident_id: int) -> Page:
    """The form with the saved draft; valid answers lead to the check page."""
    actor, now = current_actor(), clock.now()
    incident = _open(actor, incident_id)
    if request.method == "GET":
        draft = newest_draft(actor, FORM, g.get("kept_at"), incident.id)
        typed = MultiDict((n, v) for n, values in draft.payload.items() for v in values) if draft else None
        return _show(incident, actor, _form(actor, incident, typed))
    form = _form(actor, incident)
    if "find" in request.form:
        adding = AddPersonForm()
        words = adding.people_q.data or ""
        matches = search_items(actor, incident.school_id, words)
        return _show(incident, actor, form, adding, matches, words)
    if "switch_language" in request.form:
        _save_draft(actor, incident, now)
        switch_language(request.form["switch_language"])
        return redirect(url_for("capture.details", incident_id=incident.id), 303)
    if "add" in request.form:
        return _add(incident, actor, form, now)
    try:
        sound = form.validate()
        _save_draft(actor, incident, now)
        if sound:
            return redirect(url_for("capture.check", incident_id=incident.id), 303)
    except Refused as refusal:
        apply_refusal(form, refusal)
    return _show(incident, actor, form), 400


@blueprint.post("/incidents/<int:incident_id>/details/draft")
@gate(Permission.INCIDENT_COMPLETE)
def details_draft(incident_id: int) -> Response | tuple[Response, int]:
    actor, now = current_actor(), clock.now()
    incident = _open(actor, incident_id)
    return saved_as_json(lambda: _save_draft(actor, incident, now), now, zone_of(incident.school_id))


@blueprint.route("/incidents/<int:incident_id>/details/check", methods=["GET", "POST"])
@gate(Permission.INCIDENT_COMPLETE)
def check(incident_id: int) -> Page:
    """All answers with a Change link each; the button submits them."""
    actor = current_actor()
    incident = _open(actor, incident_id)
    draft = own_draft(actor, FORM, incident.id)
    if draft is None:
        return redirect(url_for("capture.details", incident_id=incident.id), 303)
    typed: MultiDict[str, str] = MultiDict((n, v) for n, values in draft.payload.items() for v in values)
    form = _form(actor, incident, typed, check_csrf=False)
    if not form.validate():
        return _show(incident, actor, form), 400
    button = BaseForm()
    if request.method == "GET":
        button.version.data = str(incident.version)
        return _check_page(incident, form, button)
    if button.validate():
        try:
            answers = form.details(incident)
            complete_details(submitted(button), incident.id, answers)
            return redirect(url_for("incidents.incident", incident_id=incident.id, done="details"), 303)
        except Refused as refusal:
            apply_refusal(form, refusal)
            return _show(incident, actor, form), 400
    return _check_page(incident, form, button), 400


def _check_page(incident: Incident, form: DetailsForm, button: BaseForm) -> str:
    back = url_for("capture.details", incident_id=incident.id)
    return render_template(
        "intake/details/check.html",
        incident=incident,
        form=button,
        parts=summary_of(form, incident, _asked(incident), back),
        back=back,
    )


def _asked(incident: Incident) -> frozenset[str]:
    chosen = chosen_for(kind_of(incident), today_at(incident.school_id, clock.now()))
    return open_questions(chosen, incident)


def _open(actor: Actor, incident_id: int) -> Incident:
    incident = get_incident(actor, incident_id, Permission.INCIDENT_COMPLETE)
    if incident.state not in UNDECIDED:
        raise Refused("", _("This report is decided. You can still add text to it."))
    return incident


def _form(
    actor: Actor, incident: Incident, typed: MultiDict[str, str] | None = None, check_csrf: bool = True
) -> DetailsForm:
    day = incident.local_date
    sets = {code_set_for(person.grade, day) for person in incident.people} | {code_set_for(None, day)}
    codes = {name: behaviors_in_force(name, day) for name in sets}
    reviewer = can(actor, Permission.INCIDENT_REVIEW, incident)
    places = locations_on(day, incident.location_code)
    return details_form(incident, codes, places, reviewer=reviewer, formdata=typed, check_csrf=check_csrf)


def _save_draft(actor: Actor, incident: Incident, now: datetime) -> None:
    typed = {name: values for name, values in request.form.lists() if name not in NOT_SAVED and len(name) < 40}
    known = set(_form(actor, incident)._fields)
    answers = {name: values for name, values in typed.items() if name in known}
    save_draft(actor, FORM, answers, now, school_id=incident.school_id, incident_id=incident.id)


def _add(incident: Incident, actor: Actor, form: DetailsForm, now: datetime) -> Page:
    adding = adding_form(incident)
    try:
        if adding.validate():
            _save_draft(actor, incident, now)
            named = named_in(adding)
            target = int(adding.in_place_of.data) if adding.in_place_of.data else None
            add_people_to(submitted(adding), incident.id, named, target)
            return redirect(url_for("capture.details", incident_id=incident.id) + "#who", 303)
    except Refused as refusal:
        apply_refusal(adding, refusal)
    return _show(incident, actor, form, adding), 400


def named_in(form: AddPersonForm) -> list[CapturedPerson]:
    """The people a form names. Raises Refused for none, or for a typed name that was not chosen from the list."""
    named = [person for value in form.people.data or [] if (person := captured_person(value))]
    if form.kind.data:
        named.append(CapturedPerson(PersonKind(form.kind.data), description=form.description.data or ""))
    if (form.people_q.data or "").strip() or not named:
        raise Refused("people", _("Choose a name from the list, or describe the person."))
    return named


def adding_form(incident: Incident) -> AddPersonForm:
    adding = AddPersonForm()
    unknown = [p for p in incident.people if is_unknown(p)]
    adding.in_place_of.choices = choices(
        [("", _("Add another person")), *((str(p.id), person_words(p)) for p in unknown)]
    )
    return adding


def _show(
    incident: Incident,
    actor: Actor,
    form: DetailsForm,
    adding: AddPersonForm | None = None,
    matches: list[dict[str, str]] | None = None,
    searched: str = "",
) -> str:
    adding = adding or adding_form(incident)
    if not adding.in_place_of.choices:
        adding.in_place_of.choices = adding_form(incident).in_place_of.choices
    chosen = [p for value in adding.people.data or [] if (p := captured_person(value))]
    groups = groups_of(form, incident, _asked(incident))
    return render_template(
        "intake/details/details.html",
        incident=incident,
        form=form,
        adding=adding,
        groups=groups,
        chosen=people_items(incident.school_id, chosen),
        matches=matches,
        searched=searched or adding.people_q.data or "",
        problems=[(message, f"#{field.id}") for field in adding for message in field.errors]
        + [(message, None) for message in adding.form_errors],
    )


ROOM = Room(pages=(blueprint,), reactions={TEXT_ADDED: read_added})
