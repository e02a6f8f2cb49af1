"""Pure rules of two persons: who counts as a person, and who is another one than somebody else."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

TIED_FOR: Final = timedelta(days=30)
"""Whoever invited or changed an account by hand is no second person beside it for so long, nor it beside them."""
CONFIRMATIONS: Final = 2
"""How many others confirm a person of whom neither the roster nor the district's sign-on knows."""


@dataclass(frozen=True)
class Identity:
    """What is known of an account: its records in the roster, whether it has the district's sign-on, whether it is one
    of the two of the first setup, how many others confirmed it, and the accounts that changed it or that it changed."""

    user_id: int
    staff_ids: frozenset[int] = frozenset()
    has_sign_on: bool = False
    first_setup: bool = False
    confirmations: int = 0
    tied_to: frozenset[int] = frozenset()


def is_person(one: Identity) -> bool:
    """Whether a person is known to stand behind an account."""
    return bool(one.staff_ids) or one.has_sign_on or one.first_setup or one.confirmations >= CONFIRMATIONS


def are_two(one: Identity, other: Identity) -> bool:
    """Whether two accounts belong to two persons, neither of whom made or changed the other's account lately."""
    if one.user_id == other.user_id or one.staff_ids & other.staff_ids:
        return False
    return is_person(one) and is_person(other) and other.user_id not in one.tied_to and one.user_id not in other.tied_to


def second_to_all(one: Identity, others: Collection[Identity]) -> bool:
    """Whether an account is a person, and another one than each of these."""
    return is_person(one) and all(are_two(one, other) for other in others)
