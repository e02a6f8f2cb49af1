"""Forms that open offline: the usual ones without what only the server knows."""

from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import DateField
from wtforms.validators import Optional

from wss_cases.foundation.forms import BaseForm, LongText, choices
from wss_cases.foundation.i18n import _, _l
from wss_cases.incidents.incident.rules import CapturedPerson
from wss_cases.incidents.incident.states import PersonKind
from wss_cases.intake.offline.messages import Fields
from wss_cases.intake.report.forms import CaptureForm
from wss_cases.practice.log import PracticeForm, group_value, group_words

LONGEST_NAME = 200
MOST_NAMES = 30
GRADES = range(-1, 13)


class WithoutRoster(CaptureForm):
    """The capture form offline: names are typed, and matched with the roster after sending."""

    class Meta(CaptureForm.Meta):
        """No token of its own: the form may be old when it is sent, and the request that sends it is protected."""

        csrf = False

    names = LongText(
        _l("Who was involved?"),
        description=_l("One name per line. After it is sent, you match the names with the roster."),
    )

    @property
    def typed_names(self) -> list[str]:
        """Names typed here, or into the search field of a page that lost its connection."""
        lines = f"{self.names.data or ''}\n{self.people_q.data or ''}".splitlines()
        return list(dict.fromkeys(line.strip() for line in lines if line.strip()))

    def check_names(self) -> bool:
        """Whether someone is named or marked as unknown, within the limits; otherwise the field gets an error."""
        names = self.typed_names
        if len(names) > MOST_NAMES or any(len(name) > LONGEST_NAME for name in names):
            self.names.errors = [_("Type at most %(number)d names, one per line.", number=MOST_NAMES)]
        elif not names and not self.people.data and not self.unknown_person.data:
            self.names.errors = [_("Enter who was involved, or check “I don’t know who yet”.")]
        return not self.names.errors

    @property
    def named(self) -> tuple[CapturedPerson, ...]:
        """The typed names, as people who are not identified."""
        names = [name[:LONGEST_NAME] for name in self.typed_names[:MOST_NAMES]]
        return tuple(CapturedPerson(PersonKind.NOT_IDENTIFIED, description=name) for name in names)


class AnyGroup(PracticeForm):
    """The practice log offline: all grades are offered, and the writer led it."""

    class Meta(PracticeForm.Meta):
        """No token of its own, as in `WithoutRoster`."""

        csrf = False

    held_on = DateField(_l("Day"), [Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        grades = [(group_value(grade, ""), group_words(grade, "")) for grade in GRADES]
        self.group.choices = choices([*grades, (group_value(None, ""), _("Several grades, or adults"))])
        self.led_by.choices = []


def as_sent(fields: Fields) -> MultiDict[str, str]:
    """Form data from stored answers; of repeated fields the first counts, as for a browser's form."""
    return MultiDict(fields)


def unsent_form(kind: str) -> BaseForm:
    return WithoutRoster(formdata=None) if kind == "report" else AnyGroup(formdata=None, adults=1, minutes="20")
