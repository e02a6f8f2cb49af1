"""Forms of publishing and withdrawing."""

from collections.abc import Iterable

from wtforms import BooleanField
from wtforms.validators import Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.plans.public.publications.actions import Confirmed
from wss_cases.plans.public.publications.models import LONGEST_REASON, LONGEST_SUMMARY
from wss_cases.plans.public.publications.presenters import Summary


class PublishForm(BaseForm):
    """The plan in short, in both languages, and what the person who publishes confirms."""

    summary_en = LongText(
        _l("The plan in short, in English"), [NotBlank(_l("Write the plan in short, in English."))], LONGEST_SUMMARY
    )
    summary_es = LongText(
        _l("The plan in short, in Spanish"), [NotBlank(_l("Write the plan in short, in Spanish."))], LONGEST_SUMMARY
    )
    names_no_child = BooleanField(
        _l("I have read the page below. It names no student, and no one could be recognized.")
    )
    written_yes = ShortText(
        _l("Adults who are named, and where their written consent is kept"), [Optional()],
        description=_l("Leave it empty where no adult is named."),
    )  # fmt: skip

    @property
    def summary(self) -> Summary:
        """The words in both languages."""
        return Summary((self.summary_en.data or "").strip(), (self.summary_es.data or "").strip())

    def confirmed(self, shown: Iterable[str]) -> Confirmed:
        """Return what is confirmed by somebody who was shown these words that may name a student."""
        return Confirmed(bool(self.names_no_child.data), frozenset(shown), self.written_yes.data or "")


class WithdrawForm(BaseForm):
    """Why a page is withdrawn."""

    because = ShortText(_l("Why it is withdrawn"), [NotBlank(_l("Write why it is withdrawn."))], LONGEST_REASON)
