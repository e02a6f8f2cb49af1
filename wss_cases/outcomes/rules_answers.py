"""How few are too few for a share to be shown, and which questions to people harmed are. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wss_cases.outcomes.rules import Share

FEWEST: Final = 10
"""Answers, or windows that are over, below which no share is shown: fewer could point to one child."""


@dataclass(frozen=True)
class Answers:
    """Answers to one question in one network (None: schools in none): how many, how many of them good, and how many of
    schools with fewer than FEWEST, which do not show the question themselves."""

    network: str | None
    number: int
    good: int
    small: int

    @property
    def is_shown(self) -> bool:
        """Whether the network's own page shows the question."""
        return self.network is not None and self.number >= FEWEST and not 0 < self.small < FEWEST


def share_told(parts: Sequence[Answers]) -> Share | None:
    """Return the good answers of all, of one school, one network (given without its name) or the district by network;
    None where there are too few of all, or of those left when every school and network that is shown is subtracted."""
    number, left = sum(part.number for part in parts), sum(part.small for part in parts if not part.is_shown)
    if number < FEWEST or 0 < left < FEWEST:
        return None
    return Share(sum(part.good for part in parts), number)
