"""The board report: which days it tells of, when it is due again, and who reads one that is stored. Pure."""

from datetime import date, timedelta
from typing import Any, Final

from wss_cases.access.actor import Actor, Role
from wss_cases.board.report.states import Every
from wss_cases.foundation.clock import school_year
from wss_cases.outcomes.counting.scope.rules import Scope, narrowed, scope_of
from wss_cases.roster.directory.rules import SchoolDays

BOARD: Final = (Role.ADMINISTRATOR, Role.DISTRICT)
"""Who answers to a board: the administrator of a school, and the district's."""
SMALL: Final = 10
"""Below this a number is called small: one more or one less changes its rate a lot."""
DAY: Final = timedelta(days=1)


def last_over(today: date) -> date:
    """Return the last day of the last month that is over."""
    return today.replace(day=1) - DAY


def board_scope(school_id: int | None, network: str | None, year: str | None, today: date) -> Scope | None:
    """Return the days of a report: a school year (by default the one of the last month that is over) up to the end
    of that month, as equity is counted, a past year whole; None for what is no year, or has no month that is over."""
    over = last_over(today)
    scope = scope_of(school_id, year or school_year(over), today)
    return narrowed(scope, None, over, network) if scope else None


def is_small(number: int) -> bool:
    """Whether a number is so small that its rate says little."""
    return 0 < number < SMALL


def answers_for(actor: Actor, school_id: int | None, network: str | None, of_network: Any) -> bool:
    """Whether the actor answers to a board for a school, for a network (whose schools are `of_network`), or with
    neither for the whole district."""
    if school_id is not None:
        return actor.covers(school_id, *BOARD)
    if actor.everywhere(Role.DISTRICT):
        return True
    return network is not None and bool(of_network) and set(of_network) <= actor.school_ids(Role.DISTRICT)


QUARTERS: Final = (11, 2, 5, 8)
"""Months with whose first school day a quarter's report comes: of August to October, and so on."""


def month_due(every: Every, day: date) -> date:
    """Return the first day of the last month, that of the day included, for which a report is due."""
    month = day.replace(day=1)
    while every is Every.QUARTER and month.month not in QUARTERS:
        month = (month - DAY).replace(day=1)
    return month


def due_month(every: Every, today: date, days: SchoolDays) -> date:
    """Return `month_due` of the months whose first school day has come. Missed months are not made up for."""
    month = month_due(every, today)
    while days.on_or_after(month) > today:
        month = month_due(every, month - DAY)
    return month


def scope_words(school_id: int | None, network: str | None) -> str:
    """Return what tells one subscription of a person from another."""
    return f"school:{school_id}" if school_id is not None else f"network:{network}" if network else "all"


def reads_report(actor: Actor, report: Any) -> bool:
    """Whether the actor answers to a board for what a stored report is about, today."""
    return answers_for(actor, report.school_id, report.network, [school.id for school in report.of_network])
