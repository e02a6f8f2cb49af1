"""Forms of a copy for the family: who asked for what, the places to decide about, and its release."""

from collections.abc import Sequence

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, DateField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import (
    BaseForm,
    LongText,
    NotBlank,
    ShortText,
    choices,
    filled,
    is_storable,
    radio,
    select,
)
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.records.family_copies.copy.states import Manner, Part
from wss_cases.records.family_copies.draft.actions import Decision
from wss_cases.records.family_copies.request.actions import Asked

MOST_INSTEAD = 200
LANGUAGES = (("en", "English"), ("es", "Español"))


class AskForm(BaseForm):
    """Who asked, when, what for, and what goes in."""

    who = radio(
        _l("Who asked"),
        {},
        _l("Choose who asked."),
        validate_choice=False,
        description=_l("Guardians on the roster, which does not include court orders; or the student, from age 18."),
    )
    orders_checked = BooleanField(_l("I checked the student’s file: no court order keeps this person from the record"))
    asked_on = DateField(_l("On which day"), validators=[InputRequired(_l("Choose a day."))])
    purpose = LongText(_l("What they want it for"), [Optional()], limit=500)
    language = select(_l("Language of the copy"), LANGUAGES, validators=[InputRequired(_l("Choose a language."))])
    reports = SelectMultipleField(
        _l("Reports"), [InputRequired(_l("Choose at least one report of this student."))], choices=[],
        coerce=int, validate_choice=False,
        description=_l(
            "What they asked to see; each report with its case and what happened afterward. For reports from past "
            "years, first view past years on the student’s page."
        ),
    )  # fmt: skip
    parts = SelectMultipleField(
        _l("What goes in"),
        choices=choices([(part.value, label) for part, label in Part.labels().items()]),
        default=[part.value for part in Part],
        description=_l("The facts of each report and its text for the family are always included."),
    )
    note = LongText(
        _l("A note from the school"), [Optional()], limit=4000, description=_l("Appears first in the copy.")
    )

    def asked(self) -> Asked:
        """Return what a sound form says."""
        return filled(self, Asked, reports=self.reports.data or [], parts=self.parts.data or [])


class DraftForm(BaseForm):
    """Words marked by hand; the places themselves carry their keys in the names of their fields."""

    by_hand = LongText(
        _l("Other words to remove"),
        [Optional()],
        limit=4000,
        description=_l("One per line: a nickname, a team, a description that would identify another child."),
    )


class ReleaseForm(BaseForm):
    """How the copy reaches the family, and how the school knows who takes it."""

    manner = radio(_l("How it reaches them"), Manner.labels(), _l("Enter how it reaches them."))
    identity = ShortText(
        _l("How the school knows the person who takes it"),
        [NotBlank(_l("Write how the school knows the person who takes it."))],
        description=_l("For example: known to the office, showed a photo ID. Do not enter an ID number."),
    )


class WithdrawForm(BaseForm):
    """Why a request ends without a copy."""

    why = ShortText(_l("Why it ends without a copy"), [NotBlank(_l("Explain why."))], limit=300)


def decisions_in(fields: MultiDict[str, str], keys: Sequence[str]) -> dict[str, Decision]:
    """Return what a sent draft says about each of its places; a place without an answer is left out.

    Raises Refused for words that cannot be kept as they are.
    """
    decisions: dict[str, Decision] = {}
    for key in keys:
        do = fields.get(f"do-{key}", "")
        if do:
            instead = fields.get(f"with-{key}", "")
            if len(instead) > MOST_INSTEAD:
                raise Refused("", _("Use at most %(max)d characters.", max=MOST_INSTEAD))
            if not is_storable(instead):
                raise Refused("", _("This text contains a character that cannot be stored. Type it again."))
            decisions[key] = Decision(do, instead, fields.get(f"why-{key}", ""))
    return decisions
