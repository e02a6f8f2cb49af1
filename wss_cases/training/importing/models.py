"""Files of trainings: their table, and the people, topics and records that a file is checked against."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Select, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import STAFF, Actor, in_schools
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.grants import in_force_at
from wss_cases.foundation.db import Base, Id, among, db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.ids import fold
from wss_cases.foundation.school_time import today_at
from wss_cases.roster.directory.models import StaffMember
from wss_cases.training.importing.rules import Known
from wss_cases.training.records.models import KEEPERS, TrainingRecord
from wss_cases.training.topics import every_topic, is_offered


class TrainingFile(Base):
    """One uploaded file with at least one sound row; its sound rows go on record when who uploaded it confirms them,
    all or none. No one else reads it: its people may work at several schools.

    `school_id` is the school that was chosen, None for the district; `landed` the numbers of the rows that went on
    record, which are kept empty in `rows`, so that those left out can still be named until the file goes by its age.
    """

    __tablename__ = "training_file"
    PRIVATE = frozenset({"rows"})

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(120))
    rows: Mapped[list[Any]]
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    made_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    landed: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")


PAGE: Final = 20


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of files to those that the actor uploaded: the people in one may work at several schools."""
    return statement.where(TrainingFile.made_by_id == actor.user_id)


def get_file(actor: Actor, training_file_id: int) -> TrainingFile:
    """Return a file that the actor uploaded. Raises NotFound."""
    wanted = visible_to(select(TrainingFile), actor).where(TrainingFile.id == training_file_id)
    file: TrainingFile = existing(db.session.scalar(wanted))
    return file


def files_of(actor: Actor, before: int | None = None, limit: int = PAGE + 1) -> Sequence[TrainingFile]:
    """Return the files that the actor uploaded, the newest first, behind the one whose id is `before`."""
    wanted = visible_to(select(TrainingFile), actor)
    if before is not None:
        wanted = wanted.where(TrainingFile.id < before)
    found: Sequence[TrainingFile] = db.session.scalars(wanted.order_by(TrainingFile.id.desc()).limit(limit)).all()
    return found


def waiting_files(actor: Actor) -> int:
    waiting = visible_to(select(func.count(TrainingFile.id)), actor).where(TrainingFile.done_at.is_(None))
    return db.session.scalar(waiting) or 0


def known_now(
    actor: Actor, school_id: int | None, emails: Collection[str], numbers: Collection[str], now: datetime
) -> Known:
    """Return what a file is checked against by what is known now.

    A training goes on record at the chosen school where its person works there, else at the first school of theirs
    for whose trainings the actor answers.
    """
    accounts = _accounts(emails, numbers)
    staff: dict[str, tuple[int, int]] = {}
    left: set[str] = set()
    held = _held(actor, set(accounts.values()), now)
    for key, user_id in accounts.items():
        if user_id not in held:
            continue
        schools = held[user_id]
        if schools:
            staff[key] = (user_id, school_id if school_id in schools else min(schools))
        else:
            left.add(key)
    today = today_at(school_id, now)
    topics = {
        fold(name): row.code
        for row in every_topic()
        if is_offered(row, today)
        for name in (row.name_es, row.name_en, row.code)
    }
    on_record = select(TrainingRecord.user_id, TrainingRecord.topic, TrainingRecord.completed_on).where(
        among(TrainingRecord.user_id, [one[0] for one in staff.values()]), TrainingRecord.taken_back_at.is_(None)
    )
    recorded = frozenset((row[0], row[1], row[2]) for row in db.session.execute(on_record))
    return Known(staff, frozenset(left), topics, recorded, today)


def _accounts(emails: Collection[str], numbers: Collection[str]) -> dict[str, int]:
    by_email = select(UserAccount.email, UserAccount.id).where(UserAccount.email.in_(sorted(emails)))
    found = {row[0]: row[1] for row in db.session.execute(by_email)}
    by_number = select(StaffMember.sourced_id, StaffMember.user_id).where(
        StaffMember.sourced_id.in_(sorted(numbers)), StaffMember.user_id.is_not(None)
    )
    return found | {number: user_id for number, user_id in db.session.execute(by_number) if user_id is not None}


def _held(actor: Actor, people: Collection[int], now: datetime) -> dict[int, set[int]]:
    """Return at which schools each of these people works today, of those one answers for; of who worked there once and
    does no more, none."""
    here = in_schools(RoleGrant.school_id, actor, *KEEPERS)
    ever = select(RoleGrant.user_id).where(
        among(RoleGrant.user_id, sorted(people)),
        RoleGrant.role.in_(sorted(STAFF)),
        RoleGrant.school_id.is_not(None),
        here,
    )
    found: dict[int, set[int]] = {user_id: set() for user_id in db.session.scalars(ever)}
    at_work = (
        select(RoleGrant.user_id, RoleGrant.school_id)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(among(RoleGrant.user_id, sorted(found)), RoleGrant.role.in_(sorted(STAFF)), in_force_at(now))
        .where(here, UserAccount.state != AccountState.DISABLED)
    )
    for user_id, school_id in db.session.execute(at_work):
        if school_id is not None:
            found[user_id].add(school_id)
    return found
