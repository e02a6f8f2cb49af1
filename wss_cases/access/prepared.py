"""Statements of what somebody may see, put together once for all who hold the same roles: that takes longer than
carrying one out."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, bindparam

from wss_cases.access.actor import Actor, Grant
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import district_zone

_WHO: Any = bindparam("actor_id", type_=BigInteger())
_WHERE: Any = bindparam("actor_school", type_=BigInteger())
"""Instead of numbers: who asks, and the one school at which they hold roles."""
KINDS = 64
"""Kinds of actors for whom a statement is kept; mostly there are a handful, by the roles that are held together."""


class PreparedFor:
    """A select of what an actor may see: `build` is asked for it once for each kind of actor.

    It is given one who stands for all who hold the same roles: their id and their school are parameters of the
    statement, so conditions compare them with columns, and nothing else can be told from them. Of whoever holds roles
    at several schools, signs in for a partner or has past years open it is put together each time. The days of what is
    in view begin in the district's zone, so for another zone there is another statement.
    """

    def __init__(self, build: Callable[[Actor], Any]) -> None:
        self.build = build
        self._kept = lru_cache(maxsize=KINDS)(lambda _dialect, _zone, actor: build(actor))

    def rows(self, actor: Actor, **values: Any) -> Any:
        """Return the rows for an actor, with the values of the statement's own parameters."""
        school_ids = {grant.school_id for grant in actor.grants if grant.school_id is not None}
        alone = len(school_ids) > 1 or bool(actor.past_students) or bool(actor.partner_ids())
        if actor.user_id is None or alone:
            return db.session.execute(self.build(actor), values)
        statement = self._kept(db.session.get_bind().dialect.name, district_zone(), _kind_of(actor.grants))
        whose = {_WHO.key: actor.user_id, _WHERE.key: next(iter(school_ids), None)}
        return db.session.execute(statement, values | whose)


@lru_cache(maxsize=1024)
def _kind_of(grants: tuple[Grant, ...]) -> Actor:
    """Return who stands for all actors with such grants at whichever school: the same one for all of them."""
    return _stands_for(tuple(replace(one, school_id=None if one.school_id is None else _WHERE) for one in grants))


@lru_cache(maxsize=KINDS)
def _stands_for(grants: tuple[Grant, ...]) -> Actor:
    return Actor(user_id=_WHO, name="", grants=grants)
