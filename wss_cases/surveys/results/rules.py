"""From the counts of a tally to what may be kept and shown. Pure."""

from dataclasses import dataclass
from typing import Final

from wss_cases.surveys.instrument.states import FAVORABLE, VALUES, SurveyScale
from wss_cases.surveys.results.states import ResultState
from wss_cases.surveys.rounds.rules import FEWEST, Counts

FEWEST_ON_A_SIDE: Final = 3
"""Answers on either side: with fewer, whoever knows who answered would know what nearly each of them said."""


@dataclass(frozen=True)
class Counted:
    """What is kept of one question: `favorable` of `answered`, both None where it may not be shown."""

    state: ResultState
    favorable: int | None = None
    answered: int | None = None


@dataclass(frozen=True)
class Share:
    """A share that others build on, as a baseline does: both numbers None where `suppressed`; never 0 for hidden."""

    numerator: int | None
    denominator: int | None
    suppressed: bool

    @property
    def percent(self) -> float | None:
        """The share in percent; None where it is hidden."""
        if self.numerator is None or self.denominator is None:
            return None
        return 100 * self.numerator / self.denominator


def result_of(counts: Counts, code: str, scale: SurveyScale) -> Counted:
    """Return what may be kept of a question."""
    answered = sum(counts.get(f"{code}:{value}", 0) for value in VALUES[scale])
    favorable = sum(counts.get(f"{code}:{value}", 0) for value in FAVORABLE[scale])
    if answered < FEWEST:
        return Counted(ResultState.TOO_FEW)
    if min(favorable, answered - favorable) < FEWEST_ON_A_SIDE:
        return Counted(ResultState.TOO_ALIKE)
    return Counted(ResultState.SHOWN, favorable, answered)
