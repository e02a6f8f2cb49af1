"""Reading deletions, their certificates, and holds; every read starts from what the actor may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select, true

from wss_cases.access.actor import Actor, Role, in_schools
from wss_cases.accounts.teams import user_names
from wss_cases.cases.case.models import Case
from wss_cases.foundation.db import db, newest
from wss_cases.foundation.errors import existing
from wss_cases.pathways.legal_holds import LegalHold
from wss_cases.records.retention.core.pages import DeletionItem, RecordDeletion
from wss_cases.roster.directory.models import School, Student
from wss_cases.roster.directory.queries import schools_by_id

PAGE = 40


def deletions_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Deletions that the actor may see: of their schools, or all for who verifies them."""
    if actor.has(Role.AUDITOR):
        return true()
    return in_schools(RecordDeletion.school_id, actor, Role.ADMINISTRATOR, Role.DISTRICT)


@dataclass(frozen=True)
class Listed:
    """One deletion with its school, how many records it is about, and who proposed and confirmed it."""

    row: RecordDeletion
    school: str
    records: int
    people: dict[int, str]


def deletions(actor: Actor, before: int | None = None, limit: int = PAGE) -> list[Listed]:
    """Return deletions, the newest first; `before` is the last one's number that was shown."""
    statement = newest(select(RecordDeletion).where(deletions_visible_to(actor)), RecordDeletion, limit, before)
    return _listed(db.session.scalars(statement).all())


def get_deletion(actor: Actor, deletion_id: int) -> Listed:
    """Return one deletion. Raises NotFound."""
    statement = select(RecordDeletion).where(RecordDeletion.id == deletion_id, deletions_visible_to(actor))
    return _listed([existing(db.session.scalar(statement))])[0]


def _listed(rows: Sequence[RecordDeletion]) -> list[Listed]:
    ids = [row.id for row in rows]
    counted = (
        select(DeletionItem.deletion_id, func.count())
        .where(DeletionItem.deletion_id.in_(ids))
        .group_by(DeletionItem.deletion_id)
    )
    counts = {row[0]: row[1] for row in db.session.execute(counted)}
    schools = schools_by_id({row.school_id for row in rows})
    people = user_names({who for row in rows for who in (row.proposed_by_id, row.confirmed_by_id)})
    return [Listed(row, schools[row.school_id].name, counts.get(row.id, 0), people) for row in rows]


def items_of(deletion_id: int) -> list[tuple[DeletionItem, Student | None]]:
    """Return the records of a deletion with the student while there is one; for the school's administrator alone."""
    statement = (
        select(DeletionItem, Student)
        .outerjoin(Student, Student.id == DeletionItem.student_id)
        .where(DeletionItem.deletion_id == deletion_id)
        .order_by(DeletionItem.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def proposers(row: RecordDeletion) -> set[int | None]:
    """Return everybody who proposed any record of a deletion: none of them may confirm it."""
    added = select(DeletionItem.added_by_id).where(DeletionItem.deletion_id == row.id)
    return {row.proposed_by_id, *db.session.scalars(added)}


def kept_by(deletion_id: int) -> dict[str, int]:
    """Return how many records of a deletion were kept after all, by why."""
    statement = (
        select(DeletionItem.why_kept, func.count())
        .where(DeletionItem.deletion_id == deletion_id, DeletionItem.why_kept != "")
        .group_by(DeletionItem.why_kept)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


@dataclass(frozen=True)
class Held:
    """One hold with the number of what it is on, its school, and who opened and released it."""

    row: LegalHold
    number: str
    school: str
    people: dict[int, str]


def holds(actor: Actor, before: int | None = None, limit: int = PAGE) -> list[Held]:
    """Return the holds on students and cases of the district's schools, the newest first."""
    statement: Any = (
        select(LegalHold, func.coalesce(Case.reference, Student.student_number), School.name)
        .join(School, School.id == LegalHold.school_id)
        .outerjoin(Case, Case.id == LegalHold.case_id)
        .outerjoin(Student, Student.id == LegalHold.student_id)
        .where(LegalHold.pathway_id.is_(None), in_schools(LegalHold.school_id, actor, Role.DISTRICT))
    )
    rows = db.session.execute(newest(statement, LegalHold, limit, before)).all()
    people = user_names({who for row in rows for who in (row[0].opened_by_id, row[0].closed_by_id)})
    return [Held(row[0], row[1] or "", row[2], people) for row in rows]


def get_record_hold(actor: Actor, hold_id: int) -> LegalHold:
    """Return a hold on a student or a case. Raises NotFound."""
    statement = select(LegalHold).where(
        LegalHold.id == hold_id, LegalHold.pathway_id.is_(None), in_schools(LegalHold.school_id, actor, Role.DISTRICT)
    )
    return existing(db.session.scalar(statement))
