"""The form of a row of the table of legal duties."""

from itertools import zip_longest

from wtforms import IntegerField
from wtforms.validators import NumberRange, Optional

from wss_cases.foundation.forms import DatedRowForm, LongText, NotBlank, ShortText, filled, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.safeguards.duties.table.actions import MOST_HOURS, KindText

_FILLED = NotBlank(_l("This must not be empty."))


class KindForm(DatedRowForm):
    """A row of the table: trigger, whom to tell, clock, source, steps, and from which day on."""

    trigger_en = LongText(_l("Trigger, in English"), [_FILLED], limit=2000)
    trigger_es = LongText(_l("Trigger, in Spanish"), [_FILLED], limit=2000)
    tell_en = LongText(_l("Who to notify, in English"), [_FILLED], limit=2000)
    tell_es = LongText(_l("Who to notify, in Spanish"), [_FILLED], limit=2000)
    clock_en = ShortText(_l("Deadline, in English"), [_FILLED])
    clock_es = ShortText(_l("Deadline, in Spanish"), [_FILLED])
    clock_hours = IntegerField(
        _l("Deadline in hours"),
        [Optional(), NumberRange(0, MOST_HOURS, _l("Enter the hours as a number from 0 (right away) to 8784."))],
    )
    source = ShortText(_l("Source"), [_FILLED], limit=300)
    confirmed = radio(
        _l("Is it confirmed?"),
        {"yes": _l("Confirmed"), "no": _l("Needs legal review")},
        _l("Answer whether it is confirmed."),
    )
    steps_en = LongText(_l("Steps, in English, one per line"), [_FILLED], limit=4000)
    steps_es = LongText(_l("Steps, in Spanish, one per line"), [_FILLED], limit=4000)

    def text(self) -> KindText:
        """Return what the action takes."""
        english, spanish = _lines(self.steps_en.data), _lines(self.steps_es.data)
        steps = tuple(zip_longest(english, spanish, fillvalue=""))
        return filled(self, KindText, is_confirmed=self.confirmed.data == "yes", steps=steps)


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]
