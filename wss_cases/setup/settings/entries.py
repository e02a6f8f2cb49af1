"""What one setting of the district's pages is: its words, its form, how a change is made."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.settings.stored import StoredSetting
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.setup.settings import forms
from wss_cases.setup.settings.states import Group

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
