"""Replays the facts that incidents were routed with through another decision table. Pure.

Many incidents have facts that the table cannot distinguish; each such answer is computed once.
"""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

from wss_cases.foundation.errors import Refused
from wss_cases.routing.engine.check import Finding, broken_promises
from wss_cases.routing.engine.conditions import Condition, parts_of
from wss_cases.routing.engine.evaluation import Run, run
from wss_cases.routing.engine.facts import FACTS, UNKNOWN, Facts, FactType, parse_facts
from wss_cases.routing.engine.table import DecisionTable
from wss_cases.routing.engine.vocabulary import FindingKind
from wss_cases.routing.replay.differences import Answered, Change, differences, of_run, of_stored
from wss_cases.routing.signs import Signs

MOST_REMEMBERED: Final = 10_000
"""How many different facts, and pairs of facts and answer, are remembered; beyond, it begins afresh."""
ENGINE_READS: Final = frozenset(
    {"caused_by", "harmed", "grade", "sexual", "supports", "harmed_supports", "verified", "weapon", "sent_on", "asked"}
)
"""Facts that the engine and its promises look at beside the rows, flags apart."""
ENGINE_ASKS_IF_KNOWN: Final = frozenset({"imminent_danger"})
"""Flags of which the engine tells apart false (somebody said so) and missing (nobody has)."""
YOUNG: Final = 3
"""The first grade that no promise speaks of."""

NO_SIGNS: Final = Signs(())

Key = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Outcome:
    """The result for one person's part; `is_read` is False when its facts are no longer valid."""

    changes: tuple[Change, ...] = ()
    broken: tuple[str, ...] = ()
    behavior: str = ""
    grade: str = ""
    is_read: bool = True


@dataclass(frozen=True)
class Part:
    """One person's part in an incident, as routed; facts and answer as stored.

    `groups` are the person's student groups, by criterion. `tile` is the reporter's quick category when its rule set
    had no signs yet; '' otherwise.
    """

    answer_id: int
    incident_person_id: int | None
    version: str
    facts: str
    answer: str
    groups: Mapping[str, str]
    tile: str = ""


@dataclass(frozen=True)
class RoutedIncident:
    """An incident with every part of the act that routed it last."""

    id: int
    reference: str
    school_id: int
    parts: tuple[Part, ...]


def alike(table: DecisionTable) -> Callable[[Facts], Key]:
    """A function that gives facts the same key exactly when table and engine cannot distinguish them."""
    conditions = [part for row in table.rows for part in parts_of(row.when)]
    conditions += [part for row in table.rows for effect in row.effects for part in parts_of(effect.when)]
    of_facts = [condition for condition in conditions if "fact" in condition]
    asked_known = {one["fact"] for one in of_facts if one["op"] in ("known", "missing")} | ENGINE_ASKS_IF_KNOWN
    read = {one["fact"] for one in of_facts} | ENGINE_READS
    bounds = {
        name: sorted({YOUNG} | _bounds(of_facts, name)) for name, spec in FACTS.items() if spec.type is FactType.NUMBER
    }

    def key(facts: Facts) -> Key:
        answered = []
        for name, value in facts.given.items():
            spec = FACTS[name]
            if spec.type is not FactType.FLAG and name not in read:
                continue
            if (value is False or value == spec.default) and name not in asked_known:
                continue
            answered.append((name, bisect_right(bounds[name], value) if name in bounds else value))
        return tuple(sorted(answered))

    return key


def _bounds(conditions: list[Condition], name: str) -> set[int]:
    """The numbers at which some condition on a fact changes its answer."""
    bounds: set[int] = set()
    for condition in conditions:
        if condition["fact"] == name and "value" in condition:
            value, op = condition["value"], condition["op"]
            bounds |= {value} if op == "at_least" else {value + 1} if op == "at_most" else {value, value + 1}
    return bounds


class Replayer:
    """Replays one decision table with its signs. Texts are not read, so they give no sign."""

    def __init__(self, table: DecisionTable, signs: Signs = NO_SIGNS) -> None:
        self.table = table
        self._signs = signs
        self._pairs: dict[bytes, Outcome] = {}
        self._key = alike(table)
        self._answers: dict[Key, tuple[Answered, Run, tuple[str, ...]]] = {}

    def outcome(self, facts: str, answer: str, tile: str = "") -> Outcome:
        """The differences between a stored answer and this table's answer to the same facts.

        Facts that the tile makes unknown and that were not answered are unknown.
        """
        key = blake2b(f"{facts}\0{answer}\0{tile}".encode(), digest_size=16).digest()
        outcome = self._pairs.get(key)
        if outcome is None:
            if len(self._pairs) >= MOST_REMEMBERED:
                self._pairs.clear()
            outcome = self._pairs[key] = self._worked_out(facts, answer, tile)
        return outcome

    def _worked_out(self, facts: str, answer: str, tile: str) -> Outcome:
        try:
            given = parse_facts({**self._unknown(tile), **json.loads(facts)})
            before = of_stored(json.loads(answer))
        except (Refused, KeyError, TypeError):
            return Outcome(is_read=False)
        after, done, broken = self._answered(given)
        return Outcome(
            changes=differences(before, after, self.table, done),
            broken=broken,
            behavior=str(given.given.get("behavior", "")),
            grade=str(given.given.get("grade", "")),
        )

    def _unknown(self, tile: str) -> dict[str, str]:
        return {name: UNKNOWN for sign in self._signs.of_tile(tile) for name in sign.facts}

    def _answered(self, facts: Facts) -> tuple[Answered, Run, tuple[str, ...]]:
        key = self._key(facts)
        answered = self._answers.get(key)
        if answered is None:
            if len(self._answers) >= MOST_REMEMBERED:
                self._answers.clear()
            done = run(self.table, facts)
            broken = dict.fromkeys(
                f"{finding.kind}:{finding.detail}" for finding in broken_promises(self.table, facts, done.answer)
            )
            answered = self._answers[key] = of_run(done), done, tuple(broken)
        return answered


def promise_words(broken: str) -> str:
    """A broken invariant in words of the reader's language."""
    kind, detail = broken.split(":", 1)
    return Finding(FindingKind(kind), detail=detail).sentence()


@dataclass(frozen=True)
class Replayed:
    """The result of replaying one incident, part by part."""

    incident: RoutedIncident
    outcomes: tuple[Outcome, ...]

    @property
    def changes(self) -> list[Change]:
        return [change for outcome in self.outcomes for change in outcome.changes]

    @property
    def broken(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(word for outcome in self.outcomes for word in outcome.broken))

    @property
    def is_read(self) -> bool:
        """Whether every part could be replayed."""
        return all(outcome.is_read for outcome in self.outcomes)


def replayed(replayer: Replayer, incidents: Iterable[RoutedIncident]) -> Iterable[Replayed]:
    """Replay incidents one by one."""
    for incident in incidents:
        yield Replayed(incident, tuple(replayer.outcome(part.facts, part.answer, part.tile) for part in incident.parts))


@dataclass
class SchoolTally:
    """The incidents of one school: all, changed, with a broken invariant, not readable, and by what changed."""

    incidents: int = 0
    changed: int = 0
    broken: int = 0
    unread: int = 0
    changes: Counter[str] = field(default_factory=Counter)

    def add(self, other: "SchoolTally") -> None:
        self.incidents += other.incidents
        self.changed += other.changed
        self.broken += other.broken
        self.unread += other.unread
        self.changes += other.changes


Parts = dict[str, list[int]]
"""Parts by value: [all, changed]."""


@dataclass
class Tally:
    """The counts of a replay: incidents by school; people's parts by grade, behavior, group and version."""

    schools: dict[str, SchoolTally] = field(default_factory=dict)
    by: dict[str, Parts] = field(default_factory=dict)

    def add(self, one: Replayed) -> None:
        """Count one incident."""
        school = self.schools.setdefault(str(one.incident.school_id), SchoolTally())
        school.incidents += 1
        school.changed += bool(one.changes)
        school.broken += bool(one.broken)
        school.unread += not one.is_read
        school.changes.update({change.key for change in one.changes})
        for part, outcome in zip(one.incident.parts, one.outcomes, strict=True):
            values = {"grade": outcome.grade, "behavior": outcome.behavior, "version": part.version}
            for name, value in (values | dict(part.groups)).items():
                counted = self.by.setdefault(name, {}).setdefault(value, [0, 0])
                counted[0] += 1
                counted[1] += bool(outcome.changes)

    def of(self, school_ids: Sequence[int] | None = None) -> SchoolTally:
        """The sum of some schools, or of all."""
        total = SchoolTally()
        for school_id, school in self.schools.items():
            if school_ids is None or int(school_id) in school_ids:
                total.add(school)
        return total

    def as_json(self) -> dict[str, Any]:
        """Its stored form; `Tally.of_json` reads it."""
        schools = {
            school_id: [one.incidents, one.changed, one.broken, one.unread, dict(one.changes)]
            for school_id, one in self.schools.items()
        }
        return {"schools": schools, "by": self.by}

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> "Tally":
        """Read the form that `as_json` returned; without one, nothing is counted."""
        schools = {
            school_id: SchoolTally(incidents, changed, broken, unread, Counter(changes))
            for school_id, (incidents, changed, broken, unread, changes) in stored.get("schools", {}).items()
        }
        by = {
            name: {value: list(pair) for value, pair in parts.items()} for name, parts in stored.get("by", {}).items()
        }
        return cls(schools, by)
