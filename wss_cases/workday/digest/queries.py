"""The weekly count: how much is overdue, and belongs to others, at a school one administers and in cases one leads."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select

from wss_cases.access.actor import CASE_TEAM, Actor, Role
from wss_cases.accounts.coverage import covers_at, near
from wss_cases.accounts.teams import teams_at
from wss_cases.cases.case.models import Case
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.queries import known_to
from wss_cases.followups.reminders.queries import overdue_quietly, owners_due
from wss_cases.followups.reminders.rules import Item
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import local, local_date
from wss_cases.incidents.incident.queries import CARE_TEAM
from wss_cases.journal.models import OutboxMessage
from wss_cases.mail.common.pages import DigestDay
from wss_cases.mail.common.rules import CLOSES, MAIL_OPENS, NEAR, days_from
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.training.requirements.models import behind
from wss_cases.workday.my_day.queries import REVIEWERS, digest_people, schools_with_concerns, schools_with_reviews
from wss_cases.workday.my_day.rules import AHEAD

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


@dataclass(frozen=True)
class Overdue:
    """How many follow-ups of others are overdue at schools one administers, and in cases one leads elsewhere."""

    at_schools: int
    in_cases: int


def weekly_people(school_ids: Sequence[int], day: date, now: datetime) -> list[tuple[int, int]]:
    """Return (person, school) of whoever administers one of these schools, or leads a case there, with something
    overdue that escalates to nobody."""
    here = and_(FollowUp.school_id.in_(school_ids), overdue_quietly(day))
    leads = select(Case.lead_id, FollowUp.school_id).join(Case, Case.id == FollowUp.case_id).where(here)
    found = {(row[0], row[1]) for row in db.session.execute(leads.distinct()) if row[0] is not None}
    late = set(db.session.scalars(select(FollowUp.school_id).where(here).distinct()))
    for school_id, team in teams_at(late, now).items():
        found.update((user_id, school_id) for user_id in team.get(Role.ADMINISTRATOR, ()))
    return sorted(found)


def weekly_count(actor: Actor, day: date, now: datetime) -> Overdue:
    """Return what is overdue for a person and for those they stand in for today; what they own themselves is not
    counted, their own digest has it."""
    standing = [row for row in near(actor.user_id, now) if row.cover_id == actor.user_id]
    reach = actor.school_ids(*CASE_TEAM)
    teams = teams_at({row.school_id for row in standing}, now)
    administers = actor.school_ids(Role.ADMINISTRATOR) | {
        row.school_id for row in standing if row.user_id in teams[row.school_id].get(Role.ADMINISTRATOR, ())
    }
    leads = [and_(Case.lead_id == actor.user_id, FollowUp.school_id.in_(sorted(reach)))]
    leads += [and_(Case.lead_id == row.user_id, FollowUp.school_id == row.school_id) for row in standing]
    elsewhere = and_(or_(*leads), FollowUp.school_id.not_in(sorted(administers)))
    others = or_(FollowUp.owner_id.is_(None), FollowUp.owner_id != actor.user_id)
    late = (overdue_quietly(day), others, known_to(actor))
    return Overdue(_count(*late, FollowUp.school_id.in_(sorted(administers & reach))), _count(*late, elsewhere))


def _count(*wanted: ColumnElement[bool]) -> int:
    statement = select(func.count(FollowUp.id)).outerjoin(Case, Case.id == FollowUp.case_id).where(*wanted)
    return db.session.scalar(statement) or 0
