"""A decision table: its rows, and reading them from their stored form, refusing what is not one.

A row as JSON: `id`, `rule` (what answers cite), `section`, `when`, `because` {"en", "es"}, and by section
`items` [{"kind", "for", "tier", "start", "when"?, "because"?}] · `keeps` (grade limit) ·
`applies_to`, `until`, `removes` [{"kinds"?, "pathways"?, "for"?}] (holds) ·
`duty`, `clock`, `verified` {"yes", "unknown", "no"} (duties) · `follow_up`, `school_days` (follow-ups).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from wss_cases.foundation.errors import Refused
from wss_cases.routing.engine.conditions import ALWAYS, Condition, Test, check_condition, compiled, parts_of
from wss_cases.routing.engine.vocabulary import (
    PATHWAY_OF,
    AppliesTo,
    Duty,
    DutyState,
    FollowUpKind,
    Kind,
    Pathway,
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


_COMMON: Final = {"id", "rule", "section", "when", "because"}
_FIELDS: Final[Mapping[Section, set[str]]] = {
    Section.PATHWAYS: _COMMON | {"items"},
    Section.GRADE_LIMIT: _COMMON | {"items", "keeps"},
    Section.HOLDS: _COMMON | {"items", "applies_to", "until", "removes"},
    Section.FALLBACK: _COMMON | {"items"},
    Section.DUTIES: _COMMON | {"duty", "clock", "verified"},
    Section.AFTER_POLICE: _COMMON | {"duty", "clock", "verified"},
    Section.FOLLOW_UPS: _COMMON | {"follow_up", "school_days"},
}
MAY_LOOK_AT_LIST: Final = (Section.FALLBACK, Section.DUTIES, Section.AFTER_POLICE, Section.FOLLOW_UPS)
MAY_LOOK_AT_POLICE: Final = (Section.AFTER_POLICE, Section.FOLLOW_UPS)
NEED_REASON: Final = (Section.HOLDS, Section.DUTIES, Section.AFTER_POLICE, Section.FOLLOW_UPS)


def read_table(name: str, version: int, rows: object) -> DecisionTable:
    """Make a rule set from stored rows. Raises `Refused` whose field is the id of the wrong row."""
    if not isinstance(rows, list):
        raise Refused("rows", "The rows of a rule set must be a list.")
    read: list[Row] = []
    for place, data in enumerate(rows, start=1):
        row_id = data.get("id") if isinstance(data, Mapping) else None
        label = row_id if isinstance(row_id, str) and row_id else f"row {place}"
        try:
            read.append(_read_row(data, {row.rule for row in read}))
            _check_place(read)
        except Refused as refused:
            raise Refused(label, f"{label}: {refused.message}") from refused
    return DecisionTable(name, version, tuple(read))


def read_row(data: Mapping[str, Any]) -> Row:
    """Make one row from its stored form, wherever it stands. Raises `Refused` with its key."""
    return _read_row(data, set(rules_asked_by(data)))


def rules_asked_by(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the rules that a stored row's conditions refer to."""
    for condition in (row.get("when", ALWAYS), *(item.get("when", ALWAYS) for item in row.get("items", []))):
        yield from (part["rule"] for part in parts_of(condition) if "rule" in part)


def _check_place(read: list[Row]) -> None:
    row, before = read[-1], read[:-1]
    if any(other.id == row.id for other in before):
        raise Refused("id", "Another row has the same id.")
    order = list(Section)
    if before and order.index(before[-1].section) > order.index(row.section):
        raise Refused("section", f"Rows of {row.section} must stand before those of {before[-1].section}.")


def _read_row(data: object, earlier: set[str]) -> Row:
    if not isinstance(data, Mapping):
        raise Refused("rows", "A row must be an object.")
    section = _one_of(Section, data, "section")
    extra = set(data) - _FIELDS[section]
    if extra:
        raise Refused("rows", f"{', '.join(sorted(map(str, extra)))} does not belong in {section}.")
    when = _read_when(data, section, earlier)
    because = _read_text(data, "because", sentence=True) if "because" in data else None
    if because is None and section in NEED_REASON:
        raise Refused("because", "This row needs a reason in every language.")
    effects = tuple(_read_effect(item, section, earlier, because) for item in _list(data, "items"))
    row_id, rule = _word(data, "id"), _word(data, "rule")
    return Row(row_id, rule, section, when, because, effects, **_special_fields(section, data))


def _special_fields(section: Section, data: Mapping[str, Any]) -> dict[str, Any]:
    match section:
        case Section.GRADE_LIMIT:
            return {"keeps": frozenset(_words(Kind, data.get("keeps"), "keeps"))}
        case Section.HOLDS:
            return {
                "applies_to": _one_of(AppliesTo, data, "applies_to"),
                "until": _read_text(data, "until"),
                "removals": tuple(_read_removal(entry) for entry in _list(data, "removes")),
            }
        case Section.DUTIES | Section.AFTER_POLICE:
            return {
                "duty": _one_of(Duty, data, "duty"),
                "clock": _read_text(data, "clock"),
                "states": _read_states(data.get("verified")),
            }
        case Section.FOLLOW_UPS:
            days = tuple(_whole(day, "school_days", MOST_SCHOOL_DAYS) for day in _list(data, "school_days"))
            if not days:
                raise Refused("school_days", "At least one number of school days is needed.")
            return {"follow_up": _one_of(FollowUpKind, data, "follow_up"), "days": days}
        case _:
            return {}


def _read_when(data: Mapping[str, Any], section: Section, earlier: set[str]) -> Condition:
    when: Condition = data.get("when", ALWAYS)
    check_condition(when, earlier)
    for part in parts_of(when):
        looks_at_list = "no_item_for" in part or "item_with_pathway" in part
        if looks_at_list and section not in MAY_LOOK_AT_LIST:
            raise Refused("when", "The list of items is known only after the holds.")
        if "police" in part and section not in MAY_LOOK_AT_POLICE:
            raise Refused("when", "What is found about the police is known only after the duties.")
    return when


def _read_effect(item: object, section: Section, earlier: set[str], row_because: Text | None) -> Effect:
    if not isinstance(item, Mapping) or set(item) - {"kind", "for", "tier", "start", "when", "because"}:
        raise Refused("items", "An item needs kind, for, tier and start, and may have when and because.")
    because = _read_text(item, "because", sentence=True) if "because" in item else None
    if because is None and row_because is None:
        raise Refused("because", "An item needs a reason in every language.")
    tier = item.get("tier")
    if isinstance(tier, bool) or tier not in TIERS:
        raise Refused("tier", "A tier must be 1, 2 or 3.")
    kind, person = _one_of(Kind, item, "kind"), _one_of(Person, item, "for")
    start = _whole(item.get("start"), "start", MOST_SCHOOL_DAYS)
    return Effect(kind, person, tier, start, _read_when(item, section, earlier), because)


def _read_removal(entry: object) -> Removal:
    if not isinstance(entry, Mapping) or not entry or set(entry) - {"kinds", "pathways", "for"}:
        raise Refused("removes", "A removal names kinds, pathways or the person they are for.")
    kinds = frozenset(_words(Kind, entry["kinds"], "kinds")) if "kinds" in entry else None
    pathways = frozenset(_words(Pathway, entry["pathways"], "pathways")) if "pathways" in entry else None
    people = frozenset(_words(Person, entry["for"], "for")) if "for" in entry else None
    return Removal(kinds, pathways, people)


def _read_states(states: object) -> dict[str, DutyState | None]:
    if not isinstance(states, Mapping) or set(states) != {"yes", "unknown", "no"}:
        raise Refused("verified", "A duty needs a state for yes, unknown and no.")
    read = {answer: None if state is None else _as(DutyState, state, "verified") for answer, state in states.items()}
    if DutyState.POSSIBLE in read.values():
        raise Refused("verified", "A row says due or verify_first; possible follows from what is unknown.")
    if not any(read.values()):
        raise Refused("verified", "This row would never raise its duty.")
    return read


def _read_text(data: Mapping[str, Any], key: str, *, sentence: bool = False) -> Text:
    text = data.get(key)
    if not isinstance(text, Mapping):
        raise Refused(key, f"{key} needs a text in every language.")
    for language in LANGUAGES:
        words = text.get(language)
        if not isinstance(words, str) or not words.strip():
            raise Refused(key, f"{key} has no text in {language}.")
        if sentence and not (words[0].isupper() and words.endswith(".")):
            raise Refused(key, f"{key} must read as a sentence in {language}.")
    return {str(language): str(words) for language, words in text.items()}


def _one_of(choices: Any, data: Mapping[str, Any], key: str) -> Any:
    return _as(choices, data.get(key), key)


def _as(choices: Any, value: object, key: str) -> Any:
    if not isinstance(value, str) or value not in set(choices):
        raise Refused(key, f"{value!r} is not a known {key}.")
    return choices(value)


def _words(choices: Any, values: object, key: str) -> list[str]:
    if not isinstance(values, list) or not values:
        raise Refused(key, f"{key} needs at least one entry.")
    return [_as(choices, value, key) for value in values]


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    values = data.get(key, [])
    if not isinstance(values, list):
        raise Refused(key, f"{key} must be a list.")
    return values


def _word(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value.replace("-", "").isalnum():
        raise Refused(key, f"{key} must be letters, digits and hyphens.")
    return value


def _whole(value: object, key: str, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise Refused(key, f"{key} must be a whole number from 0 to {most}.")
    return value
