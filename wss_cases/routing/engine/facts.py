"""The facts of one person's part in an incident: allowed values, and the meaning of a missing answer.

A fact may be `"unknown"`: something in the report shows that it matters, and no one has answered. Unknown is not "no".
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NoReturn

from wss_cases.foundation.errors import Refused

FactValue = str | int | bool | tuple[str, ...]

UNKNOWN: Final = "unknown"
"""The value of a fact that matters and that no one has answered, where its `FactSpec` may be unknown."""


class FactType(StrEnum):
    """The five types of facts."""

    CHOICE = "choice"
    FLAG = "flag"
    NUMBER = "number"
    LIST = "list"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class FactSpec:
    """The values of one fact: `choices` are the allowed words, `least` and `most` limit a whole number; `default` is
    the value of a missing answer, or None when it stays missing."""

    type: FactType
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    default: FactValue | None = None
    may_be_unknown: bool = False

    def allows(self, number: int) -> bool:
        """Whether a number lies within the limits."""
        return (self.least is None or number >= self.least) and (self.most is None or number <= self.most)


def _choice(*choices: str, default: str | None = None, may_be_unknown: bool = False) -> FactSpec:
    return FactSpec(FactType.CHOICE, choices=choices, default=default, may_be_unknown=may_be_unknown)


_SUPPORTS: Final = ("iep", "504", "el", "housing")
_SENT_ON: Final = ("sexual", "intimate_partner", "abuse_suspected", "adult_conduct")
_FLAG: Final = FactSpec(FactType.FLAG)
_OPEN: Final = FactSpec(FactType.FLAG, may_be_unknown=True)
_COUNT: Final = FactSpec(FactType.NUMBER, least=0, default=0)
_ANSWER: Final = _choice("yes", "no", "unknown", default="unknown")

_ASKED: Final = (
    *("harmed", "mutual", "injury", "weapon", "gun_violence_threat", "fire_or_bomb", "imminent_danger", "substance"),
    *("distribution", "bullying", "bias", "self_harm", "repeated_between_same_people"),
)

FACTS: Final[Mapping[str, FactSpec]] = {
    "caused_by": _choice("student", "staff", "other_adult", "unknown", default="student"),
    "grade": FactSpec(FactType.NUMBER, least=-1, most=12),
    "group": FactSpec(FactType.NUMBER, least=1, most=6, default=0),
    "behavior": FactSpec(FactType.TEXT),
    "attendance": _FLAG,
    "harmed": _choice("none", "student", "staff", "community", may_be_unknown=True),
    "mutual": _OPEN,
    "injury": _choice("none", "minor", "needed_care", may_be_unknown=True),
    "weapon": _choice("none", "lookalike", "maybe_firearm", "other", "firearm", may_be_unknown=True),
    "gun_violence_threat": _OPEN,
    "fire_or_bomb": _OPEN,
    "clear_and_present_danger": _FLAG,
    "danger_reported": _FLAG,
    "imminent_danger": _FLAG,
    "substance": _choice(
        "none", "tobacco_vape", "alcohol", "cannabis", "narcotic_or_meth", "other_drug", may_be_unknown=True
    ),
    "distribution": _OPEN,
    "place": _choice("on_grounds", "vehicle", "school_event", "travel", "off_campus", "online"),
    "sexual": _choice("none", "harassment", "contact", "image", may_be_unknown=True),
    "adult_conduct": _OPEN,
    "intimate_partner": _OPEN,
    "bullying": _OPEN,
    "bias": _OPEN,
    "self_harm": _OPEN,
    "abuse_suspected": _OPEN,
    "staff_written_complaint": _FLAG,
    "repeated_between_same_people": _OPEN,
    "priors_90d": _COUNT,
    "priors_365d": _COUNT,
    "returning_from": _choice("none", "suspension", "absence", "placement", "hospital"),
    "supports": FactSpec(FactType.LIST, choices=_SUPPORTS),
    "harmed_supports": FactSpec(FactType.LIST, choices=_SUPPORTS),
    "housing_support_open": _FLAG,
    "ready_to_meet": _ANSWER,
    "harmed_wants_to_meet": _ANSWER,
    "verified": _ANSWER,
    "sent_on": FactSpec(FactType.LIST, choices=_SENT_ON),
    "asked": FactSpec(FactType.LIST, choices=_ASKED),
}
"""Every fact, in the order in which questions are asked.

`sent_on`: it may be so, and whose task it is finds out; the fact stays unknown and is no question any more. `asked`:
no one who was asked could say; the fact stays unknown and stops no decision.
"""

MAY_BE_DANGER: Final = ("fire_or_bomb", "gun_violence_threat")


@dataclass(frozen=True, slots=True)
class Facts:
    """Checked facts. `given` holds only answered ones; null counts as not answered."""

    given: Mapping[str, FactValue]

    def present(self, name: str) -> bool:
        """Whether the fact was answered."""
        return name in self.given

    def value(self, name: str) -> FactValue | None:
        """The answer, or the value of a missing answer (None: stays unknown)."""
        return self.given.get(name, FACTS[name].default)

    def is_true(self, name: str) -> bool:
        """Whether a true/false fact was answered with true."""
        return self.given.get(name) is True

    def is_unknown(self, name: str) -> bool:
        """Whether a fact matters and no one has answered it."""
        return FACTS[name].may_be_unknown and self.given.get(name) == UNKNOWN

    def has_unknown(self) -> bool:
        return any(self.is_unknown(name) for name in self.given)

    def unknown(self) -> tuple[str, ...]:
        """The unknown facts in table order."""
        return tuple(name for name in FACTS if self.is_unknown(name))

    def names(self, name: str) -> tuple[str, ...]:
        """The entries of a list fact, none when it is missing."""
        value = self.given.get(name, ())
        return value if isinstance(value, tuple) else ()

    def asks_about_danger(self) -> bool | None:
        """Whether someone must say if staff can calm the danger: it was reported or is possible, and not answered yet.

        None: that depends on an unknown fact. A missing `imminent_danger` means that no one has said; false means that
        someone has.
        """
        if self.present("imminent_danger"):
            return False
        if self.is_true("danger_reported"):
            return True
        if self.value("verified") == "no":
            return False
        if self.value("weapon") == "maybe_firearm" or any(self.is_true(name) for name in MAY_BE_DANGER):
            return True
        return None if any(self.is_unknown(name) for name in ("weapon", *MAY_BE_DANGER)) else False

    def as_json(self) -> dict[str, Any]:
        """The answered facts in table order, ready to be stored."""
        return {
            name: list(value) if isinstance(value := self.given[name], tuple) else value
            for name in FACTS
            if name in self.given
        }


def parse_facts(data: object) -> Facts:
    """Check one facts object. Raises `Refused` naming the first unknown key or bad value."""
    if not isinstance(data, Mapping):
        raise Refused("facts", f"Facts must be a JSON object, not {_shown(data)}.")
    for key in sorted(str(key) for key in data):
        if key not in FACTS:
            raise Refused(key, f"{_shown(key)} is not a known fact.")
    given = {name: _checked(name, data[name]) for name in FACTS if data.get(name) is not None}
    if given.get("imminent_danger") == UNKNOWN:
        del given["imminent_danger"]
    return Facts({**dict.fromkeys(_sent_on_unsaid(given), UNKNOWN), **given})


def _sent_on_unsaid(given: Mapping[str, FactValue]) -> list[str]:
    sent = given.get("sent_on", ())
    return [name for name in FACTS if isinstance(sent, tuple) and name in sent and name not in given]


def parse_document(data: bytes | str) -> tuple[list[Facts], bool]:
    """Read a facts file (UTF-8) with one object or a list. Returns the facts and whether the file held a list.

    Raises `Refused`, with the place of a bad object in a list.
    """
    content = _read_json(data if isinstance(data, str) else _decoded(data))
    if not isinstance(content, list):
        return [parse_facts(content)], False
    return [_parse_entry(number, entry) for number, entry in enumerate(content, start=1)], True


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused("facts", f"The file is not UTF-8 text: {error.reason} at byte {error.start}.") from error


def _parse_entry(number: int, entry: object) -> Facts:
    try:
        return parse_facts(entry)
    except Refused as refused:
        raise Refused(refused.field, f"Entry {number}: {refused.message}") from refused


def _read_json(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Refused("facts", f"The file is not valid JSON: {error}.") from error


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in pairs:
        if key in members:
            raise Refused(key, f"{_shown(key)} is given twice.")
        members[key] = value
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise Refused("facts", f"The file is not valid JSON: {name} is not a number.")


def _checked(name: str, value: object) -> FactValue:
    spec = FACTS[name]
    if value == UNKNOWN and (spec.may_be_unknown or name == "imminent_danger"):
        return UNKNOWN
    match spec.type:
        case FactType.CHOICE if isinstance(value, str) and value in spec.choices:
            return value
        case FactType.FLAG if isinstance(value, bool):
            return value
        case FactType.TEXT if isinstance(value, str):
            return value
        case FactType.NUMBER if isinstance(value, int) and not isinstance(value, bool) and spec.allows(value):
            return value
        case FactType.LIST if isinstance(value, list | tuple) and all(
            isinstance(entry, str) and entry in spec.choices for entry in value
        ):
            return tuple(choice for choice in spec.choices if choice in value)
    raise Refused(name, f"{name} must be {_expected(spec)}, not {_shown(value)}.")


def _expected(spec: FactSpec) -> str:
    unknown = (UNKNOWN,) if spec.may_be_unknown else ()
    match spec.type:
        case FactType.CHOICE:
            return f"one of {', '.join((*spec.choices, *unknown))}"
        case FactType.FLAG:
            return f'true, false or "{UNKNOWN}"' if unknown else "true or false"
        case FactType.NUMBER if spec.most is None:
            return f"a whole number of at least {spec.least}"
        case FactType.NUMBER:
            return f"a whole number from {spec.least} to {spec.most}"
        case FactType.LIST:
            return f"a list of {', '.join(spec.choices)}"
        case _:
            return "a text"


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    shown = text.encode("utf-8", "backslashreplace").decode()
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


ASK_FIRST: Final = "routed_ask_first"
"""A counselor first asks the student what is safe at home; also the event of the templates that say so."""
ARTICLE_26A: Final = "routed_article_26a"
"""It waits for the resource person of Article 26A; also the event of the templates that say so."""
_HOME: Final = ("sexual", "intimate_partner", "bias", "abuse_suspected", "adult_conduct")
_ARTICLE: Final = ("sexual", "intimate_partner")


def asked_before_family(every: Iterable[Mapping[str, Any]]) -> str:
    """ARTICLE_26A or ASK_FIRST by the facts of everyone's part in a report; '' when the family can be called at
    once."""
    facts_of_each = list(every)
    if any(holds(facts, name) for facts in facts_of_each for name in _ARTICLE):
        return ARTICLE_26A
    unsafe = any(holds(facts, name) or facts.get(name) == UNKNOWN for facts in facts_of_each for name in _HOME)
    return ASK_FIRST if unsafe or any(facts.get("sent_on") for facts in facts_of_each) else ""


def holds(facts: Mapping[str, Any], name: str) -> bool:
    """Whether a fact is known and not a no."""
    return facts.get(name) not in (None, False, "none", UNKNOWN)
