"""The forms of a place and of a behavior; what exports need is chosen among what they know."""

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import DateField, SelectField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText, choices, radio, select
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.incidents.incident.states import Place

YES_NO = (("no", _l("No")), ("yes", _l("Yes")))


class CodeForm(BaseForm):
    """What a place and a behavior have in common: the words in both languages, and the codes of exports."""

    label_en = ShortText(_l("Name in English"), [NotBlank(_l("Enter the name in English."))])
    label_es = ShortText(_l("Name in Spanish"), [NotBlank(_l("Enter the name in Spanish."))])
    edfi = select(_l("In an Ed-Fi file"))
    ceds = select(_l("CEDS code"))
    swis = select(_l("In SWIS-style reports"))

    def offer(self, known: Mapping[str, Sequence[str]]) -> None:
        """Offer the codes that exports know, by the name of the field."""
        for name, codes in known.items():
            field: SelectField = self[name]
            field.choices = choices([("", _l("None")), *((code, code) for code in codes)])

    def texts(self) -> dict[str, str]:
        """Return what was given, by column."""
        names = ("label_en", "label_es", "edfi", "ceds", "swis", "crdc")
        return {name: str(self[name].data or "").strip() for name in names if name in self}


class PlaceForm(CodeForm):
    """A place."""

    place = radio(_l("For routing rules and legal duties it is"), Place, _l("Choose where it is."))


class BehaviorForm(CodeForm):
    """A behavior; its set and group cannot be changed once it is there: reports were counted by them."""

    crdc = select(_l("In the federal collection (CRDC)"))
    is_subjective = radio(_l("Is it a subjective behavior (disrespect, disruption)?"), YES_NO, _l("Choose one."))
    is_attendance = radio(_l("Is it only about attendance?"), YES_NO, _l("Choose one."))


class NewBehaviorForm(BehaviorForm):
    """Another behavior, from a day on."""

    group = select(_l("Group"), [(str(number), str(number)) for number in range(1, 7)] + [("", _l("Pre-K to grade 2"))])
    starts_on = DateField(_l("In force from"), [InputRequired(_l("Enter the first day."))])


class RetireForm(BaseForm):
    """The last day on which it can be chosen."""

    ends_on = DateField(_l("Last day"), [Optional()], description=_l("Leave it blank to bring it back."))


def shown(row: Any) -> dict[str, Any]:
    """Return the columns of a place or a behavior as its form shows them."""
    names = ("label_en", "label_es", "edfi", "ceds", "swis", "crdc", "place")
    values = {name: getattr(row, name, "") for name in names}
    flags = {name: "yes" if getattr(row, name, False) else "no" for name in ("is_subjective", "is_attendance")}
    return values | flags
