"""Forms of resources and their entries."""

from collections.abc import Sequence

from wtforms import DateField, SelectField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import id_in
from wss_cases.plans.money.amounts.forms import Money, PositionShare
from wss_cases.plans.money.resources.actions import Needed, Paid
from wss_cases.plans.money.resources.models import LONGEST_JOB_CODE, LONGEST_NOTE, LONGEST_TITLE
from wss_cases.plans.money.resources.states import EntryKind, ResourceKind
from wss_cases.plans.plan.core.forms import no_student_named


class ResourceForm(BaseForm):
    """What a strategy needs."""

    strategy = SelectField(_l("Strategy"), validators=[InputRequired(_l("Choose the strategy."))])
    kind = radio(_l("Kind"), ResourceKind, _l("Choose what kind of resource it is."))
    title = ShortText(_l("What it is"), [NotBlank(_l("Write what it is."))], limit=LONGEST_TITLE)
    planned = Money(_l("Planned amount in dollars"))
    job_code = ShortText(_l("Job code"), limit=LONGEST_JOB_CODE)
    fte = PositionShare(_l("Full-time equivalent"), description=_l("Such as 1 or 0.5."))
    filled_on = DateField(_l("Filled on"), [Optional()])
    vacant_since = DateField(_l("Vacant since"), [Optional()])
    anyway = no_student_named()

    def offer(self, strategies: Sequence[tuple[int, str]]) -> None:
        """Give the form the strategies of its plan; without any, the resource keeps its own."""
        if strategies:
            self.strategy.choices = choices([(str(number), words) for number, words in strategies])
        else:
            del self.strategy

    @property
    def strategy_id(self) -> int:
        """The chosen strategy; of a form that is sound."""
        return id_in(self.strategy.data) or 0

    @property
    def needed(self) -> Needed:
        """What was entered; of a form that is sound."""
        return Needed(
            ResourceKind(self.kind.data), self.title.data or "", self.planned.cents, self.job_code.data or "",
            self.fte.hundredths, self.filled_on.data, self.vacant_since.data,
        )  # fmt: skip


class EntryForm(BaseForm):
    """An amount that was committed or spent."""

    kind = radio(_l("What happened"), EntryKind, _l("Choose whether it was committed or spent."))
    amount = Money(_l("Amount in dollars"))
    on_day = DateField(_l("Date"), [InputRequired(_l("Enter the date."))])
    note = ShortText(_l("Note"), limit=LONGEST_NOTE)
    anyway = no_student_named()

    @property
    def paid(self) -> Paid:
        """What was entered; of a form that is sound."""
        assert self.on_day.data is not None
        return Paid(EntryKind(self.kind.data), self.amount.cents, self.on_day.data, self.note.data or "")


class CorrectionForm(BaseForm):
    """Why an entry is taken back."""

    reason = LongText(_l("What was wrong"), [NotBlank(_l("Write what was wrong."))], limit=LONGEST_NOTE)
    anyway = no_student_named()
