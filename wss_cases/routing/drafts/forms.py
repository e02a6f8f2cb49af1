"""Forms of rule sets."""

from wtforms import DateField
from wtforms.validators import InputRequired

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank
from wss_cases.foundation.i18n import lazy_gettext as _l

MOST_CHARACTERS = 600


class ProposalForm(BaseForm):
    """What a draft changes and its first day; the reason is asked for where no replay stands for the draft."""

    note = LongText(
        _l("What this draft changes, and why"), [NotBlank(_l("Write what it changes, and why."))], MOST_CHARACTERS
    )
    starts_on = DateField(_l("In force from"), [InputRequired(_l("Enter the first day."))])
    why_not_replayed = LongText(_l("Why it is published without a replay"), limit=MOST_CHARACTERS)


class WithdrawalForm(BaseForm):
    """Why a published version is withdrawn before its first day."""

    reason = LongText(_l("Why it is withdrawn"), [NotBlank(_l("Explain why it is withdrawn."))], MOST_CHARACTERS)


class ReplayForm(BaseForm):
    """Over which incidents a rule set is replayed."""

    first_day = DateField(_l("Incidents from"), [InputRequired(_l("Enter the first day."))])
    last_day = DateField(_l("Incidents to"), [InputRequired(_l("Enter the last day."))])
