"""Reading what the school recorded of a guardian of a student."""

from sqlalchemy import select

from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.roster.directory.models import GuardianLimit, StudentGuardian


def get_link(link_id: int) -> StudentGuardian:
    """Return who is whose guardian. Raises NotFound; whether the actor may see the student is for the caller."""
    return existing(db.session.get(StudentGuardian, link_id))


def limit_of(link: StudentGuardian) -> GuardianLimit | None:
    """Return what was recorded of a guardian of a student, None for nothing yet."""
    statement = select(GuardianLimit).where(
        GuardianLimit.student_id == link.student_id, GuardianLimit.guardian_id == link.guardian_id
    )
    return db.session.scalar(statement)
