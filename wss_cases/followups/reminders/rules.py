"""Pure decisions about reminders: what has a mail of its own, from when, whom lateness reaches, who takes over."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta

from wss_cases.access.actor import Role
from wss_cases.followups.core.states import PLAN_STEP
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled
from wss_cases.foundation.school_time import at_local, local_date
from wss_cases.foundation.settings.stored import StoredSetting, fixed

CONTACT = frozenset({"contact_person_harmed", "check_in_person_harmed"})
"""Kinds that are contact with a person harmed."""

ESCALATING = CONTACT | {PLAN_STEP}
"""Kinds that have a mail of their own and escalate, where they say so: contact, and what a school promised."""

BEFORE_LAST_BELL = timedelta(minutes=60)
UNTIL_BELL_IS_SEEN = timedelta(minutes=15)
"""How long a last bell that was moved today may go unnoticed."""

LONGEST_UNSWEPT = timedelta(days=7)
"""How long the sweep leaves an open follow-up alone: its owner may have left in the meantime."""

BEFORE_NEXT_SWEEP = timedelta(seconds=30)
"""After less than that no sweep looks again; the scheduler's next one does."""

UNDELIVERABLE, TO_LEAD, TO_ADMINISTRATOR = 0, 1, 3
LEVELS = (TO_LEAD, TO_ADMINISTRATOR)
"""Levels of lateness that reach who leads the case or plan, then the school's administrators. UNDELIVERABLE: from its
day on it reaches whom level TO_LEAD would, because mail to its owner does not arrive."""

Days = tuple[int, int]
"""School days overdue after which an item reaches level TO_LEAD, then TO_ADMINISTRATOR."""


def read_days(text: str) -> Days:
    """Return the days of "1,3"."""
    lead, administrator = (int(part) for part in text.split(","))
    return lead, administrator


ESCALATION_DAYS: StoredSetting[Days] = StoredSetting("followups.escalation_days", read_days, fixed((1, 3)))


class Why(Labelled):
    """Why something late reaches somebody. `ACTS`: it is theirs to carry out, with others."""

    LEADS = "leads", _l("you lead the case or plan it belongs to")
    NEXT = "next", _l("you are next in line to see to it")
    ADMINISTERS = "administers", _l("you administer the school")
    STANDS_IN = "stands_in", _l("you are covering for someone who is away")
    ACTS = "acts", _l("you are responsible for it")


def is_individual(kind: str, same_day: bool, single_mail: bool) -> bool:
    """Whether an item has a mail of its own, whatever its owner chose, and escalates: same-day items, contact with a
    person harmed (unless the template it was made from says otherwise), and steps of a plan."""
    return same_day or (single_mail and kind in ESCALATING)


def reminds_on(due_on: date, snoozed_until: date | None) -> date:
    """Return the day from which an item reminds: when it is due, or when its snooze ends."""
    return due_on if snoozed_until is None else max(due_on, snoozed_until)


def reminds_at(day: date, same_day: bool, created_at: datetime, time_zone: str, last_bell: time) -> datetime:
    """Return the instant from which an item reminds: its day's beginning; for a same-day item 60 minutes before the
    last bell, or at once when it was made later than that."""
    if not same_day:
        return at_local(day, 0, 0, time_zone)
    return max(at_local(day, last_bell.hour, last_bell.minute, time_zone) - BEFORE_LAST_BELL, created_at)


def look_again_at(day: date, begins: datetime, now: datetime, time_zone: str) -> datetime:
    """Return until when nothing about an item can come due that the sweep does not learn of by itself.

    It learns of changes of the item, of covers and of owners who left. From its day on an item is looked at once a
    day, for the levels of its lateness and for covers that begin; and until it reminds on its day, quarter-hourly.
    """
    today = local_date(now, time_zone)
    if today < day:
        return min(at_local(day, 0, 0, time_zone), now + LONGEST_UNSWEPT)
    tomorrow = at_local(today + timedelta(days=1), 0, 0, time_zone)
    return tomorrow if now >= begins else min(begins, now + UNTIL_BELL_IS_SEEN, tomorrow)


def while_nobodys(again_at: datetime, now: datetime) -> datetime:
    """Return the same for what nobody there may know of: the next sweep looks whether somebody came who may."""
    return min(again_at, now + BEFORE_NEXT_SWEEP)


def levels_of(late: int, after: Days) -> tuple[int, ...]:
    """Return the levels of escalation that so many school days overdue have passed."""
    return tuple(level for level, days in zip(LEVELS, after, strict=True) if late >= days)


def people_reached(
    level: int,
    owner_id: int | None,
    lead_id: int | None,
    team: Mapping[Role, Collection[int]],
    undeliverable: Collection[int] = (),
) -> dict[int, Why]:
    """Return whom a level of escalation reaches, never the owner: the case's lead first, then the administrators.

    Where the owner leads or nobody does, the next in line: the administrators, other coordinators, deans. Where mail
    arrives at none of these (`undeliverable`), they and the next in line.
    """
    people: dict[int, Why] = {}
    if level != TO_ADMINISTRATOR and lead_id is not None and lead_id != owner_id:
        people[lead_id] = Why.LEADS
        if lead_id not in undeliverable:
            return people
    for role in (Role.ADMINISTRATOR, Role.COORDINATOR, Role.DEAN):
        others = [user_id for user_id in team.get(role, ()) if user_id != owner_id and user_id not in people]
        due = level == TO_ADMINISTRATOR and role is Role.ADMINISTRATOR
        people |= dict.fromkeys(others, Why.ADMINISTERS if due else Why.NEXT)
        if set(others).difference(undeliverable):
            break
    return people


def with_covers(people: Mapping[int, Why], covers: Mapping[int, int], but: int | None) -> dict[int, Why]:
    """Return these people and who stands in for them (`covers`), but for one person: the owner hears otherwise."""
    all_people = dict(people)
    for user_id in people:
        cover_id = covers.get(user_id)
        if cover_id is not None and cover_id != but:
            all_people.setdefault(cover_id, Why.STANDS_IN)
    return all_people


def reassignee(
    owner_id: int | None,
    lead_id: int | None,
    cover_id: int | None,
    team: Mapping[Role, Collection[int]],
    load: Mapping[int, int],
) -> int | None:
    """Return who takes over an item whose owner has left: the case's lead, else who stands in for the owner, else
    the coordinator with the fewest open cases (`load`), else such an administrator; None at a school without any."""
    for person in (lead_id, cover_id):
        if person is not None and person != owner_id:
            return person
    for role in (Role.COORDINATOR, Role.ADMINISTRATOR):
        others = [user_id for user_id in team.get(role, ()) if user_id != owner_id]
        if others:
            return min(others, key=lambda user_id: (load.get(user_id, 0), user_id))
    return None
