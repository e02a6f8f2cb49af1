"""A student's past years, opened for a reason and for a while; the school sees who looked and why."""

from datetime import datetime, timedelta

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.visibility import PastOpening
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.directory.models import Student


@use_case
def open_past(uow: UnitOfWork, student_id: int, reason: str) -> int:
    """Put this student's faded reports and cases back in view for the actor, for a while.

    Each opening has a reason of its own. Raises NotFound for a student of another school.
    """
    student = uow.session.get(Student, student_id)
    require(uow.actor, Permission.PAST_LOOK, student)
    if student is None or student.school_id is None:
        raise NotFound
    row = uow.add(
        PastOpening(
            student_id=student.id, school_id=student.school_id, user_id=uow.actor.user_id, reason=reason.strip(),
            opened_at=uow.now, expires_at=uow.now + timedelta(hours=setting("PAST_YEARS_HOURS")),
        )
    )  # fmt: skip
    uow.record(row, "past.opened", reason=row.reason)
    return row.id


def end_past(actor: Actor, student_id: int, now: datetime) -> None:
    """Let this student's past years fade again before the time is over. Raises NotFound as above."""
    with unit_of_work(actor, now) as uow:
        require(actor, Permission.PAST_LOOK, uow.session.get(Student, student_id))
        mine = select(PastOpening).where(
            PastOpening.student_id == student_id, PastOpening.user_id == actor.user_id, PastOpening.expires_at > now
        )
        for row in uow.session.scalars(mine.with_for_update()):
            row.expires_at = now
            uow.record(row, "past.ended")
