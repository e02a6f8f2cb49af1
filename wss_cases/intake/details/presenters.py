"""The desk's questions in groups, and its answers as the check page reads them out."""

from dataclasses import dataclass
from typing import Any

from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.rules import CAUSED, person_words
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.intake.details.forms import FLAGS, PERSON_FIELDS, DetailsForm

HARM = ("injury", "weapon", "substance", "sexual", "bias_basis", "property_damage")


@dataclass(frozen=True)
class Group:
    """One card of questions: a person's (with the words that name them), or a subject's."""

    title: str
    fields: tuple[Any, ...]
    person_id: int | None = None


def groups_of(form: DetailsForm, incident: Incident) -> list[Group]:
    """Return the cards of the form in order: people, harm, what else is true, place and texts."""
    people = [
        Group(person_words(p), tuple(form[f"p{p.id}_{name}"] for name in PERSON_FIELDS), p.id) for p in incident.people
    ]
    flags = tuple(form[name] for name in (*FLAGS, "mutual", "verified") if name in form)
    return [
        *people,
        Group(_("Harm"), tuple(form[name] for name in HARM)),
        Group(_("What else is known"), flags),
        Group(_("Place and immediate action"), (form.location, form.immediate_action, form.more)),
    ]


def summary_of(form: DetailsForm, incident: Incident, back: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return (title, rows) of every answer; an empty value reads "Not provided"; each row leads back to its field."""
    parts = []
    for group in groups_of(form, incident):
        rows = [
            {
                "label": field.label.text,
                "value": _words(field),
                "change_href": f"{back}#{field.id}",
                "change_about": f"{field.label.text}: {group.title}",
            }
            for field in group.fields
            if not _pointless(form, group, field)
        ]
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
