"""Open questions: the unknown facts that would change an answer, how important each is, and why it is asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from wss_cases.routing.engine.facts import FACTS, Facts
from wss_cases.routing.engine.table import LANGUAGES, Text
from wss_cases.routing.engine.vocabulary import Weight


@dataclass(frozen=True)
class OpenQuestion:
    """An unanswered fact that would change the answer; `rules` are those that wait for it."""

    fact: str
    weight: Weight
    rules: tuple[str, ...]
    because: Text


BECAUSE: Final[Mapping[str, Text]] = {
    "harmed": {
        "en": "No one has said yet whether anyone was harmed.",
        "es": "Todavía nadie ha dicho si alguien sufrió un daño.",
    },
    "mutual": {
        "en": "No one has said yet whether both sides caused harm or one protected themself.",
        "es": "Todavía nadie ha dicho si ambas partes causaron daño o si una se protegió.",
    },
    "injury": {
        "en": "No one has said yet whether anyone was injured.",
        "es": "Todavía nadie ha dicho si alguien resultó herido.",
    },
    "weapon": {
        "en": "The report may be about a weapon, and no one has said whether there was one.",
        "es": "El reporte puede tratar de un arma, y nadie ha dicho si la hubo.",
    },
    "gun_violence_threat": {
        "en": "The report may be about a threat with a gun, and no one has said whether there was one.",
        "es": "El reporte puede tratar de una amenaza con un arma de fuego, y nadie ha dicho si la hubo.",
    },
    "fire_or_bomb": {
        "en": "The report may be about a fire or a bomb, and no one has said whether there was one.",
        "es": "El reporte puede tratar de un incendio o una bomba, y nadie ha dicho si lo hubo.",
    },
    "imminent_danger": {
        "en": "There may be danger, and no one has said whether staff can calm it.",
        "es": "Puede haber peligro, y nadie ha dicho si el personal puede calmarlo.",
    },
    "substance": {
        "en": "The report may be about a substance, and no one has said which.",
        "es": "El reporte puede tratar de una sustancia, y nadie ha dicho cuál.",
    },
    "distribution": {
        "en": "No one has said yet whether a substance was shared or sold.",
        "es": "Todavía nadie ha dicho si se compartió o se vendió una sustancia.",
    },
    "sexual": {
        "en": "Part of this may be sexual, and no one has said whether it was.",
        "es": "Parte de esto puede ser sexual, y nadie ha dicho si lo fue.",
    },
    "adult_conduct": {
        "en": "An adult may have hurt a student, and no one has said whether the report says so.",
        "es": "Una persona adulta pudo lastimar a un estudiante, y nadie ha dicho si el reporte lo dice.",
    },
    "intimate_partner": {
        "en": "This may be between people who date, and no one has said whether it was.",
        "es": "Puede haber pasado entre personas que son pareja, y nadie ha dicho si fue así.",
    },
    "bullying": {
        "en": "This may be bullying, and no one has said whether it was.",
        "es": "Puede tratarse de acoso escolar, y nadie ha dicho si lo fue.",
    },
    "bias": {
        "en": "Someone may have been targeted for who they are or are thought to be, and no one has said so or not.",
        "es": "Tal vez se atacó a alguien por ser quien es o por lo que otros creen que es, y nadie lo ha aclarado.",
    },
    "self_harm": {
        "en": "A student may be hurting themself, and no one has said whether that is so.",
        "es": "Un estudiante tal vez se hace daño, y nadie ha dicho si es así.",
    },
    "abuse_suspected": {
        "en": "A student may be hurt or neglected at home, and no one has said whether the report says so.",
        "es": "Tal vez alguien lastima o descuida a un estudiante en casa, y nadie ha dicho si el reporte lo dice.",
    },
    "repeated_between_same_people": {
        "en": "This may have happened between the same people before, and no one has looked it up.",
        "es": "Puede haber pasado antes entre las mismas personas, y nadie lo ha revisado.",
    },
}
"""Why a fact is asked, by the fact: what is not known, never what is feared."""

SENT_ON: Final[Text] = {
    "en": "It may be so, and it was sent on to the person whose task it is to find out.",
    "es": "Puede ser así, y se pasó a la persona a quien le corresponde averiguarlo.",
}


@dataclass
class _Hanging:
    rules: list[str] = field(default_factory=list)
    stops: bool = False


class Questions:
    """The unknown facts that made rows undecided while a table was evaluated."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._sent_on = frozenset(facts.names("sent_on"))
        self._asked = frozenset(facts.names("asked"))
        self._open: dict[str, _Hanging] = {}

    def hang(self, names: Iterable[str], rule: str | None, *, stops: bool) -> None:
        """Record the facts that make a row undecided; `stops`: a decision must wait for them. No rule: the police
        line."""
        for name in names:
            entry = self._open.setdefault(name, _Hanging())
            entry.stops = entry.stops or stops
            if rule is not None and rule not in entry.rules:
                entry.rules.append(rule)

    def all_asked(self, names: Iterable[str]) -> bool:
        """Whether each of these facts was asked without an answer, or sent on."""
        return all(name in self._asked or name in self._sent_on for name in names)

    def because(self, names: Iterable[str]) -> Text:
        """The reason of something that depends on these facts."""
        texts = dict.fromkeys(name for name in FACTS if name in set(names))
        said = [SENT_ON if name in self._sent_on else BECAUSE[name] for name in texts]
        return {language: " ".join(dict.fromkeys(text[language] for text in said)) for language in LANGUAGES}

    def listed(self) -> tuple[OpenQuestion, ...]:
        """The questions: must, may, asked; within each in the order of the facts."""
        found = [
            OpenQuestion(name, self._weight(name), tuple(self._open[name].rules), BECAUSE[name])
            for name in FACTS
            if name in self._open and name not in self._sent_on
        ]
        order = list(Weight)
        return tuple(sorted(found, key=lambda question: order.index(question.weight)))

    def _weight(self, name: str) -> Weight:
        if name in self._asked:
            return Weight.ASKED
        return Weight.MUST if self._open[name].stops or name == "self_harm" else Weight.MAY
