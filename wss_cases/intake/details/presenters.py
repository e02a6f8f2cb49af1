"""The desk's questions in groups, and its answers as the check page reads them out."""

from dataclasses import dataclass
from typing import Any

from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.rules import CAUSED, person_words
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.intake.details.forms import PERSON_FIELDS, DetailsForm
from wss_cases.intake.questions.states import FLAGS

HARM = ("injury", "weapon", "substance", "sexual", "bias_basis", "property_damage")
ROLE = "role"


@dataclass(frozen=True)
class Group:
    """One card of questions: a person's (with the words that name them), or a subject's.

    `fields` stand open, `folded` are one tap away.
    """

    title: str
    fields: tuple[Any, ...]
    folded: tuple[Any, ...] = ()
    person_id: int | None = None

    @property
    def every(self) -> tuple[Any, ...]:
        """All its questions."""
        return (*self.fields, *self.folded)

    @property
    def unfolds(self) -> bool:
        """Whether something is wrong with an answer that is folded."""
        return any(field.errors for field in self.folded)


def groups_of(form: DetailsForm, incident: Incident, asked: frozenset[str]) -> list[Group]:
    """Return the cards of the form in order: how the reporter knows, people, the event, and what is folded of it by
    subject. `asked` names what stands open."""
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
    # the table of questions calls a person's injury otherwise than that of the whole report
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
    """Return (title, rows) of what was asked and of what was answered; an empty value reads "Not provided"; each row
    leads back to its field."""
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
    # what a witness or a person harmed did is not asked
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
