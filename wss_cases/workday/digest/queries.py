"""What the sweep reads of mornings: schools whose digests are due, and for whom something waits there."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from wss_cases.access.actor import Role
from wss_cases.accounts.coverage import covers_at
from wss_cases.accounts.teams import teams_at
from wss_cases.followups.reminders.queries import owners_due
from wss_cases.followups.reminders.rules import Item
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import local, local_date
from wss_cases.incidents.incident.queries import CARE_TEAM
from wss_cases.journal.models import OutboxMessage
from wss_cases.mail.common.pages import DigestDay
from wss_cases.mail.common.queries import CLOSES, MAIL_OPENS, NEAR, days_from
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.training.requirements.queries import behind
from wss_cases.workday.my_day.due import AHEAD
from wss_cases.workday.my_day.queries import digest_people, schools_with_concerns, schools_with_reviews
from wss_cases.workday.my_day.waiting import REVIEWERS

DIGEST = "digest"
"""The kind of a morning's digest."""
WEEK, FOUR_WEEKS = timedelta(days=6), timedelta(days=28)
PEOPLE = 1000
"""People of whose digests one statement asks."""
Given = Mapping[Item, int]
"""Follow-ups that a dry run leaves with their owners, and to whom the real run would have given each."""


@dataclass(frozen=True)
class Morning:
    """A school's morning: its date, the last date looked ahead to, whether the school week begins with it (or, where
    its first morning was missed, goes on with it for the first time)."""

    school_id: int
    day: date
    horizon: date
    begins_week: bool


def mornings(now: datetime) -> list[Morning]:
    """Return the schools whose morning has come and is not claimed, on school days from the hour of mail
    to 18:00."""
    zones = db.session.scalars(select(School.time_zone).where(School.is_active).distinct())
    found: list[Morning] = []
    for zone in sorted(zones.all()):
        day = local_date(now, zone)
        if MAIL_OPENS.on(day) <= local(now, zone).time() < CLOSES:
            found += _mornings(zone, day)
    return sorted(found, key=lambda morning: morning.school_id)


def _mornings(zone: str, day: date) -> list[Morning]:
    done = select(DigestDay.school_id).where(DigestDay.day == day)
    statement = select(School.id).where(School.is_active, School.time_zone == zone, School.id.not_in(done))
    ids = list(db.session.scalars(statement))
    today = days_from(ids, day, day) if ids else {}
    open_today = [number for number in ids if today[number].is_school_day(day)]
    days = days_from(open_today, day - WEEK, day + NEAR) if open_today else {}
    first = missed_the_first(day) if open_today else set()
    return [
        Morning(number, day, days[number].add(day, AHEAD), number in first or begins_week(day, days[number]))
        for number in open_today
    ]


def begins_week(day: date, days: SchoolDays) -> bool:
    """Whether a date is the first school day of its week."""
    monday = day - timedelta(days=day.weekday())
    return days.on_or_after(monday) == day


def missed_the_first(day: date) -> set[int]:
    """Return the schools of which no morning before a date was swept in its week, though some were in the four weeks
    before: the server stood still on the first school day, and what is said once a week is said now."""
    monday = day - timedelta(days=day.weekday())
    lately = DigestDay.day.between(monday - FOUR_WEEKS, day - timedelta(days=1))
    swept = select(DigestDay.school_id).where(lately).group_by(DigestDay.school_id)
    return set(db.session.scalars(swept.having(func.max(DigestDay.day) < monday)))


def with_work(batch: Sequence[Morning], given: Given, now: datetime) -> set[tuple[int, int]]:
    """Return (person, school) of everyone for whom something is due or waits, and of whoever stands in for them.

    The mornings are of one date and one horizon."""
    school_ids, day, horizon = [morning.school_id for morning in batch], batch[0].day, batch[0].horizon
    found = set(owners_due(school_ids, day, horizon, but=[item.id for item in given]))
    found.update(
        (reassignee_id, item.school_id)
        for item, reassignee_id in given.items()
        if item.school_id in school_ids and item.due_on <= horizon
    )
    found.update(digest_people(school_ids))
    for waiting, roles in ((schools_with_reviews, REVIEWERS), (schools_with_concerns, CARE_TEAM)):
        for school_id, team in teams_at(waiting(school_ids), now).items():
            found.update((user_id, school_id) for role in roles for user_id in team.get(role, ()))
    behind_here = _behind_in_training(school_ids, day, now)
    if not batch[0].begins_week:
        missed = never_reached({user_id for user_id, _school_id in behind_here}, day)
        behind_here = {pair for pair in behind_here if pair[0] in missed}
    return with_covers(found, day) | behind_here


def never_reached(people: Collection[int], day: date) -> set[int]:
    """Return those of these people for whom digests were queued in the week of a date, before it, and none was sent: a
    digest goes on its own morning alone, so what it says once a week is said by the next one that goes."""
    monday = day - timedelta(days=day.weekday())
    before = [monday + timedelta(days=number) for number in range(day.weekday())]
    everyone = sorted(people) if before else []
    found: set[int] = set()
    for start in range(0, len(everyone), PEOPLE):
        keys = [digest_key(user_id, morning) for user_id in everyone[start : start + PEOPLE] for morning in before]
        mine = (OutboxMessage.kind == DIGEST, OutboxMessage.dedupe_key.in_(keys))
        of_week = select(OutboxMessage.recipient_id).where(*mine).group_by(OutboxMessage.recipient_id)
        found.update(db.session.scalars(of_week.having(func.count(OutboxMessage.sent_at) == 0)))
    return found


def digest_key(user_id: int, day: date) -> str:
    """Return the key under which a person's digest of a morning is queued once."""
    return f"{DIGEST}:{user_id}:{day.isoformat()}"


def _behind_in_training(school_ids: Sequence[int], day: date, now: datetime) -> set[tuple[int, int]]:
    """Return (person, school) of everyone who must take or renew a training, and of administrators of schools that are
    behind: a digest a week says so until it is done; My day says it every day."""
    schools, people = behind(school_ids, day)
    teams = teams_at(schools.keys(), now) if schools else {}
    return people | {
        (user, school_id) for school_id, team in teams.items() for user in team.get(Role.ADMINISTRATOR, ())
    }


def with_covers(people: Iterable[tuple[int, int]], day: date) -> set[tuple[int, int]]:
    """Add whoever stands in on a date for one of these people: (person, school)."""
    found = set(people)
    covers = covers_at({school_id for _user_id, school_id in found}, day) if found else {}
    return found | {(covers[person], person[1]) for person in found if person in covers}
