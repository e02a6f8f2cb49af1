"""The forms of one's mails, and of a text for families."""

from wtforms import BooleanField, DateField, SelectField
from wtforms.validators import InputRequired

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.mail.common.states import MailStyle


class MailForm(BaseForm):
    """How one hears of what is due, and whether of the week."""

    style = radio(
        _l("How do you want to be told what is due?"), MailStyle, _l("Choose how you want to be told what is due.")
    )
    weekly = BooleanField(_l("A weekly count of what is overdue"))


class PauseForm(BaseForm):
    """Why no mail goes out for now."""

    reason = ShortText(
        _l("Why is email paused?"), validators=[NotBlank(_l("Enter the reason email is paused."))], limit=300
    )


class WordingForm(BaseForm):
    """Title, text, and the day from which families see it."""

    title = ShortText(_l("Title"), [NotBlank(_l("Write the title."))])
    text = LongText(_l("Text"), [NotBlank(_l("Write the text."))])
    starts_on = DateField(_l("From which day?"), validators=[InputRequired(_l("Choose a day."))])


class TextForm(WordingForm):
    """A text in another language, or a newer version."""

    code = SelectField(_l("Which text?"), validators=[InputRequired(_l("Choose which text."))])
    language = SelectField(_l("Language"), validators=[InputRequired(_l("Choose a language."))])
