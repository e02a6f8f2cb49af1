"""Forms of a school's periods, and of who teaches a student in each."""

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import SelectField, TimeField
from wtforms.validators import Optional

from wss_cases.foundation.forms import BaseForm, ShortText
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.common.forms import number, people_choices
from wss_cases.pathways.mentoring.periods.actions import Times
from wss_cases.pathways.mentoring.periods.models import LONGEST_NAME, MOST_PERIODS, SchoolPeriod

ROWS = range(MOST_PERIODS)


class PeriodsForm(BaseForm):
    """The periods of a school's day; its fields are made below, three for each row."""

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, and each row: a name of its own with both times, or nothing; it ends after it starts."""
        sound = bool(super().validate(extra_validators))
        names: set[str] = set()
        for row in ROWS:
            name, starts, ends = (self[f"{part}{row}"] for part in ("name", "starts", "ends"))
            words = (name.data or "").strip()
            filled = [bool(words), starts.data is not None, ends.data is not None]
            if name.errors or starts.errors or ends.errors or not any(filled):
                continue
            if not all(filled):
                name.errors = [*name.errors, _("Write the name and both times, or leave all three empty.")]
            elif words in names:
                name.errors = [*name.errors, _("Two periods have the same name.")]
            elif ends.data <= starts.data:
                ends.errors = [*ends.errors, _("%(period)s ends before it starts.", period=words)]
            names.add(words)
            sound = sound and not (name.errors or ends.errors)
        return sound

    def times(self) -> list[Times]:
        """Return the rows that were filled in."""
        rows = [(self[f"name{row}"].data, self[f"starts{row}"].data, self[f"ends{row}"].data) for row in ROWS]
        return [Times(name.strip(), starts, ends) for name, starts, ends in rows if name and name.strip()]


for _row in ROWS:
    setattr(PeriodsForm, f"name{_row}", ShortText(_l("Name"), [Optional()], limit=LONGEST_NAME))
    setattr(PeriodsForm, f"starts{_row}", TimeField(_l("From"), [Optional()]))
    setattr(PeriodsForm, f"ends{_row}", TimeField(_l("To"), [Optional()]))


def values_of(periods: Sequence[SchoolPeriod]) -> dict[str, Any]:
    """Return a school's periods as the values of the form."""
    values: dict[str, Any] = {}
    for row, one in zip(ROWS, periods, strict=False):
        values |= {f"name{row}": one.name, f"starts{row}": one.starts_at, f"ends{row}": one.ends_at}
    return values


def teachers_form(periods: Sequence[str]) -> type[BaseForm]:
    """Return a form with a field p<n> for each period of a card: who teaches the student then."""
    fields = {f"p{place}": SelectField(period, validators=[Optional()]) for place, period in enumerate(periods)}
    return type("TeachersForm", (BaseForm,), fields)


def offer_staff(form: BaseForm, periods: Sequence[str], staff: Mapping[int, str]) -> None:
    """Let each period be taught by one of these people, or by nobody who marks it."""
    for place in range(len(periods)):
        form[f"p{place}"].choices = people_choices(staff, _("No one marks it"))


def teachers_in(form: BaseForm, periods: Sequence[str]) -> dict[str, int | None]:
    """Return who was chosen for each period."""
    return {period: number(form[f"p{place}"].data) for place, period in enumerate(periods)}
