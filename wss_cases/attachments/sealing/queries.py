"""Which files are sealed, for those who act on it: never what is in them."""

from collections.abc import Sequence

from sqlalchemy import or_, select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.scope import in_schools
from wss_cases.attachments.attachment.models import HOSTS, Attachment
from wss_cases.attachments.hosts.queries import rows_of
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation.db import db, newest
from wss_cases.incidents.incident.models import IncidentPerson

PAGE = 40


def keeps_record(student_id: int) -> bool:
    """Whether a sealed file hangs on a report, case or removal of this student: then nothing of theirs is deleted."""
    reports = select(IncidentPerson.incident_id).where(IncidentPerson.student_id == student_id)
    cases = select(CaseParticipant.case_id).where(CaseParticipant.student_id == student_id)
    mine = [Attachment.incident_id.in_(reports)]
    for name in HOSTS:
        rows = rows_of(name)
        about = rows.case_id.in_(cases) if hasattr(rows, "case_id") else None
        if hasattr(rows, "student_id"):
            about = rows.student_id == student_id
        if about is not None:
            mine.append(getattr(Attachment, name).in_(select(rows.id).where(about)))
    found = select(Attachment.id).where(Attachment.sealed_at.is_not(None), or_(*mine))
    return db.session.scalar(found.limit(1)) is not None


def sealed_files(actor: Actor, before: int | None, limit: int) -> Sequence[Attachment]:
    """Return the sealed files of the schools that the actor answers for, the newest first."""
    mine = []
    for name in HOSTS:
        rows = rows_of(name)
        ids = select(rows.id).where(in_schools(rows.school_id, actor, Role.ADMINISTRATOR, Role.DISTRICT))
        mine.append(getattr(Attachment, name).in_(ids))
    statement = select(Attachment).where(Attachment.sealed_at.is_not(None), or_(*mine))
    return db.session.scalars(newest(statement, Attachment, limit, before)).all()
