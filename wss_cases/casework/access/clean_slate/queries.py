"""Who opened whose past years, when, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.scope import in_schools
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.visibility import PastOpening
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation.db import db
from wss_cases.roster.directory.models import Student

PAGE = 50


@dataclass(frozen=True)
class Opened:
    """One opening, with who looked and at whose years."""

    opening: PastOpening
    who: str
    student: Student


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Keep what was opened at the schools that the actor administers."""
    return statement.where(in_schools(PastOpening.school_id, actor, Role.ADMINISTRATOR))


def openings_at(actor: Actor, before: int | None = None, limit: int = PAGE) -> list[Opened]:
    """Return what was opened at the actor's schools, the newest first; `before` is an opening's id."""
    statement = visible_to(_listed(), actor)
    if before is not None:
        statement = statement.where(PastOpening.id < before)
    return _rows(statement.limit(limit))


def openings_of(actor: Actor, student_id: int) -> list[Opened]:
    """Return who opened one student's past years, as the student's administrator may see."""
    return _rows(visible_to(_listed(), actor).where(PastOpening.student_id == student_id).limit(PAGE))


def openings_around(actor: Actor, case_id: int) -> list[Opened]:
    """Return who opened the past years of anybody in a case, as its administrator may see."""
    people = select(CaseParticipant.student_id).where(CaseParticipant.case_id == case_id)
    return _rows(visible_to(_listed(), actor).where(PastOpening.student_id.in_(people)).limit(PAGE))


def own_opening(actor: Actor, student_id: int, now: datetime) -> PastOpening | None:
    """Return the actor's own opening of a student's past years that lasts longest; None when none is live."""
    mine = select(PastOpening).where(
        PastOpening.student_id == student_id, PastOpening.user_id == actor.user_id, PastOpening.expires_at > now
    )
    return db.session.scalar(mine.order_by(PastOpening.expires_at.desc()).limit(1))


def _listed() -> Select[Any]:
    columns: Any = select(PastOpening, UserAccount.name, Student)
    joined: Select[Any] = columns.join(UserAccount, UserAccount.id == PastOpening.user_id).join(
        Student, Student.id == PastOpening.student_id
    )
    return joined


def _rows(statement: Select[Any]) -> list[Opened]:
    return [Opened(*row) for row in db.session.execute(statement.order_by(PastOpening.id.desc()))]
