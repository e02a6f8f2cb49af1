"""The card of questions that a tile of the capture page opens, the facts each answer states, and the signs of a
text."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from wss_cases.foundation.i18n import _l
from wss_cases.incidents.incident.rules import SUFFERED, UNKNOWN, Capture, CapturedPerson
from wss_cases.incidents.incident.states import PersonKind, PersonRole, Tile
from wss_cases.routing.signs import Match, Sign, SignKind, Signs, folded

DO_NOT_KNOW: Final = "unknown"
STATED, MAYBE, FIGURE, NOTHING = "yes", "maybe", "figure", ""
NO: Final = (False, "none")
"""Values of a fact that was answered with no."""
_NO_DANGER: Final = {"weapon": "none", "gun_violence_threat": False, "fire_or_bomb": False}


@dataclass(frozen=True)
class Answer:
    """One answer of a card. `facts` are what it states; `kept_as` is what its sign stores."""

    label: Any
    facts: Mapping[str, Any] = field(default_factory=dict)
    kept_as: str = NOTHING


@dataclass(frozen=True)
class Question:
    """One question of a card; `name` is its form field. `settles`: an answer leaves nothing of the tile unknown."""

    name: str
    label: Any
    answers: Mapping[str, Answer]
    several: bool = False
    settles: bool = False

    @property
    def labels(self) -> dict[str, Any]:
        return {value: answer.label for value, answer in self.answers.items()}


@dataclass(frozen=True)
class Answered:
    """The answers of a card: facts, and (facts, kept as) for each answer that stays with the report as a sign."""

    facts: Mapping[str, Any]
    kept: tuple[tuple[tuple[str, ...], str], ...]
    settled: bool


def _sent_on(fact: str) -> dict[str, Any]:
    return {fact: UNKNOWN, "sent_on": (fact,)}


def _yes_no(name: str, label: Any, yes: Mapping[str, Any], no: Mapping[str, Any]) -> Question:
    # A question that was sent on states no fact; the person it was sent to finds out.
    answers = {
        "yes": Answer(_l("Yes"), yes, MAYBE if "sent_on" in yes else STATED),
        "no": Answer(_l("No"), no),
        DO_NOT_KNOW: Answer(_l("I don’t know")),
    }
    return Question(name, label, answers)


WHICH_WEAPON: Final = Question(
    "which_weapon",
    _l("What was it?"),
    {
        "gun": Answer(_l("Gun"), {"weapon": "firearm"}, STATED),
        "maybe_gun": Answer(_l("Maybe a gun"), {"weapon": "maybe_firearm"}, MAYBE),
        "knife": Answer(_l("Knife or blade"), {"weapon": "other"}, STATED),
        "toy": Answer(_l("Toy"), {"weapon": "lookalike"}, FIGURE),
        "other": Answer(_l("Another weapon"), {"weapon": "other"}, STATED),
        DO_NOT_KNOW: Answer(_l("I don’t know"), {"weapon": UNKNOWN}, MAYBE),
    },
)
THREAT_WITH: Final = Question(
    "threat_with",
    _l("A threat with what?"),
    {
        "gun": Answer(_l("Gun"), {"weapon": "firearm", "gun_violence_threat": True, "fire_or_bomb": False}, STATED),
        "other": Answer(_l("Another weapon"), _NO_DANGER | {"weapon": "other"}, STATED),
        "bomb": Answer(_l("Fire or bomb"), _NO_DANGER | {"fire_or_bomb": True}, STATED),
        "hands": Answer(_l("Bare hands"), _NO_DANGER),
        "words_gun": Answer(
            _l("Only words, about a gun"),
            {"weapon": UNKNOWN, "gun_violence_threat": True, "fire_or_bomb": False},
            STATED,
        ),
        "words_bomb": Answer(_l("Only words, about a bomb"), _NO_DANGER | {"fire_or_bomb": True}, STATED),
        "words": Answer(_l("Only words, about neither"), _NO_DANGER),
        DO_NOT_KNOW: Answer(_l("I don’t know")),
    },
)
WHICH_SUBSTANCE: Final = Question(
    "which_substance",
    _l("What kind?"),
    {
        "tobacco_vape": Answer(_l("Vape or tobacco"), {"substance": "tobacco_vape"}, STATED),
        "alcohol": Answer(_l("Alcohol"), {"substance": "alcohol"}, STATED),
        "cannabis": Answer(_l("Cannabis"), {"substance": "cannabis"}, STATED),
        "other_drug": Answer(_l("Something else"), {"substance": "other_drug"}, STATED),
        DO_NOT_KNOW: Answer(_l("I don’t know"), {"substance": UNKNOWN}),
    },
)
SHARED: Final = _yes_no("was_shared", _l("Shared or sold?"), {"distribution": True}, {"distribution": False})
WHO_THEY_ARE: Final = _yes_no(
    "about_who", _l("Was it about who someone is, or is thought to be?"), {"bias": True}, {"bias": False}
)
ANY_SEXUAL: Final = _yes_no("any_sexual", _l("Was any of it sexual?"), _sent_on("sexual"), {"sexual": "none"})
DATING: Final = _yes_no(
    "dating", _l("Between people who date?"), {"intimate_partner": True}, {"intimate_partner": False}
)
PRIVATE: Final = Question(
    "private_kind",
    _l("What is it about?"),
    {
        "touching": Answer(_l("Sexual touching"), {"sexual": "contact"}, STATED),
        "remarks": Answer(_l("Sexual remarks"), {"sexual": "harassment"}, STATED),
        "pictures": Answer(_l("Pictures"), {"sexual": "image"}, STATED),
        "adult": Answer(_l("An adult hurt a student"), {"adult_conduct": True}, STATED),
        "home": Answer(_l("Something at home"), _sent_on("abuse_suspected"), MAYBE),
    },
    settles=True,
)
PART_OF_IT: Final = Question(
    "part_of_it",
    _l("Was any of this part of it?"),
    {
        "weapon": Answer(_l("A weapon"), {"weapon": UNKNOWN}, STATED),
        "sexual": Answer(_l("Something sexual"), _sent_on("sexual"), MAYBE),
        "adult": Answer(_l("An adult hurt a student"), {"adult_conduct": True}, STATED),
        "bias": Answer(_l("Because of who someone is"), {"bias": True}, STATED),
        "self_harm": Answer(_l("Self-harm"), {"self_harm": True}, STATED),
        "none": Answer(
            _l("None of these"),
            {"weapon": "none", "sexual": "none", "adult_conduct": False, "bias": False, "self_harm": False},
        ),
        DO_NOT_KNOW: Answer(_l("I don’t know")),
    },
    several=True,
)
CARDS: Final[Mapping[Tile, tuple[Question, ...]]] = {
    Tile.WEAPON: (WHICH_WEAPON,),
    Tile.THREAT: (THREAT_WITH,),
    Tile.SUBSTANCE: (WHICH_SUBSTANCE, SHARED),
    Tile.BULLYING: (WHO_THEY_ARE, ANY_SEXUAL, DATING),
    Tile.HURTFUL_WORDS: (WHO_THEY_ARE, ANY_SEXUAL, DATING),
    Tile.PRIVATE: (PRIVATE,),
    Tile.OTHER: (PART_OF_IT,),
}
"""The questions of each tile; facts of unanswered ones become unknown by the tile's sign."""
QUESTIONS: Final = {question.name: question for questions in CARDS.values() for question in questions}
TILES_OF: Final = {name: [tile for tile, asked in CARDS.items() if QUESTIONS[name] in asked] for name in QUESTIONS}


def answered(tile: Tile, given: Mapping[str, Iterable[str]]) -> Answered:
    """The result of a tile's card; `given` are values by question, those of other tiles are ignored. "None of these"
    together with another answer counts as no answer."""
    facts: dict[str, Any] = {}
    entries, settled = [], False
    for question in CARDS.get(tile, ()):
        values = [value for value in question.answers if value in set(given.get(question.name, ()))]
        for value in values if len(values) == 1 else [value for value in values if value != "none"]:
            answer = question.answers[value]
            sent_on = (*facts.get("sent_on", ()), *answer.facts.get("sent_on", ()))
            facts |= answer.facts
            if sent_on:
                facts["sent_on"] = list(dict.fromkeys(sent_on))
            if answer.kept_as:
                names = tuple(name for name in answer.facts if name != "sent_on" and answer.facts[name] not in NO)
                entries.append((names, answer.kept_as))
            settled = settled or question.settles
    return Answered(facts, tuple(entries), settled)


Facts = dict[str, Any]
Entry = dict[str, Any]

SKIPPED: Final = "skipped"
"""Sign stored when the reporter does not want to be asked about words."""
MOST_WORDS: Final = 2
"""Most words of a text that its reporter is asked about."""
STATED_BY: Final[Mapping[Tile, frozenset[str]]] = {
    Tile.WEAPON: frozenset({"weapon", "gun_violence_threat"}),
    Tile.PRIVATE: frozenset({"sexual", "adult_conduct", "abuse_suspected"}),
}
"""Facts that the tile itself states; their words are not asked about."""
ADULTS: Final = frozenset({PersonKind.STAFF, PersonKind.OTHER_ADULT})
COMMON: Final = frozenset(
    (
        "the", "a", "an", "and", "to", "of", "in", "on", "at", "he", "she", "they", "it", "was", "is", "were", "his",
        "her", "with", "for", "that", "this", "not", "said", "him", "them", "you", "i", "el", "la", "los", "las",
        "un", "una", "y", "a", "de", "en", "que", "se", "lo", "le", "no", "su", "con", "por", "es", "fue", "al",
        "del", "me", "ella", "dijo", "para", "esta", "estaba",
    )
)  # fmt: skip
"""Words that show a text is English or Spanish."""
FEWEST_WORDS: Final = 5


def with_signs(
    capture: Capture, signs: Signs, card: Answered, said: Mapping[str, str], own: Collection[int]
) -> Capture:
    """The capture with the facts of its card and those that its signs make unknown. `said`: the reporter's answers
    about words by sign; `own`: the reporter's staff records."""
    facts: Facts = dict(card.facts)
    tiles = signs.of_tile(capture.tile.value)
    name = tiles[0].id if tiles else capture.tile.value
    entries: list[Entry] = [_entry(name, "card", names, kept_as) for names, kept_as in card.kept]
    for sign in () if card.settled else tiles:
        entries += _opened(facts, sign, "tile")
    if capture.danger_now:
        for sign in signs.of_kind(SignKind.DANGER):
            entries += _opened(facts, sign, "tile")
    if any(_may_have_done_it(who, own) for who in capture.people):
        for sign in signs.of_kind(SignKind.PERSON):
            entries += _opened(facts, sign, "person")
    entries += _of_text(facts, signs, capture.narrative, said)
    return replace(capture, facts=facts, signs=tuple(entries))


def to_ask(tile: Tile, facts: Mapping[str, Any], matches: Sequence[Match], said: Mapping[str, str]) -> list[Match]:
    """Words that the reporter is still asked about; `facts` are those from the card. Two words of the same facts
    make one question, unless the first was a figure of speech."""
    asked: list[Match] = []
    for match in matches:
        names = set(match.sign.facts)
        is_stated = names & set(stated(facts)) or names <= STATED_BY.get(tile, frozenset())
        again = any(set(one.sign.facts) == names and said.get(one.sign.id) != FIGURE for one in asked)
        if match.sign.question and not is_stated and not again:
            asked.append(match)
    return [] if SKIPPED in said else [match for match in asked[:MOST_WORDS] if match.sign.id not in said]


def read_later(facts: Mapping[str, Any], kept: Sequence[Entry], signs: Signs, text: str) -> tuple[Facts, list[Entry]]:
    """Facts and signs after reading a later text, unchanged if it has nothing new. A word reopens facts answered
    with no or asked in vain; known facts and those sent on stay."""
    changed = dict(facts)
    asked = list(changed.get("asked", []))
    seen = {entry["sign"] for entry in kept if entry["from"] == "word" and entry["answer"] != FIGURE}
    new = _of_text(changed, signs, text, {}, asked, seen)
    if not new:
        return dict(facts), list(kept)
    opened = {name for entry in new for name in entry["facts"]}
    if asked:
        changed["asked"] = [name for name in asked if name not in opened]
    return changed, [*kept, *new]


def joined(facts: Mapping[str, Any], other: Mapping[str, Any]) -> Facts:
    """Facts of a report and of a second witness's report combined. A no counts only if both say no."""
    result = dict(facts)
    for name, theirs in other.items():
        ours = result.get(name)
        if name in ("sent_on", "asked"):
            result[name] = list(dict.fromkeys((*(ours or ()), *theirs)))
        elif ours is None or (ours == UNKNOWN and theirs not in NO):
            result[name] = theirs
        elif ours in NO and theirs not in NO:
            result[name] = UNKNOWN
    return result


def _of_text(
    facts: Facts,
    signs: Signs,
    text: str,
    said: Mapping[str, str],
    reopen: Collection[str] = (),
    seen: Collection[str] = (),
) -> list[Entry]:
    """Mark facts unknown that a text points to; returns its signs, those in `seen` only if they reopen something."""
    entries = []
    matches = signs.matches(text)
    confirmed = {one.sign.facts: said[one.sign.id] for one in matches if said.get(one.sign.id) in (STATED, MAYBE)}
    for match in matches:
        answer = said.get(match.sign.id) or confirmed.get(match.sign.facts, "")
        names = [] if answer == FIGURE else _open(facts, match.sign.facts, reopen, even_no=True)
        unknown = [name for name in match.sign.facts if facts.get(name) == UNKNOWN]
        if names or answer or (unknown and match.sign.id not in seen):
            entries.append(_entry(match.sign.id, "word", match.sign.facts if answer else unknown, answer))
    if not is_read(text):
        for sign in signs.of_tile(Tile.OTHER.value):
            names = _open(facts, sign.facts, reopen)
            entries += [_entry(sign.id, "word", names, "")] if names else []
    return entries


def is_read(text: str) -> bool:
    """Whether a text is in a language with known words; short texts count as such."""
    words = re.findall(r"[^\W\d_]+", folded(text))
    return len(words) < FEWEST_WORDS or any(word in COMMON for word in words)


def _opened(facts: Facts, sign: Sign, where: str) -> list[Entry]:
    names = _open(facts, sign.facts)
    return [_entry(sign.id, where, names, "")] if names or where == "person" else []


def _open(facts: Facts, names: Iterable[str], reopen: Collection[str] = (), *, even_no: bool = False) -> list[str]:
    """Mark facts unknown that are unanswered, or with `even_no` answered with no. Returns those, and the facts of
    `reopen` that were unknown already."""
    opened = []
    for name in names:
        # Whether staff can calm a danger counts as missing until someone says so.
        if name == "imminent_danger":
            continue
        known = facts.get(name)
        if known is None or (even_no and known in NO):
            facts[name] = UNKNOWN
            opened.append(name)
        elif known == UNKNOWN and name in reopen:
            opened.append(name)
    return opened


def _entry(sign: str, where: str, facts: Iterable[str], answer: str) -> Entry:
    return {"sign": sign, "from": where, "facts": list(facts), "answer": answer}


def stated(facts: Mapping[str, Any]) -> list[str]:
    """The facts with a value, neither unknown nor no."""
    return [name for name, value in facts.items() if name != "sent_on" and value not in (None, UNKNOWN, *NO)]


def _may_have_done_it(who: CapturedPerson, own: Collection[int]) -> bool:
    """Whether someone is an adult who is not the reporter, a witness or harmed."""
    if who.kind not in ADULTS or who.role in (*SUFFERED, PersonRole.WITNESS, PersonRole.SUPPORT):
        return False
    return not (who.kind is PersonKind.STAFF and who.id in own)
