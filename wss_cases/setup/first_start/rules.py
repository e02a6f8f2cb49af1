"""What a first start needs: a district's name, its time zone, and two different people."""

import re
from dataclasses import dataclass
from datetime import time

from wss_cases.accounts.account.rules import is_address
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import fold_address
from wss_cases.foundation.school_time import time_zones

LONGEST_NAME = 200
PEOPLE = 2


@dataclass(frozen=True)
class Person:
    """One of the two who begin."""

    email: str
    name: str


@dataclass(frozen=True)
class FirstStart:
    """All that a first start asks."""

    district: str
    time_zone: str
    people: tuple[Person, ...]
    hours: tuple[time, time] | None = None
    """The first and the last bell of its schools; None: as they come."""


def name_of(email: str) -> str:
    """Return what a person is called whose address is all that is known: "ana.lopez@…" is "Ana Lopez"."""
    words = re.split(r"[._+-]+", email.strip().partition("@")[0])
    return " ".join(word[:1].upper() + word[1:] for word in words if word)


def refuse_unsound(start: FirstStart) -> None:
    """Raise Refused beside what is to be mended: district, time_zone, last_bell, email_1, email_2."""
    refuse_blank("district", start.district, _("Enter the name of the district."))
    if len(start.district) > LONGEST_NAME or not start.district.isprintable():
        raise Refused("district", _("Write the name in one line of at most %(n)d characters.", n=LONGEST_NAME))
    if start.time_zone not in time_zones():
        raise Refused(
            "time_zone", _("There is no time zone %(zone)s. Write one like America/Chicago.", zone=start.time_zone)
        )
    if start.hours is not None and start.hours[0] >= start.hours[1]:
        raise Refused("last_bell", _("The last bell must ring after the first one."))
    if len(start.people) != PEOPLE:
        raise Refused("email_2", _("Name exactly two administrators: two people start together."))
    for number, person in enumerate(start.people, 1):
        if not is_address(person.email.strip()):
            words = _("%(address)s is not an email address. Write one like name@school.org.", address=person.email)
            raise Refused(f"email_{number}", words)
    if len({fold_address(person.email) for person in start.people}) != PEOPLE:
        raise Refused("email_2", _("Enter two different addresses: each counts as one person."))
