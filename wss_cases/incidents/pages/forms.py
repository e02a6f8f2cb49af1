"""Forms of the incident page, and the reading of a list's filter from its address."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from wtforms import DateTimeLocalField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.clock import EARLIEST_YEAR, LATEST_YEAR, school_year_bounds
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, radio, select
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.plausible import day_in
from wss_cases.incidents.incident.rules import IncidentFilter
from wss_cases.incidents.incident.states import MANNER_LABELS, RESULT_LABELS, HurtBySomebody, IncidentState, Tile
from wss_cases.incidents.lists.queries import GROUPS

MOMENT_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


class AddendumForm(BaseForm):
    """Text added to a submitted report."""

    text = LongText(_l("Add to the report"), [NotBlank(_l("Write what you want to add."))])


class AnswerForm(BaseForm):
    """The reporter's answer to a question."""

    answer = LongText(_l("Your answer"), [NotBlank(_l("Write your answer."))])


class ScreeningForm(BaseForm):
    """What a clinician's screening led to, in the care record only."""

    note = LongText(_l("What was found and what happens next"), [NotBlank(_l("Write what was found."))])


class HurtForm(BaseForm):
    """Whether somebody is hurting the student."""

    hurt = radio(
        _l("Is someone hurting this student?"), HurtBySomebody, _l("Enter whether someone is hurting the student.")
    )


class ContactForm(BaseForm):
    """An attempt to reach a guardian."""

    person = select(_l("About which student?"), validators=[InputRequired(_l("Choose the student."))])
    guardian = select(_l("Who did you try to reach?"), validators=[Optional()])
    at = DateTimeLocalField(
        _l("When?"), format=MOMENT_FORMATS, validators=[InputRequired(_l("Enter the date and the time."))]
    )
    manner = radio(_l("How?"), MANNER_LABELS, _l("Choose how."))
    result = radio(_l("Result"), RESULT_LABELS, _l("Choose the result."))
    language = ShortText(_l("Language spoken"), limit=20)
    note = LongText(_l("What was said"), limit=5000)


def read_filter(args: Mapping[str, str]) -> IncidentFilter:
    """Return the filter of a list's address. Raises Refused naming the first value that cannot be read."""
    values: dict[str, Any] = {}
    for parameter, (name, read) in _READERS.items():
        text = args.get(parameter, "")
        if text == "":
            continue
        try:
            values[name] = read(text)
        except (ValueError, OverflowError, IndexError) as error:
            raise Refused("", _("This filter cannot be used: %(name)s.", name=parameter)) from error
    return IncidentFilter(**values)


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or len(text) > 18:
            raise ValueError(text)
        number = int(text)
        if not least <= number <= most:
            raise ValueError(text)
        return number

    return read


def _month(text: str) -> str:
    if len(text) != 7:
        raise ValueError(text)
    if not EARLIEST_YEAR <= date.fromisoformat(f"{text}-01").year <= LATEST_YEAR:
        raise ValueError(text)
    return text


def _group(text: str) -> str:
    if text not in {"none", "1-2", "3-4", "5-6", *"123456"}:
        raise ValueError(text)
    return text


def _code(text: str) -> str:
    if len(text) > 60 or not text.isascii() or not text.replace("_", "").isalnum():
        raise ValueError(text)
    return text


_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "school": ("school", _number(1, 10**17)),
    "year": ("year", lambda text: school_year_bounds(text) and text),
    "from": ("from_day", day_in),
    "to": ("to_day", day_in),
    "behavior": ("behavior", _code),
    "group": ("group", _group),
    "place": ("place", _code),
    "tile": ("tile", lambda text: Tile(text).value),
    "grade": ("grade", _number(-1, 13)),
    "hour": ("hour", _number(0, 23)),
    "weekday": ("weekday", _number(0, 6)),
    "state": ("state", lambda text: text if text in GROUPS else IncidentState(text).value),
    "month": ("month", _month),
}
PARAMETERS = tuple(_READERS)
