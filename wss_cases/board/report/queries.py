"""The board report: its days, when it is due again, who may read a stored one, its plan, comment and figures."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor, Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import Base, Id, Versioned, db
from wss_cases.foundation.errors import NotFound, Stale
from wss_cases.foundation.i18n import Labelled, _, _l, dotted
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.outcomes.counting.daily_figures.queries import totals_by_school
from wss_cases.outcomes.counting.repair.police import Police, police
from wss_cases.outcomes.counting.repair.queries import Harms, harms, removals
from wss_cases.outcomes.counting.scope.queries import recorded_year_before, within_schools
from wss_cases.outcomes.counting.scope.rules import Scope, Share, narrowed, scope_of, year_before
from wss_cases.outcomes.counting.totals import Core, Repair, core_of, repair_of
from wss_cases.outcomes.equity.queries import FAMILIES, minimums_of, tables_for
from wss_cases.outcomes.equity.rules import Table, settled
from wss_cases.outcomes.equity.suppression import Minimums
from wss_cases.outcomes.reports.cases import Repeat, Times, repeats_of, times_of
from wss_cases.outcomes.reports.core import Reporting, reporting
from wss_cases.outcomes.reports.mission import MissionYear, mission_year, mission_year_before
from wss_cases.outcomes.reports.pathways import Said, figures_of_pathways
from wss_cases.plans.measures import PLAN_MEASURES, Figure, beside, figures, number_words, value_of, value_words
from wss_cases.plans.money.funding.models import FundingSource, funding_by_source
from wss_cases.plans.money.resources.queries import Money, money_by_kind
from wss_cases.plans.plan.baselines import PlanBaseline
from wss_cases.plans.plan.core.models import STANDING, SchoolPlan, standing_plan
from wss_cases.plans.plan.core.pages import years_words
from wss_cases.plans.plan.goals.models import PlanGoal, target_words
from wss_cases.plans.plan.templates import Component
from wss_cases.roster.directory.models import School, Student
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.roster.names.finder import whole_names_in
from wss_cases.roster.names.queries import refuse_found, refuse_names
from wss_cases.roster.names.spellings import pieces_of
from wss_cases.training.requirements.models import SchoolStanding, standings_of_schools


@dataclass(frozen=True)
class PlanNow:
    """A plan in force, and its goals in order: each with its baseline figure (None: not frozen yet) and its current
    figure (None: not measured here)."""

    plan: SchoolPlan
    goals: Sequence[tuple[PlanGoal, Figure | None, Figure | None]]


def plan_now(actor: Actor, scope: Scope) -> PlanNow | None:
    """The plan in force at the school of a report, if it covers the report's year; otherwise None. The caller has
    checked that the actor answers for the report."""
    plan = standing_plan(scope.school_id) if scope.school_id is not None else None
    if plan is None or not plan.first_year <= scope.year <= plan.last_year:
        return None
    of_plan = (PlanGoal.plan_id == plan.id, PlanGoal.school_id == plan.school_id, PlanGoal.removed_on.is_(None))
    goals = db.session.scalars(select(PlanGoal).where(*of_plan).order_by(PlanGoal.component, PlanGoal.position)).all()
    baselines = select(PlanBaseline).where(PlanBaseline.plan_id == plan.id, PlanBaseline.numerator.is_not(None))
    frozen = {row.id: row.figure for row in db.session.scalars(baselines)}
    counted = sorted({goal.measure for goal in goals if goal.measure in PLAN_MEASURES})
    now = figures(actor, plan.school_id, counted, scope.first, scope.last, scope.today)
    return PlanNow(plan, [(goal, frozen.get(goal.baseline_id or 0), now.get(goal.measure)) for goal in goals])


def schools_with_plan(scope: Scope) -> Share:
    """How many of the active schools (of the report's network, or all) have a plan in force."""
    schools = select(func.count(School.id)).where(School.is_active)
    if scope.network:
        schools = schools.where(School.network == scope.network)
    standing = schools.join(SchoolPlan, SchoolPlan.school_id == School.id).where(SchoolPlan.state.in_(STANDING))
    return Share(db.session.scalar(standing) or 0, db.session.scalar(schools) or 0)


Line = dict[str, Any]


def plan_rows(current_plan: PlanNow | None) -> Line | None:
    """A plan's years, its state, and its goals under the three components; None without a plan. `small`: the count
    behind a goal is small; `briefly` are both figures without their unit, which the target names."""
    if current_plan is None:
        return None
    parts = [
        (part.label, [_row(*goal) for goal in current_plan.goals if goal[0].component is part]) for part in Component
    ]
    return {
        "years": years_words(current_plan.plan),
        "state": current_plan.plan.state.label,
        "parts": [(title, rows) for title, rows in parts if rows],
    }


def schools_words(share: Share) -> str:
    return _("%(part)s of %(whole)s schools have a school safety plan in force.", part=share.part, whole=share.whole)


def _row(goal: PlanGoal, then: Figure | None, now: Figure | None) -> Line:
    words, briefly = [], []
    for figure in (then, now):
        words.append(value_words(goal.measure, figure) if figure is not None else "–")
        value = value_of(goal.measure, figure.numerator, figure.denominator) if figure is not None else None
        brief = dotted(number_words(value), beside(goal.measure, figure)) if value is not None and figure else words[-1]
        briefly.append(brief)
    return {
        "goal": goal.statement,
        "then": words[0],
        "now": words[1],
        "small": now is not None and is_small(int(now.numerator)),
        "briefly": briefly,
        "target": target_words(goal),
    }


class BoardComment(Versioned, Base):
    """A comment on the report of a `scope` (see `report.rules.scope_words`) up to a day; it names no student."""

    __tablename__ = "board_comment"
    __table_args__ = (
        UniqueConstraint("scope", "ends_on"),
        CheckConstraint("(scope like 'school:%') = (school_id is not null)", name="school"),
    )
    PRIVATE = frozenset({"comment"})

    id: Mapped[Id]
    scope: Mapped[str] = mapped_column(String(100))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    ends_on: Mapped[date]
    comment: Mapped[str] = mapped_column(Text)
    written_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    written_at: Mapped[datetime]


LONGEST: Final = 1200
"""In characters: about a third of a page."""
MOST_PIECES: Final = 5
"""Parts of a family name, as in "de la Cruz y Ruiz"."""
_MARKS = "['\u2018\u2019\u02bb\u02bc`\u00b4]"
_POSSESSIVE = re.compile(rf"{_MARKS}[sS]\b")


def writes_comment(actor: Actor, school_id: int | None) -> bool:
    """Whether the actor, who answers for the report, may comment on it. A school's report takes comments of its
    administrators only; a network's or the district's takes those of anyone who answers for it."""
    return actor.user_id is not None and (school_id is None or actor.covers(school_id, Role.ADMINISTRATOR))


def together(text: str) -> str:
    """A text without apostrophes inside words, as names are folded, and without possessive endings."""
    return re.sub(_MARKS, "", _POSSESSIVE.sub("", text))


def runs_of(words: Sequence[str]) -> set[str]:
    most = range(1, MOST_PIECES + 1)
    return {" ".join(words[at : at + many]) for many in most for at in range(len(words) + 1 - many)}


def students_of_many(network: str | None, text: str) -> list[str]:
    """The students of a network's schools, or of the district's (None), whose whole name appears in a text.

    The search covers students whose folded family name appears in it, and those with a preferred family name.
    """
    families = sorted({run for words in (pieces_of(text), pieces_of(together(text))) for run in runs_of(words)})
    who = select(Student.given_name, Student.preferred_given_name, Student.family_name, Student.preferred_family_name)
    other = (Student.preferred_family_name != "") & (Student.preferred_family_name != Student.family_name)
    in_text = or_(Student.search_key_family.in_(families), other)
    who = who.join(School, School.id == Student.school_id).where(in_text)
    if network is not None:
        who = who.where(School.network == network)
    rows = db.session.execute(who).all()
    both = ((given, family) for row in rows for given in row[:2] for family in row[2:])
    names_of = sorted({f"{given} {family}" for given, family in both if given and family})
    written = {form: name for name in names_of for form in (together(name), name)}
    matches = [name for words in (text, together(text)) for name in whole_names_in(words, written)]
    return list(dict.fromkeys(written[form] for form in matches))


def comment_on(scope: str, ends_on: date) -> Any:
    """The comment on the report of a scope up to a day: text, author, when it was last changed, version. The caller has
    checked that the actor answers for the report."""
    statement = (
        select(BoardComment.comment, UserAccount.name, BoardComment.written_at, BoardComment.version)
        .join(UserAccount, UserAccount.id == BoardComment.written_by_id)
        .where(BoardComment.scope == scope, BoardComment.ends_on == ends_on)
    )
    return db.session.execute(statement).first()


@use_case
def write_comment(
    uow: UnitOfWork, scope: str, school_id: int | None, ends_on: date, text: str, anyway: bool = False,
    network: str | None = None,
) -> int:  # fmt: skip
    """Write, change or (with no text) remove the comment on a report; returns its id, or 0 where there was none to
    remove.

    `uow.version` is the version of the comment that the page showed, None where it showed none. Raises NotFound for an
    actor who may not comment, Stale where someone else changed it meanwhile, and Refused, unless `anyway`, for text
    that may name a student of the school, or without a school of the `network`, or else of the district.
    """
    if not writes_comment(uow.actor, school_id):
        raise NotFound
    here = select(BoardComment).where(BoardComment.scope == scope, BoardComment.ends_on == ends_on)
    row = uow.session.scalar(here.with_for_update().execution_options(populate_existing=True))
    if uow.version != (row.version if row else None):
        raise Stale
    if not text.strip():
        return _remove(uow, row)
    if school_id is not None:
        refuse_names(school_id, anyway, text)
    elif not anyway:
        refuse_found(students_of_many(network, text))
    columns = {"comment": text, "written_by_id": uow.actor.user_id, "written_at": uow.now}
    if row is None:
        row = BoardComment(scope=scope, school_id=school_id, ends_on=ends_on, **columns)
        return uow.add_audited(row, "board_comment.written")
    for name, value in columns.items():
        setattr(row, name, value)
    uow.audit("board_comment.changed", row.__tablename__, row.id, changes_of(row))
    return row.id


def _remove(uow: UnitOfWork, row: BoardComment | None) -> int:
    if row is None:
        uow.no_audit()
        return 0
    uow.audit("board_comment.removed", row.__tablename__, row.id, {"comment": ["set", None]})
    uow.session.delete(row)
    return row.id


class Edition(Labelled):
    """What a report shows: one page for the board, every figure with its notes, or only what is public already."""

    BOARD = "board", _l("For the board, one page")
    WHOLE = "whole", _l("All figures and notes")
    PUBLIC = "public", _l("Public edition")

    @classmethod
    def named(cls, text: str | None) -> "Edition":
        """The edition of this name; the board's page for any other text."""
        return cls(text) if text in set(cls) else cls.BOARD


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
    """Whether the actor is responsible for the board report of a school or a network, or of the district (both None).

    `of_network`: the ids of the network's schools. The actor must have the role at all of them.
    """
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

    `recorded`: whether the same days of the year before were recorded; otherwise nothing is said of them. `funding`
    and `money` are those of the plans in force, in cents. `trained`: how the schools stand to required trainings,
    empty for an earlier school year.

    `silent` are schools without a report of an incident, None for a single school. `reporting` is None for an earlier
    school year, `equity` for a network, because no table of groups exists for it; `groups_until` is the last day
    counted in it.
    """

    scope: Scope
    mission: MissionYear
    mission_before: MissionYear | None
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
    groups_until: date | None = None
    comment: Any = None
    plan: PlanNow | None = None
    planned: Share | None = None
    recorded: bool = True
    harms_before: Harms | None = None
    funding: Mapping[FundingSource, int] = field(default_factory=dict)
    money: Money | None = None
    trained: Sequence[SchoolStanding] = ()


def board_of(actor: Actor, scope: Scope) -> Board:
    """A report's figures. Raises NotFound for an actor who does not answer to a board for its schools."""
    if not may_report(actor, scope.school_id, scope.network):
        raise NotFound
    ids, of_groups = _schools_in(actor, scope), settled(scope, school_days(None))
    tables = tables_for(actor, of_groups) if of_groups else dict.fromkeys(FAMILIES, Table())
    return replace(
        board_but_equity(actor, scope),
        equity=None if scope.network else tables,
        groups_until=of_groups.last if of_groups else None,
        comment=comment_on(scope_words(scope.school_id, scope.network), scope.last),
        plan=plan_now(actor, scope),
        planned=schools_with_plan(scope) if scope.school_id is None and scope.is_this_year else None,
        funding=_funding(actor, scope, ids),
        money=sum((one for kinds in money_by_kind(actor, ids).values() for one in kinds.values()), Money()),
        trained=_trained(actor, scope, ids) if scope.is_this_year else (),
    )


def _schools_in(actor: Actor, scope: Scope) -> list[int]:
    """The active schools of a report, by id."""
    named = select(School.id).where(School.is_active, *within_schools(actor, scope, School.id))
    return list(db.session.scalars(named))


def _funding(actor: Actor, scope: Scope, school_ids: Sequence[int]) -> dict[FundingSource, int]:
    """What the schools have for the school year, in cents by source."""
    funding: Counter[FundingSource] = Counter()
    for sources in funding_by_source(actor, school_ids, [scope.year]).values():
        funding.update(sources)
    return dict(funding)


def _trained(actor: Actor, scope: Scope, school_ids: Sequence[int]) -> list[SchoolStanding]:
    standings = standings_of_schools(actor, scope.today)
    return [standings[school_id] for school_id in school_ids if school_id in standings]


def board_but_equity(actor: Actor, scope: Scope) -> Board:
    """A report's figures without the tables of groups, which are cached separately."""
    days, recorded = school_days(scope.school_id), recorded_year_before(actor, scope)
    earlier = year_before(scope, days)
    named = select(School.id, School.name).where(School.is_active, *within_schools(actor, scope, School.id))
    schools = db.session.execute(named.order_by(School.name, School.id)).all() if scope.school_id is None else []
    totals = totals_by_school(actor, scope) if schools else {}
    return Board(
        scope=scope,
        mission=mission_year(actor, scope, days, tells_mission(scope)),
        mission_before=mission_year_before(actor, scope, days, tells_mission(scope)),
        core=core_of(actor, scope, days),
        before=core_of(actor, earlier, days),
        repair=repair_of(actor, scope, days),
        removed_before=removals(actor, earlier),
        police_before=police(actor, earlier),
        times=times_of(actor, scope, days),
        repeats=repeats_of(actor, scope, days),
        said=figures_of_pathways(actor, scope, days).said,
        reporting=reporting(actor, scope) if scope.is_this_year else None,
        schools=len(schools) if scope.school_id is None else 1,
        silent=[school.name for school in schools if not totals.get(school.id)] if scope.school_id is None else None,
        equity=None,
        least=minimums_of(scope.year),
        recorded=recorded is not None,
        harms_before=harms(actor, recorded) if recorded is not None else None,
    )


def tells_mission(scope: Scope) -> bool:
    """Whether a report says in how many incidents the person harmed did not wish to meet: never of one school, because
    its readers decide discipline."""
    return scope.school_id is None


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
