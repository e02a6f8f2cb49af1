"""The board report: its days, when it is due again, who may read a stored one, and its figures."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import select

from wss_cases.access.actor import Actor, Role
from wss_cases.board.comments import Comment, comment_on
from wss_cases.board.school_plan import PlanNow, plan_now, schools_with_plan
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.outcomes.counting.repair.police import Police, police
from wss_cases.outcomes.counting.repair.queries import removals
from wss_cases.outcomes.counting.scope.rules import Scope, Share, narrowed, scope_of, year_before
from wss_cases.outcomes.counting.totals import Core, Repair, core_of, repair_of
from wss_cases.outcomes.equity.queries import minimums_of, tables_for
from wss_cases.outcomes.equity.rules import Table
from wss_cases.outcomes.equity.suppression import Minimums
from wss_cases.outcomes.reports.cases import Times, times_of
from wss_cases.outcomes.reports.core import Reporting, reporting, school_rows
from wss_cases.outcomes.reports.pathways import Said, figures_of_pathways
from wss_cases.outcomes.reports.repeats import Repeat, repeats_of
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays


class Every(Labelled):
    """How often a report is sent."""

    MONTH = "month", _l("Every month, on its first school day")
    QUARTER = "quarter", _l("Every quarter, on the first school day of November, February, May and August")


BOARD: Final = (Role.ADMINISTRATOR, Role.DISTRICT)
"""The roles that answer to a board: the administrator of a school, and the district's."""
SMALL: Final = 10
"""A number below this is called small: one more or one less changes its rate a lot."""
DAY: Final = timedelta(days=1)


def last_over(today: date) -> date:
    """The last day of the last finished month."""
    return today.replace(day=1) - DAY


def board_scope(school_id: int | None, network: str | None, year: str | None, today: date) -> Scope | None:
    """The days of a report: a school year (by default that of the last finished month) up to the end of that month, as
    equity is counted; a past year whole. None for an invalid year, or one without a finished month."""
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
"""Months on whose first school day a quarter's report comes: of August to October in November, and so on."""


def month_due(every: Every, day: date) -> date:
    """The first day of the latest month, up to the day's own, for which a report is due."""
    month = day.replace(day=1)
    while every is Every.QUARTER and month.month not in QUARTERS:
        month = (month - DAY).replace(day=1)
    return month


def due_month(every: Every, today: date, days: SchoolDays) -> date:
    """`month_due` among the months whose first school day has come. Reports of missed months are not made later."""
    month = month_due(every, today)
    while days.on_or_after(month) > today:
        month = month_due(every, month - DAY)
    return month


def scope_words(school_id: int | None, network: str | None) -> str:
    """The word that distinguishes a person's subscriptions."""
    return f"school:{school_id}" if school_id is not None else f"network:{network}" if network else "all"


def reads_report(actor: Actor, report: Any) -> bool:
    """Whether the actor answers to a board today for the subject of a stored report."""
    return answers_for(actor, report.school_id, report.network, [school.id for school in report.of_network])


@dataclass(frozen=True)
class Board:
    """The figures of one report. `plan` is a school's plan, `planned` the number of several schools that have a plan
    today.

    `silent` are schools without a report of an incident, None for a single school. `reporting` is None for an earlier
    school year, `equity` for a network, because no table of groups exists for it.
    """

    scope: Scope
    core: Core
    before: Core
    repair: Repair
    removed_before: dict[str, tuple[int, int]]
    police_before: Police
    times: Times
    repeats: list[Repeat]
    said: Said
    reporting: Reporting | None
    schools: int
    silent: list[str] | None
    equity: dict[str, Table] | None
    least: Minimums
    comment: Comment | None = None
    plan: PlanNow | None = None
    planned: Share | None = None


def board_of(actor: Actor, scope: Scope) -> Board:
    """A report's figures. Raises NotFound for an actor who does not answer to a board for its schools."""
    if not may_report(actor, scope.school_id, scope.network):
        raise NotFound
    equity = None if scope.network else tables_for(actor, scope)
    return replace(
        board_but_equity(actor, scope),
        equity=equity,
        comment=comment_on(scope_words(scope.school_id, scope.network), scope.last),
        plan=plan_now(actor, scope),
        planned=schools_with_plan(scope) if scope.school_id is None and scope.is_this_year else None,
    )


def board_but_equity(actor: Actor, scope: Scope) -> Board:
    """A report's figures without the tables of groups, which are cached separately."""
    days, earlier = school_days(scope.school_id), year_before(scope)
    rows = school_rows(actor, scope) if scope.school_id is None else []
    return Board(
        scope=scope,
        core=core_of(actor, scope, days),
        before=core_of(actor, earlier, days),
        repair=repair_of(actor, scope, days),
        removed_before=removals(actor, earlier),
        police_before=police(actor, earlier),
        times=times_of(actor, scope, days),
        repeats=repeats_of(actor, scope, days),
        said=figures_of_pathways(actor, scope, days).said,
        reporting=reporting(actor, scope) if scope.is_this_year else None,
        schools=len(rows) if scope.school_id is None else 1,
        silent=[row.name for row in rows if not row.incidents] if scope.school_id is None else None,
        equity=None,
        least=minimums_of(scope.year),
    )


def may_report(actor: Actor, school_id: int | None, network: str | None) -> bool:
    """Whether the actor answers to a board for a school, a network with schools, or with neither for the district."""
    of_network = schools_of(network) if network else []
    return bool(of_network or not network) and answers_for(actor, school_id, network, of_network)


def schools_of(network: str) -> list[int]:
    return list(db.session.scalars(select(School.id).where(School.network == network, School.is_active)))


def networks_answered_for(actor: Actor) -> list[str]:
    """The networks that the actor answers for as a whole, in one query."""
    statement = select(School.network, School.id).where(School.network.is_not(None), School.is_active)
    schools: dict[str, list[int]] = {}
    for network, school_id in db.session.execute(statement.order_by(School.network)):
        schools.setdefault(network or "", []).append(school_id)
    return [name for name, ids in schools.items() if name and answers_for(actor, None, name, ids)]
