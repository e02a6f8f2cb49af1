"""Shares that are not shown where they, or what is left of them by subtracting others, would tell of too few. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wss_cases.outcomes.counting.scope.rules import Share

FEWEST: Final = 10
"""Answers, or windows that are over, below which no share is shown: fewer could point to one child."""


@dataclass(frozen=True)
class Piece:
    """What one network (None: schools in none) gives to a whole and to its part, and how much of the whole comes from
    schools with fewer than FEWEST, which do not show the share themselves."""

    network: str | None
    whole: int
    part: int
    small: int

    @property
    def is_shown(self) -> bool:
        """Whether the network's own page shows the share."""
        return self.network is not None and self.whole >= FEWEST and not 0 < self.small < FEWEST


def shown_share(pieces: Sequence[Piece]) -> Share | None:
    """Return the share of all, of one school, one network (given without its name) or the district by network; None
    where there are too few of all, or of those left when every school and network that is shown is subtracted."""
    whole, left = sum(one.whole for one in pieces), sum(one.small for one in pieces if not one.is_shown)
    if whole < FEWEST or 0 < left < FEWEST:
        return None
    return Share(sum(one.part for one in pieces), whole)
