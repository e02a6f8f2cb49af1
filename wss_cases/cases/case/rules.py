"""Pure decisions about cases: titles and parts."""

import re
from collections.abc import Iterable
from typing import Any

from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.states import PersonRole

_WEIGHT = (
    PersonRole.BOTH,
    PersonRole.CAUSED_HARM,
    PersonRole.HARMED,
    PersonRole.WITNESS,
    PersonRole.SUPPORT,
    PersonRole.INVOLVED,
)


def stronger_role(one: PersonRole, other: PersonRole) -> PersonRole:
    """Return the part that says more when a person stands in two incidents; caused and harmed make both."""
    if {one, other} == {PersonRole.CAUSED_HARM, PersonRole.HARMED}:
        return PersonRole.BOTH
    return min(one, other, key=_WEIGHT.index)


def title(reference: str, harm: str, place: str) -> str:
    """Return a case's title: its number, the kind of harm, and where; never a name."""
    if place:
        return _("%(reference)s · %(harm)s, %(place)s", reference=reference, harm=harm, place=place)
    return _("%(reference)s · %(harm)s", reference=reference, harm=harm)


def person_words(person: Any) -> str:
    """Return a participant's name as the case team knows it: preferred name, else description, else the part."""
    if person.student is not None:
        return str(person.student.shown_name)
    return str(person.description or PersonRole(person.role).label)


def without_names(text: str, others: Iterable[Any], own: Any) -> str:
    """Return a text for a sheet of paper with the names of other students replaced, as typed or in capitals.

    A name that the sheet's own student shares stays.
    """
    own_names = _names(own) if own is not None else set()
    names = {name for student in others for name in _names(student)} - own_names
    if not names:
        return text
    wanted = sorted({form for name in names for form in (name, name.upper())}, key=len, reverse=True)
    pattern = "|".join(re.escape(name) for name in wanted)
    return re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", _("another student"), text)


def _names(student: Any) -> set[str]:
    given, family = student.given_name, student.family_name
    single = {given, family, student.preferred_given_name, student.preferred_family_name}
    return {name for name in {*single, f"{given} {family}", student.shown_name} if len(name) > 1}
