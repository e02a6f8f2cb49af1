"""Taking guardians who are in no record any more out of the written consents that schools keep with public pages."""

from typing import Any

from sqlalchemy import select, update

from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.records.retention.deletion.sealed import INSTEAD
from wss_cases.records.retention.reach.queries import Rows, table
from wss_cases.roster.directory.models import Guardian
from wss_cases.roster.names.finder import Finder
from wss_cases.roster.names.queries import NOBODY, guardians_named


def take_guardians_out_of_consents(uow: UnitOfWork, student_id: int, gone: Rows) -> int:
    """Take the names of guardians who go out of the consents of a student's schools; their days stay.

    Returns on how many pages.
    """
    leaving = gone.get("guardian")
    if not leaving:
        return 0
    names = Finder(NOBODY, guardians_named(Guardian.id.in_(sorted(leaving))))
    page, pupil, enrolment = table("plan_publication"), table("student"), table("enrolment")
    here = select(pupil.c.school_id).where(pupil.c.id == student_id)
    schools = here.union(select(enrolment.c.school_id).where(enrolment.c.student_id == student_id))
    changed = 0
    for row in uow.session.execute(select(page.c.id, page.c.agreed).where(page.c.school_id.in_(schools))).all():
        agreed = [[*(names.without(text, INSTEAD) for text in said), day] for *said, day in row.agreed]
        if agreed != row.agreed:
            values: dict[str, Any] = {"agreed": agreed, "version": page.c.version + 1}
            uow.session.execute(update(page).where(page.c.id == row.id).values(values))
            changed += 1
    return changed
