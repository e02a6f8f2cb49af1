"""The check of a decision table before publishing: rows that cannot match, contradictions, people left out, and the
engine's invariants tried on facts for every row and on random ones."""

import itertools
import json
import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from wss_cases.foundation.i18n import _, _l
from wss_cases.routing.engine.conditions import ALWAYS, Condition, fact_is_met, parts_of
from wss_cases.routing.engine.evaluation import (
    Hold,
    RaisedDuty,
    Recommendation,
    Run,
    decided_facts,
    duties_and_police,
    recommend,
    run,
)
from wss_cases.routing.engine.explain import FACT_LABELS
from wss_cases.routing.engine.facts import FACTS, UNKNOWN, Facts, FactSpec, FactType, FactValue
from wss_cases.routing.engine.table import DecisionTable, Row
from wss_cases.routing.engine.vocabulary import (
    FACE_TO_FACE,
    PATHWAY_OF,
    POLICE_DUTIES,
    PROMISES,
    AppliesTo,
    Duty,
    DutyState,
    FindingKind,
    Kind,
    Pathway,
    Person,
    Police,
    Weight,
)

_Literal = tuple[Condition, bool]

_MOST_CASES: Final = 2000
_DENSITIES: Final = (0.1, 0.25, 0.5, 0.9)
_MISSING: Final = None
_MOST_UNKNOWN: Final = 3
_MOST_ANSWERS: Final = 120


def random_facts(count: int, seed: int = 2026) -> Iterator[Facts]:
    """Yield random facts of every density, the same for the same seed."""
    chance = random.Random(seed)
    for _number in range(count):
        density = chance.choice(_DENSITIES)
        given = {name: _random_value(spec, chance) for name, spec in FACTS.items() if chance.random() < density}
        yield Facts(given)


def with_unknowns(samples: Iterable[Facts], seed: int = 2026) -> Iterator[Facts]:
    """Yield each of these facts with up to three answers made unknown; none where no answer may be unknown."""
    chance = random.Random(seed)
    for facts in samples:
        names = [name for name in FACTS if FACTS[name].may_be_unknown and facts.present(name)]
        if names:
            chosen = chance.sample(names, chance.randint(1, min(_MOST_UNKNOWN, len(names))))
            yield Facts({**facts.given, **dict.fromkeys(chosen, UNKNOWN)})


def answered(names: Sequence[str]) -> Iterator[tuple[FactValue, ...]]:
    """Yield ways to answer these facts, a value for each name.

    Every way, or, with more than 120: no to all, the gravest to all, and each single answer beside either.
    """
    values = [FACTS[name].choices or (False, True) for name in names]
    if math.prod(map(len, values)) <= _MOST_ANSWERS:
        yield from itertools.product(*values)
        return
    for base in (tuple(each[0] for each in values), tuple(each[-1] for each in values)):
        yield base
        for place, each in enumerate(values):
            yield from ((*base[:place], value, *base[place + 1 :]) for value in each)


def _random_value(spec: FactSpec, chance: random.Random) -> Any:
    match spec.type:
        case FactType.FLAG:
            return chance.random() < 0.6
        case FactType.NUMBER:
            return chance.randint(spec.least or 0, spec.most if spec.most is not None else 8)
        case FactType.LIST:
            return tuple(choice for choice in spec.choices if chance.random() < 0.5)
        case FactType.TEXT:
            return "any"
        case _:
            return chance.choice(spec.choices)


def facts_for_row(table: DecisionTable, row: Row, narrowed: Condition = ALWAYS) -> list[Facts]:
    """Facts that meet each way a row (and `narrowed`, the condition of an item) can be met; empty: it can never be met.

    Conditions on the list of items or the police are ignored; a run shows them.
    """
    condition: Condition = {"all": [row.when, narrowed]}
    cases = itertools.islice(_cases(condition, True, table), _MOST_CASES)
    return [Facts(given) for given in map(_solved, cases) if given is not None]


def _cases(condition: Condition, wanted: bool, table: DecisionTable) -> Iterator[tuple[_Literal, ...]]:
    """Yield the ways to give a condition the wanted value, each a set of simple conditions."""
    match condition:
        case {"not": part}:
            yield from _cases(part, not wanted, table)
        case {"all": parts} if wanted:
            yield from _together(parts, wanted, table)
        case {"any": parts} if not wanted:
            yield from _together(parts, wanted, table)
        case {"all": parts} | {"any": parts}:
            for part in parts:
                yield from _cases(part, wanted, table)
        case {"rule": rule}:
            either = {"any": [row.when for row in table.rows if row.rule == rule]}
            yield from _cases(either, wanted, table)
        case _:
            yield ((condition, wanted),)


def _together(parts: list[Condition], wanted: bool, table: DecisionTable) -> Iterator[tuple[_Literal, ...]]:
    ways = [list(itertools.islice(_cases(part, wanted, table), _MOST_CASES)) for part in parts]
    for chosen in itertools.product(*ways):
        yield tuple(itertools.chain.from_iterable(chosen))


def _solved(literals: tuple[_Literal, ...]) -> dict[str, Any] | None:
    by_fact: dict[str, list[_Literal]] = {}
    for condition, wanted in literals:
        if "fact" in condition:
            by_fact.setdefault(condition["fact"], []).append((condition, wanted))
    given: dict[str, Any] = {}
    for name, of_fact in by_fact.items():
        fits = [value for value in _candidates(name, of_fact) if _fits(name, value, of_fact)]
        if not fits:
            return None
        if fits[0] is not _MISSING:
            given[name] = fits[0]
    return given


def _fits(name: str, value: Any, literals: list[_Literal]) -> bool:
    facts = Facts({} if value is _MISSING else {name: value})
    return all(fact_is_met(condition, facts) is wanted for condition, wanted in literals)


def _candidates(name: str, literals: list[_Literal]) -> list[Any]:
    spec = FACTS[name]
    named = [value for condition, _wanted in literals for value in _named(condition)]
    match spec.type:
        case FactType.FLAG:
            return [_MISSING, True, False]
        case FactType.LIST:
            sizes = range(len(spec.choices) + 1)
            return [_MISSING, *itertools.chain(*(itertools.combinations(spec.choices, size) for size in sizes))]
        case FactType.TEXT:
            return [_MISSING, *named, "any"]
        case FactType.NUMBER:
            around = {number + step for number in named for step in (-1, 0, 1)} | {spec.least or 0}
            return [_MISSING, *sorted(number for number in around if spec.allows(number))]
        case _:
            return [_MISSING, *spec.choices]


def _named(condition: Mapping[str, Any]) -> list[Any]:
    value = condition.get("value")
    return value if isinstance(value, list) else [] if value is None else [value]


RANDOM_FACTS: Final = 2000
"""How many random facts a check tries before a table is published."""

_DOUBTED_OF_A_ROW: Final = 20
_POLICE_LINE: Final = "police"
_DETAIL_LABELS: Final[dict[Any, Any]] = {
    **Kind.labels(),
    **Duty.labels(),
    **FACT_LABELS,
    **AppliesTo.labels(),
    _POLICE_LINE: _l("what is said about the police"),
}
_APART: Final = FACE_TO_FACE | {Kind.CONVERSATION, Kind.TALKING_CIRCLE, Kind.HEALING_CIRCLE}
_FOR_YOUNG: Final = frozenset(
    {
        Kind.CONVERSATION,
        Kind.TALKING_CIRCLE,
        Kind.FAMILY_SUPPORT,
        Kind.BEHAVIORAL_HEALTH,
        Kind.HOUSING_BASIC_NEEDS,
        Kind.ACADEMIC,
    }
)
_FLAGS: Final = tuple(name for name, spec in FACTS.items() if spec.type is FactType.FLAG)
_ADULTS: Final = ("staff", "other_adult")
_SUPPORTS: Final = ("supports", "harmed_supports")
_NOT_FOR_POLICE: Final = ("grade", "group", "behavior", "priors_90d", "priors_365d", *_SUPPORTS)
_READ_BY_CODE: Final = ("verified", "danger_reported", "imminent_danger", "behavior", "sent_on", "asked")


@dataclass(frozen=True)
class Finding:
    """One thing the check found; `facts` is an example that shows it."""

    kind: FindingKind
    row: str = ""
    detail: str = ""
    facts: dict[str, Any] | None = None

    @property
    def blocks(self) -> bool:
        """Whether this prevents publishing."""
        return self.kind is not FindingKind.UNREAD_FACT

    def sentence(self) -> str:
        """The finding in words of the reader's language."""
        detail = str(_DETAIL_LABELS.get(self.detail, self.detail))
        words = str(FindingKind(self.kind).label) % {"row": self.row, "detail": detail}
        return (
            _("Row %(row)s: %(finding)s", row=self.row, finding=words) if self.row and self.kind in PROMISES else words
        )

    @property
    def promise(self) -> int:
        """The number of the broken invariant."""
        return PROMISES.get(self.kind, 9)

    @property
    def size(self) -> int:
        """How many facts the example needs; the smallest example is shown."""
        return len(self.facts or {})


def check_table(table: DecisionTable, tries: int = RANDOM_FACTS) -> list[Finding]:
    """The findings about a table, blocking ones first; `tries` random facts are tried beside those made for each
    row."""
    ways = ((row, when) for row in table.rows for when in (ALWAYS, *(effect.when for effect in row.effects)))
    of_rows = [facts_for_row(table, row, when) for row, when in ways]
    by_chance = list(random_facts(tries))
    doubted = [*chain(*(each[:_DOUBTED_OF_A_ROW] for each in of_rows)), *by_chance[: tries // 4]]
    samples = [*chain(*of_rows), *by_chance, *with_unknowns(doubted)]
    read = {*_READ_BY_CODE, *table.facts_read}
    runs = [(facts, run(table, facts)) for facts in samples]
    smallest: dict[tuple[FindingKind, str, str], Finding] = {}
    for finding in (
        *_unreachable(table, [done for _facts, done in runs]),
        *_said_again(table),
        *(finding for facts, done in runs for finding in broken_promises(table, facts, done.answer)),
        *(Finding(FindingKind.UNREAD_FACT, detail=name) for name in FACTS if name not in read),
    ):
        key = (finding.kind, finding.row, finding.detail)
        smallest[key] = min(smallest.get(key, finding), finding, key=lambda one: one.size)
    return sorted(smallest.values(), key=lambda finding: not finding.blocks)


def _unreachable(table: DecisionTable, runs: list[Run]) -> Iterator[Finding]:
    matched = frozenset[str]().union(*(done.matched for done in runs))
    added = frozenset[tuple[str, int]]().union(*(done.added for done in runs))
    recommended = {(rule, item.kind, item.person) for done in runs for item in done.answer.items for rule in item.rules}
    for row in table.rows:
        if row.id not in matched:
            yield Finding(FindingKind.UNREACHABLE_ROW, row.id)
            continue
        for place, effect in enumerate(row.effects):
            if (row.id, place) not in added:
                yield Finding(FindingKind.UNREACHABLE_ITEM, row.id, effect.kind)
            elif (row.rule, effect.kind, effect.person) not in recommended:
                yield Finding(FindingKind.ALWAYS_REMOVED, row.id, effect.kind)


def _said_again(table: DecisionTable) -> Iterator[Finding]:
    """Find answers given twice under one condition, equal or different."""
    before: dict[str, tuple[str, str]] = {}
    for row in table.rows:
        for subject, answer in _statements(row):
            known = before.setdefault(subject, (row.id, answer))
            if known[0] != row.id:
                same = known[1] == answer
                kind = FindingKind.SAID_TWICE if same else FindingKind.SAID_DIFFERENTLY
                yield Finding(kind, row.id, known[0])


def _statements(row: Row) -> Iterator[tuple[str, str]]:
    def subject(*about: object) -> str:
        return json.dumps([row.section, row.when, *about], sort_keys=True)

    for effect in row.effects:
        yield subject(effect.when, effect.kind, effect.person), f"{effect.tier} {effect.start}"
    if row.duty is not None:
        yield subject(row.duty), json.dumps(row.states, sort_keys=True)
    if row.follow_up is not None:
        yield subject(row.follow_up), str(row.days)


def broken_promises(table: DecisionTable, facts: Facts, answer: Recommendation) -> Iterator[Finding]:
    """The invariants of the engine that an answer breaks, whatever the table says."""
    example = facts.as_json()
    of_people = (*_left_out(facts, answer), *_wrongly_together(facts, answer))
    for kind, detail in (*of_people, *_duties_lost(table, facts, answer), *_unequal(table, facts, answer)):
        yield Finding(kind, _row_behind(table, kind, detail, answer), detail, example)
    for kind, rule, detail in _untold(table, facts, answer):
        row = next((row.id for row in table.rows if row.rule == rule), "")
        yield Finding(kind, row, detail, example)


def _row_behind(table: DecisionTable, kind: FindingKind, detail: str, answer: Recommendation) -> str:
    """The row to look at first; none for a case without a row."""
    cited = {rule for item in answer.items if item.kind == detail for rule in item.rules}
    read = {FindingKind.POLICE_BY_STUDENT: set(_NOT_FOR_POLICE), FindingKind.UNEQUAL: set(_SUPPORTS)}.get(kind, set())

    def behind(row: Row) -> bool:
        if kind is FindingKind.DUTY_LOST:
            return row.duty == detail
        if kind is FindingKind.POLICE_BY_STUDENT and row.duty not in POLICE_DUTIES:
            return False
        named = any(effect.kind == detail for effect in row.effects) and row.rule in cited
        return named or not read.isdisjoint(_facts_of(row))

    return next((row.id for row in table.rows if behind(row)), "")


def _facts_of(row: Row) -> set[str]:
    """The facts a row reads, without basic needs support, which may follow from housing."""
    parts = [part for when in (row.when, *(effect.when for effect in row.effects)) for part in parts_of(when)]
    return {part["fact"] for part in parts if "fact" in part and part.get("value") != "housing"}


def _left_out(facts: Facts, answer: Recommendation) -> Iterator[tuple[FindingKind, str]]:
    people = {item.person for item in answer.items}
    caused_by = facts.value("caused_by")
    maybe_adult = facts.is_true("adult_conduct") or facts.is_unknown("adult_conduct")
    by_student = caused_by == "student" or (caused_by == "unknown" and not maybe_adult)
    if by_student and not people & {Person.CAUSED_HARM, Person.BOTH}:
        yield FindingKind.NOBODY_FOR_CAUSED_HARM, ""
    if facts.value("harmed") in ("student", "staff") and not people & {Person.HARMED, Person.BOTH}:
        yield FindingKind.NOBODY_FOR_HARMED, ""


def _wrongly_together(facts: Facts, answer: Recommendation) -> Iterator[tuple[FindingKind, str]]:
    grade = facts.value("grade")
    young = isinstance(grade, int) and grade <= 2
    apart = facts.value("sexual") not in (None, "none") or facts.value("intimate_partner") not in (None, False)
    nobody_known = facts.value("caused_by") == "unknown"
    by_adult = facts.value("caused_by") in _ADULTS or (nobody_known and facts.is_true("adult_conduct"))
    for item in answer.items:
        shared = item.person is not Person.HARMED
        if apart and (item.kind in FACE_TO_FACE or (shared and item.kind in _APART)):
            yield FindingKind.BROUGHT_TOGETHER, item.kind
        if young and shared and item.kind not in _FOR_YOUNG:
            yield FindingKind.TOO_MUCH_FOR_YOUNG, item.kind
        if by_adult and (shared or PATHWAY_OF[item.kind] is Pathway.CIRCLE):
            yield FindingKind.CIRCLE_FOR_ADULT, item.kind


def _duties_lost(table: DecisionTable, facts: Facts, answer: Recommendation) -> Iterator[tuple[FindingKind, str]]:
    """Turn each true fact off; every duty that ran without it must still run."""
    now = {raised.duty: raised.state for raised in answer.duties}
    for flag in _FLAGS:
        if not facts.is_true(flag):
            continue
        without, _police = duties_and_police(table, Facts({**facts.given, flag: False}))
        for raised in without:
            state = now.get(raised.duty)
            if state is None or (raised.state is DutyState.DUE and state is not DutyState.DUE):
                yield FindingKind.DUTY_LOST, raised.duty


def _unequal(table: DecisionTable, facts: Facts, answer: Recommendation) -> Iterator[tuple[FindingKind, str]]:
    plain = Facts({name: given for name, given in facts.given.items() if name not in _NOT_FOR_POLICE})
    if duties_and_police(table, plain)[1] is not answer.police:
        yield FindingKind.POLICE_BY_STUDENT, ""
    if not any(facts.names(name) for name in _SUPPORTS):
        return
    housing_alone = tuple(support for support in facts.names("supports") if support == "housing")
    other = recommend(table, Facts({**facts.given, "supports": housing_alone, "harmed_supports": ()}))
    if (other.items, other.holds, other.police) != (answer.items, answer.holds, answer.police):
        yield FindingKind.UNEQUAL, ""


def _untold(table: DecisionTable, facts: Facts, answer: Recommendation) -> Iterator[tuple[FindingKind, str, str]]:
    """Answer what is unknown: everything in an answer must be in the recommendation already, and what changes it must
    be an open question.

    Yields the kind of finding, the hidden rule and the detail.
    """
    if not facts.has_unknown():
        return
    names = facts.unknown()
    outcomes: dict[tuple[Any, ...], Any] = {}
    for values in answered(names):
        decided = decided_facts(table, Facts({**facts.given, **dict(zip(names, values, strict=True))}))
        yield from ((FindingKind.UNSOUND, rule, detail) for rule, detail in _hidden(answer, *decided))
        holds, duties, police = decided
        raised = frozenset((one.duty, one.state) for one in duties)
        outcomes[values] = (frozenset(hold.rules for hold in holds), raised, police)
    settled = {question.fact for question in answer.open_questions if question.weight is not Weight.MAY}
    settled |= set(facts.names("sent_on"))
    for place, name in enumerate(names):
        if name not in settled and _turns(outcomes, place):
            yield FindingKind.UNASKED, "", name


def _hidden(
    answer: Recommendation, holds: tuple[Hold, ...], duties: tuple[RaisedDuty, ...], police: Police
) -> Iterator[tuple[str, str]]:
    """Yield rule and name of what appears only once everything is answered."""
    standing = {hold.rules for hold in answer.holds}
    yield from ((hold.rules[0], hold.applies_to) for hold in holds if hold.rules not in standing)
    raised = {one.duty for one in answer.duties} | {Duty.DISABILITY_RECORDS}
    yield from ((one.rules[0], one.duty) for one in duties if one.duty not in raised)
    if answer.police is Police.NOT_INDICATED and police is not Police.NOT_INDICATED:
        yield "", _POLICE_LINE


def _turns(outcomes: Mapping[tuple[Any, ...], Any], place: int) -> bool:
    """Whether the answer to one question alone changes an outcome."""
    seen: dict[tuple[Any, ...], Any] = {}
    return any(seen.setdefault((*values[:place], *values[place + 1 :]), one) != one for values, one in outcomes.items())
