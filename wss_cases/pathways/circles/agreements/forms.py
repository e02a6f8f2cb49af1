"""Forms of agreements."""

from wtforms import DateField, FieldList, Form, FormField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.circles.circle.states import TermState
from wss_cases.pathways.circles.terms.states import SignatureManner, WithoutMeeting
from wss_cases.pathways.common.forms import CompleteForm


class TermRow(Form):
    """One promise; an empty row is left out."""

    text = LongText(_l("What was agreed"), [Optional()], limit=1000)
    owner = SelectField(_l("Person responsible"), validators=[Optional()])
    due_on = DateField(_l("Due by"), validators=[Optional()])
    evidence = ShortText(_l("What counts as done"), [Optional()], limit=300)


class AgreementForm(BaseForm):
    """The terms of an agreement."""

    terms = FieldList(FormField(TermRow), min_entries=2, max_entries=12)


class MarkForm(BaseForm):
    """What became of a term; a reason where it is excused; the rest only when it was changed by consent."""

    state = radio(
        _l("Result"),
        [(state, words) for state, words in TermState.labels().items() if state is not TermState.OPEN],
        _l("Choose the result."),
    )
    on_day = DateField(_l("On which day?"), validators=[Optional()])
    why = LongText(
        _l("Reason it is excused"), [Optional()], limit=1000, description=_l("Never what was said in the circle.")
    )
    text = LongText(_l("What was agreed instead"), [Optional()], limit=1000)
    owner = SelectField(_l("Person responsible"), validators=[Optional()])
    due_on = DateField(_l("Due by"), validators=[Optional()])
    evidence = ShortText(_l("What counts as done"), [Optional()], limit=300)
    consented = SelectMultipleField(_l("Who consented to the change"), validators=[Optional()])


class CorrectForm(BaseForm):
    """What a term that was marked is instead, and why."""

    state = radio(_l("Result"), [], _l("Choose the result."))
    why = LongText(
        _l("Reason for the correction"), [NotBlank(_l("Enter the reason for the correction."))], limit=1000,
        description=_l("Never what was said in the circle."),
    )  # fmt: skip


class TranslationForm(BaseForm):
    """A term in another language, and who translated it."""

    language = SelectField(_l("Language"), validators=[InputRequired(_l("Choose a language."))])
    text = LongText(_l("The term in this language"), [NotBlank(_l("Write the term in this language."))], limit=1000)
    evidence = LongText(_l("It is done when, in this language"), limit=1000)
    by = ShortText(_l("Who translated it"), [NotBlank(_l("Enter who translated it."))], limit=200)


class SignForm(BaseForm):
    """Who signed, how, and when."""

    signers = SelectMultipleField(_l("Who signed"), validators=[InputRequired(_l("Check who signed."))], choices=[])
    manner = radio(_l("How"), SignatureManner.labels(), _l("Choose how they signed."))
    signed_on = DateField(_l("On which day"), validators=[InputRequired(_l("Choose a day."))])


class NamedForm(BaseForm):
    """Who agrees that their name stands on the others' copies."""

    named = SelectMultipleField(
        _l("Who agrees to have their name on the others’ copies"),
        validators=[Optional()],
        description=_l("Ask each person alone. A copy names another person only if both agree."),
    )


class CompleteCircleForm(CompleteForm):
    """The outcome, and why there was no meeting at the end of the agreement where there was none."""

    without_meeting = radio(
        _l("Why was there no agreement completion meeting?"),
        WithoutMeeting.labels(),
        _l("Hold the agreement completion meeting, or choose why there was none."),
    )
