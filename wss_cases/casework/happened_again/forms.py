"""The form of "Something happened again"."""

from datetime import date
from typing import Any

from wtforms import DateField, SelectMultipleField
from wtforms.validators import InputRequired

from wss_cases.casework.happened_again.states import Ground
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.incidents.incident.states import MANNER_LABELS, Tile, WhereTile


class AgainForm(BaseForm):
    """Danger, what, where, when and by whom; what may be passed on of it, and why; how it became known."""

    danger = radio(
        _l("Is anyone hurt or in danger now?"),
        {"no": _l("No"), "yes": _l("Yes")},
        _l("Answer whether anyone is hurt or in danger now."),
    )
    what = radio(_l("What happened?"), Tile, _l("Choose what happened."))
    where = radio(_l("Where?"), WhereTile, _l("Choose where it happened."))
    on_day = DateField(_l("On which day?"), validators=[InputRequired(_l("Choose a day."))])
    harmed = SelectMultipleField(_l("Who was harmed?"))
    caused = SelectMultipleField(
        _l("Who is reported to have done it?"), description=_l("Leave it blank if no one can say.")
    )
    ground = radio(_l("Why may this be shared?"), Ground, _l("Choose why it may be shared."))
    ground_words = ShortText(
        _l("Which harm, or which law?"), description=_l("Required unless the person agrees."), limit=300
    )
    passed_on = LongText(
        _l("What may be shared?"),
        [NotBlank(_l("Write what may be shared."))],
        limit=4000,
        description=_l(
            "Deans read this. What was said while preparing a circle, in a circle, or after it stays in the sealed "
            "notes."
        ),
    )
    manner = radio(_l("How did you hear about it?"), MANNER_LABELS, _l("Choose how."))

    def ask(self, people: dict[int, str], harmed: int | None, today: date) -> None:
        """Offer the people of the case; it is of today unless said otherwise."""
        named: Any = choices([(str(key), name) for key, name in people.items()])
        self.harmed.choices = self.caused.choices = named
        if not self.is_submitted():
            self.on_day.data = today
            self.harmed.data = [str(harmed)] if harmed in people else []
