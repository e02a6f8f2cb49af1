"""Reading files of money, and what a file is checked against."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.access.scope import in_schools
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import by_id, db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.ids import fold
from wss_cases.foundation.school_time import today_at
from wss_cases.plans.money.files.models import MoneyFile
from wss_cases.plans.money.files.rules import WRITER, Known, brings
from wss_cases.plans.money.files.states import FileKind
from wss_cases.plans.money.funding.models import Funding
from wss_cases.plans.money.resources.models import PlanResource
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.states import PlanState
from wss_cases.roster.directory.models import School

SHOWN, READ = 20, 200

load_file = by_id(MoneyFile)


def known_now(actor: Actor, kind: FileKind, now: datetime) -> Known:
    """Return what a file of this actor is checked against: the schools whose money of this kind they write."""
    schools: dict[str, int | None] = {}
    mine: Any = select(School.id, School.identifier, School.name).where(in_schools(School.id, actor, WRITER[kind]))
    for row in db.session.execute(mine):
        for key in {fold(row[1] or ""), fold(row[2])} - {""}:
            schools[key] = None if key in schools else row[0]
    today = today_at(None, now)
    if kind is FileKind.ENTRIES:
        return Known(schools, _resources(actor), frozenset(), today, school_year(today))
    columns = (Funding.school_id, Funding.school_year, Funding.source, Funding.note)
    standing = db.session.execute(select(*columns).where(in_schools(Funding.school_id, actor, WRITER[kind])))
    lines = frozenset((row[0], row[1], row[2], row[3]) for row in standing)
    return Known(schools, {}, lines, today, school_year(today))


def _resources(actor: Actor) -> dict[tuple[int, str], int | None]:
    wanted = (
        select(PlanResource.school_id, PlanResource.title, PlanResource.id)
        .join(SchoolPlan, SchoolPlan.id == PlanResource.plan_id)
        .where(SchoolPlan.state != PlanState.CLOSED)
        .where(in_schools(PlanResource.school_id, actor, WRITER[FileKind.ENTRIES]))
    )
    found: dict[tuple[int, str], int | None] = {}
    for school_id, title, resource_id in db.session.execute(wanted):
        key = (school_id, fold(title))
        found[key] = None if key in found else resource_id
    return found


def carried_out(kind: FileKind, digest: str) -> MoneyFile | None:
    """Return the file with these rows that was carried out, where there is one."""
    same = (MoneyFile.kind == kind, MoneyFile.digest == digest, MoneyFile.done_at.is_not(None))
    return db.session.scalar(select(MoneyFile).where(*same))


def get_file(actor: Actor, money_file_id: int) -> MoneyFile:
    """Return one file. Raises NotFound."""
    file = existing(db.session.get(MoneyFile, money_file_id))
    require(actor, Permission.PLAN_MONEY_IMPORT, file)
    return file


def last_files(actor: Actor) -> Sequence[tuple[MoneyFile, str]]:
    """Return the last files of the schools whose money the actor writes, with who uploaded them, the newest first."""
    wanted = select(MoneyFile, UserAccount.name).join(UserAccount, UserAccount.id == MoneyFile.made_by_id)
    rows = db.session.execute(wanted.order_by(MoneyFile.id.desc()).limit(READ))
    return [(row[0], row[1]) for row in rows if brings(actor, row[0])][:SHOWN]
