"""Pure decisions about reminders: what has a mail of its own, from when, whom lateness reaches, who takes over."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from wss_cases.access.actor import Role
from wss_cases.accounts.teams import Team
from wss_cases.followups.core.states import PLAN_STEP
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled
from wss_cases.foundation.school_time import at_local, local_date
from wss_cases.foundation.settings.stored import StoredSetting, fixed
from wss_cases.roster.directory.rules import SchoolDays

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


@dataclass(frozen=True, slots=True)
class Item:
    """What the sweep reads of one open follow-up; `of_housing`: it tells of a need for housing support."""

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
        """Whether it has a mail of its own and escalates."""
        return is_individual(self.kind, self.same_day, self.single_mail)

    @property
    def day(self) -> date:
        """The day from which it reminds."""
        return reminds_on(self.due_on, self.snoozed_until)

    @property
    def begins(self) -> datetime:
        """The instant from which it reminds."""
        return reminds_at(self.day, self.same_day, self.created_at, self.time_zone, self.last_bell)


@dataclass(frozen=True)
class Facts:
    """What the sweep knows of an item's people and school: of those alone who may know what it tells.

    `owner_works` and `lead_works`: they still may see it; `covers`: who stands in for whom there today; `singles`:
    who chose single mails; `load`: open cases a coordinator leads; `after`: school days overdue after which it
    escalates; `undeliverable`: to whom mail does not arrive.
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
    """That an item passed a level of lateness, and whom that reaches for what reason."""

    level: int
    people: Mapping[int, Why]


@dataclass(frozen=True)
class Plan:
    """The owner (another than before where the former left), whom to remind, what escalates, when to look again."""

    owner_id: int | None
    remind: tuple[int, ...]
    escalations: tuple[Escalation, ...]
    again_at: datetime


def plan(item: Item, facts: Facts, now: datetime) -> Plan:
    """Return what an item asks for at this instant."""
    owner_id = item.owner_id if facts.owner_works else _taken_over(item, facts)
    again_at = look_again_at(item.day, item.begins, now, item.time_zone)
    if item.of_housing and owner_id is None:
        again_at = while_nobodys(again_at, now)
    if now < item.begins:
        return Plan(owner_id, (), (), again_at)
    remind = [user_id for user_id in _readers(owner_id, facts) if item.individual or user_id in facts.singles]
    return Plan(owner_id, tuple(dict.fromkeys(remind)), escalations(item, owner_id, facts, now), again_at)


def _readers(owner_id: int | None, facts: Facts) -> list[int]:
    """The owner and who stands in for them today."""
    people = [owner_id, facts.covers.get(owner_id)] if owner_id is not None else []
    return [user_id for user_id in people if user_id is not None]


def _taken_over(item: Item, facts: Facts) -> int | None:
    lead_id = item.lead_id if facts.lead_works else None
    cover_id = facts.covers.get(item.owner_id) if item.owner_id is not None else None
    return reassignee(item.owner_id, lead_id, cover_id, facts.team, facts.load)


def escalations(item: Item, owner_id: int | None, facts: Facts, now: datetime) -> tuple[Escalation, ...]:
    """Return the levels of lateness an item has passed, each with whom it reaches and who stands in for them.

    Whom two levels reach hears of the higher one alone.
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
    """How late an item is, in school days, which level of lateness reaches somebody, and for what reason."""

    late: int
    level: int
    why: Why


def escalation_for(item: Item, facts: Facts, user_id: int | None, now: datetime) -> EscalationReason | None:
    """Return why the lateness of an item reaches a person who does not own it; None where it does not."""
    late = facts.days.between(item.due_on, local_date(now, item.time_zone))
    for step in escalations(item, item.owner_id, facts, now):
        if user_id is not None and user_id in step.people:
            return EscalationReason(late, step.level, step.people[user_id])
    return None
