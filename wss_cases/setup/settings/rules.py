"""What the value of a setting cannot be. Pure."""

from datetime import time

from wss_cases.followups.reminders.rules import Days
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import time_zones
from wss_cases.plans.plan.core.models import LONGEST_TIER
from wss_cases.setup.first_start.rules import LONGEST_NAME
from wss_cases.workday.caseload.rules import Weights

MOST_DAYS = 10
MOST_TIERS = 12
EARLIEST, LATEST = time(5), time(10)


def sound_name(name: str) -> None:
    """Raise Refused for a name that is blank, too long or more than one line."""
    refuse_blank("value", name, _("Enter the name of the district."))
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise Refused("value", _("Write the name in one line of at most %(n)d characters.", n=LONGEST_NAME))


def sound_zone(zone: str) -> None:
    """Raise Refused for a time zone that there is none of."""
    if zone not in time_zones():
        raise Refused("value", _("There is no time zone %(zone)s. Write one like America/Chicago.", zone=zone))


def sound_morning(at: time) -> None:
    """Raise Refused for mail in the night, or so late that it does not help the day."""
    if not EARLIEST <= at <= LATEST:
        raise Refused("value", _("Enter a time from 5:00 am to 10:00 am."))


def sound_year_start(first: tuple[int, int]) -> None:
    """Raise Refused for a year that does not begin in the summer."""
    if not (7, 1) <= first <= (9, 30):
        raise Refused("month", _("A school year begins from July 1 to September 30."))


def sound_hours(hours: tuple[time, time]) -> None:
    """Raise Refused for a day that ends before it begins."""
    if hours[0] >= hours[1]:
        raise Refused("last", _("The last bell must ring after the first one."))


def sound_escalation(days: Days) -> None:
    """Raise Refused for days out of range, and administrators who hear before the lead."""
    lead, administrator = days
    for field, number in (("lead", lead), ("administrator", administrator)):
        if not 1 <= number <= MOST_DAYS:
            raise Refused(field, _("Enter a whole number from 1 to 10."))
    if administrator < lead:
        raise Refused("administrator", _("The administrators are not told before the case’s lead."))


def sound_tiers(tiers: tuple[str, ...]) -> None:
    """Raise Refused for too many tiers, one that is too long, and the same one twice."""
    if not 1 <= len(tiers) <= MOST_TIERS:
        raise Refused("value", _("Enter from 1 to %(most)d tiers, one per line.", most=MOST_TIERS))
    if any(len(tier) > LONGEST_TIER for tier in tiers):
        raise Refused("value", _("Write each tier in at most %(most)d characters.", most=LONGEST_TIER))
    if len({tier.casefold() for tier in tiers}) < len(tiers):
        raise Refused("value", _("Write each tier only once."))


def sound_weights(weights: Weights) -> None:
    """Raise Refused where nothing weighs anything."""
    if not any((*weights.stages.values(), *weights.families.values())):
        raise Refused("", _("Enter at least one of them a point."))
