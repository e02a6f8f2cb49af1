"""Values that a setting cannot have. Pure."""

from datetime import time
from typing import Final

from wss_cases.followups.reminders.rules import Days
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.foundation.school_time import time_zones
from wss_cases.plans.plan.core.models import LONGEST_TIER
from wss_cases.plans.plan.core.queries import PLAN_TIERS
from wss_cases.plans.public.publications.models import PUBLIC_PAGES
from wss_cases.plans.voices.meetings.models import ANSWER_DAYS, COUNCIL_QUORUM, NOTICE_DAYS
from wss_cases.setup.first_start import LONGEST_NAME
from wss_cases.setup.settings import forms
from wss_cases.setup.settings.models import Entry, Group, days_words, number_entry
from wss_cases.workday.caseload.rules import Weights

MOST_DAYS = 10
MOST_TIERS = 12
EARLIEST, LATEST = time(5), time(10)


def sound_name(name: str) -> None:
    """Raise Refused for a blank or too long name, or one with line breaks."""
    refuse_blank("value", name, _("Enter the name of the district."))
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise Refused("value", _("Write the name in one line of at most %(n)d characters.", n=LONGEST_NAME))


def sound_zone(zone: str) -> None:
    """Raise Refused for an unknown time zone."""
    if zone not in time_zones():
        raise Refused("value", _("There is no time zone %(zone)s. Write one like America/Chicago.", zone=zone))


def sound_morning(at: time) -> None:
    """Raise Refused for a time before 5:00 am or after 10:00 am."""
    if not EARLIEST <= at <= LATEST:
        raise Refused("value", _("Enter a time from 5:00 am to 10:00 am."))


def sound_year_start(first: tuple[int, int]) -> None:
    """Raise Refused for a first day outside July to September."""
    if not (7, 1) <= first <= (9, 30):
        raise Refused("month", _("A school year begins from July 1 to September 30."))


def sound_hours(hours: tuple[time, time]) -> None:
    """Raise Refused when the last bell is not after the first."""
    if hours[0] >= hours[1]:
        raise Refused("last", _("The last bell must ring after the first one."))


def sound_escalation(days: Days) -> None:
    """Raise Refused for days out of range, or administrators who are told before the lead."""
    lead, administrator = days
    for field, number in (("lead", lead), ("administrator", administrator)):
        if not 1 <= number <= MOST_DAYS:
            raise Refused(field, _("Enter a whole number from 1 to 10."))
    if administrator < lead:
        raise Refused("administrator", _("The administrators are not told before the case’s lead."))


def sound_tiers(tiers: tuple[str, ...]) -> None:
    """Raise Refused for too many tiers, a tier that is too long, or a repeated one."""
    if not 1 <= len(tiers) <= MOST_TIERS:
        raise Refused("value", _("Enter from 1 to %(most)d tiers, one per line.", most=MOST_TIERS))
    if any(len(tier) > LONGEST_TIER for tier in tiers):
        raise Refused("value", _("Write each tier in at most %(most)d characters.", most=LONGEST_TIER))
    if len({tier.casefold() for tier in tiers}) < len(tiers):
        raise Refused("value", _("Write each tier only once."))


def sound_weights(weights: Weights) -> None:
    """Raise Refused when all weights are zero."""
    if not any((*weights.stages.values(), *weights.families.values())):
        raise Refused("", _("Enter at least one of them a point."))


def _switch(value: bool) -> str:
    return _("On") if value else _("Off")


def _members(value: int) -> str:
    return ngettext("%(num)d member", "%(num)d members", value)


def _either(_value: bool) -> None:
    """Take either."""


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
        _switch,
        _either,
    ),
    Entry(
        "plan-tiers",
        Group.PLANS,
        _l("Tiers of safety plans"),
        _l("What a school chooses from in the head of its plan. A plan keeps its tier when the list changes."),
        PLAN_TIERS,
        forms.TiersForm,
        ", ".join,
        sound_tiers,
        unconfirmed=True,
    ),
    number_entry(
        "meeting-notice",
        Group.PLANS,
        _l("Notice before a public meeting"),
        _l("Days before a council, committee, or community meeting by which its notice is posted."),
        NOTICE_DAYS,
        (_l("Days"), 0, 60),
        days_words,
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
        days_words,
        unconfirmed=True,
    ),
)
