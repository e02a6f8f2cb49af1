"""The forms that name keepers without an account."""

from wtforms import BooleanField, SelectField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText
from wss_cases.foundation.i18n import lazy_gettext as _l


class KeeperNameForm(BaseForm):
    """Who; and that it is really not whom the name means here."""

    name = ShortText(_l("Name"), [NotBlank(_l("Write the name."))])
    anyway = BooleanField(_l("This is someone else"), validators=[Optional()])


class StudentKeeperForm(KeeperNameForm):
    """Which student, and with which trained adult."""

    adult = SelectField(_l("With"), [InputRequired(_l("Choose a trained adult who keeps this circle."))])


class OutsideKeeperForm(KeeperNameForm):
    """Who, and of which partner organization."""

    partner = SelectField(
        _l("Partner"),
        [InputRequired(_l("Choose a partner whose agreement is in force."))],
        description=_l("Partners whose agreement with the district is in force."),
    )
