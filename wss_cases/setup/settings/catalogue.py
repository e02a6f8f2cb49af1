"""All settings that a district administrator can change on a page, with their texts, forms and impossible values."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import select

from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.reminders.queries import overdue_loudly
from wss_cases.followups.reminders.rules import ESCALATION_DAYS
from wss_cases.followups.reminders.sweep import look_again
from wss_cases.foundation.i18n import Labelled, _l, ngettext
from wss_cases.foundation.school_time import NAME, YEAR_START, ZONE, today_at
from wss_cases.foundation.settings import StoredSetting
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.mail.common.rules import MAIL_OPENS
from wss_cases.outcomes.counting.repair.mission import LOWEST_GROUP
from wss_cases.outcomes.counting.scope.queries import SERIOUS_GROUP
from wss_cases.pathways.circles.questionnaires.actions import LINK_DAYS
from wss_cases.pathways.reengagement.opening import RETURN_GAP
from wss_cases.plans.plan.core.models import PLAN_TIERS
from wss_cases.plans.public.publications.models import PUBLIC_PAGES
from wss_cases.plans.voices.meetings.models import ANSWER_DAYS, COUNCIL_QUORUM, NOTICE_DAYS
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.rules import SCHOOL_HOURS
from wss_cases.safeguards.police.second_person import SECONDING_MINUTES
from wss_cases.setup.look import COLORS, LOGO, Colors
from wss_cases.setup.settings import forms
from wss_cases.workday.caseload.rules import CASELOAD_WEIGHTS


class Group(Labelled):
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

    `name` is its name in addresses; `about` says what it governs; `follow` makes further changes in the same unit of
    work. `at_once`: takes effect at once, without a first day. `preview`: style sheet or picture of a value. `more`:
    endpoint and text of a page that adds choices. `unconfirmed`: the default value has had no legal review, and the
    page says so.
    """

    name: str
    group: Group
    title: Any
    about: Any
    setting: StoredSetting[Any]
    form: type[forms.SettingForm]
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
    return Entry(name, group, title, about, setting, forms.number_form(*unit, words), unconfirmed=unconfirmed)


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


def _members(value: int) -> str:
    return ngettext("%(num)d member", "%(num)d members", value)


PLAN_ENTRIES: Final = (
    Entry(
        "public-plans",
        Group.PLANS,
        _l("Public pages of safety plans"),
        _l(
            "Whether schools may publish their safety plans for anyone to read. Each school then publishes its own."
            " While it is off, no one can read a page."
        ),
        PUBLIC_PAGES,
        forms.SwitchForm,
    ),
    Entry(
        "plan-tiers",
        Group.PLANS,
        _l("Tiers of safety plans"),
        _l("What a school chooses from in the head of its plan. A plan keeps its tier when the list changes."),
        PLAN_TIERS,
        forms.TiersForm,
        unconfirmed=True,
    ),
    number_entry(
        "meeting-notice",
        Group.PLANS,
        _l("Notice before a public meeting"),
        _l("Days before a council, committee, or community meeting by which its notice is posted."),
        NOTICE_DAYS,
        (_l("Days"), 0, 60),
        forms.days_words,
        unconfirmed=True,
    ),
    number_entry(
        "council-quorum",
        Group.PLANS,
        _l("Quorum of a Local School Council"),
        _l("The fewest voting members with which a council decides on a safety plan. A meeting may ask for more."),
        COUNCIL_QUORUM,
        (_l("Members"), 2, 100),
        _members,
        unconfirmed=True,
    ),
    number_entry(
        "meeting-answers",
        Group.PLANS,
        _l("Time to answer what was heard at a meeting"),
        _l("The day by which an answer is due, where no one chooses another."),
        ANSWER_DAYS,
        (_l("Days"), 1, 120),
        forms.days_words,
        unconfirmed=True,
    ),
)


def _with_colors(value: Colors) -> Preview:
    return {"sheet": ("look.preview", {"colors": f"{value.light} {value.dark}"})}


def _with_logo(value: str) -> Preview:
    return {"picture": ("look.logo", {"name": value})} if value else {}


def _minutes(value: int) -> str:
    return ngettext("%(num)d minute", "%(num)d minutes", value)


def _look_again(uow: UnitOfWork, change: Change) -> None:
    if change.day <= today_at(None, uow.now):
        look_again(uow, overdue_loudly(change.day))


ENTRIES: Final = (
    Entry(
        "name",
        Group.DISTRICT,
        _l("Name of the district"),
        _l("Appears above every page, on printed sheets, and in emails."),
        NAME,
        forms.NameForm,
        at_once=True,
    ),
    Entry(
        "colors",
        Group.DISTRICT,
        _l("Colors"),
        _l("Links, buttons and the top of every page. Text must be easy to read with each, or it is refused."),
        COLORS,
        forms.ColorsForm,
        preview=_with_colors,
    ),
    Entry(
        "logo",
        Group.DISTRICT,
        _l("Logo"),
        _l("Appears at the top of pages, of the sign-in page, and of printed sheets, instead of the name."),
        LOGO,
        forms.LogoForm,
        preview=_with_logo,
        more=("look.upload", _l("Upload a picture")),
    ),
    Entry(
        "time-zone",
        Group.DISTRICT,
        _l("Time zone"),
        _l(
            "It decides when days begin, things are due, and emails are sent. A school with its own time zone keeps it."
            " Scheduled meetings keep their moment and show another hour: tell the people who are coming."
        ),
        ZONE,
        forms.ZoneForm,
        follow=move_zone,
        at_once=True,
    ),
    Entry(
        "year-start",
        Group.DISTRICT,
        _l("First day of the school year"),
        _l(
            "Counts, calendars, exports, and what is shown of past years use it. A year that has started keeps its day."
            " Import the calendar again where it does not reach the new last day of a year."
        ),
        YEAR_START,
        forms.YearStartForm,
    ),
    Entry(
        "school-hours",
        Group.DISTRICT,
        _l("School hours"),
        _l("The first and the last bell of each school that has not set its own."),
        SCHOOL_HOURS,
        forms.HoursForm,
        follow=move_hours,
        at_once=True,
    ),
    Entry(
        "morning-mail",
        Group.MAIL,
        _l("Time of the morning summary"),
        _l(
            "On school days the morning summary, and everything that waits for school hours, is sent from then until "
            "6:00 pm. Danger, legal duties and same-day reminders do not wait for it."
        ),
        MAIL_OPENS,
        forms.TimeForm,
    ),
    Entry(
        "escalation",
        Group.MAIL,
        _l("When others are told what is overdue"),
        _l(
            "For same-day tasks, contact with a person harmed, and late partners; the rest is a weekly count. What was"
            " already sent is not sent again."
        ),
        ESCALATION_DAYS,
        forms.EscalationForm,
        follow=_look_again,
    ),
    number_entry(
        "questionnaires",
        Group.WORK,
        _l("How long a questionnaire’s link works"),
        _l("From the day it is made. It works once. A link that was made before keeps its day."),
        LINK_DAYS,
        (_l("Days"), 3, 60),
        forms.days_words,
    ),
    number_entry(
        "return-gap",
        Group.WORK,
        _l("Gap in enrollment that opens a return plan"),
        _l("School days within one school year on which a student was enrolled nowhere. Open plans stay."),
        RETURN_GAP,
        (_l("School days"), 3, 60),
        forms.school_days_words,
    ),
    Entry(
        "weights",
        Group.WORK,
        _l("Case weights"),
        _l("Points for the stage a case is in, and for each support that is under way."),
        CASELOAD_WEIGHTS,
        forms.WeightsForm,
    ),
    number_entry(
        "second-person",
        Group.SAFEGUARDS,
        _l("Time for a second person to verify a legal duty"),
        _l(
            "Before a police notification required by law opens for one person alone. No one has to wait to make a "
            "call. A request that waits already keeps its time."
        ),
        SECONDING_MINUTES,
        (_l("Minutes"), 1, 60),
        _minutes,
    ),
    number_entry(
        "restorative-or-police",
        Group.SAFEGUARDS,
        _l("Lowest behavior group of the figure “Restorative, police, or neither”"),
        _l(
            "The first figure of Outcomes takes incidents of this group or a higher one, besides those with a weapon, a"
            " substance, an injury that needed care, or a legal duty to notify the police. It holds for every year that"
            " is compared."
        ),
        LOWEST_GROUP,
        (_l("Group"), 1, SERIOUS_GROUP),
        str,
    ),
    *PLAN_ENTRIES,
)
BY_NAME: Final = {entry.name: entry for entry in ENTRIES}
