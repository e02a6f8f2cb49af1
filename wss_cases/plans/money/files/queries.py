"""Reading files of money, and the data a file is checked against."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, cast, false, func, literal, or_, select, true

from wss_cases.access.actor import Actor, in_schools
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import by_id, db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import _, dotted
from wss_cases.foundation.ids import fold
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.tables.ordering import in_order
from wss_cases.plans.money.files.rules import WRITER, FileKind, Known, Line, MoneyFile, text_of
from wss_cases.plans.money.funding.models import Funding
from wss_cases.plans.money.resources.models import PlanResource
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan
from wss_cases.plans.plan.goals.models import PlanGoal, PlanStrategy
from wss_cases.roster.directory.models import School
from wss_cases.roster.names.queries import finder_at_school

PAGE = 20

load_file = by_id(MoneyFile)


def known_now(actor: Actor, kind: FileKind, now: datetime) -> Known:
    """The data a file of this actor is checked against: the schools whose money of this kind the actor may write."""
    schools: dict[str, int | None] = {}
    mine: Any = select(School.id, School.identifier, School.name).where(in_schools(School.id, actor, WRITER[kind]))
    for row in db.session.execute(mine):
        for key in {fold(row[1] or ""), fold(row[2])} - {""}:
            schools[key] = None if key in schools else row[0]
    today = today_at(None, now)
    if kind is not FileKind.FUNDING:
        strategies = _strategies(actor) if kind is FileKind.RESOURCES else {}
        return Known(schools, _resources(actor), frozenset(), today, school_year(today), strategies)
    columns = (Funding.school_id, Funding.school_year, Funding.source, Funding.note)
    standing = db.session.execute(select(*columns).where(in_schools(Funding.school_id, actor, WRITER[kind])))
    lines = frozenset((row[0], row[1], row[2], row[3]) for row in standing)
    return Known(schools, {}, lines, today, school_year(today))


def rows_naming(lines: Iterable[Line]) -> list[str]:
    """The valid rows whose title or note may name a student of their school, with the matching words."""
    by_school: dict[int, list[Line]] = {}
    for line in lines:
        if text_of(line).strip():
            by_school.setdefault(line.school_id, []).append(line)
    naming_rows: list[tuple[int, list[str]]] = []
    for school_id, theirs in by_school.items():
        finder = finder_at_school(school_id)
        naming_rows += [(line.row, words) for line in theirs if (words := finder.of_school(text_of(line)))]
    return [dotted(_("Row %(row)d", row=row), *words) for row, words in sorted(naming_rows)]


def _resources(actor: Actor) -> dict[tuple[int, str], int | None]:
    named: Any = select(PlanResource.school_id, PlanResource.title, PlanResource.id)
    return _by_words(actor, named, PlanResource)


def _strategies(actor: Actor) -> dict[tuple[int, str], int | None]:
    named: Any = select(PlanStrategy.school_id, PlanStrategy.if_words, PlanStrategy.id)
    standing = named.join(PlanGoal, PlanGoal.id == PlanStrategy.goal_id)
    return _by_words(
        actor, standing.where(PlanStrategy.removed_on.is_(None), PlanGoal.removed_on.is_(None)), PlanStrategy
    )


def _by_words(actor: Actor, named: Select[Any], of: Any) -> dict[tuple[int, str], int | None]:
    """The rows of open plans by school and folded words; None where several have the same words."""
    wanted = named.join(SchoolPlan, SchoolPlan.id == of.plan_id).where(SchoolPlan.state != PlanState.CLOSED)
    by_words: dict[tuple[int, str], int | None] = {}
    for school_id, words, number in db.session.execute(
        wanted.where(in_schools(of.school_id, actor, WRITER[FileKind.ENTRIES]))
    ):
        key = (school_id, fold(words))
        by_words[key] = None if key in by_words else number
    return by_words


def carried_out(kind: FileKind, digest: str) -> MoneyFile | None:
    """The imported file with these rows; None without one."""
    same = (MoneyFile.kind == kind, MoneyFile.digest == digest, MoneyFile.done_at.is_not(None))
    return db.session.scalar(select(MoneyFile).where(*same))


def get_file(actor: Actor, money_file_id: int) -> MoneyFile:
    """One file. Raises NotFound."""
    wanted = visible_to(select(MoneyFile), actor).where(MoneyFile.id == money_file_id)
    file: MoneyFile = existing(db.session.scalar(wanted))
    require(actor, Permission.PLAN_MONEY_IMPORT, file)
    return file


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """The select, limited to files where the actor may write the money of every school, as `rules.brings` says."""
    return statement.where(or_(*(and_(MoneyFile.kind == kind, _all_of(actor, kind)) for kind in FileKind)))


def _all_of(actor: Actor, kind: FileKind) -> ColumnElement[bool]:
    """Condition: the actor may write money of this kind at every school of the file."""
    if actor.everywhere(WRITER[kind]):
        return true()
    own = sorted(actor.school_ids(WRITER[kind]))
    is_postgresql = db.session.get_bind().dialect.name == "postgresql"
    each = func.jsonb_array_elements_text if is_postgresql else func.json_each
    school = each(MoneyFile.school_ids).table_valued("value")
    foreign = select(literal(1)).select_from(school).where(cast(school.c.value, Integer).not_in(own))
    return ~foreign.exists() if own else false()


def files_of(actor: Actor, after: int | None = None, limit: int = PAGE + 1) -> Sequence[tuple[MoneyFile, str]]:
    """The files of schools whose money the actor may write, after the file with id `after`, with the person who
    uploaded them, the newest first."""
    both: Any = select(MoneyFile, UserAccount.name)
    wanted = visible_to(both.join(UserAccount, UserAccount.id == MoneyFile.made_by_id), actor)
    last = (after, after) if after is not None else None
    ids: Any = MoneyFile.id
    rows = db.session.execute(in_order(wanted, ids, ids, down=True, limit=limit, last=last))
    return [(row[0], row[1]) for row in rows]
