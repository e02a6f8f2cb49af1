"""The desk completion: shared facts, and for each person their part; the fields depend on who is in the report."""

from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Field, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText, ShortText, choices, select
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import in_language
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.incidents.incident import states
from wss_cases.incidents.incident.models import BehaviorCode, Incident, IncidentPerson, LocationCode
from wss_cases.incidents.incident.rules import Details, PersonDetails, code_set_for
from wss_cases.incidents.incident.states import PersonKind, PersonRole
from wss_cases.intake.report.forms import person_ids

Labels = Mapping[Any, Any]
YES_NO = {"yes": True, "no": False, "unknown": None}
FLAGS: dict[str, Any] = {
    "gun_violence_threat": _l("Words or actions meant to use a gun at school (not play, drawings, or a finger)?"),
    "fire_or_bomb": _l("A fire or a bomb, or a threat of one?"),
    "imminent_danger": _l("Danger that staff could not safely calm?"),
    "clear_and_present_danger": _l("Did an administrator or clinician find a clear and present danger?"),
    "distribution": _l("Was a substance given or sold?"),
    "intimate_partner": _l("Dating relationship?"),
    "bullying": _l("Is it bullying (alleged is enough)?"),
    "repeated_between_same_people": _l("Has it happened before between the same people?"),
    "abuse_suspected": _l("Is abuse or neglect suspected?"),
    "self_harm": _l("Did anyone hurt themselves, or talk about it?"),
    "staff_written_complaint": _l("Did a staff member file a written complaint?"),
}
"""Yes/no questions whose names are the routing facts they answer."""


def yes_no(label: Any) -> RadioField:
    """Return a question answered yes, no, not known, or left open."""
    return RadioField(
        label,
        choices=choices([("yes", states.YES), ("no", states.NO), ("unknown", states.NOT_KNOWN)]),
        validators=[Optional()],
    )


def pick(label: Any, labels: Labels) -> SelectField:
    """Return a list to choose from whose first line is "not answered"."""
    return select(label, [("", _l("Not answered")), *labels.items()], validators=[Optional()])


class DetailsForm(BaseForm):
    """What is asked about the report as a whole."""

    location = select(_l("Where, exactly?"), validators=[InputRequired(_l("Choose where it happened."))])
    injury = pick(_l("Was anyone hurt?"), states.INJURY_LABELS)
    weapon = pick(_l("Weapon"), states.WEAPON_LABELS)
    substance = pick(_l("Substance"), states.SUBSTANCE_LABELS)
    sexual = pick(_l("Anything sexual?"), states.SEXUAL_LABELS)
    bias_basis = pick(_l("Because of who someone is (bias)?"), states.BIAS_LABELS)
    property_damage = yes_no(_l("Was property damaged or taken?"))
    verified = yes_no(_l("Have the facts been checked?"))
    immediate_action = LongText(_l("Immediate action taken"))
    more = LongText(_l("Anything to add about what you saw or heard?"))

    def details(self, people: Sequence[IncidentPerson]) -> Details:
        """Return what a sound form says."""
        facts: dict[str, Any] = {name: YES_NO[self[name].data] for name in FLAGS if self[name].data in YES_NO}
        if "mutual" in self and self["mutual"].data in YES_NO:
            facts["mutual"] = YES_NO[self["mutual"].data]
        for name in ("injury", "weapon", "substance", "sexual", "verified"):
            if self[name].data:
                facts[name] = self[name].data
        bias = self.bias_basis.data
        if bias:
            facts["bias"] = None if bias == "not_known" else bias != "none"
        codes = {name: self[name].data or None for name in ("injury", "weapon", "substance", "bias_basis")}
        return Details(
            **codes,
            location_code=self.location.data,
            property_damage=YES_NO.get(self.property_damage.data or "unknown"),
            facts=facts,
            immediate_action=self.immediate_action.data or "",
            more=self.more.data or "",
            people=tuple(self.part(person) for person in people),
        )

    def part(self, person: IncidentPerson) -> PersonDetails:
        """Return what the form says of one person."""
        values = {name: self[f"p{person.id}_{name}"].data for name in PERSON_FIELDS}
        return PersonDetails(
            person_id=person.id,
            role=PersonRole(values["role"]),
            behavior_code_id=int(values["behavior"]) if values["behavior"] else None,
            motivation=values["motivation"] or None,
            injury=values["injury"] or None,
            family_text=values["family_text"] or "",
            facts=dict(person.facts or {}),
        )


PERSON_FIELDS = ("role", "behavior", "motivation", "injury", "family_text")


class AddPersonForm(BaseForm):
    """One more person in the report: found by name, or described."""

    people = SelectMultipleField(_l("Add a person"), choices=[], validate_choice=False, validators=[person_ids])
    people_q = ShortText(_l("Name"))
    kind = select(
        _l("Or someone who is not on the lists"),
        [("", _l("No one")), *((k, PersonKind(k).label) for k in PersonKind if k is not PersonKind.STUDENT)],
        validators=[Optional()],
    )
    description = ShortText(_l("Describe them in a few words"))
    in_place_of = select(_l("Who is this?"), validators=[Optional()])


def details_form(
    incident: Incident,
    codes: Mapping[str, Sequence[BehaviorCode]],
    places: Sequence[LocationCode],
    *,
    reviewer: bool,
    formdata: MultiDict[str, str] | None = None,
    check_csrf: bool = True,
) -> DetailsForm:
    """Return the form for one report, filled from the record or from `formdata`.

    `codes` are the behaviours in force by code set; only a reviewer is asked whether harm was mutual.
    """
    fields: dict[str, Field] = {name: yes_no(label) for name, label in FLAGS.items()}
    if reviewer:
        fields["mutual"] = yes_no(_l("Was the harm mutual (more than self-defense)?"))
    for person in incident.people:
        fields |= person_fields(person, codes[code_set_for(person.grade, incident.local_date)])
    made = type("DetailsOfReport", (DetailsForm,), dict(fields))
    options: dict[str, Any] = {} if check_csrf else {"meta": {"csrf": False}}
    if formdata is not None:
        options["formdata"] = formdata
    form: DetailsForm = made(data=stored(incident), **options)
    form.location.choices = choices([(place.code, in_language(place, "label")) for place in places])
    return form


def behavior_words(code: BehaviorCode) -> str:
    """Return a behaviour's label with its group."""
    label: str = in_language(code, "label")
    if code.behavior_group is None:
        return label
    return _("%(label)s (group %(group)s)", label=label, group=code.behavior_group)


def stored(incident: Incident) -> dict[str, Any]:
    """Return a report's answers as the form shows them."""
    words = {True: "yes", False: "no", None: "unknown"}
    facts = incident.facts or {}
    data: dict[str, Any] = {name: words[facts[name]] for name in (*FLAGS, "mutual") if name in facts}
    data |= {name: facts.get(name) for name in ("sexual", "verified")}
    for name in ("injury", "weapon", "substance", "bias_basis", "immediate_action"):
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
    """Return the questions about one person, by field name."""
    behaviors = [("", _l("Not coded yet")), *((str(code.id), behavior_words(code)) for code in codes)]
    prefix = f"p{person.id}_"
    return {
        prefix + "role": select(_l("Role"), list(PersonRole.labels().items())),
        prefix + "behavior": select(_l("What they are reported to have done"), behaviors, validators=[Optional()]),
        prefix + "motivation": pick(_l("Possible motivation"), states.MOTIVATION_LABELS),
        prefix + "injury": pick(_l("Was this person hurt?"), states.INJURY_LABELS),
        prefix + "family_text": LongText(_l("What this person’s family may read")),
    }
