"""Queries of the sweep: follow-ups not yet swept, facts about their people and schools, and owners for the morning's
digest.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, text, union

from wss_cases.access.actor import CASE_TEAM, KNOW, STAFF, Actor, Role, may_know_of_housing
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
from wss_cases.mail.common.rules import choices_of, days_from, unreachable
from wss_cases.roster.calendar.days import last_bells
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays

OPEN = text("follow_up.state = 'open'")
"""Written as text, because the partial indexes of the sweep match exactly these words."""

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
"""The columns of `Item`, in order."""

RECENT = timedelta(days=2)
_INDIVIDUAL = FollowUp.same_day | (FollowUp.single_mail & FollowUp.kind.in_(sorted(ESCALATING)))


def unswept(now: datetime) -> ColumnElement[bool]:
    """Open follow-ups that changed since the sweep saw them, or of which more may have come due by this instant.

    Rows that were swept under a clock running ahead are swept again.
    """
    return and_(
        OPEN, or_(FollowUp.swept_version != FollowUp.version, FollowUp.sweep_again_at <= now, FollowUp.swept_at > now)
    )


def next_unswept(now: datetime, limit: int) -> list[int]:
    """Up to `limit` ids for each of three reasons to sweep a follow-up; empty when all have been swept.

    Each of the three queries follows the order of its own index, so that it reads nothing when nothing matches.
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
    return list(db.session.scalars(select(FollowUp.id).where(unswept(now)).order_by(FollowUp.id)))


def items(ids: Sequence[int], *wanted: ColumnElement[bool], lock: bool = False) -> list[Item]:
    """The open follow-ups among these, by id. With `lock` they are locked, and those that another session holds are
    left out.
    """
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
    """An open follow-up as the sweep reads it; None when there is none."""
    return next(iter(items([follow_up_id])), None)


def superseded(now: datetime) -> list[int]:
    """Follow-ups whose surroundings changed since the sweep saw them: someone began to cover for the owner, mail to the
    owner fails, or the owner's account was disabled or last role at the school ended.
    """
    disabled = set(db.session.scalars(select(FollowUp.id).where(OPEN, FollowUp.owner_id.in_(_DISABLED))))
    return sorted(disabled | _newly_covered(now) | _newly_undeliverable(now) | _of_former(now))


_DISABLED = select(UserAccount.id).where(UserAccount.state == AccountState.DISABLED)


def _newly_covered(now: datetime) -> set[int]:
    # first find the people, mostly none, so that follow-ups need not be read
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
    # some schools may be a day ahead; a role that ends there today is still in force
    day = today_at(None, now)
    ended = select(RoleGrant.user_id).where(RoleGrant.ends_on > day - RECENT, RoleGrant.ends_on <= day)
    former = set(db.session.scalars(ended))
    if not former:
        return set()
    still = works(FollowUp.owner_id, FollowUp.school_id, STAFF, now)
    theirs = select(FollowUp.id).where(OPEN, among(FollowUp.owner_id, sorted(former)), ~still)
    return set(db.session.scalars(theirs))


def owners_due(school_ids: Sequence[int], day: date, until: date, but: Collection[int] = ()) -> list[tuple[int, int]]:
    """(owner, school) of everyone with an open follow-up due until a date at one of these schools, except those snoozed
    on this day and those in `but`.
    """
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
    """Open follow-ups overdue on a day that do not escalate. They are counted once a week."""
    return and_(FollowUp.state == FollowUpState.OPEN, FollowUp.due_on < day, not_snoozed(day), not_(_INDIVIDUAL))


def overdue_loudly(day: date) -> ColumnElement[bool]:
    """Open follow-ups overdue on a day that escalate: same-day items, contact with a person harmed, steps of a plan."""
    return and_(OPEN, FollowUp.due_on < day, not_snoozed(day), _INDIVIDUAL)


def not_snoozed(day: date) -> ColumnElement[bool]:
    return or_(FollowUp.snoozed_until.is_(None), FollowUp.snoozed_until <= day)


BACK = timedelta(days=120)
"""How far back school days are counted: longer than any summer."""


class Known:
    """The facts about the items of one sweep. `learn` reads what is missing in a constant number of queries."""

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
        """School days overdue after which the case's lead, and later the administrators, are told."""
        return ESCALATION_DAYS.on(today_at(None, self.now))

    def late_of(self, level: int) -> int:
        """The school days overdue of a level; 0 for mail that is not delivered."""
        return dict(zip(LEVELS, self.escalates_after, strict=True)).get(level, 0)

    @cached_property
    def _undeliverable(self) -> frozenset[int]:
        return frozenset(unreachable())

    def learn(self, items: Sequence[Item]) -> None:
        self.learn_schools({item.school_id: item.time_zone for item in items})
        self.learn_people(user_id for item in items for user_id in (item.owner_id, item.lead_id))

    def learn_schools(self, zones: Mapping[int, str]) -> None:
        """Read the teams, today's covers and calendars of schools, given with their time zones."""
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
        """Read where people work and how they want their mail."""
        new = {user_id for user_id in user_ids if user_id is not None and user_id not in self.people}
        if not new:
            return
        people = colleagues(new, self.now)
        self.people |= {user_id: people.get(user_id) for user_id in new}
        self.singles.update(user_id for user_id, choice in choices_of(new).items() if choice.style == "single")

    def works(self, user_id: int | None, school_id: int, *, on_team: bool = False) -> bool:
        """Whether someone works at a school today, with an active account. `on_team`: on its case team."""
        person = self.people.get(user_id) if user_id is not None else None
        return person is not None and person.covers(school_id, *(CASE_TEAM if on_team else STAFF))

    def acts(self, user_id: int | None, school_id: int, *, of_housing: bool) -> bool:
        """Whether someone is on a school's case team today and, with `of_housing`, may know of housing support."""
        person = self.people.get(user_id) if user_id is not None else None
        if person is None or not self.works(user_id, school_id, on_team=True):
            return False
        return not of_housing or may_know_of_housing(person, school_id)

    def name_of(self, user_id: int, school_id: int) -> str:
        """The name of a colleague, or of a member of the school's team; '' when neither."""
        person = self.people.get(user_id)
        if person is not None:
            return person.name
        team = self._teams.get(school_id, {})
        return next((people[user_id] for people in team.values() if user_id in people), "")

    def team(self, school_id: int, *, of_housing: bool = False) -> Team:
        """The case team of a school that was read. With `of_housing`, only those who may know of housing support."""
        team = self._teams[school_id]
        return {role: people for role, people in team.items() if role in KNOW} if of_housing else team

    def covers(self, school_id: int, *, of_housing: bool = False) -> Mapping[int, int]:
        """Who covers for whom today at a school that was read. With `of_housing`, only those who may know of housing
        support.
        """
        school_covers = self._covers[school_id]
        if not of_housing:
            return school_covers
        return {away: cover for away, cover in school_covers.items() if self.acts(cover, school_id, of_housing=True)}

    def days(self, school_id: int) -> SchoolDays:
        return self._days[school_id]

    def with_covers(
        self, people: Mapping[int, Why], school_id: int, but: int | None, *, of_housing: bool = False
    ) -> dict[int, Why]:
        """These people and those who cover for them today, except person `but`."""
        return with_covers(people, self.covers(school_id, of_housing=of_housing), but)

    def facts(self, item: Item) -> Facts:
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
    """Why the lateness of a follow-up is reported to a person at this instant; None when it is not."""
    known = Known(now)
    known.learn([item])
    reason = escalation_for(item, known.facts(item), user_id, now)
    if reason is None:
        return None
    # a sweep knows only some months of days; what is older counts as late there too, but the number comes from the
    # whole calendar
    late = school_days(item.school_id).between(item.due_on, local_date(now, item.time_zone))
    return replace(reason, late=late)
