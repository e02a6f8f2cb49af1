"""All settings that a district administrator can change on a page, with their texts and forms."""

from datetime import date, time
from typing import Final

from wss_cases.followups.reminders.queries import overdue_loudly
from wss_cases.followups.reminders.rules import ESCALATION_DAYS, Days
from wss_cases.followups.reminders.sweep import look_again
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.foundation.school_time import (
    COMMON_YEAR,
    NAME,
    YEAR_START,
    ZONE,
    month_day_words,
    time_of_day_words,
    today_at,
)
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.mail.common.rules import MAIL_OPENS
from wss_cases.pathways.circles.questionnaires.actions import LINK_DAYS
from wss_cases.pathways.reengagement.opening import RETURN_GAP
from wss_cases.roster.directory.rules import SCHOOL_HOURS
from wss_cases.safeguards.police.seconding import SECONDING_MINUTES
from wss_cases.setup.look import COLORS, LOGO, Colors, picture_named, refuse_unreadable
from wss_cases.setup.settings import forms, models, rules
from wss_cases.setup.settings.models import Change, Entry, Group, Preview, days_words, number_entry
from wss_cases.setup.settings.rules import PLAN_ENTRIES
from wss_cases.workday.caseload.rules import CASELOAD_WEIGHTS, Weights


def _name(value: str) -> str:
    return value or _("(no name yet)")


def _colors(value: Colors) -> str:
    return _("%(light)s in light mode, %(dark)s in dark mode", light=value.light, dark=value.dark)


def _with_colors(value: Colors) -> Preview:
    return {"sheet": ("look.preview", {"colors": f"{value.light} {value.dark}"})}


def _logo(value: str) -> str:
    picture = picture_named(value) if value else None
    return picture.title if picture else _("(no logo)")


def _with_logo(value: str) -> Preview:
    return {"picture": ("look.logo", {"name": value})} if value else {}


def _any_logo(_value: str) -> None:
    """Accept any value: the form offers only existing pictures."""


def _zone(value: str) -> str:
    return value.replace("_", " ")


def _month_day(value: tuple[int, int]) -> str:
    return month_day_words(date(COMMON_YEAR, *value))


def _hours(value: tuple[time, time]) -> str:
    return _("%(first)s to %(last)s", first=time_of_day_words(value[0]), last=time_of_day_words(value[1]))


def _school_days(value: int) -> str:
    return ngettext("%(num)d school day", "%(num)d school days", value)


def _minutes(value: int) -> str:
    return ngettext("%(num)d minute", "%(num)d minutes", value)


def _escalation(value: Days) -> str:
    return _(
        "lead after %(lead)s, administrators after %(all)s", lead=_school_days(value[0]), all=_school_days(value[1])
    )


def _weights(value: Weights) -> str:
    points = {**value.stages, **value.families}
    return ", ".join(f"{forms.PARTS[name]} {points[name]}" for name in points)


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
        _name,
        rules.sound_name,
        at_once=True,
    ),
    Entry(
        "colors",
        Group.DISTRICT,
        _l("Colors"),
        _l("Links, buttons and the top of every page. Text must be easy to read with each, or it is refused."),
        COLORS,
        forms.ColorsForm,
        _colors,
        refuse_unreadable,
        preview=_with_colors,
    ),
    Entry(
        "logo",
        Group.DISTRICT,
        _l("Logo"),
        _l("Appears at the top of pages, of the sign-in page, and of printed sheets, instead of the name."),
        LOGO,
        forms.LogoForm,
        _logo,
        _any_logo,
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
        _zone,
        rules.sound_zone,
        follow=models.move_zone,
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
        _month_day,
        rules.sound_year_start,
    ),
    Entry(
        "school-hours",
        Group.DISTRICT,
        _l("School hours"),
        _l("The first and the last bell of each school that has not set its own."),
        SCHOOL_HOURS,
        forms.HoursForm,
        _hours,
        rules.sound_hours,
        follow=models.move_hours,
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
        time_of_day_words,
        rules.sound_morning,
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
        _escalation,
        rules.sound_escalation,
        follow=_look_again,
    ),
    number_entry(
        "questionnaires",
        Group.WORK,
        _l("How long a questionnaire’s link works"),
        _l("From the day it is made. It works once. A link that was made before keeps its day."),
        LINK_DAYS,
        (_l("Days"), 3, 60),
        days_words,
    ),
    number_entry(
        "return-gap",
        Group.WORK,
        _l("Gap in enrollment that opens a return plan"),
        _l("School days within one school year on which a student was enrolled nowhere. Open plans stay."),
        RETURN_GAP,
        (_l("School days"), 3, 60),
        _school_days,
    ),
    Entry(
        "weights",
        Group.WORK,
        _l("Case weights"),
        _l("Points for the stage a case is in, and for each support that is under way."),
        CASELOAD_WEIGHTS,
        forms.WeightsForm,
        _weights,
        rules.sound_weights,
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
    *PLAN_ENTRIES,
)
BY_NAME: Final = {entry.name: entry for entry in ENTRIES}
