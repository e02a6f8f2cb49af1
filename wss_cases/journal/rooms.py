"""What a package adds to the application: each declares its `ROOM`, and `wss_cases/rooms.py` lists them all."""

import enum
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from click import Command
from flask import Blueprint
from sqlalchemy import Select

from wss_cases.access.actor import CASE_TEAM, Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.visibility import Exemption
from wss_cases.foundation.tables.columns import Column, Order, Row
from wss_cases.journal.message_kinds import MessageKind

Shown = tuple[str, dict[str, Any]]
"""A template and its values, as `panel`."""


class Place(enum.StrEnum):
    """A page of a lower room on which rooms above show panels."""

    STUDENT = "student"
    INCIDENT = "incident"
    OWN_ACCOUNT = "own_account"
    PEOPLE = "people"
    PERSON = "person"
    PLAN = "plan"
    SCHOOL_MEETING = "school_meeting"


class SmallestGroups(Protocol):
    """The district's setting for a school year: figures of smaller groups are suppressed."""

    @property
    def cell(self) -> int:
        """The smallest count in a cell."""

    @property
    def group(self) -> int:
        """The smallest group."""


@dataclass(frozen=True)
class Panel:
    """What a room shows on a page of a lower one: `show(actor, record)`, or `show(actor)` where there is no record.

    `show` returns None when there is nothing for this actor. A page shows its panels by `order`, the lowest first.
    """

    place: Place
    order: int
    show: Callable[..., Shown | None]


@dataclass(frozen=True)
class PlanTab:
    """A page of a Whole School Safety plan among its tabs, the lowest `order` first.

    `endpoint` takes `school_plan_id`; `permission` is needed on the plan.
    """

    endpoint: str
    words: Any
    order: int
    permission: Permission


@dataclass(frozen=True)
class PlanColumn:
    """A number that a room adds for each plan to the list of all schools' plans.

    `key` stands in addresses. `count(plan_ids, today)` returns the number of each plan in a constant number of
    statements; the caller has checked the plans. Columns are sorted by `order`; `tone` is used for a number above 0.
    """

    key: str
    label: Any
    order: int
    count: Callable[[Sequence[int], date], Mapping[int, int]]
    tone: str = ""


@dataclass(frozen=True)
class PublicSection:
    """What a room adds to the public page of a plan: `rows(plan, today)` returns label and value in the reader's
    language, frozen when the plan is published. Never a count of students."""

    title: Any
    order: int
    rows: Callable[[Any, date], Sequence[tuple[str, str]]]


@dataclass(frozen=True)
class ForDeputy:
    """What a network's deputy must know to decide as a school's second person: `rows` of label and value, `texts`,
    and `sections` of a title and such rows, in `language` where it is not the reader's."""

    title: str
    rows: Sequence[tuple[str, str]]
    texts: Sequence[str]
    sections: Sequence[tuple[str, Sequence[tuple[str, str]]]] = ()
    language: str = ""


@dataclass(frozen=True)
class SecondLook:
    """A request for a second review of a record: who asked and when, who at the school may answer, and the people
    from whom the second person must differ."""

    asked_by_id: int | None
    asked_at: datetime
    of_the_school: Set[int]
    beside: Set[int] = frozenset()


@dataclass(frozen=True)
class DeputyLooks:
    """A room's records on which two people must agree, for the deputy: what must be known of one (None when nothing
    waits), the answer carried out in the caller's unit of work, the waiting records, who asks whom at an instant,
    and the reports it is about, the first of which names it."""

    shows: Callable[[Any], ForDeputy | None]
    settle: Callable[[Any, Any, bool], None]
    waiting: Callable[[], Iterable[Any]]
    asks: Callable[[Any, datetime], SecondLook]
    reports: Callable[[Any], Sequence[int]]


@dataclass(frozen=True)
class Hit:
    """One search result: what it is, its address (None: no page), whom and where it is about, and its state."""

    title: str
    href: str | None
    meta: str = ""
    state: str = ""
    tone: str = "slate"


@dataclass(frozen=True)
class Searchable:
    """A kind of thing that people can find.

    `find(actor, typed, limit, skip)` returns up to `limit` matches that the actor may open, best first, after the first
    `skip`. Kinds are sorted by `order`; `kind` stands in addresses.
    """

    kind: str
    label: Any
    order: int
    find: Callable[[Actor, str, int, int], Sequence[Hit]]


@dataclass(frozen=True)
class ListRead:
    """A list for a file: its rows, its filters in words and as parameters of its page, and its school (None:
    several)."""

    rows: Sequence[Row]
    filters: Sequence[str]
    asked: Mapping[str, Any]
    school_id: int | None


@dataclass(frozen=True)
class ListKind:
    """A list of a room, whose columns people choose and which can be downloaded as shown.

    `name` stands in addresses; `page` is the endpoint of its page, `permission` opens it. `read(actor, arguments, now,
    limit)` returns up to `limit` rows that the actor may see, filtered and sorted by the parameters of the page's
    address. `names` are the columns with children's names: without them anyone who opens the page may download it;
    where `names` is empty, only those responsible for the school may. `roles` are those by which its school is chosen.
    `brought` returns the columns of rooms above.
    """

    name: str
    title: Any
    columns: tuple[Column, ...]
    order: Order
    permission: Permission
    page: str
    read: Callable[[Actor, Mapping[str, str], datetime, int], ListRead]
    names: tuple[str, ...] = ()
    roles: Collection[Role] = CASE_TEAM
    brought: Callable[[], tuple[Column, ...]] | None = None


@dataclass(frozen=True)
class WordSource:
    """The texts by which records of a table, each of a school, are found: its own columns, and those of other tables.

    `record` is the column of `search_entry`; `more` names the other tables, each with its column that holds the
    record's id. Only texts that everyone who may open the record may read.
    """

    record: str
    model: Any
    names: tuple[str, ...]
    more: Mapping[Any, tuple[str, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Room:
    """Everything that one package brings.

    `pages`: blueprints. `commands`: of `flask …`. `sentences`:
    what timeline kinds say. `messages`: kinds of email. `loaders`: table name to what loads one record by its id.
    `exemptions`: table name to what keeps its records visible when their years are over. `recent_students`: the select
    of the ids of students whom an actor met lately at a school. `smallest_groups`: of a school year. `reactions`: what
    a lower room records to what follows from it here, in the same unit of work. `deputy_looks`: table name to what a
    network's deputy may decide of it. `searchable`: what people find here. `word_sources`: by which texts. `lists`:
    those that are tables. `plan_tabs`: pages among the tabs of a safety plan. `plan_columns`: what the list of all
    plans tells of each. `public_sections`: what stands on the public page of a plan.
    """

    pages: tuple[Blueprint, ...] = ()
    commands: tuple[Command, ...] = ()
    sentences: Mapping[str, Any] = field(default_factory=dict)
    messages: tuple[MessageKind, ...] = ()
    loaders: Mapping[str, Callable[[int], Any]] = field(default_factory=dict)
    exemptions: Mapping[str, tuple[Exemption, ...]] = field(default_factory=dict)
    panels: tuple[Panel, ...] = ()
    recent_students: Callable[[Actor, int], Select[Any]] | None = None
    smallest_groups: Callable[[str], SmallestGroups] | None = None
    reactions: Mapping[str, Callable[..., None]] = field(default_factory=dict)
    deputy_looks: Mapping[str, DeputyLooks] = field(default_factory=dict)
    searchable: tuple[Searchable, ...] = ()
    word_sources: tuple[WordSource, ...] = ()
    lists: tuple[ListKind, ...] = ()
    plan_tabs: tuple[PlanTab, ...] = ()
    plan_columns: tuple[PlanColumn, ...] = ()
    public_sections: tuple[PublicSection, ...] = ()
