"""What a new time zone, or new school hours, of the district take along: the schools that kept the old ones."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.reminders.pages import look_again
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.labelled import Labelled
from wss_cases.foundation.settings.stored import StoredSetting
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import School
from wss_cases.setup.settings import forms


class Group(Labelled):
    """What a setting is about."""

    DISTRICT = "district", _l("The district")
    MAIL = "mail", _l("Email and reminders")
    WORK = "work", _l("Cases")
    SAFEGUARDS = "safeguards", _l("Safeguards")
    PLANS = "plans", _l("Safety plans")


CHANGED, WITHDRAWN = _l("Setting changed: %(what)s"), _l("Planned change of a setting withdrawn: %(what)s")
HOURS_MOVED = _l("First and last bell changed with the district’s")
ZONE_MOVED = _l("The time zone is now %(zone)s, as the district’s")


Preview = dict[str, tuple[str, dict[str, Any]]]
"""A style sheet or a picture: its endpoint and what that is asked with."""


@dataclass(frozen=True)
class Change:
    """A setting's value before and after, and the day from which the new one holds."""

    old: Any
    new: Any
    day: date


def _no_more(_uow: UnitOfWork, _change: Change) -> None:
    """Do nothing besides."""


@dataclass(frozen=True)
class Entry:
    """One setting. `name` stands in addresses; `about` says what it governs; `words` is a value as people read it;
    `sound` raises Refused for one that cannot be; `follow` is what is done besides in its unit of work. `at_once`: it
    has no first day. `preview`: a style sheet, or a picture, of a value for its page. `more`: an endpoint with its
    words, where what one chooses from is made. `unconfirmed`: no one who knows the law has checked the value that it
    begins with, and the page says so.
    """

    name: str
    group: Group
    title: Any
    about: Any
    setting: StoredSetting[Any]
    form: type[forms.SettingForm]
    words: Callable[[Any], str]
    sound: Callable[[Any], None]
    follow: Callable[[UnitOfWork, Change], None] = _no_more
    at_once: bool = False
    preview: Callable[[Any], Preview] | None = None
    more: tuple[str, Any] | None = None
    unconfirmed: bool = False


def number_entry(
    name: str, group: Group, title: Any, about: Any, setting: StoredSetting[int], unit: tuple[Any, int, int],
    words: Callable[[int], str], *, unconfirmed: bool = False,
) -> Entry:  # fmt: skip
    """Return the setting of a whole number: `unit` is its label, and the least and the most that it can be."""
    label, least, most = unit

    def sound(value: int) -> None:
        if not least <= value <= most:
            raise Refused("value", _("Enter a whole number from %(least)d to %(most)d.", least=least, most=most))

    form = forms.number_form(label, least, most)
    return Entry(name, group, title, about, setting, form, words, sound, unconfirmed=unconfirmed)


def days_words(value: int) -> str:
    """Return a number of days in words."""
    return ngettext("%(num)d day", "%(num)d days", value)


def move_hours(uow: UnitOfWork, change: Change) -> None:
    """Give the new bells to every school that keeps the district's; the next sweep looks at their follow-ups."""
    first, last = change.old
    theirs = (School.first_bell == first) & (School.last_bell == last)
    schools = list(uow.session.scalars(select(School).where(theirs).order_by(School.id).with_for_update()))
    for school in schools:
        school.first_bell, school.last_bell = change.new
        uow.record(school, "school.hours_moved")
    look_again(uow, FollowUp.school_id.in_([school.id for school in schools]))


def move_zone(uow: UnitOfWork, change: Change) -> None:
    """Give the new zone to every school that keeps the district's; the next sweep looks at their follow-ups."""
    moved = select(School).where(School.time_zone == change.old).order_by(School.id).with_for_update()
    schools = list(uow.session.scalars(moved))
    for school in schools:
        school.time_zone = change.new
        uow.record(school, "school.zone_moved", zone=change.new)
    look_again(uow, FollowUp.school_id.in_([school.id for school in schools]))
