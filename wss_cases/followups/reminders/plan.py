"""Pure: what one follow-up asks of the sweep at an instant - mails, a new owner - and when to look at it again."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from wss_cases.accounts.teams import Team
from wss_cases.followups.reminders.rules import (
    UNDELIVERABLE,
    Days,
    Why,
    is_individual,
    levels_of,
    look_again_at,
    people_reached,
    reassignee,
    reminds_at,
    reminds_on,
    while_nobodys,
    with_covers,
)
from wss_cases.foundation.school_time import local_date
from wss_cases.roster.directory.rules import SchoolDays


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
