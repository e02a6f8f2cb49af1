"""The differences between a stored answer and the answer of another decision table. Pure.

Only different actions count, not other words or another rule for the same.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from wss_cases.routing.engine.evaluation import Run
from wss_cases.routing.engine.explain import as_stored
from wss_cases.routing.engine.table import DecisionTable
from wss_cases.routing.engine.vocabulary import HoldState, Section, Weight
from wss_cases.routing.replay.models import ChangeKind

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
