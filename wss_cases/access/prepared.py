"""Selects of what a person may see, built once for all people with the same roles: building takes longer than
executing."""

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
    """A select of what an actor may see; `build` makes it once for each kind of actor.

    It gets an actor who stands for all with the same roles: id and school are parameters of the statement, so
    conditions only compare them with columns. For people with roles at several schools, partners, and people with past
    years open it is built each time. Days begin in the district's zone, so each zone has its own statement.
    """

    def __init__(self, build: Callable[[Actor], Any]) -> None:
        self.build = build
        self._kept = lru_cache(maxsize=KINDS)(lambda _dialect, _zone, actor: build(actor))

    def rows(self, actor: Actor, **values: Any) -> Any:
        """The rows for an actor and values of the statement's own parameters."""
        school_ids = {grant.school_id for grant in actor.grants if grant.school_id is not None}
        alone = len(school_ids) > 1 or bool(actor.past_students) or bool(actor.partner_ids())
        if actor.user_id is None or alone:
            return db.session.execute(self.build(actor), values)
        statement = self._kept(db.session.get_bind().dialect.name, district_zone(), _kind_of(actor.grants))
        whose = {_WHO.key: actor.user_id, _WHERE.key: next(iter(school_ids), None)}
        return db.session.execute(statement, values | whose)


@lru_cache(maxsize=1024)
def _kind_of(grants: tuple[Grant, ...]) -> Actor:
    """The actor who stands for all actors with the same grants at any school."""
    return _stands_for(tuple(replace(one, school_id=None if one.school_id is None else _WHERE) for one in grants))


@lru_cache(maxsize=KINDS)
def _stands_for(grants: tuple[Grant, ...]) -> Actor:
    return Actor(user_id=_WHO, name="", grants=grants)
