"""A decision table in memory: made by `reading` from the stored rows, used by `evaluation`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from wss_cases.routing.engine.conditions import Condition, Test, compiled, parts_of
from wss_cases.routing.engine.vocabulary import (
    PATHWAY_OF,
    AppliesTo,
    Duty,
    DutyState,
    FollowUpKind,
    Kind,
    Person,
    Section,
)

Text = Mapping[str, str]

LANGUAGES: Final = ("en", "es")
TIERS: Final = (1, 2, 3)
MOST_SCHOOL_DAYS: Final = 180


@dataclass(frozen=True)
class Effect:
    """One item that a row adds. `start` counts school days; `when` narrows the row."""

    kind: Kind
    person: Person
    tier: int
    start: int
    when: Condition
    because: Text | None

    @cached_property
    def is_met(self) -> Test:
        return compiled(self.when)


@dataclass(frozen=True)
class Removal:
    """The items that a hold removes; a criterion left out matches every item."""

    kinds: frozenset[str] | None
    pathways: frozenset[str] | None
    people: frozenset[str] | None

    def matches(self, kind: str, person: str) -> bool:
        """Whether an item matches; its kind may be one that no longer exists."""
        return (
            (self.kinds is None or kind in self.kinds)
            and (self.pathways is None or PATHWAY_OF.get(kind) in self.pathways)  # type: ignore[call-overload]
            and (self.people is None or person in self.people)
        )


@dataclass(frozen=True)
class Row:
    """One row of the table. `rule` is the name that answers cite; several rows may share it.

    Only the fields of its section are filled: items everywhere up to the fallback; `keeps` for the grade
    limit; `applies_to`, `until` and `removals` for holds; `duty`, `clock` and `states` (by `verified`) for
    duties; `follow_up` and `days` (school days) for follow-ups.
    """

    id: str
    rule: str
    section: Section
    when: Condition
    because: Text | None
    effects: tuple[Effect, ...] = ()
    keeps: frozenset[str] = frozenset()
    applies_to: AppliesTo | None = None
    until: Text | None = None
    removals: tuple[Removal, ...] = ()
    duty: Duty | None = None
    clock: Text | None = None
    states: Mapping[str, DutyState | None] | None = None
    follow_up: FollowUpKind | None = None
    days: tuple[int, ...] = ()

    @cached_property
    def is_met(self) -> Test:
        return compiled(self.when)


@dataclass(frozen=True, eq=False)
class DecisionTable:
    """A named version of the table, its rows in the order of the algorithm."""

    name: str
    version: int
    rows: tuple[Row, ...]

    def section(self, section: Section) -> tuple[Row, ...]:
        return self._by_section[section]

    @cached_property
    def facts_read(self) -> frozenset[str]:
        conditions = [row.when for row in self.rows]
        conditions += [effect.when for row in self.rows for effect in row.effects]
        return frozenset(part["fact"] for condition in conditions for part in parts_of(condition) if "fact" in part)

    @cached_property
    def _by_section(self) -> Mapping[Section, tuple[Row, ...]]:
        return {section: tuple(row for row in self.rows if row.section is section) for section in Section}
