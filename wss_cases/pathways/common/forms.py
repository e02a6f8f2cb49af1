"""Forms of the common life of a pathway."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wtforms import DateField, RadioField, SelectField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices, radio, select
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.school_time import at_local
from wss_cases.pathways.common.states import EndReason, Kind, Person

DAY = _l("Choose a day.")


def number(text: Any) -> int | None:
    """Return the id that a select field holds; None for its empty choice."""
    digits = str(text or "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None


def moment_in(form: BaseForm, zone: str) -> datetime:
    """Return the instant that a form's day and time name at a school."""
    return at_local(form["day"].data, form["time"].data.hour, form["time"].data.minute, zone)


def people_choices(people: Mapping[int, Any], empty: Any = None) -> list[Any]:
    """Return people as the choices of a select: an empty one first when it has words."""
    pairs = [(str(key), words) for key, words in people.items()]
    return choices([("", empty), *pairs] if empty is not None else pairs)


class AddForm(BaseForm):
    """A pathway proposed by hand."""

    kind = select(_l("Kind"), list(Kind.labels().items()), validators=[InputRequired(_l("Choose one of the kinds."))])
    for_whom = radio(_l("Who it is for"), Person.labels(), _l("Enter who it is for."))
    participant_id = SelectField(_l("For one person"), validators=[Optional()])
    start_by = DateField(_l("Start by"), validators=[Optional()])
    owner_id = SelectField(_l("Lead person"), validators=[Optional()])


class OfferForm(BaseForm):
    """Who invited the person, and when."""

    by = SelectField(_l("Who made the offer"), validators=[InputRequired(_l("Choose who made the offer."))])
    on = DateField(_l("On which day"), validators=[InputRequired(DAY)])


class DayForm(BaseForm):
    """The day on which something became so."""

    on = DateField(_l("On which day"), validators=[InputRequired(DAY)])


class PlanForm(BaseForm):
    """Next step, expected end, owner."""

    next_step = ShortText(_l("Next step"), [NotBlank(_l("Write the next step."))])
    next_step_on = DateField(_l("When"), validators=[InputRequired(DAY)])
    expected_end = DateField(_l("Expected end"), validators=[Optional()])
    owner = SelectField(_l("Lead person"), validators=[Optional()])


class CompleteForm(BaseForm):
    """The outcome, with a note."""

    outcome = RadioField(_l("Outcome"), validators=[InputRequired(_l("Choose the outcome."))])
    note = LongText(_l("Note"), description=_l("Facts only; never what was said in a circle."))


BY_HAND = {reason: words for reason, words in EndReason.labels().items() if reason is not EndReason.NAMED_IN_ERROR}
"""Nobody ends a pathway so: taking somebody out of the report does."""


class EndForm(BaseForm):
    """Why it ends early."""

    reason = radio(_l("Reason it is ending"), BY_HAND, _l("Choose the reason it is ending."))
    note = LongText(_l("Note"), description=_l("Facts only; never what was said in a circle."))


class ConfirmForm(BaseForm):
    """An act without a question."""
