"""Reading tokens, and what a secret opens today."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from wss_cases.access.actor import Actor, Role
from wss_cases.accounts.grants import actor_of
from wss_cases.api.tokens.models import ApiToken
from wss_cases.api.tokens.rules import as_actor, reads_on
from wss_cases.api.tokens.states import Reach
from wss_cases.foundation.db import by_id, db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.school_time import today_at
from wss_cases.roster.directory.models import School

load_token = by_id(ApiToken)


@dataclass(frozen=True)
class Caller:
    """What reads: a token and as whom; `actor` is None where its maker no longer administers the district."""

    token: ApiToken
    actor: Actor | None


def caller_of(secret: str, now: datetime) -> Caller | None:
    """Return what a secret opens now; None for one that was guessed, not agreed to, ended or run out."""
    token = db.session.scalar(select(ApiToken).where(ApiToken.secret_digest == token_digest(secret)))
    if token is None or not reads_on(token, today_at(None, now)):
        return None
    maker = actor_of(token.made_by_id, now)
    if maker is None or not maker.everywhere(Role.DISTRICT):
        return Caller(token, None)
    return Caller(token, as_actor(maker, token.reach, school_ids(token)))


def school_ids(token: ApiToken) -> list[int]:
    """Return the schools of a token that does not read all."""
    if token.reach is Reach.NETWORK:
        return list(db.session.scalars(select(School.id).where(School.network == token.network)))
    return [int(one) for one in token.schools]


def school_names(token: ApiToken) -> list[str]:
    """Return the names of the schools that were chosen for a token, in their order."""
    named = select(School.name).where(School.id.in_([int(one) for one in token.schools]))
    return list(db.session.scalars(named.order_by(School.name, School.id)))


def tokens() -> list[ApiToken]:
    """Return every token, the newest first; the caller has checked that the actor manages them."""
    return list(db.session.scalars(select(ApiToken).order_by(ApiToken.id.desc())))


def get_token(token_id: int) -> ApiToken:
    """Return one token. Raises NotFound; the caller has checked that the actor manages them."""
    return existing(load_token(token_id))


def common_salt() -> str | None:
    """Return what the ids of cases are made with, None before the first token."""
    return db.session.scalar(select(ApiToken.salt).order_by(ApiToken.id).limit(1))
