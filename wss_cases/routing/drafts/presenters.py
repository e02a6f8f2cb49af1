"""Rows of a decision table in sentences of the reader's language."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wss_cases.foundation.i18n import Labelled, _, _l, locale_code
from wss_cases.routing.engine.conditions import Condition
from wss_cases.routing.engine.explain import FACT_LABELS, SECTION_LABELS, VALUE_LABELS, in_language, within
from wss_cases.routing.engine.table import DecisionTable, Effect, Removal, read_row
from wss_cases.routing.engine.table import Row as TableRow
from wss_cases.routing.engine.vocabulary import (
    AppliesTo,
    Duty,
    DutyState,
    FollowUpKind,
    Kind,
    Pathway,
    Person,
    Police,
    Section,
)

Row = Mapping[str, Any]


class Change(Labelled):
    """How a row changed. A changed row can have moved, too."""

    ADDED = "added", _l("Added")
    REMOVED = "removed", _l("Removed")
    CHANGED = "changed", _l("Changed")
    MOVED = "moved", _l("Moved")


@dataclass(frozen=True)
class Difference:
    """One row that changed or moved."""

    row_id: str
    changes: tuple[Change, ...]
    before: Row | None
    after: Row | None


def differences(old: Sequence[Row], new: Sequence[Row]) -> list[Difference]:
    """The rows that differ, in the order of the new rows; removed ones come last.

    As few rows as possible count as moved.
    """
    was, now = {row["id"]: row for row in old}, {row["id"]: row for row in new}
    moved = _moved([row_id for row_id in was if row_id in now], [row_id for row_id in now if row_id in was])
    found = []
    for row_id, row in now.items():
        changes = (
            *([Change.ADDED] if row_id not in was else []),
            *([Change.CHANGED] if row_id in was and was[row_id] != row else []),
            *([Change.MOVED] if row_id in moved else []),
        )
        if changes:
            found.append(Difference(row_id, changes, was.get(row_id), row))
    gone = (row_id for row_id in was if row_id not in now)
    return [*found, *(Difference(row_id, (Change.REMOVED,), was[row_id], None) for row_id in gone)]


def _moved(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """All ids but those of a longest run that keeps its order."""
    place = {row_id: number for number, row_id in enumerate(old)}
    ends: list[int] = []
    runs: list[list[str]] = []
    for row_id in new:
        length = bisect_left(ends, place[row_id])
        run = [*(runs[length - 1] if length else []), row_id]
        ends[length:] = [place[row_id], *ends[length + 1 :]]
        runs[length:] = [run, *runs[length + 1 :]]
    return set(new) - set(runs[-1] if runs else [])


SOUND_O = re.compile(r"\(?h?[oó]", re.IGNORECASE)


@dataclass(frozen=True)
class RowWords:
    """One row as the page shows it."""

    id: str
    when: str
    then: list[str]
    because: list[str]
    branch: str = ""
    """Which of several rows of one rule it is."""


def table_words(table: DecisionTable, lang: str) -> list[tuple[Section, str, list[RowWords]]]:
    """Return every section with its title and rows in words; `lang` is that of the stored sentences."""
    several = Counter(row.rule for row in table.rows)
    seen = Counter[str]()
    words: dict[Section, list[RowWords]] = {section: [] for section in Section}
    for row in table.rows:
        seen[row.rule] += 1
        told = row_words(row, lang)
        if several[row.rule] > 1:
            about = {"number": seen[row.rule], "total": several[row.rule], "rule": row.rule}
            told = replace(told, branch=_("Branch %(number)d of %(total)d of rule %(rule)s", **about))
        words[row.section].append(told)
    return [(section, str(SECTION_LABELS[section]), rows) for section, rows in words.items()]


def row_words(row: TableRow, lang: str) -> RowWords:
    texts = [row.because, *(effect.because for effect in row.effects)]
    because = [in_language(text, lang) for text in texts if text is not None]
    return RowWords(row.id, condition_words(row.when), list(_then(row, lang)), because)


def words_of(row: Mapping[str, Any]) -> RowWords:
    """A stored row in words of the reader's language."""
    return row_words(read_row(row), locale_code())


def part_titles() -> dict[str, str]:
    """The parts of a row, each with its title."""
    return {"when": _("When"), "then": _("Then"), "because": _("Reason")}


def parts_in_words(row: Mapping[str, Any] | None) -> dict[str, list[str]]:
    """The parts of a stored row, each as its lines; none without a row."""
    if row is None:
        return {"when": [], "then": [], "because": []}
    words = words_of(row)
    return {"when": [words.when], "then": words.then, "because": words.because}


def difference_words(difference: Difference) -> list[tuple[str, list[str], list[str]]]:
    """The parts of a row that a draft changes: title, removed lines, added lines."""
    before, after = parts_in_words(difference.before), parts_in_words(difference.after)
    sides = [(title, before[part], after[part]) for part, title in part_titles().items() if before[part] != after[part]]
    return [
        (title, [line for line in old if line not in new], [line for line in new if line not in old])
        for title, old, new in sides
    ]


def condition_words(condition: Condition, inner: bool = False) -> str:
    """A condition as a phrase; joined parts inside another condition stand in brackets."""
    match condition:
        case {"all": []}:
            return _("always")
        case {"any": []}:
            return _("never")
        case {"all": [part]} | {"any": [part]}:
            return condition_words(part, inner)
        case {"all": parts}:
            return _bracketed(_(" and ").join(condition_words(part, True) for part in parts), inner)
        case {"any": parts}:
            return _bracketed(either(condition_words(part, True) for part in parts), inner)
        case {"not": part}:
            return _("not %(condition)s", condition=condition_words(part, True))
        case {"fact": fact, "op": op}:
            return _fact_words(str(FACT_LABELS[fact]), op, condition.get("value"))
        case _:
            return _found_words(condition)


def either(choices: Iterable[str]) -> str:
    """Join parts by "or". Before the sound o it is a message of its own, because Spanish uses another word there."""
    parts = list(choices)
    others = [_(" or %(o_words)s", o_words=words) if SOUND_O.match(words) else _(" or ") + words for words in parts[1:]]
    return "".join([*parts[:1], *others])


def _bracketed(words: str, inner: bool) -> str:
    return f"({words})" if inner else words


def _fact_words(fact: str, op: str, value: Any) -> str:
    match op:
        case "known":
            return _("%(fact)s is known", fact=fact)
        case "missing":
            return _("%(fact)s is not known", fact=fact)
        case "at_least":
            return _("%(fact)s at least %(value)s", fact=fact, value=value)
        case "at_most":
            return _("%(fact)s at most %(value)s", fact=fact, value=value)
        case "in":
            return _("%(fact)s: %(value)s", fact=fact, value=either(value_words(one) for one in value))
        case "is" if value is True:
            return fact
        case _:
            return _("%(fact)s: %(value)s", fact=fact, value=value_words(value))


def value_words(value: Any) -> str:
    return str(VALUE_LABELS.get(value, value))


def facts_words(facts: Mapping[str, Any]) -> str:
    """Stored facts in words, without those that are false."""
    phrases = []
    for name, value in facts.items():
        if value is True:
            phrases.append(str(FACT_LABELS[name]))
        elif value is not False:
            values = value if isinstance(value, list) else [value]
            words = ", ".join(value_words(one) for one in values) or value_words("none")
            phrases.append(_("%(fact)s: %(value)s", fact=FACT_LABELS[name], value=words))
    return "; ".join(phrases)


def _found_words(condition: Condition) -> str:
    match condition:
        case {"rule": rule}:
            return _("rule %(rule)s matches", rule=rule)
        case {"no_item_for": person}:
            return _("nothing is recommended for the %(person)s", person=Person(person).label)
        case {"item_with_pathway": pathway}:
            return _("the list has: %(pathway)s", pathway=Pathway(pathway).label)
        case _:
            findings = [str(Police(finding).label) for finding in condition["police"]]
            return _("found about the police: %(findings)s", findings=either(findings))


def _then(row: TableRow, lang: str) -> Iterator[str]:
    if row.keeps:
        kinds = ", ".join(sorted(str(Kind(kind).label) for kind in row.keeps))
        yield _("Only these stay for the person who caused harm: %(kinds)s. If any were removed, add:", kinds=kinds)
    if row.applies_to is not None and row.until is not None:
        until = in_language(row.until, lang)
        yield _("%(what)s, until: %(until)s", what=AppliesTo(row.applies_to).label, until=until)
        yield from (_("Removes: %(what)s", what=_removal_words(removal)) for removal in row.removals)
    yield from (_effect_words(effect) for effect in row.effects)
    if row.duty is not None and row.states is not None and row.clock is not None:
        yield f"{Duty(row.duty).label} ({in_language(row.clock, lang)})"
        for answer, state in row.states.items():
            words = DutyState(state).label if state else _("Not raised")
            yield _("verified %(answer)s: %(state)s", answer=value_words(answer), state=words)
    if row.follow_up is not None:
        days = _(" and ").join(within(day) for day in row.days)
        yield f"{FollowUpKind(row.follow_up).label}, {days}"


def _effect_words(effect: Effect) -> str:
    about = {"kind": Kind(effect.kind).label, "person": Person(effect.person).label, "tier": effect.tier}
    words = _("%(kind)s, for %(person)s, tier %(tier)d, %(within)s", **about, within=within(effect.start))
    if effect.when == {"all": []}:
        return words
    return _("%(words)s, when %(condition)s", words=words, condition=condition_words(effect.when))


def _removal_words(removal: Removal) -> str:
    parts = []
    if removal.kinds is not None:
        parts.append(", ".join(sorted(str(Kind(kind).label) for kind in removal.kinds)))
    if removal.pathways is not None:
        parts.append(", ".join(sorted(str(Pathway(name).label) for name in removal.pathways)))
    if removal.people is not None:
        people = either(sorted(str(Person(person).label) for person in removal.people))
        parts.append(_("for %(people)s", people=people))
    return ", ".join(parts)
