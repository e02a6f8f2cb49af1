"""Reading whom mail does not reach, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select, true

from wss_cases.access.actor import Actor, Role
from wss_cases.access.scope import in_schools
from wss_cases.accounts.account.models import RoleGrant, UserAccount
from wss_cases.accounts.grants import in_force_at
from wss_cases.foundation.db import db
from wss_cases.journal.models import OutboxMessage, OutboxState
from wss_cases.mail.common.models import MailTrouble

PAGE = 200


@dataclass(frozen=True)
class TroubleRow:
    """A person whom mail does not reach, and how many mails to them failed."""

    user_id: int
    name: str
    address: str
    status: str
    since: datetime
    failed: int


def looked_after_by(actor: Actor, now: datetime) -> ColumnElement[bool]:
    """Accounts whose mail is the actor's business: all for a system administrator, else the own school's people."""
    if actor.is_system or actor.has(Role.SYSADMIN):
        return true()
    return exists().where(
        RoleGrant.user_id == UserAccount.id,
        in_force_at(now),
        RoleGrant.school_id.is_not(None),
        in_schools(RoleGrant.school_id, actor, Role.ADMINISTRATOR),
    )


def _visible_to(statement: Select[Any], actor: Actor, now: datetime) -> Select[Any]:
    """Limit to addresses in use, of people whose mail is the actor's business."""
    mine = statement.join(UserAccount, UserAccount.id == MailTrouble.user_id)
    return mine.where(UserAccount.email == MailTrouble.address, looked_after_by(actor, now))


def troubles(actor: Actor, now: datetime) -> list[TroubleRow]:
    """Return the people whom mail does not reach and whose accounts the actor looks after, by name."""
    failed = (
        select(func.count())
        .where(OutboxMessage.recipient_id == UserAccount.id, OutboxMessage.state == OutboxState.FAILED)
        .where(OutboxMessage.carried_by_id.is_(None))
        .scalar_subquery()
    )
    columns = select(UserAccount.id, UserAccount.name, UserAccount.email, MailTrouble.status, MailTrouble.since, failed)
    statement = _visible_to(columns.select_from(MailTrouble), actor, now)
    found = db.session.execute(statement.order_by(UserAccount.name, UserAccount.id).limit(PAGE))
    return [TroubleRow(*row) for row in found]


def trouble_count(actor: Actor, now: datetime) -> int:
    """Return how many people mail does not reach whose accounts the actor looks after."""
    statement = _visible_to(select(func.count()).select_from(MailTrouble), actor, now)
    found: int = db.session.execute(statement).scalar_one()
    return found


def own_trouble(user_id: int) -> MailTrouble | None:
    """Return why mail does not reach a person at their present address; None when it does, as far as is known."""
    statement = select(MailTrouble).join(UserAccount, UserAccount.id == MailTrouble.user_id)
    return db.session.scalars(
        statement.where(MailTrouble.user_id == user_id, UserAccount.email == MailTrouble.address)
    ).one_or_none()
