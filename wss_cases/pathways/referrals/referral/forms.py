"""Forms of a referral, on the school's side and on the partner's."""

from wtforms import DateField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import AskingForm, BaseForm, LongText, NotBlank, ShortText, choices, radio, select
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.referrals.referral.states import (
    ALWAYS,
    ANSWER_LABELS,
    DECLINE_LABELS,
    FIELD_LABELS,
    MANNER_LABELS,
    RECEIVED_LABELS,
    RELATION_LABELS,
    WITHDRAW_LABELS,
)

DAY = _l("Choose a day.")
TO_CHOOSE = [(code, words) for code, words in FIELD_LABELS.items() if code != "service"]
"""Fields that a family agrees to one by one; the kind of help is what the letter is about."""


class DraftForm(BaseForm):
    """For whom, what is needed, and from which partner."""

    student = SelectField(_l("Student"), validators=[InputRequired(_l("Choose the student."))])
    need = ShortText(
        _l("What does the student need?"), [NotBlank(_l("Write in one sentence what the student needs."))], limit=300
    )
    partner = RadioField(_l("Partner"), validators=[InputRequired(_l("Choose a partner."))])


class RenewForm(BaseForm):
    """A consent as it was signed."""

    by = ShortText(_l("Who signed"), [NotBlank(_l("Enter who signed."))])
    relation = radio(_l("Relationship"), RELATION_LABELS, _l("Choose who that is."))
    manner = radio(_l("How it was given"), MANNER_LABELS, _l("Choose how it was given."))
    language = SelectField(_l("In which language"), validators=[InputRequired(_l("Choose a language."))])
    on = DateField(_l("Signed on"), validators=[InputRequired(DAY)])
    until = DateField(_l("Valid until"), validators=[InputRequired(DAY)])


class ConsentForm(RenewForm):
    """A first consent: also exactly what may go to the partner, and why."""

    fields = SelectMultipleField(
        _l("What the family agreed to send"),
        choices=choices(TO_CHOOSE),
        validators=[InputRequired(_l("Choose what the family agreed to."))],
    )
    purpose = ShortText(
        _l("Why it is shared"), [NotBlank(_l("Write why it is shared, as the family read it."))], limit=300
    )


class LetterForm(AskingForm):
    """Which letter is shown; nothing is kept of it."""

    language = SelectField(_l("Language"), validators=[Optional()])
    until = DateField(_l("Valid until"), validators=[Optional()])
    fields = SelectMultipleField(
        _l("What would be sent"),
        choices=choices([each for each in TO_CHOOSE if each[0] not in ALWAYS]),
        validators=[Optional()],
    )


class WithdrawForm(BaseForm):
    """Why the school takes a referral back."""

    reason = radio(_l("Why it is withdrawn"), WITHDRAW_LABELS, _l("Choose why it is withdrawn."))


class DeclineForm(BaseForm):
    """Why the partner cannot take it."""

    reason = radio(_l("Reason"), DECLINE_LABELS, _l("Choose the reason."))


class AnswerForm(BaseForm):
    """What the partner said, as the school heard it."""

    answer = radio(_l("What the partner said"), ANSWER_LABELS, _l("Choose what the partner said."))
    reason = select(
        _l("If it cannot accept: reason"),
        [("", _l("No reason needed")), *DECLINE_LABELS.items()],
        validators=[Optional()],
    )


class ServiceForm(BaseForm):
    """One day of service."""

    on = DateField(
        _l("Day of service"),
        validators=[InputRequired(DAY)],
        description=_l("Only the date. Nothing that was said there."),
    )


class FinishForm(BaseForm):
    """The last day, and what was received."""

    on = DateField(_l("Last day of service"), validators=[InputRequired(DAY)])
    received = radio(_l("What was received"), RECEIVED_LABELS, _l("Choose what was received."))


class CompleteForm(BaseForm):
    """A note beside the outcome."""

    note = LongText(_l("Note"), description=_l("Facts only; nothing that was said at the partner’s."))
