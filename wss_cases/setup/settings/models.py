"""The description of a setting, and what happens to the schools when the district's time zone or hours change."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.reminders.sweep import look_again
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import Labelled, _, _l, ngettext
from wss_cases.foundation.settings import StoredSetting
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import School
from wss_cases.setup.settings import forms


class Group(Labelled):
    """Section of the settings page."""

    DISTRICT = "district", _l("The district")
    MAIL = "mail", _l("Email and reminders")
    WORK = "work", _l("Cases")
    SAFEGUARDS = "safeguards", _l("Safeguards")
    PLANS = "plans", _l("Safety plans")


CHANGED, WITHDRAWN = _l("Setting changed: %(what)s"), _l("Planned change of a setting withdrawn: %(what)s")
HOURS_MOVED = _l("First and last bell changed with the district’s")
ZONE_MOVED = _l("The time zone is now %(zone)s, as the district’s")


Preview = dict[str, tuple[str, dict[str, Any]]]
"""Endpoint and query of a style sheet or picture."""


@dataclass(frozen=True)
class Change:
    """A setting's value before and after, and the day from which the new value holds."""

    old: Any
    new: Any
    day: date


def _no_more(_uow: UnitOfWork, _change: Change) -> None:
    """Do nothing besides."""


@dataclass(frozen=True)
class Entry:
    """One setting.

    `name` is its name in addresses; `about` says what it governs; `words` turns a value into text; `sound` raises
    Refused for an impossible value; `follow` makes further changes in the same unit of work. `at_once`: takes effect at
    once, without a first day. `preview`: style sheet or picture of a value. `more`: endpoint and text of a page that
    adds choices. `unconfirmed`: the default value has had no legal review, and the page says so.
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
    """A setting with a whole number; `unit` holds its label, minimum and maximum."""
    label, least, most = unit

    def sound(value: int) -> None:
        if not least <= value <= most:
            raise Refused("value", _("Enter a whole number from %(least)d to %(most)d.", least=least, most=most))

    form = forms.number_form(label, least, most)
    return Entry(name, group, title, about, setting, form, words, sound, unconfirmed=unconfirmed)


def days_words(value: int) -> str:
    return ngettext("%(num)d day", "%(num)d days", value)


def move_hours(uow: UnitOfWork, change: Change) -> None:
    """Give the new bells to every school that used the district's, and let the next sweep look at their follow-ups
    again."""
    first, last = change.old
    theirs = (School.first_bell == first) & (School.last_bell == last)
    schools = list(uow.session.scalars(select(School).where(theirs).order_by(School.id).with_for_update()))
    for school in schools:
        school.first_bell, school.last_bell = change.new
        uow.record(school, "school.hours_moved")
    look_again(uow, FollowUp.school_id.in_([school.id for school in schools]))


def move_zone(uow: UnitOfWork, change: Change) -> None:
    """Give the new zone to every school that used the district's, and let the next sweep look at their follow-ups
    again."""
    moved = select(School).where(School.time_zone == change.old).order_by(School.id).with_for_update()
    schools = list(uow.session.scalars(moved))
    for school in schools:
        school.time_zone = change.new
        uow.record(school, "school.zone_moved", zone=change.new)
    look_again(uow, FollowUp.school_id.in_([school.id for school in schools]))
