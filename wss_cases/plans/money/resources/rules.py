"""Pure decisions about the money of a plan: what is left, what is over, how long a position has stood open."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from wss_cases.plans.plan.core.states import PlanState


@dataclass(frozen=True)
class Money:
    """Amounts in cents: planned, committed, spent."""

    planned: int = 0
    committed: int = 0
    spent: int = 0

    def __add__(self, other: "Money") -> "Money":
        """Return both together."""
        return Money(self.planned + other.planned, self.committed + other.committed, self.spent + other.spent)

    @property
    def used(self) -> int:
        """What is no longer free: what is spent was committed first, where it was committed at all."""
        return max(self.committed, self.spent)

    @property
    def over(self) -> int:
        """By how much more is committed or spent than planned; 0 where it is not."""
        return max(self.used - self.planned, 0)


def days_open(resource: Any, today: date) -> int | None:
    """Return for how many days a position has been vacant; None where it is not."""
    return None if resource.vacant_since is None else max((today - resource.vacant_since).days, 0)


def takes_resources(state: PlanState) -> bool:
    """Whether resources of a plan in this state are still added and changed; entries are taken until the end."""
    return state is not PlanState.CLOSED
