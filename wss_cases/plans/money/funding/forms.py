"""Forms of funding."""

from typing import Any

from wtforms import IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import id_in
from wss_cases.plans.money.amounts.forms import Money
from wss_cases.plans.money.funding.actions import MOST_OFFICERS, Given
from wss_cases.plans.money.funding.states import FundingSource
from wss_cases.plans.plan.core.forms import no_student_named


def _officers() -> IntegerField:
    """The field of how many officers left; only for former school police money."""
    between = NumberRange(0, MOST_OFFICERS, _l("Enter a number from 0 to %(max)s."))
    return IntegerField(_l("Police officers removed"), [Optional(), between])


class FundingForm(BaseForm):
    """A line of funding."""

    school = SelectField(_l("School"), validators=[InputRequired(_l("Choose the school."))])
    school_year = SelectField(_l("School year"), validators=[InputRequired(_l("Choose the school year."))])
    source = radio(_l("Source"), FundingSource, _l("Choose where the money comes from."))
    amount = Money(_l("Amount in dollars"))
    officers = _officers()
    note = ShortText(_l("Note"))
    anyway = no_student_named()

    def offer(self, schools: list[tuple[int, str]], years: list[str]) -> None:
        """Give the form its schools and school years."""
        self.school.choices = choices([(str(number), name) for number, name in schools])
        self.school_year.choices = choices([(year, year) for year in years])

    @property
    def school_id(self) -> int:
        """The chosen school; of a form that is sound."""
        return id_in(self.school.data) or 0

    @property
    def given(self) -> Given:
        """What was entered; of a form that is sound."""
        source, note = FundingSource(self.source.data), self.note.data or ""
        return Given(self.school_year.data, source, self.amount.cents, self.officers.data, note)


class AmountForm(BaseForm):
    """Another amount for a line."""

    amount = Money(_l("Amount in dollars"))


class AskForm(BaseForm):
    """What former school police money should become, and why."""

    amount = Money(_l("Amount in dollars"))
    officers = _officers()
    reason = LongText(_l("Why it should change"), [NotBlank(_l("Write why it should change."))], limit=1000)
    anyway = no_student_named()


class SettleForm(BaseForm):
    """What a second person says."""

    agrees: Any = radio(
        _l("Do you agree?"), [("yes", _l("Yes, make the change")), ("no", _l("No, leave it as it is"))],
        _l("Choose whether you agree."),
    )  # fmt: skip
    answer = LongText(_l("Why"), [NotBlank(_l("Write why you agree or disagree."))], limit=1000)
    anyway = no_student_named()
