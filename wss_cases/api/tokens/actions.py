"""Tokens: asked for by one person, agreed to by another, ended by either at once; each call is counted and audited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from wss_cases.access.actor import SYSTEM
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.api.tokens.models import ApiToken
from wss_cases.api.tokens.queries import common_salt
from wss_cases.api.tokens.rules import LONGEST, WINDOW, reads_on, seconds_to_wait
from wss_cases.api.tokens.states import Ended, Reach, Scope
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import new_token, token_digest
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.networks import Renamed

READ = "api.read"


@dataclass(frozen=True)
class Asked:
    """What a token is to read, of which schools and how long."""

    name: str
    scopes: Sequence[Scope]
    reach: Reach
    network: str | None
    school_ids: Sequence[int]
    ends_on: date


@use_case
def ask_for_token(uow: UnitOfWork, asked: Asked, secret: str) -> int:
    """Make a token that waits for a second person. Raises Refused for a last day that is over or beyond a year."""
    require(uow.actor, Permission.API_ACCESS_MAKE, uow.actor)
    assert uow.actor.user_id is not None
    today = today_at(None, uow.now)
    if not today < asked.ends_on <= today + LONGEST:
        raise Refused("ends_on", _("Choose a day after today, at most a year from now."))
    token = ApiToken(
        name=asked.name.strip(), secret_digest=token_digest(secret), last_letters=secret[-4:],
        salt=common_salt() or new_token(), scopes=[str(scope) for scope in asked.scopes], reach=asked.reach,
        network=asked.network, schools=[str(one) for one in asked.school_ids], ends_on=asked.ends_on,
        made_by_id=uow.actor.user_id, made_at=uow.now, counted_from=uow.now, calls=0,
    )  # fmt: skip
    uow.record(token, "api_token.asked")
    return token.id


@use_case
def agree_to_token(uow: UnitOfWork, token_id: int) -> int:
    """Agree, as another person than the one who asked, that a token reads. Raises NotFound once that is settled."""
    token = uow.load(ApiToken, token_id, Permission.API_ACCESS_MANAGE)
    if token.agreed_at is not None or token.ended_at is not None or token.ends_on < today_at(None, uow.now):
        raise NotFound
    refuse_one_person("", uow.actor.user_id, [token.made_by_id], uow.now)
    token.agreed_by_id, token.agreed_at = uow.actor.user_id, uow.now
    uow.record(token, "api_token.agreed")
    return token.id


@use_case
def end_token(uow: UnitOfWork, token_id: int) -> int:
    """End a token at once: its next call finds nothing. Raises NotFound for one that has ended."""
    token = uow.load(ApiToken, token_id, Permission.API_ACCESS_MANAGE)
    if token.ended_at is not None:
        raise NotFound
    refused = token.agreed_at is None and uow.actor.user_id != token.made_by_id
    _end(uow, token, Ended.REFUSED if refused else Ended.REVOKED)
    return token.id


def end_without_maker(token_id: int, now: datetime) -> None:
    """End a token whose maker no longer administers the district: a role that comes back does not bring it back."""
    with unit_of_work(SYSTEM, now) as uow:
        token = uow.session.get_one(ApiToken, token_id, with_for_update=True, populate_existing=True)
        if token.ended_at is None:
            _end(uow, token, Ended.MAKER_LEFT)
        else:
            uow.no_audit()


def _end(uow: UnitOfWork, token: ApiToken, why: Ended) -> None:
    token.ended_at, token.ended_why = uow.now, why
    uow.record(token, "api_token.ended", why=str(why))


def note_call(token_id: int, address: str, asked: Mapping[str, str], now: datetime) -> int:
    """Count a call and write its audit row, before anything is read for it; returns 0, or after how many seconds the
    token may call again. Raises NotFound for a token that ended meanwhile."""
    with unit_of_work(SYSTEM, now) as uow:
        token = uow.session.get_one(ApiToken, token_id, with_for_update=True, populate_existing=True)
        if not reads_on(token, today_at(None, now)):
            raise NotFound
        wait = seconds_to_wait(token, now)
        if wait:
            uow.no_audit()
            return wait
        if token.counted_from + WINDOW <= now:
            token.counted_from, token.calls = now, 0
        token.calls += 1
        token.last_used_at = now
        uow.audit(READ, "api_token", token.id, {"page": address, "asked": dict(asked)})
    return 0


def follow_network(uow: UnitOfWork, renamed: Renamed) -> None:
    """Step: a network keeps its tokens under its new name."""
    for token in uow.session.scalars(select(ApiToken).where(ApiToken.network == renamed.before).with_for_update()):
        token.network = renamed.name
