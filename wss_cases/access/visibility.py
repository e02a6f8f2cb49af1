"""The visibility window ("clean slate"): past years leave a role's view. Each SQL filter has the matching predicate.

Upper rooms add exemptions by table, for example an open follow-up or appeal.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Select, and_, false, not_, or_, select, true
from sqlalchemy.orm import aliased, object_session

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor, Grant, Role, in_schools
from wss_cases.foundation.school_time import district_zone

MAY_LOOK_BACK = CASE_TEAM
"""Roles that may open a student's past years for a reason; who only reports may never."""

Exemption = Callable[[Any, date], ColumnElement[bool]]
"""From a column of record ids and the first day in view: whether something keeps the record in view all the same."""

_exemptions: dict[str, tuple[Exemption, ...]] = {}


def finds_any(statement: Select[Any]) -> ColumnElement[bool]:
    """Whether a select, correlated with a record, finds a row: evaluated record by record.

    The empty OFFSET makes PostgreSQL do so. Otherwise it may first gather such rows of the whole district to look up
    the old records of one school.
    """
    return statement.offset(0).exists()


class Windowed:
    """A table with a visibility window. Each rule stands twice, as SQL and for one loaded record; a test compares
    the two."""

    @classmethod
    def always_visible(cls) -> ColumnElement[bool]:
        """Open records, which are visible whatever their age; `since` must be true for each of them."""
        raise NotImplementedError

    @classmethod
    def since(cls, first: date) -> ColumnElement[bool]:
        """The records in view of someone who sees from this day on."""
        raise NotImplementedError

    def in_view_since(self, first: date) -> bool:
        """The same for this record."""
        raise NotImplementedError

    @classmethod
    def about(cls, students: frozenset[int]) -> ColumnElement[bool]:
        """The records about any of these students."""
        raise NotImplementedError

    def is_about(self, students: frozenset[int]) -> bool:
        """The same for this record."""
        return holds(self, type(self).about(students))

    @classmethod
    def withheld(cls, role: Role) -> ColumnElement[bool] | None:
        """The records of their school that this role does not see as part of the team; None where it sees all of
        them."""
        return None

    def is_withheld(self, role: Role) -> bool:
        """The same for this record."""
        return False

    @classmethod
    def closed_to(cls, actor: Actor) -> ColumnElement[bool] | None:
        """The records that this person may not know of, whatever their roles; None where there are none. Never null."""
        return None

    def is_closed_to(self, actor: Actor) -> bool:
        """The same for this record."""
        return False


class WindowedWith(Windowed):
    """A record that depends on another one and leaves view with it.

    `HOST` is that record's table and the column that names it here. `PEOPLE` is a table of the host's students, with a
    column of the same name.
    """

    HOST: ClassVar[tuple[Any, str]]
    PEOPLE: ClassVar[Any]

    @classmethod
    def since(cls, first: date) -> ColumnElement[bool]:
        """The records whose host is in view from a day on."""
        host = aliased(cls.HOST[0])
        return finds_any(select(host.id).where(host.id == getattr(cls, cls.HOST[1]), host.since(first)))

    def in_view_since(self, first: date) -> bool:
        """The same for this record."""
        model, name = self.HOST
        return seen_through(self, model, getattr(self, name, None), first)

    @classmethod
    def about(cls, students: frozenset[int]) -> ColumnElement[bool]:
        """The records whose host involves any of these students."""
        name = cls.HOST[1]
        return names_any(cls.PEOPLE, name, getattr(cls, name), students)

    @classmethod
    def withheld(cls, role: Role) -> ColumnElement[bool] | None:
        """The records whose host the role does not see."""
        host: Any = aliased(cls.HOST[0])
        condition = host.withheld(role)
        return (
            None
            if condition is None
            else select(host.id).where(host.id == getattr(cls, cls.HOST[1]), condition).exists()
        )

    def is_withheld(self, role: Role) -> bool:
        """The same for this record."""
        model, name = self.HOST
        session, model_id = object_session(self), getattr(self, name, None)
        if model.withheld(role) is None or session is None or model_id is None:
            return False
        found = session.get(model, model_id)
        return found is not None and bool(found.is_withheld(role))

    @classmethod
    def closed_to(cls, actor: Actor) -> ColumnElement[bool] | None:
        """The records whose host is closed to this person."""
        return closed_through(actor, cls.HOST[0], getattr(cls, cls.HOST[1]))

    def is_closed_to(self, actor: Actor) -> bool:
        """The same for this record."""
        model, name = self.HOST
        return is_closed_through(self, model, getattr(self, name, None), actor)


def closed_through(actor: Actor, model: Any, number: Any) -> ColumnElement[bool] | None:
    """Whether the record that a column names by its `number` is closed to someone; false where it names none."""
    host: Any = aliased(model)
    condition = host.closed_to(actor)
    return None if condition is None else select(host.id).where(host.id == number, condition).exists()


def is_closed_through(record: Any, model: Any, model_id: int | None, actor: Actor) -> bool:
    """The same for one stored record."""
    session = object_session(record)
    found = session.get(model, model_id) if session is not None and model_id is not None else None
    return found is not None and bool(found.is_closed_to(actor))


def names_any(people: Any, name: str, number: Any, students: frozenset[int]) -> ColumnElement[bool]:
    """Whether any of these students is among the people of a record; their column `name` holds its `number`."""
    person = aliased(people)  # the statement may have joined the people for its own ends
    return select(person.id).where(getattr(person, name) == number, person.student_id.in_(sorted(students))).exists()


def is_exempt(record: Any, first: date) -> bool:
    """Whether an exemption keeps one stored record in view."""
    return holds(record, or_(false(), *exemptions_of(record.__tablename__, type(record).id, first)))


def fill_exemptions(exemptions: Iterable[Mapping[str, Sequence[Exemption]]]) -> None:
    """Install the upper rooms' exemptions for each table; called once by `create_app`."""
    _exemptions.clear()
    _since.cache_clear()
    _in_view.cache_clear()
    for of_room in exemptions:
        for table, given in of_room.items():
            _exemptions[table] = (*_exemptions.get(table, ()), *given)


def exemptions_of(table: str, ids: Any, first: date) -> list[ColumnElement[bool]]:
    """The exemptions of a table, as conditions on a column of its ids."""
    return [exemption(ids, first) for exemption in _exemptions.get(table, ())]


@lru_cache(maxsize=512)
def _since(model: Any, first: date, _zone: str) -> ColumnElement[bool]:
    """A table's condition on records in view, whose days begin in the district's zone; cached, because building it
    takes longer than the query."""
    found: ColumnElement[bool] = model.since(first)
    return found


def in_view(model: Any, actor: Actor, *roles: Role, live: bool = False) -> ColumnElement[bool]:
    """The rows of a windowed table that the actor covers with one of these roles and that this role still has in view.

    With `live` only those that are always visible: a list of open records need not check the exemptions.
    """
    return _in_view(model, actor, roles, live, district_zone())


@lru_cache(maxsize=512)
def _in_view(model: Any, actor: Actor, roles: tuple[Role, ...], live: bool, zone: str) -> ColumnElement[bool]:
    """The same, cached: a page needs the same few conditions again and again."""
    if actor.is_system:
        return model.always_visible() if live else true()
    closed = model.closed_to(actor)
    shown = _shown(model, actor, roles, live, zone)
    return shown if closed is None else and_(shown, not_(closed))


def _shown(model: Any, actor: Actor, roles: tuple[Role, ...], live: bool, zone: str) -> ColumnElement[bool]:
    if live:
        return and_(model.always_visible(), _reached(model, actor, roles))
    alike: dict[tuple[date | None, bool], list[Grant]] = {}
    for grant in actor.grants:
        if grant.role in roles:
            looks_back = grant.role in MAY_LOOK_BACK and bool(actor.past_students)
            alike.setdefault((grant.sees_from, looks_back), []).append(grant)
    parts = []
    for (first, looks_back), grants in alike.items():
        here = _reached(model, replace(actor, grants=tuple(grants)), roles)
        if first is None:
            parts.append(here)
        else:
            opened = model.about(actor.past_students) if looks_back else false()
            parts.append(and_(here, or_(_since(model, first, zone), opened)))
    return or_(false(), *parts)


def _reached(model: Any, actor: Actor, roles: tuple[Role, ...]) -> ColumnElement[bool]:
    """The rows at schools where the actor holds one of these roles, except those withheld from all their roles
    there."""
    kept_from = {} if actor.is_system else {role: model.withheld(role) for role in roles if _is_team(roles)}
    open_to = [role for role in roles if kept_from.get(role) is None]
    parts = [in_schools(model.school_id, actor, *open_to)]
    for role in roles:
        if role not in open_to and actor.has(role):
            parts.append(and_(in_schools(model.school_id, actor, role), not_(kept_from[role])))
    return parts[0] if len(parts) == 1 else or_(*parts)


def _is_team(roles: Sequence[Role]) -> bool:
    """Whether these roles see records as part of the case team; staff see only their own."""
    return Role.REPORTER not in roles


def of_team_or_own(model: Any, actor: Actor, own: ColumnElement[bool], *, live: bool = False) -> ColumnElement[bool]:
    """The rows of a windowed table at the schools where the actor is on the case team, and their `own` where they
    work."""
    team = in_view(model, actor, *CASE_TEAM, live=live)
    if all(grant.role in CASE_TEAM for grant in actor.grants if grant.role in STAFF):
        return team  # their own are among them, and half the condition is read faster
    return or_(and_(own, in_view(model, actor, *STAFF, live=live)), team)


def sees(actor: Actor, record: Any, *roles: Role) -> bool:
    """Whether the actor covers this record with one of these roles and still has it in view."""
    if actor.is_system or not isinstance(record, Windowed):
        return actor.is_system or actor.covers(getattr(record, "school_id", None), *roles)
    reaching = [
        grant
        for grant in actor.grants
        if grant.role in roles and _reaches(grant, record) and not (_is_team(roles) and record.is_withheld(grant.role))
    ]
    if not reaching or record.is_closed_to(actor):
        return False
    if any(grant.sees_from is None or record.in_view_since(grant.sees_from) for grant in reaching):
        return True
    looks_back = any(grant.role in MAY_LOOK_BACK for grant in reaching)
    return looks_back and bool(actor.past_students) and record.is_about(actor.past_students)


def first_in_view(actor: Actor, school_id: int | None, *roles: Role) -> date | None:
    """The first day of the actor's visibility window at a school; None when everything is in view. Without a school:
    of any they cover."""
    held = [g for g in actor.grants if g.role in roles and (school_id in (None, g.school_id) or g.district)]
    days = [grant.sees_from for grant in held if grant.sees_from is not None]
    return min(days) if days and len(days) == len(held) else None


def seen_through(record: Any, model: Any, model_id: int | None, first: date) -> bool:
    """Whether the record that this one belongs to (`model`, `model_id`) is still in view for a window that begins on
    `first`."""
    session = object_session(record)
    found = session.get(model, model_id) if session is not None and model_id is not None else None
    return found is not None and bool(found.in_view_since(first))


def holds(record: Any, condition: ColumnElement[bool]) -> bool:
    """Whether a condition on its table is true of one stored record."""
    session, model = object_session(record), type(record)
    found = select(model.id).where(model.id == record.id, condition)
    return session is not None and session.scalar(found) is not None


def _reaches(grant: Grant, record: Any) -> bool:
    return grant.district or (grant.school_id is not None and grant.school_id == record.school_id)
