"""What the sweep reads of follow-ups: those it has not seen as they are, and whose stand in a morning's digest."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, text, union

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor, Role
from wss_cases.access.housing import KNOW, may_know_of_housing
from wss_cases.accounts.account.models import AccountState, Cover, RoleGrant, UserAccount
from wss_cases.accounts.coverage import covers_at
from wss_cases.accounts.teams import Team, colleagues, teams_at, works
from wss_cases.cases.case.models import OPEN as CASE_OPEN
from wss_cases.cases.case.models import Case
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.queries import tells_of_housing
from wss_cases.followups.reminders.rules import (
    ESCALATING,
    ESCALATION_DAYS,
    LEVELS,
    Days,
    EscalationReason,
    Facts,
    Item,
    Why,
    escalation_for,
    with_covers,
)
from wss_cases.foundation.db import among, db
from wss_cases.foundation.school_time import local_date, today_at
from wss_cases.mail.common.pages import MailTrouble
from wss_cases.mail.common.queries import choices_of, days_from, unreachable
from wss_cases.roster.calendar.bells import last_bells
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays

OPEN = text("follow_up.state = 'open'")
"""Written out: the partial indexes of the sweep are found by these very words."""

ITEM: tuple[Any, ...] = (
    FollowUp.id,
    FollowUp.kind,
    FollowUp.owner_id,
    FollowUp.school_id,
    FollowUp.case_id,
    func.coalesce(Case.lead_id, FollowUp.lead_id),
    FollowUp.due_on,
    FollowUp.same_day,
    FollowUp.single_mail,
    FollowUp.snoozed_until,
    FollowUp.created_at,
    School.time_zone,
    School.last_bell,
    tells_of_housing().label("of_housing"),
)
"""The columns of an `Item`, in its order."""

RECENT = timedelta(days=2)
_INDIVIDUAL = FollowUp.same_day | (FollowUp.single_mail & FollowUp.kind.in_(sorted(ESCALATING)))


def unswept(now: datetime) -> ColumnElement[bool]:
    """Open follow-ups that changed since the sweep saw them, or of which more may have come due by this instant.

    What a clock that ran ahead has seen is looked at again.
    """
    return and_(
        OPEN, or_(FollowUp.swept_version != FollowUp.version, FollowUp.sweep_again_at <= now, FollowUp.swept_at > now)
    )


def next_unswept(now: datetime, limit: int) -> list[int]:
    """Return up to `limit` ids for each of three reasons to sweep a follow-up; empty when all have been swept.

    Each of the three ways asks in the order of its own index, so that nothing is read where nothing is found.
    """
    ways = (
        (FollowUp.swept_version != FollowUp.version, FollowUp.id),
        (FollowUp.sweep_again_at <= now, FollowUp.sweep_again_at),
        (FollowUp.swept_at > now, FollowUp.swept_at.desc()),
    )
    parts = [
        select(select(FollowUp.id).where(OPEN, wanted).order_by(order).limit(limit).subquery().c.id)
        for wanted, order in ways
    ]
    return sorted(db.session.scalars(union(*parts)))


def all_unswept(now: datetime) -> list[int]:
    """Return the ids of every unswept follow-up."""
    return list(db.session.scalars(select(FollowUp.id).where(unswept(now)).order_by(FollowUp.id)))


def items(ids: Sequence[int], *wanted: ColumnElement[bool], lock: bool = False) -> list[Item]:
    """Return those of these follow-ups that are open, by id; locked, without those that somebody else holds now."""
    statement = (
        select(*ITEM)
        .join(School, School.id == FollowUp.school_id)
        .outerjoin(Case, Case.id == FollowUp.case_id)
        .where(OPEN, among(FollowUp.id, ids), *wanted)
        .order_by(FollowUp.id)
    )
    if lock:
        statement = statement.with_for_update(of=FollowUp, skip_locked=True)
    open_items = [Item(*row) for row in db.session.execute(statement)]
    bells = last_bells({(row.school_id, row.due_on) for row in open_items if row.same_day})
    return [
        replace(row, last_bell=bells[row.school_id, row.due_on])
        if row.same_day and (row.school_id, row.due_on) in bells
        else row
        for row in open_items
    ]


def item(follow_up_id: int) -> Item | None:
    """Return one open follow-up as the sweep sees it; None when there is none."""
    return next(iter(items([follow_up_id])), None)


def superseded(now: datetime) -> list[int]:
    """Return follow-ups for which something else changed: somebody stands in for their owner since the sweep saw
    them, mail to their owner has not arrived since, or their owner's account was disabled or last role at the
    school ended."""
    disabled = set(db.session.scalars(select(FollowUp.id).where(OPEN, FollowUp.owner_id.in_(_DISABLED))))
    return sorted(disabled | _newly_covered(now) | _newly_undeliverable(now) | _of_former(now))


_DISABLED = select(UserAccount.id).where(UserAccount.state == AccountState.DISABLED)


def _newly_covered(now: datetime) -> set[int]:
    # first who it is: mostly nobody, and then the follow-ups need not be asked
    new = (Cover.made_at > now - RECENT) & Cover.ended_at.is_(None)
    away = set(db.session.scalars(select(Cover.user_id).where(new)))
    if not away:
        return set()
    statement = (
        select(FollowUp.id)
        .join(Cover, (Cover.user_id == FollowUp.owner_id) & (Cover.school_id == FollowUp.school_id))
        .where(OPEN, among(FollowUp.owner_id, sorted(away)), new, Cover.made_at > FollowUp.swept_at)
    )
    return set(db.session.scalars(statement))


def _newly_undeliverable(now: datetime) -> set[int]:
    new = MailTrouble.since > now - RECENT
    if db.session.scalars(select(MailTrouble.user_id).where(new).limit(1)).first() is None:
        return set()
    statement = select(FollowUp.id).join(MailTrouble, MailTrouble.user_id == FollowUp.owner_id)
    return set(db.session.scalars(statement.where(OPEN, new, MailTrouble.since >= FollowUp.swept_at)))


def _of_former(now: datetime) -> set[int]:
    # the day of some school may be one more; whose role ends there today still holds it
    day = today_at(None, now)
    ended = select(RoleGrant.user_id).where(RoleGrant.ends_on > day - RECENT, RoleGrant.ends_on <= day)
    former = set(db.session.scalars(ended))
    if not former:
        return set()
    still = works(FollowUp.owner_id, FollowUp.school_id, STAFF, now)
    theirs = select(FollowUp.id).where(OPEN, among(FollowUp.owner_id, sorted(former)), ~still)
    return set(db.session.scalars(theirs))


def owners_due(school_ids: Sequence[int], day: date, until: date, but: Collection[int] = ()) -> list[tuple[int, int]]:
    """Return (owner, school) of everyone with an open follow-up due until a date at one of these schools, but for
    those snoozed on this day and those in `but`."""
    statement = (
        select(FollowUp.owner_id, FollowUp.school_id)
        .where(
            FollowUp.school_id.in_(school_ids),
            FollowUp.state == FollowUpState.OPEN,
            FollowUp.due_on <= until,
            FollowUp.owner_id.is_not(None),
            FollowUp.id.not_in(but),
            not_snoozed(day),
        )
        .distinct()
    )
    return [(row[0], row[1]) for row in db.session.execute(statement) if row[0] is not None]


def overdue_quietly(day: date) -> ColumnElement[bool]:
    """Open follow-ups overdue on a day that escalate to nobody: they are counted once a week."""
    return and_(FollowUp.state == FollowUpState.OPEN, FollowUp.due_on < day, not_snoozed(day), not_(_INDIVIDUAL))


def overdue_loudly(day: date) -> ColumnElement[bool]:
    """Open follow-ups overdue on a day that escalate: same-day ones, contact with a person harmed, steps of a plan."""
    return and_(OPEN, FollowUp.due_on < day, not_snoozed(day), _INDIVIDUAL)


def not_snoozed(day: date) -> ColumnElement[bool]:
    """Follow-ups that are not snoozed on a day."""
    return or_(FollowUp.snoozed_until.is_(None), FollowUp.snoozed_until <= day)


BACK = timedelta(days=120)
"""How far back school days are counted: more than any summer."""


class Known:
    """The facts of one sweep's items; `learn` reads what is missing in a constant number of queries."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.people: dict[int, Actor | None] = {}
        self.singles: set[int] = set()
        self._teams: dict[int, Team] = {}
        self._covers: dict[int, dict[int, int]] = {}
        self._days: dict[int, SchoolDays] = {}
        self._load: dict[int, int] = {}

    @cached_property
    def escalates_after(self) -> Days:
        """After how many school days overdue something reaches its case's lead, and the administrators."""
        return ESCALATION_DAYS.on(today_at(None, self.now))

    def late_of(self, level: int) -> int:
        """Return the school days overdue at which an item passes a level; 0 for mail that does not arrive."""
        return dict(zip(LEVELS, self.escalates_after, strict=True)).get(level, 0)

    @cached_property
    def _undeliverable(self) -> frozenset[int]:
        return frozenset(unreachable())

    def learn(self, items: Sequence[Item]) -> None:
        """Read the schools of these items and the people around them."""
        self.learn_schools({item.school_id: item.time_zone for item in items})
        self.learn_people(user_id for item in items for user_id in (item.owner_id, item.lead_id))

    def learn_schools(self, zones: Mapping[int, str]) -> None:
        """Read the teams, the covers of today and the calendars of schools, given with their time zones."""
        new = {school_id: zone for school_id, zone in zones.items() if school_id not in self._teams}
        if not new:
            return
        self._teams |= teams_at(new, self.now)
        by_day: dict[date, list[int]] = defaultdict(list)
        for school_id, zone in new.items():
            by_day[local_date(self.now, zone)].append(school_id)
        for day, school_ids in by_day.items():
            self._days |= days_from(school_ids, day - BACK, day)
            self._learn_covers(school_ids, covers_at(school_ids, day))

    def _learn_covers(self, school_ids: Iterable[int], covers: dict[tuple[int, int], int]) -> None:
        self._covers |= {school_id: {} for school_id in school_ids}
        self.learn_people(covers.values())
        for (away, school_id), cover_id in covers.items():
            if self.works(cover_id, school_id):
                self._covers[school_id][away] = cover_id

    def learn_people(self, user_ids: Iterable[int | None]) -> None:
        """Read where people work and what they chose."""
        new = {user_id for user_id in user_ids if user_id is not None and user_id not in self.people}
        if not new:
            return
        people = colleagues(new, self.now)
        self.people |= {user_id: people.get(user_id) for user_id in new}
        self.singles.update(user_id for user_id, choice in choices_of(new).items() if choice.style == "single")

    def works(self, user_id: int | None, school_id: int, *, on_team: bool = False) -> bool:
        """Whether somebody works at a school today (on its case team), with an account that is not disabled."""
        person = self.people.get(user_id) if user_id is not None else None
        return person is not None and person.covers(school_id, *(CASE_TEAM if on_team else STAFF))

    def acts(self, user_id: int | None, school_id: int, *, of_housing: bool) -> bool:
        """Whether somebody is on a school's case team today and, of what tells of a need for housing, may know that."""
        person = self.people.get(user_id) if user_id is not None else None
        if person is None or not self.works(user_id, school_id, on_team=True):
            return False
        return not of_housing or may_know_of_housing(person, school_id)

    def name_of(self, user_id: int, school_id: int) -> str:
        """Return somebody's name: a colleague's, or that of a member of the school's team."""
        person = self.people.get(user_id)
        if person is not None:
            return person.name
        team = self._teams.get(school_id, {})
        return next((people[user_id] for people in team.values() if user_id in people), "")

    def team(self, school_id: int, *, of_housing: bool = False) -> Team:
        """Return the case team of a school learned; of it those who may know of a need for housing."""
        team = self._teams[school_id]
        return {role: people for role, people in team.items() if role in KNOW} if of_housing else team

    def covers(self, school_id: int, *, of_housing: bool = False) -> Mapping[int, int]:
        """Return who stands in for whom today at a school learned; of them those who may know of a need for housing."""
        found = self._covers[school_id]
        if not of_housing:
            return found
        return {away: cover for away, cover in found.items() if self.acts(cover, school_id, of_housing=True)}

    def days(self, school_id: int) -> SchoolDays:
        """Return the school days of a school learned, until today."""
        return self._days[school_id]

    def with_covers(
        self, people: Mapping[int, Why], school_id: int, but: int | None, *, of_housing: bool = False
    ) -> dict[int, Why]:
        """Return these people and who stands in for them today, but for one person."""
        return with_covers(people, self.covers(school_id, of_housing=of_housing), but)

    def facts(self, item: Item) -> Facts:
        """Return what is known for one of the items learned."""
        owner_works = self.works(item.owner_id, item.school_id)
        team = self.team(item.school_id, of_housing=item.of_housing)
        return Facts(
            owner_works=owner_works,
            lead_works=self.acts(item.lead_id, item.school_id, of_housing=item.of_housing),
            team=team,
            covers=self.covers(item.school_id, of_housing=item.of_housing),
            singles=self.singles,
            days=self.days(item.school_id),
            load={} if owner_works else self._load_of(team),
            after=self.escalates_after,
            undeliverable=self._undeliverable,
        )

    def _load_of(self, team: Team) -> dict[int, int]:
        new = {*team.get(Role.COORDINATOR, ()), *team.get(Role.ADMINISTRATOR, ())} - self._load.keys()
        if new:
            self._load |= dict.fromkeys(new, 0)
            leads = select(Case.lead_id, func.count()).where(Case.lead_id.in_(sorted(new)), Case.state.in_(CASE_OPEN))
            for lead_id, count in db.session.execute(leads.group_by(Case.lead_id)):
                if lead_id is not None:
                    self._load[lead_id] = count
        return self._load


def escalation_reason(item: Item, user_id: int | None, now: datetime) -> EscalationReason | None:
    """Return why the lateness of one follow-up reaches a person at this instant; None where it does not."""
    known = Known(now)
    known.learn([item])
    reason = escalation_for(item, known.facts(item), user_id, now)
    if reason is None:
        return None
    # a sweep knows the days of some months, and what is older is late by its own count all the same
    late = school_days(item.school_id).between(item.due_on, local_date(now, item.time_zone))
    return replace(reason, late=late)
