"""Short words for writing conditions and rows of the first rule set."""

from typing import Any, Final

from tests.routing.first_rules import hold_and_duty_reasons as sentences_rest
from tests.routing.first_rules import pathway_reasons as sentences
from wss_cases.routing.engine.vocabulary import Kind, Person

Json = dict[str, Any]

_REASONS: Final = {**sentences.REASONS, **sentences_rest.REASONS}
_FOR: Final = {
    Kind.PEACE_CIRCLE: Person.BOTH,
    Kind.PEER_CONFERENCE: Person.BOTH,
    Kind.HEALING_CIRCLE: Person.BOTH,
    Kind.SUPPORT_CIRCLE: Person.HARMED,
}


def all_of(*parts: Json) -> Json:
    """Every part is true."""
    return {"all": list(parts)}


def any_of(*parts: Json) -> Json:
    """At least one part is true."""
    return {"any": list(parts)}


def no(part: Json) -> Json:
    """The part is not true."""
    return {"not": part}


def true(fact: str) -> Json:
    """A true/false fact is true."""
    return {"fact": fact, "op": "is", "value": True}


def is_in(fact: str, *words: str) -> Json:
    """A fact is one of the words."""
    if len(words) == 1:
        return {"fact": fact, "op": "is", "value": words[0]}
    return {"fact": fact, "op": "in", "value": list(words)}


def at_least(fact: str, number: int) -> Json:
    """A number is at least this."""
    return {"fact": fact, "op": "at_least", "value": number}


def at_most(fact: str, number: int) -> Json:
    """A number is at most this."""
    return {"fact": fact, "op": "at_most", "value": number}


def includes(fact: str, word: str) -> Json:
    """A list includes the word."""
    return {"fact": fact, "op": "includes", "value": word}


def missing(fact: str) -> Json:
    """The fact was not answered."""
    return {"fact": fact, "op": "missing"}


def known_and_not_none(fact: str) -> Json:
    """The fact was answered with something other than none."""
    return all_of({"fact": fact, "op": "known"}, no(is_in(fact, "none")))


def rule(name: str) -> Json:
    """An earlier rule matched."""
    return {"rule": name}


LOW_GROUP: Final = all_of(at_least("group", 1), at_most("group", 2))
AGAIN: Final = any_of(true("bullying"), true("repeated_between_same_people"))
TITLE_IX: Final = any_of(known_and_not_none("sexual"), true("intimate_partner"))
STUDENT_OR_STAFF: Final = is_in("harmed", "student", "staff")
YOUNG: Final = at_most("grade", 2)
ADULT: Final = is_in("caused_by", "staff", "other_adult")


def item(
    kind: Kind, tier: int, start: int, *, when: Json | None = None, why: str = "", person: Person | None = None
) -> Json:
    """One item of a row; `why` names its own reason, `person` whom it is for unless the usual one."""
    entry: Json = {"kind": str(kind), "for": str(person or _FOR.get(kind, Person.CAUSED_HARM))}
    entry |= {"tier": tier, "start": start}
    if when is not None:
        entry["when"] = when
    if why:
        entry["because"] = dict(_REASONS[why])
    return entry


def row(row_id: str, section: str, when: Json, cites: str | None = None, **fields: Any) -> Json:
    """One row; `cites` is the rule that answers name, where several rows share it."""
    made: Json = {"id": row_id, "rule": cites or row_id, "section": section, "when": when}
    if row_id in _REASONS:
        made["because"] = dict(_REASONS[row_id])
    return {**made, **fields}


def pathway(row_id: str, when: Json, *items: Json) -> Json:
    """One row of the pathways section."""
    return row(row_id, "pathways", when, items=list(items))
