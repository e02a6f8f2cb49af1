"""Forms of a calendar's import: the file, and what each of its events is."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from wtforms import DateField, FileField, HiddenField
from wtforms.validators import Optional

from wss_cases.foundation.clock import school_year, year_named
from wss_cases.foundation.forms import BaseForm, select
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.roster.calendar.importing.events import Event, EventKind
from wss_cases.workday.calendar_import import rules

OFFERED = (
    EventKind.NO_SCHOOL, EventKind.HALF_DAY, EventKind.FIRST_DAY, EventKind.LAST_DAY, EventKind.SCHOOL_DAY,
    EventKind.STATE_HOLIDAY_CHECK, EventKind.IGNORED,
)  # fmt: skip
NEXT_YEAR_FROM = 4
"""The month from which the next school year's calendar is what is usually taken in."""


class UploadForm(BaseForm):
    """The file, and the school year that it is for."""

    file = FileField(_l("Calendar file"))
    school_year = select(_l("School year"))


class PreviewForm(BaseForm):
    """What each event is; its fields are made by `preview_form`. `shown`: the answers as the page showed them."""

    first_day = DateField(_l("First day of school"), validators=[Optional()])
    last_day = DateField(_l("Last day of school"), validators=[Optional()])
    shown = HiddenField()
    seen = HiddenField()

    def answers(self) -> rules.Answers:
        """Return what was sent."""
        days = {
            name: field.data.isoformat() if field.data else ""
            for name, field in ((rules.FIRST, self.first_day), (rules.LAST, self.last_day))
        }
        return days | {field.name: str(field.data) for field in self if field.name.startswith("event")}

    @property
    def times_written(self) -> int:
        """How often the year's calendar was written when the page was shown; no number that it can be for none."""
        text = self.seen.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1

    def catch_up(self, stored: rules.Answers) -> None:
        """Let the page show what others have answered since, and keep what was changed on it."""
        mine = rules.changed(rules.read_answers(self.shown.data or ""), self.answers())
        for name, value in stored.items():
            if name.startswith("event") and name not in mine:
                self[name].data = value
        self.shown.data = rules.written_answers(stored)


def years(today: date) -> list[tuple[str, str]]:
    """Return the school years that a calendar can be for, the likeliest first."""
    this = school_year(today)
    first = int(this[:4])
    following, before = year_named(first + 1), year_named(first - 1)
    is_near = today.year > first and today.month >= NEXT_YEAR_FROM
    order = [following, this, before] if is_near else [this, following, before]
    return [(year, year) for year in order]


def preview_form(events: Sequence[Event], first: date | None, last: date | None, seen: int) -> PreviewForm:
    """Return the form of an uploaded calendar, showing what stands."""
    fields: dict[str, Any] = {
        rules.field_of(event): select(event.title, [(kind.value, kind.label) for kind in OFFERED]) for event in events
    }
    answers = rules.answers_of(events, first, last)
    form: PreviewForm = type("PreviewFormOfEvents", (PreviewForm,), fields)(
        data={name: value for name, value in answers.items() if name in fields}
        | {"first_day": first, "last_day": last, "shown": rules.written_answers(answers), "seen": str(seen)}
    )
    return form
