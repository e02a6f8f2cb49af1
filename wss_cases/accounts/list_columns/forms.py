"""The form with which somebody chooses the columns of a list."""

from wtforms import Field, HiddenField
from wtforms.validators import Length

from wss_cases.foundation.forms import BaseForm, check_characters


class KeysField(Field):
    """The ticked boxes of one name; a list may lack any of them by now."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take all that were ticked."""
        self.data = valuelist


class ColumnsForm(BaseForm):
    """Which list, its columns, and the page to go back to."""

    list = HiddenField(validators=[Length(max=40), check_characters])
    columns = KeysField()
    to = HiddenField(validators=[Length(max=2000), check_characters])
