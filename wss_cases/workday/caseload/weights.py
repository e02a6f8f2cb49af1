"""How much work a case is: by the stage it is in, and by each pathway that is under way. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from wss_cases.cases.case.models import CaseState
from wss_cases.foundation.settings.reading import setting
from wss_cases.foundation.settings.stored import StoredSetting
from wss_cases.routing.engine.pages import Pathway as Family

STAGES: Mapping[str, int] = {
    CaseState.INTAKE: 2,
    CaseState.PREPARING: 3,
    CaseState.IN_PROCESS: 2,
    CaseState.MONITORING: 1,
}
"""A case being prepared asks for most: people are met one by one before anything else can happen."""

FAMILIES: Mapping[str, int] = {
    Family.CIRCLE: 3,
    Family.REENGAGEMENT: 2,
    Family.MENTORING: 1,
    Family.WRAPAROUND: 1,
    Family.RESTORATIVE_CONVERSATION: 1,
}
"""What each live pathway adds; a circle asks for pre-meetings, a meeting and an agreement to watch."""


HEAVIEST = 99


@dataclass(frozen=True)
class Weights:
    """What stages and families of pathways weigh."""

    stages: Mapping[str, int] = field(default_factory=lambda: dict(STAGES))
    families: Mapping[str, int] = field(default_factory=lambda: dict(FAMILIES))


def read_weights(text: str) -> Weights:
    """Return the weights with the changes of a setting such as "preparing=4,circle=5". Raises ValueError."""
    stages, families = dict(STAGES), dict(FAMILIES)
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _sign, number = part.partition("=")
        table = next((found for found in (stages, families) if name in found), None)
        if table is None or not (number.isascii() and number.isdigit()) or int(number) > HEAVIEST:
            raise ValueError(part)
        table[name] = int(number)
    return Weights(stages, families)


CASELOAD_WEIGHTS = StoredSetting("caseload.weights", read_weights, lambda: setting("CASELOAD_WEIGHTS"))


@dataclass(frozen=True)
class Part:
    """One part of a case's weight: `of` is a stage or a family of pathways."""

    of: str
    points: int


def parts_of(state: str, families: Iterable[str], weights: Weights) -> list[Part]:
    """Return what makes up a case's weight: its stage first, then each live pathway; a closed case weighs nothing."""
    if state not in weights.stages:
        return []
    return [
        Part(state, weights.stages[state]),
        *(Part(family, weights.families.get(family, 1)) for family in sorted(families)),
    ]


def weight_of(state: str, families: Iterable[str], weights: Weights) -> int:
    """Return a case's weight in points."""
    return sum(part.points for part in parts_of(state, families, weights))
