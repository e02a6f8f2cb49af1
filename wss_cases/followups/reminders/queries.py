"""What the sweep reads of follow-ups: those it has not seen as they are, and whose stand in a morning's digest."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, text, union

from wss_cases.access.actor import STAFF
from wss_cases.accounts.account.models import AccountState, Cover, RoleGrant, UserAccount
from wss_cases.accounts.teams import works
from wss_cases.cases.case.models import Case
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.queries import tells_of_housing
from wss_cases.followups.reminders.plan import Item
from wss_cases.followups.reminders.rules import ESCALATING
from wss_cases.foundation.db import among, db
from wss_cases.foundation.school_time import today_at
from wss_cases.mail.common.pages import MailTrouble
from wss_cases.roster.calendar.bells import last_bells
from wss_cases.roster.directory.models import School

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
