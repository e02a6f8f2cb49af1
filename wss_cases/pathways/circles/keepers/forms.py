"""Forms about who keeps a circle."""

from wtforms import SelectField
from wtforms.validators import InputRequired

from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import lazy_gettext as _l


class KeeperForm(BaseForm):
    """Who keeps the circle."""

    keeper = SelectField(
        _l("Circle keeper"),
        validators=[InputRequired(_l("Choose a coordinator or dean of this school."))],
        description=_l("Coordinators and deans of the school; those with a training on record come first."),
    )
