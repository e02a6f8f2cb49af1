"""The routing engine: facts and a decision table in, a recommendation out. No clock, no database.

The order is fixed here: pathways, the limit for the youngest grades, holds, what nobody may be left
without, duties, what they mean for the police, and follow-ups on the final list. Every threshold, tier and
day stands in the rows of the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from wss_cases.routing.engine.conditions import Scene
from wss_cases.routing.engine.facts import Facts
from wss_cases.routing.engine.states import (
    PATHWAY_OF,
    POLICE_DUTIES,
    AppliesTo,
    Duty,
    DutyState,
    FollowUpKind,
    Kind,
    Note,
    Pathway,
    Person,
    Police,
    Section,
)
from wss_cases.routing.engine.table import LANGUAGES, DecisionTable, Row, Text

_T = TypeVar("_T")


@dataclass(frozen=True)
class Item:
    """A recommended pathway. `start` counts school days from today."""

    kind: Kind
    person: Person
    tier: int
    start: int
    rules: tuple[str, ...]
    because: Text

    @property
    def pathway(self) -> Pathway:
        """The pathway this kind belongs to."""
        return PATHWAY_OF[self.kind]


@dataclass(frozen=True)
class Hold:
    """Something that must wait, or never happen, and until when."""

    applies_to: AppliesTo
    until: Text
    rules: tuple[str, ...]
    because: Text


@dataclass(frozen=True)
class RaisedDuty:
    """A legal duty that runs, or that waits for the facts to be verified."""

    duty: Duty
    clock: Text
    state: DutyState
    rules: tuple[str, ...]
    because: Text


@dataclass(frozen=True)
class FollowUp:
    """Something to be done within a number of school days."""

    kind: FollowUpKind
    days: int
    rules: tuple[str, ...]
    because: Text


@dataclass(frozen=True)
class Recommendation:
    """The whole answer, with the name and version of the table that gave it."""

    ruleset_name: str
    ruleset_version: int
    items: tuple[Item, ...]
    holds: tuple[Hold, ...]
    duties: tuple[RaisedDuty, ...]
    police: Police
    follow_ups: tuple[FollowUp, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Run:
    """An answer and what led to it: ids of the rows that matched, and (row id, place) of the items added."""

    answer: Recommendation
    matched: frozenset[str]
    added: frozenset[tuple[str, int]]


@dataclass
class _Entry:
    tier: int
    start: int
    rules: list[str] = field(default_factory=list)
    reasons: list[Text] = field(default_factory=list)


class _Board:
    """The list of items while it is being made."""

    def __init__(self, facts: Facts) -> None:
        self.entries: dict[tuple[Kind, Person], _Entry] = {}
        self.scene = Scene(facts, on_list=lambda: set(self.entries))
        self.matched: set[str] = set()
        self.added: set[tuple[str, int]] = set()

    def meets(self, row: Row) -> bool:
        """Say whether a row matches, and remember that it did."""
        met = row.is_met(self.scene)
        if met:
            self.scene.matched.add(row.rule)
            self.matched.add(row.id)
        return met

    def add(self, row: Row) -> None:
        """Put the items of a matched row on the list: highest tier, soonest start, every rule cited."""
        for place, effect in enumerate(row.effects):
            if not effect.is_met(self.scene):
                continue
            self.added.add((row.id, place))
            new = _Entry(effect.tier, effect.start)
            entry = self.entries.setdefault((effect.kind, effect.person), new)
            entry.tier = max(entry.tier, effect.tier)
            entry.start = min(entry.start, effect.start)
            _append_new(entry.rules, row.rule)
            for reason in (row.because, effect.because):
                if reason is not None:
                    _append_new(entry.reasons, reason)

    def limit_to(self, row: Row) -> None:
        """Keep only the kinds a row allows for the person who caused harm; add its items if one went."""
        removed = [
            (kind, person) for kind, person in self.entries if person is not Person.HARMED and kind not in row.keeps
        ]
        for key in removed:
            del self.entries[key]
        if removed:
            self.add(row)

    def hold_back(self, row: Row) -> None:
        """Take off the list what a hold removes, then add what it adds."""
        for kind, person in list(self.entries):
            if any(removal.matches(kind, person) for removal in row.removals):
                del self.entries[kind, person]
        self.add(row)

    def items(self) -> tuple[Item, ...]:
        """Return the list as it stands."""
        return tuple(
            Item(kind, person, entry.tier, entry.start, tuple(entry.rules), _joined(entry.reasons))
            for (kind, person), entry in self.entries.items()
        )


def recommend(table: DecisionTable, facts: Facts) -> Recommendation:
    """Recommend pathways, holds, duties and follow-ups for one person's part in an incident."""
    return run(table, facts).answer


def run(table: DecisionTable, facts: Facts) -> Run:
    """Do the same and tell which rows matched, for the check of a draft."""
    board, holds, duties = _decided(table, facts)
    answer = Recommendation(
        ruleset_name=table.name,
        ruleset_version=table.version,
        items=board.items(),
        holds=holds,
        duties=duties,
        police=board.scene.police,
        follow_ups=_follow_ups(table, board),
        notes=() if facts.present("group") else (Note.NOT_CODED_YET,),
    )
    return Run(answer, frozenset(board.matched), frozenset(board.added))


def duties_and_police(table: DecisionTable, facts: Facts) -> tuple[tuple[RaisedDuty, ...], Police]:
    """Return of a recommendation only this, in two thirds of the time."""
    board, _holds, duties = _decided(table, facts)
    return duties, board.scene.police


def _decided(table: DecisionTable, facts: Facts) -> tuple[_Board, tuple[Hold, ...], tuple[RaisedDuty, ...]]:
    board = _Board(facts)
    for row in table.section(Section.PATHWAYS):
        if board.meets(row):
            board.add(row)
    for row in table.section(Section.GRADE_LIMIT):
        if board.meets(row):
            board.limit_to(row)
    holds = _holds(table, board)
    for row in table.section(Section.FALLBACK):
        if board.meets(row):
            board.add(row)
    duties: dict[Duty, RaisedDuty] = {}
    _raise_duties(table.section(Section.DUTIES), board, duties)
    board.scene.police = _police(facts, duties)
    _raise_duties(table.section(Section.AFTER_POLICE), board, duties)
    return board, holds, tuple(duties.values())


def _holds(table: DecisionTable, board: _Board) -> tuple[Hold, ...]:
    holds = []
    for row in table.section(Section.HOLDS):
        if board.meets(row):
            board.hold_back(row)
            if row.applies_to is not None and row.until is not None:
                holds.append(Hold(row.applies_to, row.until, (row.rule,), row.because or {}))
    return tuple(holds)


def _raise_duties(rows: tuple[Row, ...], board: _Board, duties: dict[Duty, RaisedDuty]) -> None:
    verified = str(board.scene.facts.value("verified"))
    for row in rows:
        if not board.meets(row) or row.duty is None or row.states is None or row.clock is None:
            continue
        state = row.states[verified]
        if state is None:
            continue
        before = duties.get(row.duty)
        rules = [*before.rules] if before else []
        _append_new(rules, row.rule)
        if before and before.state is DutyState.DUE:
            state = DutyState.DUE
        clock = before.clock if before else row.clock
        because = before.because if before else row.because or {}
        duties[row.duty] = RaisedDuty(row.duty, clock, state, tuple(rules), because)


def _police(facts: Facts, duties: Mapping[Duty, RaisedDuty]) -> Police:
    """Only danger, or one of five duties that are due or to be verified, leads here; no row of a table can."""
    if facts.is_true("imminent_danger"):
        return Police.EMERGENCY
    states = {raised.state for duty, raised in duties.items() if duty in POLICE_DUTIES}
    if DutyState.DUE in states:
        return Police.REQUIRED_BY_LAW
    if states or facts.asks_about_danger():
        return Police.VERIFY
    return Police.NOT_INDICATED


def _follow_ups(table: DecisionTable, board: _Board) -> tuple[FollowUp, ...]:
    follow_ups = []
    for row in table.section(Section.FOLLOW_UPS):
        if board.meets(row) and row.follow_up is not None:
            kind = row.follow_up
            follow_ups += [FollowUp(kind, days, (row.rule,), row.because or {}) for days in row.days]
    return tuple(follow_ups)


def _append_new(values: list[_T], value: _T) -> None:
    if value not in values:
        values.append(value)


def _joined(reasons: list[Text]) -> Text:
    return {language: " ".join(reason.get(language, reason["en"]) for reason in reasons) for language in LANGUAGES}
