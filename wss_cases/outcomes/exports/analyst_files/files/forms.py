"""The form with which somebody asks for a file for analysts."""

from collections.abc import Sequence
from datetime import date

from wtforms import HiddenField, ValidationError
from wtforms.validators import Optional

from wss_cases.foundation.dates import month_words
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, choices, pick, radio
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.outcomes.exports.analyst_files.files.states import Refusal
from wss_cases.outcomes.exports.export_log.forms import SHORTEST_REASON


class FileForm(BaseForm):
    """To whom, which months, and what for."""

    agreement_id = pick(_l("Under which agreement?"), {}, _l("Choose an agreement."))
    first_month = pick(_l("First month"), {}, _l("Choose the first month."))
    last_month = pick(_l("Last month"), {}, _l("Choose the last month."))
    reason = LongText(_l("What the file is for"), [NotBlank(_l("Write what the file is for."))], limit=1000)

    def offer(self, agreements: Sequence[tuple[int, str]], months: Sequence[date]) -> None:
        """Offer these agreements (id, words) and months (first days)."""
        nothing = ("", _("Choose one"))
        self.agreement_id.choices = choices([nothing, *((str(number), words) for number, words in agreements)])
        shown = choices([nothing, *((f"{month:%Y-%m}", month_words(month)) for month in months)])
        self.first_month.choices = self.last_month.choices = shown

    def validate_reason(self, field: LongText) -> None:
        """A word is no reason."""
        if len((field.data or "").strip()) < SHORTEST_REASON:
            raise ValidationError(_("Write a little more: at least %(number)s characters.", number=SHORTEST_REASON))


class ReleaseForm(BaseForm):
    """The release of what was read: `read` is the fingerprint of the figures on the page."""

    read = HiddenField()


class RefuseForm(BaseForm):
    """Why a file is not released."""

    because = radio(_l("Why is it not released?"), Refusal.labels(), _l("Choose a reason."))
    own_words = LongText(
        _l("In your own words"),
        [Optional()],
        limit=1000,
        description=_l("For example, what should be requested instead."),
    )
