"""The form that puts the facts of a report right: every fact as it stands, and why it changes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from wtforms import DateTimeLocalField, Field
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, choices, select
from wss_cases.foundation.i18n import in_language
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.school_time import at_wall, local
from wss_cases.incidents.incident.models import BehaviorCode, Incident, IncidentPerson, LocationCode
from wss_cases.incidents.incident.rules import PersonDetails, code_set_for
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.intake.corrections.facts.actions import CODES, Correction
from wss_cases.intake.corrections.facts.states import FACT_LABELS
from wss_cases.intake.details.forms import person_fields, pick, stored
from wss_cases.intake.report.forms import MOMENT_FORMATS, time_problem

OF_PERSON = ("role", "behavior", "injury")


class CorrectionForm(BaseForm):
    """What is asked about the report as a whole; made for one report by `correction_form`."""

    school_id = select(FACT_LABELS["school"], validators=[Optional()])
    tile = select(FACT_LABELS["tile"], list(CODES["tile"].items()))
    location = select(FACT_LABELS["place"], validators=[InputRequired(_l("Choose where it happened."))])
    occurred = DateTimeLocalField(FACT_LABELS["when"], format=MOMENT_FORMATS, validators=[Optional()])
    injury = pick(FACT_LABELS["injury"], CODES["injury"])
    weapon = pick(FACT_LABELS["weapon"], CODES["weapon"])
    substance = pick(FACT_LABELS["substance"], CODES["substance"])
    reason = LongText(
        _l("Reason for the correction"),
        [NotBlank(_l("Enter the reason in a sentence."))],
        limit=2_000,
        description=_l("The history of the report keeps the reason, the old value, and the new value."),
    )

    def check_time(self, now: datetime, zone: str) -> bool:
        """Whether the time can be; else an error beside it."""
        problem = time_problem(self.occurred.data, now, zone)
        self.occurred.errors = [*self.occurred.errors, *([problem] if problem else [])]
        return not problem

    def correction(self, incident: Incident, zone: str) -> Correction:
        """Return what a sound form says."""
        return Correction(
            reason=self.reason.data or "",
            school_id=(id_in(self["school_id"].data) if "school_id" in self else None) or incident.school_id,
            location_code=self.location.data,
            tile=self.tile.data,
            injury=self.injury.data or None,
            weapon=self.weapon.data or None,
            substance=self.substance.data or None,
            occurred_at=at_wall(self.occurred.data.replace(second=0), zone),
            people=tuple(self._part(person) for person in incident.people),
        )

    def _part(self, person: IncidentPerson) -> PersonDetails:
        role, behavior, injury = (self[f"p{person.id}_{name}"].data for name in OF_PERSON)
        return PersonDetails(person.id, PersonRole(role), id_in(behavior), injury=injury or None)


def correction_form(
    incident: Incident,
    codes: Mapping[str, Sequence[BehaviorCode]],
    places: Sequence[LocationCode],
    schools: Sequence[tuple[int, str]],
    zone: str,
) -> CorrectionForm:
    """Return the form for one report, filled with what it says; the school is asked where there is a choice."""
    fields: dict[str, Field] = {}
    for person in incident.people:
        asked = person_fields(person, codes[code_set_for(person.grade, incident.local_date)])
        fields |= {name: field for name, field in asked.items() if name.removeprefix(f"p{person.id}_") in OF_PERSON}
    made = type("CorrectionOfReport", (CorrectionForm,), dict(fields))
    data: dict[str, Any] = stored(incident) | {"tile": incident.tile, "school_id": str(incident.school_id)}
    wall = local(incident.occurred_at, zone).replace(tzinfo=None)
    form: CorrectionForm = made(data=data | {"occurred": wall}, version=incident.version)
    form.location.choices = choices([(place.code, in_language(place, "label")) for place in places])
    form.school_id.choices = choices([(str(number), name) for number, name in schools])
    if len(schools) < 2:
        del form.school_id
    return form
