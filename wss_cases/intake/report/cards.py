"""The one card of taps that a tile of the capture page opens, and the facts that each answer states."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.incidents.incident.rules import UNKNOWN
from wss_cases.incidents.incident.states import Tile

DO_NOT_KNOW: Final = "unknown"
STATED, MAYBE, FIGURE, NOTHING = "yes", "maybe", "figure", ""
NO: Final = (False, "none")
"""What a fact holds that was answered with no."""
_NO_DANGER: Final = {"weapon": "none", "gun_violence_threat": False, "fire_or_bomb": False}


@dataclass(frozen=True)
class Answer:
    """One answer of a card. `facts` are what it states; `kept_as` is what the sign keeps of it."""

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
        """Its answers as choices of a field."""
        return {value: answer.label for value, answer in self.answers.items()}


@dataclass(frozen=True)
class Answered:
    """What a card was answered: facts, and (facts, kept as) for each answer that stays with the report as a sign."""

    facts: Mapping[str, Any]
    kept: tuple[tuple[tuple[str, ...], str], ...]
    settled: bool


def _sent_on(fact: str) -> dict[str, Any]:
    return {fact: UNKNOWN, "sent_on": (fact,)}


def _yes_no(name: str, label: Any, yes: Mapping[str, Any], no: Mapping[str, Any]) -> Question:
    # what is sent on is not stated: whose task it is finds out
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
"""The questions of each tile; the facts of an answer that is left out become unknown by the tile's sign."""
QUESTIONS: Final = {question.name: question for questions in CARDS.values() for question in questions}
TILES_OF: Final = {name: [tile for tile, asked in CARDS.items() if QUESTIONS[name] in asked] for name in QUESTIONS}


def answered(tile: Tile, given: Mapping[str, Iterable[str]]) -> Answered:
    """Return what the card of a tile was answered; `given` are the values by question, those of other tiles count not.

    "None of these" beside another answer says nothing.
    """
    facts: dict[str, Any] = {}
    kept, settled = [], False
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
                kept.append((names, answer.kept_as))
            settled = settled or question.settles
    return Answered(facts, tuple(kept), settled)
