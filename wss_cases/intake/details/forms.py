"""The form for the details of a report: shared facts, then each person's part. Its fields depend on who is in the
report."""

from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Field, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText, ShortText, choice_field, choices, radio
from wss_cases.foundation.i18n import _, _l, in_language
from wss_cases.incidents.incident import states
from wss_cases.incidents.incident.models import BehaviorCode, Incident, IncidentPerson, LocationCode
from wss_cases.incidents.incident.rules import UNKNOWN, Details, PersonDetails, code_set_for
from wss_cases.incidents.incident.states import PersonKind, PersonRole
from wss_cases.intake.questions import (
    FLAGS,
    OF_PERSON,
    OF_REPORT,
    OF_STUDENT_ALONE,
    OF_STUDENTS,
    is_adult,
    without_student,
)
from wss_cases.intake.report.forms import person_ids

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
        codes["injury"] = codes["injury"] or self.worst_injury(incident.people)
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

    def worst_injury(self, people: Sequence[IncidentPerson]) -> str | None:
        """The worst injury of any person; "none" only if it was given for everyone who may be hurt."""
        injuries = {
            self[f"p{person.id}_injury"].data or None
            for person in people
            if self[f"p{person.id}_role"].data not in (PersonRole.WITNESS, PersonRole.SUPPORT)
        }
        worst = next((injury for injury in ("needed_care", "minor") if injury in injuries), None)
        return worst or ("none" if injuries == {"none"} else None)

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
    """Label of a behavior with its group."""
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
