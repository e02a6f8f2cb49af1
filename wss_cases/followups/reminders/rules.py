"""Rules of reminders: what has its own mail, from when, who is told of lateness, who takes over, and pauses. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from wss_cases.access.actor import Role
from wss_cases.accounts.teams import Team
from wss_cases.followups.core.states import PLAN_STEP
from wss_cases.foundation.i18n import Labelled, _, _l
from wss_cases.foundation.school_time import at_local, local_date
from wss_cases.foundation.settings import StoredSetting, fixed
from wss_cases.roster.directory.rules import SchoolDays

CONTACT = frozenset({"contact_person_harmed", "check_in_person_harmed"})
"""Kinds of contact with a person harmed."""

ESCALATING = CONTACT | {PLAN_STEP}
"""Kinds that can have their own mail and escalate: contact with a person harmed, and steps of a plan."""

BEFORE_LAST_BELL = timedelta(minutes=60)
UNTIL_BELL_IS_SEEN = timedelta(minutes=15)
"""How long a change of today's last bell may go unnoticed."""

LONGEST_UNSWEPT = timedelta(days=7)
"""The longest time between two sweeps of an open follow-up, because its owner may have left."""

BEFORE_NEXT_SWEEP = timedelta(seconds=30)
"""Shorter than the time between two sweeps, so that the next sweep reads the item again."""

UNDELIVERABLE, TO_LEAD, TO_ADMINISTRATOR = 0, 1, 3
LEVELS = (TO_LEAD, TO_ADMINISTRATOR)
"""The levels of lateness: TO_LEAD reports to the lead of the case or plan, TO_ADMINISTRATOR to the administrators.

UNDELIVERABLE reports to the people of TO_LEAD from the reminder day on, because mail to the owner is not delivered.
"""

Days = tuple[int, int]
"""School days overdue for level TO_LEAD and for TO_ADMINISTRATOR."""


def read_days(text: str) -> Days:
    """The two numbers of a setting such as "1,3"."""
    lead, administrator = (int(part) for part in text.split(","))
    return lead, administrator


ESCALATION_DAYS: StoredSetting[Days] = StoredSetting("followups.escalation_days", read_days, fixed((1, 3)))


class Why(Labelled):
    """Why lateness is reported to someone. `ACTS`: they share the responsibility."""

    LEADS = "leads", _l("you lead the case or plan it belongs to")
    NEXT = "next", _l("you are next in line to see to it")
    ADMINISTERS = "administers", _l("you administer the school")
    STANDS_IN = "stands_in", _l("you are covering for someone who is away")
    ACTS = "acts", _l("you are responsible for it")


def reminds_at(day: date, same_day: bool, created_at: datetime, time_zone: str, last_bell: time) -> datetime:
    """The instant from which an item reminds: the beginning of its day. For a same-day item, 60 minutes before the last
    bell, or at once when it was made later than that.
    """
    if not same_day:
        return at_local(day, 0, 0, time_zone)
    return max(at_local(day, last_bell.hour, last_bell.minute, time_zone) - BEFORE_LAST_BELL, created_at)


def look_again_at(day: date, begins: datetime, now: datetime, time_zone: str) -> datetime:
    """The next instant at which the sweep must read an item again if nothing else changes.

    Changes of the item, covers, and owners who leave are noticed separately. From its day on an item is read once a
    day, for levels of lateness and new covers. On its day, until it reminds, it is read every quarter of an hour.
    """
    today = local_date(now, time_zone)
    if today < day:
        return min(at_local(day, 0, 0, time_zone), now + LONGEST_UNSWEPT)
    tomorrow = at_local(today + timedelta(days=1), 0, 0, time_zone)
    return tomorrow if now >= begins else min(begins, now + UNTIL_BELL_IS_SEEN, tomorrow)


def levels_of(late: int, after: Days) -> tuple[int, ...]:
    """The levels of escalation reached after so many school days overdue."""
    return tuple(level for level, days in zip(LEVELS, after, strict=True) if late >= days)


def people_reached(
    level: int,
    owner_id: int | None,
    lead_id: int | None,
    team: Mapping[Role, Collection[int]],
    undeliverable: Collection[int] = (),
) -> dict[int, Why]:
    """The people to whom a level of escalation is reported, never the owner: first the case's lead, then the
    administrators.

    When the owner leads, or no one does, the next in line: administrators, other coordinators, deans. When mail reaches
    none of these (`undeliverable`), they and the next in line.
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
    """These people and those who cover for them, except person `but`; the owner is told otherwise."""
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
    """The new owner of an item whose owner has left: the case's lead, else the person covering for the owner, else the
    coordinator with the fewest open cases (`load`), else such an administrator; None at a school without any.
    """
    for person in (lead_id, cover_id):
        if person is not None and person != owner_id:
            return person
    for role in (Role.COORDINATOR, Role.ADMINISTRATOR):
        others = [user_id for user_id in team.get(role, ()) if user_id != owner_id]
        if others:
            return min(others, key=lambda user_id: (load.get(user_id, 0), user_id))
    return None


@dataclass(frozen=True, slots=True)
class Item:
    """An open follow-up as the sweep reads it. `of_housing`: it reveals a need for housing support."""

    id: int
    kind: str
    owner_id: int | None
    school_id: int
    case_id: int | None
    lead_id: int | None
    due_on: date
    same_day: bool
    single_mail: bool
    snoozed_until: date | None
    created_at: datetime
    time_zone: str
    last_bell: time
    of_housing: bool

    @property
    def individual(self) -> bool:
        """Whether it has its own mail, whatever its owner chose, and escalates: same-day items, contact with a person
        harmed (unless its template says otherwise), and steps of a plan."""
        return self.same_day or (self.single_mail and self.kind in ESCALATING)

    @property
    def day(self) -> date:
        """The day from which it reminds: its due date, or the end of its snooze."""
        return self.due_on if self.snoozed_until is None else max(self.due_on, self.snoozed_until)

    @property
    def begins(self) -> datetime:
        return reminds_at(self.day, self.same_day, self.created_at, self.time_zone, self.last_bell)


@dataclass(frozen=True)
class Facts:
    """What the sweep knows of an item's people and school. People who may not know of the item are left out.

    `owner_works`, `lead_works`: they may still see it. `covers`: who covers for whom there today. `singles`: who chose
    single mails. `load`: open cases by coordinator. `after`: school days overdue until it escalates. `undeliverable`:
    people to whom mail is not delivered.
    """

    owner_works: bool
    lead_works: bool
    team: Team
    covers: Mapping[int, int]
    singles: Collection[int]
    days: SchoolDays
    load: Mapping[int, int]
    after: Days = (1, 3)
    undeliverable: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Escalation:
    """A level of lateness that an item has reached, and the people told, with the reason for each."""

    level: int
    people: Mapping[int, Why]


@dataclass(frozen=True)
class Plan:
    """The result for an item: its owner (a new one if the former left), whom to remind, escalations, and when to read
    it again.
    """

    owner_id: int | None
    remind: tuple[int, ...]
    escalations: tuple[Escalation, ...]
    again_at: datetime


def plan(item: Item, facts: Facts, now: datetime) -> Plan:
    owner_id = item.owner_id if facts.owner_works else _new_owner(item, facts)
    again_at = look_again_at(item.day, item.begins, now, item.time_zone)
    if item.of_housing and owner_id is None:
        again_at = min(again_at, now + BEFORE_NEXT_SWEEP)  # such a person may come before the next sweep
    if now < item.begins:
        return Plan(owner_id, (), (), again_at)
    remind = [user_id for user_id in _readers(owner_id, facts) if item.individual or user_id in facts.singles]
    return Plan(owner_id, tuple(dict.fromkeys(remind)), escalations(item, owner_id, facts, now), again_at)


def _readers(owner_id: int | None, facts: Facts) -> list[int]:
    """The owner and the person covering for them today."""
    people = [owner_id, facts.covers.get(owner_id)] if owner_id is not None else []
    return [user_id for user_id in people if user_id is not None]


def _new_owner(item: Item, facts: Facts) -> int | None:
    lead_id = item.lead_id if facts.lead_works else None
    cover_id = facts.covers.get(item.owner_id) if item.owner_id is not None else None
    return reassignee(item.owner_id, lead_id, cover_id, facts.team, facts.load)


def escalations(item: Item, owner_id: int | None, facts: Facts, now: datetime) -> tuple[Escalation, ...]:
    """The levels of lateness an item has reached, each with the people told, covers among them.

    A person told by two levels is told by the higher one only.
    """
    if not item.individual:
        return ()
    lead_id = item.lead_id if facts.lead_works else None
    passed: list[Escalation] = []
    informed: set[int] = set()
    for level in reversed(_levels(item, owner_id, facts, now)):
        reached = people_reached(level, owner_id, lead_id, facts.team, facts.undeliverable)
        people = with_covers(reached, facts.covers, owner_id)
        passed.append(Escalation(level, {who: why for who, why in people.items() if who not in informed}))
        informed.update(people)
    return tuple(reversed(passed))


def _levels(item: Item, owner_id: int | None, facts: Facts, now: datetime) -> tuple[int, ...]:
    today, readers = local_date(now, item.time_zone), _readers(owner_id, facts)
    silent = bool(readers) and now >= item.begins and facts.undeliverable.issuperset(readers)
    late = levels_of(facts.days.between(item.due_on, today), facts.after) if item.due_on < today else ()
    return (UNDELIVERABLE, *late) if silent else late


@dataclass(frozen=True)
class EscalationReason:
    """How late an item is, in school days, which level is reported to a person, and why."""

    late: int
    level: int
    why: Why


def escalation_for(item: Item, facts: Facts, user_id: int | None, now: datetime) -> EscalationReason | None:
    """Why the lateness of an item is reported to a person who does not own it; None when it is not."""
    late = facts.days.between(item.due_on, local_date(now, item.time_zone))
    for step in escalations(item, item.owner_id, facts, now):
        if user_id is not None and user_id in step.people:
            return EscalationReason(late, step.level, step.people[user_id])
    return None


TIMES = 2
AFTER_DUE = 5
"""The last school day after its due date until which reminders can be paused, over all pauses."""


def latest_snooze(due_on: date, days: SchoolDays) -> date:
    return days.add(due_on, AFTER_DUE)


def why_not(kind: str, same_day: bool, due_on: date, count: int, today: date, days: SchoolDays) -> str:
    """Why reminders may not be paused now, in words; '' when they may."""
    # legal duties are not follow-ups and cannot be paused
    if same_day or kind in CONTACT:
        return _("Reminders of same-day items and of contact with a person harmed cannot be paused.")
    if count >= TIMES:
        return _("Its reminders were already paused twice. Reschedule, reassign, or close it.")
    if latest_snooze(due_on, days) <= today:
        return _("It has been overdue too long. Reschedule, reassign, or close it.")
    return ""


def wrong_day(until: date, due_on: date, today: date, days: SchoolDays) -> str:
    """What is wrong with the end of a pause, in words; '' for a valid day."""
    if until <= today:
        return _("Choose a later day than today.")
    if not days.is_school_day(until):
        return _("There is no school on this day. Choose a school day.")
    if until > latest_snooze(due_on, days):
        return _("Choose a day within five school days after it is due.")
    return ""
