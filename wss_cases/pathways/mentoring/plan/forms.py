"""What every form of mentoring shares."""

from typing import Any

from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange, Optional

from wss_cases.foundation.i18n import lazy_gettext as _l


def number_or_none(label: Any, least: int, most: int, required: bool = False) -> IntegerField:
    words = _l("Write a number from %(least)d to %(most)d.", least=least, most=most)
    first = InputRequired(words) if required else Optional()
    return IntegerField(label, validators=[first, NumberRange(least, most, words)])
