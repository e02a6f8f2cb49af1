"""The form of the files that go with a copy."""

from wtforms import SelectMultipleField

from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import lazy_gettext as _l


class FilesForm(BaseForm):
    """Which files go with it."""

    files = SelectMultipleField(
        _l("Which files go with the copy?"), choices=[], coerce=int, validate_choice=False,
        description=_l("Only files that show and name no other child. Open each one first."),
    )  # fmt: skip
