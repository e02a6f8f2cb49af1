"""Shares that are not shown where they, or what is left of them by subtracting others, would tell of too few. Pure."""

from collections.abc import Collection, Mapping, Sequence
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


@dataclass(frozen=True)
class Hidden:
    """Whose share is not shown: of schools and networks by name, and whether the district's is not."""

    schools: frozenset[int]
    networks: frozenset[str]
    district: bool


def hidden_among(wholes: Mapping[int, tuple[str | None, int]]) -> Hidden:
    """Return whose share is not shown, given each school's network (None: none) and whole.

    A school with fewer than FEWEST is hidden. Where what is left of its network, or of the district, by subtracting
    all that is shown would be fewer than FEWEST, the smallest school that is shown is hidden too, or a network where
    no school is, and not everybody.
    """
    order = sorted((one for one in wholes if wholes[one][1]), key=lambda one: (wholes[one][1], one))
    schools = {one for one in order if wholes[one][1] < FEWEST}
    members: dict[str | None, list[int]] = {}
    for one in order:
        members.setdefault(wholes[one][0], []).append(one)

    def hidden_of(network: str | None) -> int:
        return sum(wholes[one][1] for one in members[network] if one in schools)

    def hide_one_more(candidates: Sequence[int]) -> int | None:
        found = next((one for one in candidates if one not in schools), None)
        schools.update(() if found is None else (found,))
        return found

    named = [name for name in members if name is not None]
    for name in named:
        if 0 < hidden_of(name) < FEWEST:
            hide_one_more(members[name])
    networks = {name for name in named if sum(wholes[one][1] for one in members[name]) < FEWEST}

    def left() -> int:
        return sum(hidden_of(name) for name in members if name is None or name in networks)

    if 0 < left() < FEWEST:
        alone = [one for one in order if wholes[one][0] is None or wholes[one][0] in networks]
        if hide_one_more(alone) is None:
            found = hide_one_more(order)
            rest = sorted(set(named) - networks, key=lambda one: (hidden_of(one), one))
            networks.update(rest[:1] if found is None else (wholes[found][0] or "",))
    is_few = sum(wholes[one][1] for one in order) < FEWEST or 0 < left() < FEWEST
    return Hidden(frozenset(schools), frozenset(networks), is_few)


def shown_of(own: Collection[int], wholes: Mapping[int, tuple[str | None, int]], hidden: Hidden) -> bool:
    """Whether the share of some schools together may be shown to one who sees these alone: neither what is hidden among
    them nor what is hidden beside them in their networks is few."""
    inside = sum(wholes[one][1] for one in own if one in hidden.schools)
    touched = {wholes[one][0] for one in own if one in hidden.schools}
    beside = sum(wholes[one][1] for one in hidden.schools if one not in own and wholes[one][0] in touched)
    enough = sum(wholes[one][1] for one in own if one in wholes) >= FEWEST
    return enough and not 0 < inside < FEWEST and not 0 < beside < FEWEST
