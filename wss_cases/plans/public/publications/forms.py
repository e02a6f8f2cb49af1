"""Forms of publishing and withdrawing."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from wtforms import BooleanField, DateField
from wtforms.validators import Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.plans.public.publications.actions import Confirmed, WrittenYes
from wss_cases.plans.public.publications.models import LONGEST_REASON, LONGEST_SUMMARY
from wss_cases.plans.public.publications.presenters import Summary
from wss_cases.plans.public.publications.rules import key_of, names_no_one


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
    adults: Sequence[str] = ()

    @property
    def summary(self) -> Summary:
        """The words in both languages."""
        return Summary((self.summary_en.data or "").strip(), (self.summary_es.data or "").strip())

    def confirmed(self, shown: Iterable[str], seen: Iterable[str]) -> Confirmed:
        """Return what is confirmed by somebody who was shown these words that may name a student, and read the parts
        with these seals."""
        agreed = tuple(
            WrittenYes(words, self[f"by_{key}"].data or "", self[f"on_{key}"].data, bool(self[f"no_one_{key}"].data))
            for words, key in ((words, key_of(words)) for words in self.adults)
        )
        return Confirmed(bool(self.names_no_child.data), frozenset(shown), frozenset(seen), agreed)


def publish_form(found: Sequence[str], **shown: Any) -> PublishForm:
    """Return the form with which a plan is published, with three fields for each adult whom the page may name."""
    consents: dict[str, Any] = {"adults": tuple(found)}
    for words in found:
        label = _("Written consent for “%(name)s”: who gave it, and where is it kept?", name=words)
        about = _("The person’s full name.")
        consents[f"no_one_{key_of(words)}"] = BooleanField(_("“%(name)s”: these words name no one", name=words))
        consents[f"by_{key_of(words)}"] = ShortText(label, [Optional()], LONGEST_REASON, description=about)
        consents[f"on_{key_of(words)}"] = DateField(_("“%(name)s”: given on", name=words), [Optional()])
    made: PublishForm = type("PublishForm", (PublishForm,), consents)(**shown)
    return made


def consents_shown(agreed: Iterable[Sequence[str]]) -> dict[str, Any]:
    """Return what stands in the fields of a form for consents as they are stored, by the names of the fields."""
    fields: dict[str, Any] = {}
    for words, given_by, given_on in agreed:
        key = key_of(words)
        fields[f"no_one_{key}"] = names_no_one(words, given_by, given_on)
        fields[f"by_{key}"] = given_by
        fields[f"on_{key}"] = date.fromisoformat(given_on) if given_on else None
    return fields


class WithdrawForm(BaseForm):
    """Why a page is withdrawn."""

    because = ShortText(_l("Why it is withdrawn"), [NotBlank(_l("Write why it is withdrawn."))], LONGEST_REASON)
