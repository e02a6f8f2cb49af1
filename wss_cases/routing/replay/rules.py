"""Replays the facts that incidents were routed with through another decision table, and finds what differs. Pure.

Only different actions count, not other words or another rule for the same. Many incidents have facts that the table
cannot distinguish; each such answer is computed once.
"""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

from wss_cases.foundation.errors import Refused
from wss_cases.routing.engine.check import Finding, broken_promises
from wss_cases.routing.engine.conditions import Condition, parts_of
from wss_cases.routing.engine.evaluation import Run, run
from wss_cases.routing.engine.explain import as_stored
from wss_cases.routing.engine.facts import FACTS, UNKNOWN, Facts, FactType, parse_facts
from wss_cases.routing.engine.table import DecisionTable
from wss_cases.routing.engine.vocabulary import FindingKind, HoldState, Section, Weight
from wss_cases.routing.replay.models import ChangeKind
from wss_cases.routing.signs import Signs

COLUMNS: Final = ("incident", "school", "change", "what", "for", "before", "after", "rules", "broken")
"""A replay as a table: one row a change, or a broken promise."""

Values = tuple[tuple[Any, ...], tuple[str, ...]]
"""The values of an answer, and the rules it cites."""
Answers = Mapping[Any, Values]
"""What is answered, by what it is about."""


@dataclass(frozen=True)
class Change:
    """One difference. `before` and `after` are the old and the new answer, None where there was none.

    For a pathway (kind, tier, start), a hold or duty its state, the police the finding, a follow-up its school days,
    for a question nothing: it is asked or not.
    """

    kind: ChangeKind
    what: str
    person: str
    before: tuple[Any, ...] | None
    after: tuple[Any, ...] | None
    rules: tuple[str, ...]

    @property
    def key(self) -> str:
        """The key under which it is counted."""
        return f"{self.kind}:{self.what}:{self.person}"

    def as_json(self) -> list[Any]:
        """Its stored form; `Change.of_json` reads it."""
        sides = [None if side is None else list(side) for side in (self.before, self.after)]
        return [str(self.kind), self.what, self.person, *sides, list(self.rules)]

    @classmethod
    def of_json(cls, stored: Sequence[Any]) -> "Change":
        """Read the form that `as_json` returned."""
        kind, what, person, before, after, rules = stored
        sides = [None if side is None else tuple(side) for side in (before, after)]
        return cls(ChangeKind(kind), what, person, sides[0], sides[1], tuple(rules))


@dataclass(frozen=True)
class Answered:
    """The compared parts of an answer; `families` maps a kind to its pathway.

    `questions` are those that a decision waits for.
    """

    items: Answers
    families: Mapping[str, str]
    holds: Answers
    duties: Answers
    police: str
    follow_ups: Answers
    questions: Answers


def of_stored(answer: Mapping[str, Any]) -> Answered:
    """Read the stored answer of an incident."""
    return Answered(
        items={(item["kind"], item["for"]): _item(item) for item in answer["pathways"]},
        families={item["kind"]: item["pathway"] for item in answer["pathways"]},
        holds=_by_what_they_keep_back(answer["holds"]),
        duties={raised["duty"]: ((raised["state"],), tuple(raised["rules"])) for raised in answer["duties"]},
        police=answer["police"],
        follow_ups=_by_kind(answer["follow_ups"]),
        questions={
            question["fact"]: ((), tuple(question["rules"]))
            for question in answer.get("open_questions", [])
            if question["weight"] == Weight.MUST
        },
    )


def of_run(done: Run) -> Answered:
    """Read the answer of a table."""
    return of_stored(as_stored(done.answer))


def _item(item: Mapping[str, Any]) -> Values:
    return (item["kind"], item["tier"], item["start_within_school_days"]), tuple(item["rules"])


def _by_what_they_keep_back(holds: Iterable[Mapping[str, Any]]) -> Answers:
    """Answers of versions 1 and 2 have no state: their holds are certain."""
    found: dict[str, Values] = {}
    for hold in holds:
        state, cited = found.get(hold["applies_to"], ((HoldState.UNTIL_KNOWN.value,), ()))
        if hold.get("state", HoldState.HOLDS) == HoldState.HOLDS:
            state = (HoldState.HOLDS.value,)
        found[hold["applies_to"]] = state, _cited(cited, hold["rules"])
    return found


def _by_kind(follow_ups: Iterable[Mapping[str, Any]]) -> Answers:
    by_kind: dict[str, Values] = {}
    for one in follow_ups:
        days, cited = by_kind.get(one["kind"], ((), ()))
        rules = (*cited, *(rule for rule in one["rules"] if rule not in cited))
        by_kind[one["kind"]] = tuple(sorted((*days, one["due_in_school_days"]))), rules
    return by_kind


def differences(before: Answered, after: Answered, table: DecisionTable, done: Run) -> tuple[Change, ...]:
    """The differences between two answers, with the rows of the tables that cause them."""
    changes = list(_items(before, after, table, done))
    kinds = ChangeKind
    changes += _plain(before.holds, after.holds, (kinds.HOLD_ADDED, kinds.HOLD_REMOVED, kinds.HOLD_CHANGED))
    changes += _plain(before.duties, after.duties, (kinds.DUTY_ADDED, kinds.DUTY_REMOVED, kinds.DUTY_CHANGED))
    if before.police != after.police:
        duties = (*before.duties.values(), *after.duties.values())
        rules = tuple(dict.fromkeys(rule for _values, cited in duties for rule in cited))
        changes.append(Change(kinds.NOTIFICATION_REVIEW, after.police, "", (before.police,), (after.police,), rules))
    of_follow_ups = (kinds.FOLLOW_UP_ADDED, kinds.FOLLOW_UP_REMOVED, kinds.FOLLOW_UP_CHANGED)
    changes += _plain(before.follow_ups, after.follow_ups, of_follow_ups)
    of_questions = (kinds.QUESTION_ADDED, kinds.QUESTION_REMOVED, kinds.QUESTION_ADDED)
    changes += _plain(before.questions, after.questions, of_questions)
    return tuple(changes)


def _plain(old: Answers, new: Answers, kinds: tuple[ChangeKind, ChangeKind, ChangeKind]) -> Iterator[Change]:
    added, removed, changed = kinds
    for what in {**old, **new}:
        before, after = old.get(what), new.get(what)
        if before is None and after is not None:
            yield Change(added, what, "", None, after[0], after[1])
        elif after is None and before is not None:
            yield Change(removed, what, "", before[0], None, before[1])
        elif before is not None and after is not None and before[0] != after[0]:
            yield Change(changed, what, "", before[0], after[0], after[1])


def _items(before: Answered, after: Answered, table: DecisionTable, done: Run) -> Iterator[Change]:
    gone = {key: answer for key, answer in before.items.items() if key not in after.items}
    new = {key: answer for key, answer in after.items.items() if key not in before.items}
    for key in list(new):
        kind, person = key
        family = after.families[kind]
        instead = next((old for old in gone if old[1] == person and before.families[old[0]] == family), None)
        if instead is not None:
            was, now = gone.pop(instead), new.pop(key)
            yield Change(ChangeKind.PATHWAY_OTHER_KIND, kind, person, was[0], now[0], _cited(was[1], now[1]))
    for (kind, person), answer in new.items():
        yield Change(ChangeKind.PATHWAY_ADDED, kind, person, None, answer[0], answer[1])
    for (kind, person), answer in gone.items():
        rules = _cited(answer[1], _taken_by(table, done, kind, person))
        yield Change(ChangeKind.PATHWAY_REMOVED, kind, person, answer[0], None, rules)
    for key, answer in after.items.items():
        old = before.items.get(key)
        if old is not None and old[0] != answer[0]:
            rules = _cited(old[1], answer[1])
            yield Change(ChangeKind.PATHWAY_CHANGED, key[0], key[1], old[0], answer[0], rules)


def _taken_by(table: DecisionTable, done: Run, kind: str, person: str) -> Iterator[str]:
    """The holds and limits that removed an item which the table had added."""
    put = any(
        effect.kind == kind and effect.person == person and (row.id, place) in done.added
        for row in table.rows
        for place, effect in enumerate(row.effects)
    )
    if not put:
        return
    for row in table.section(Section.GRADE_LIMIT):
        if row.id in done.matched and person != "harmed" and kind not in row.keeps:
            yield row.rule
    for row in table.section(Section.HOLDS):
        if row.id in done.matched and any(removal.matches(kind, person) for removal in row.removals):
            yield row.rule


def _cited(old: Sequence[str], new: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*old, *new)))


def table_rows(
    reference: str, school: str, changes: Iterable[Change], broken: Sequence[str], is_read: bool
) -> list[list[str]]:
    """One incident as rows of a table with `COLUMNS`."""
    start = [reference, school]
    rows = []
    for one in changes:
        sides = ["" if side is None else " ".join(map(str, side)) for side in (one.before, one.after)]
        rows.append([*start, str(one.kind), one.what, one.person, *sides, " ".join(one.rules), ""])
    rows += [[*start, *[""] * 6, word] for word in broken]
    return rows if is_read else [*rows, [*start, "unreadable", *[""] * 6]]


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
