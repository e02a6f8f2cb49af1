"""API tokens: when they may read, how often, and with which permissions."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor, Grant, Role
from wss_cases.accounts.grants import actor_of
from wss_cases.foundation.db import Base, Id, by_id, db, named_enum
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.school_time import today_at
from wss_cases.roster.directory.models import School


class Scope(Labelled):
    """What a token may read; each address of the API requires one of these."""

    SCHOOLS = "schools", _l("Schools: names, numbers, grades and networks")
    COUNTS = "counts", _l("Counts: the figures of Outcomes by school")
    CASES = "cases", _l("Cases without names: state, dates and pathways, no student and no text")


class Reach(Labelled):
    ALL = "all", _l("All schools, new ones included")
    NETWORK = "network", _l("The schools of one network")
    SOME = "some", _l("Some schools")


class Ended(Labelled):
    """Why a token ended before its last day."""

    REVOKED = "revoked", _l("Revoked")
    REFUSED = "refused", _l("Refused by the second person")
    MAKER_LEFT = "maker_left", _l("The person who requested it no longer administers the district")


SENTENCES: Final[dict[str, object]] = {
    "api_token.asked": _l("Token made; it is waiting for a second person"),
    "api_token.agreed": _l("Agreed by a second person; it is now active"),
    "api_token.ended": (_l("Ended: %(why)s"), {"why": Ended.labels()}),
}


class ApiToken(Base):
    """A token: the other system holds the secret, the table its hash. It may read from `agreed_at` to `ends_on`.

    `network` and `schools` (ids) belong to `reach`. `salt` is the same for all tokens: the public ids of cases are made
    with it, so that they stay the same with another token and reveal no gaps. `calls` counts since `counted_from`.
    """

    __tablename__ = "api_token"
    __table_args__ = (
        CheckConstraint("(reach = 'network') = (network is not null)", name="network"),
        CheckConstraint("(agreed_at is null) = (agreed_by_id is null)", name="agreed"),
        CheckConstraint("agreed_by_id <> made_by_id", name="two_persons"),
        CheckConstraint("(ended_at is null) = (ended_why is null)", name="ended"),
    )
    PRIVATE = frozenset({"secret_digest", "salt"})

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(80))
    secret_digest: Mapped[str] = mapped_column(String(64), unique=True)
    last_letters: Mapped[str] = mapped_column(String(4))
    salt: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]]
    reach: Mapped[Reach] = mapped_column(named_enum(Reach, "reach"))
    network: Mapped[str | None] = mapped_column(String(80))
    schools: Mapped[list[str]]
    ends_on: Mapped[date]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    agreed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    agreed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[Ended | None] = mapped_column(named_enum(Ended, "ended_why"))
    last_used_at: Mapped[datetime | None]
    counted_from: Mapped[datetime]
    calls: Mapped[int] = mapped_column(Integer, default=0)


PREFIX: Final = "wss_"
"""The prefix of every secret, so that secret scanners of files and logs detect ours."""
LONGEST: Final = timedelta(days=365)
WINDOW: Final = timedelta(minutes=1)
MOST_CALLS: Final = 60
"""Calls allowed per token in a window."""


def reads_on(token: Any, today: date) -> bool:
    """Whether a token may read on a day of the district: approved, not ended, its last day not over."""
    return token.agreed_at is not None and token.ended_at is None and token.ends_on >= today


def seconds_to_wait(token: Any, now: datetime) -> int:
    """Seconds until a token may call again; 0 when it may now."""
    over = token.counted_from + WINDOW
    return max(1, int((over - now).total_seconds())) if token.calls >= MOST_CALLS and over > now else 0


def as_actor(maker: Actor, reach: Reach, school_ids: Iterable[int]) -> Actor:
    """The actor of a token: a district administrator of its schools who sees no more than its maker."""
    district_grants = [grant for grant in maker.grants if grant.role is Role.DISTRICT and grant.district]
    grants: list[Grant] = []
    for grant in district_grants:
        if reach is Reach.ALL:
            grants.append(grant)
        else:
            grants += [replace(grant, district=False, school_id=school_id) for school_id in sorted(school_ids)]
    return Actor(maker.user_id, maker.name, tuple(grants))


load_token = by_id(ApiToken)


@dataclass(frozen=True)
class Caller:
    """A token and its actor; None where its maker no longer administers the district."""

    token: ApiToken
    actor: Actor | None


def caller_of(secret: str, now: datetime) -> Caller | None:
    """The caller that a secret identifies now; None for a secret that is unknown, not approved, ended or expired."""
    token = db.session.scalar(select(ApiToken).where(ApiToken.secret_digest == token_digest(secret)))
    if token is None or not reads_on(token, today_at(None, now)):
        return None
    maker = actor_of(token.made_by_id, now)
    if maker is None or not maker.everywhere(Role.DISTRICT):
        return Caller(token, None)
    return Caller(token, as_actor(maker, token.reach, school_ids(token)))


def school_ids(token: ApiToken) -> list[int]:
    """School ids of a token limited to some schools."""
    if token.reach is Reach.NETWORK:
        return list(db.session.scalars(select(School.id).where(School.network == token.network)))
    return [int(school_id) for school_id in token.schools]


def school_names(token: ApiToken) -> list[str]:
    named = select(School.name).where(School.id.in_([int(school_id) for school_id in token.schools]))
    return list(db.session.scalars(named.order_by(School.name, School.id)))


def tokens() -> list[ApiToken]:
    """Every token, the newest first. The caller has checked that the actor manages tokens."""
    return list(db.session.scalars(select(ApiToken).order_by(ApiToken.id.desc())))


def get_token(token_id: int) -> ApiToken:
    """One token. Raises NotFound. The caller has checked that the actor manages tokens."""
    return existing(load_token(token_id))


def common_salt() -> str | None:
    """The salt of the public case ids; None before the first token."""
    return db.session.scalar(select(ApiToken.salt).order_by(ApiToken.id).limit(1))
