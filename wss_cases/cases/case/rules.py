"""Pure decisions about cases: titles and parts."""

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
