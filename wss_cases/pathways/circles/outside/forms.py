"""The forms that name keepers without an account."""

from wtforms import SelectField, SelectMultipleField
from wtforms.validators import InputRequired

from wss_cases.foundation.forms import BaseForm, ConfirmField, NotBlank, ShortText
from wss_cases.foundation.i18n import lazy_gettext as _l


class StudentKeeperForm(BaseForm):
    """Which student, and with which trained adult."""

    student = SelectMultipleField(_l("Student"), choices=[], validate_choice=False)
    adult = SelectField(_l("With"), [InputRequired(_l("Choose a trained adult who keeps this circle."))])


class OutsideKeeperForm(BaseForm):
    """Who, and of which partner organization; and that it is really not the student whom the name means here."""

    partner = SelectField(
        _l("Partner"),
        [InputRequired(_l("Choose a partner whose agreement is in force."))],
        description=_l("Partners whose agreement with the district is in force."),
    )
    name = ShortText(_l("Name"), [NotBlank(_l("Write the name."))])
    anyway = ConfirmField(_l("This is someone else"))
