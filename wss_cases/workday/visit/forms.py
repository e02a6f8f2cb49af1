"""The form of a visit: for each follow-up its outcome and what shows it; how and when are asked once."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from wtforms import BooleanField, DateField, HiddenField, IntegerField, RadioField
from wtforms.validators import InputRequired, Optional

from wss_cases.followups.core.pages import outcomes_of
from wss_cases.followups.core.queries import FollowUpRow
from wss_cases.followups.core.states import HAPPENED_AGAIN, OUTCOME_LABELS
from wss_cases.followups.evidence import BY_CONTACT, NAMES_WHOM, Evidence
from wss_cases.foundation.forms import BaseForm, LongText, ShortText, choices, radio
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.incidents.incident.states import MANNER_LABELS

OWN = ("who", "language", "interpreter", "attempts", "note")
"""What is asked of one follow-up besides its outcome, where its kind asks for it."""


class VisitForm(BaseForm):
    """What is asked once about the whole visit; the follow-ups' own fields carry their number: `outcome_12`."""

    manner = radio(_l("How?"), MANNER_LABELS)
    on_day = DateField(_l("On which day?"), validators=[InputRequired(_l("Enter the day."))])

    def own(self, name: str, follow_up_id: int) -> Any:
        """Return one follow-up's field of this name; None where it is not asked."""
        return self._fields.get(f"{name}_{follow_up_id}")

    def shown(self, row: FollowUpRow) -> Evidence:
        """Return what was said to show one follow-up: its own way of contact, else that of the visit."""
        answers = {name: field.data for name in OWN if (field := self.own(name, row.id)) is not None}
        way = self.own("manner", row.id)
        answers["manner"] = (way.data if way is not None else self.manner.data) if row.kind in BY_CONTACT else ""
        answers["on_day"] = self.on_day.data
        return Evidence(**{name: value for name, value in answers.items() if value is not None})


def visit_form(rows: Sequence[FollowUpRow], circles: Collection[int], today: date) -> VisitForm:
    """Return the form of a visit with the fields of these open follow-ups; `circles`: those without a note here."""
    fields: dict[str, Any] = {}
    for row in rows:
        fields |= {f"{name}_{row.id}": field for name, field in _fields(row, row.id in circles).items()}
    form: VisitForm = type("VisitForm", (VisitForm,), fields)()
    if not form.is_submitted():
        form.on_day.data = today
    return form


def _fields(row: FollowUpRow, in_circle: bool) -> dict[str, Any]:
    here = [(code, OUTCOME_LABELS[code]) for code in outcomes_of(row.kind) if code != HAPPENED_AGAIN]
    fields: dict[str, Any] = {
        "version": HiddenField(default=str(row.version)),
        "outcome": RadioField(row.title, choices=choices(here), validators=[Optional()]),
    }
    if row.kind in BY_CONTACT:
        fields["attempts"] = IntegerField(_l("How many attempts did it take?"), default=1, validators=[Optional()])
    if row.kind in NAMES_WHOM:
        fields["manner"] = radio(_l("How?"), MANNER_LABELS)
        fields["who"] = ShortText(_l("Who did you reach?"))
        fields["language"] = ShortText(_l("Language spoken"), limit=20)
        fields["interpreter"] = BooleanField(_l("An interpreter spoke"))
    if not in_circle:
        fields["note"] = LongText(_("Note"), limit=4000)
    return fields
