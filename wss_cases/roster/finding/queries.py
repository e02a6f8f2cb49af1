"""What a search finds in the roster: students whose page the person may open, and colleagues of the own schools."""

from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor
from wss_cases.access.scope import in_schools
from wss_cases.foundation.db import db
from wss_cases.foundation.ids import search_words
from wss_cases.roster.directory.models import StaffMember, Student
from wss_cases.roster.directory.queries import holds_words, named_or_numbered, visible_to


def students_found(actor: Actor, typed: str, limit: int, skip: int) -> list[Student]:
    """Return students of whom every typed word begins some name, or the number; those who left last, then by name."""
    words = search_words(typed)
    if not words or not actor.has(*CASE_TEAM):
        return []
    statement = visible_to(select(Student), actor).where(named_or_numbered(words))
    order = (Student.is_active.desc(), Student.search_key_family, Student.search_key, Student.id)
    return list(db.session.scalars(statement.order_by(*order).limit(limit).offset(skip)))


def staff_found(actor: Actor, typed: str, limit: int, skip: int) -> list[Any]:
    """Return (name, role, school) of colleagues of the own schools of whom every typed word begins some name."""
    words = search_words(typed)
    if not words or not actor.has(*STAFF):
        return []
    statement = select(StaffMember.name, StaffMember.role, StaffMember.school_id).where(
        in_schools(StaffMember.school_id, actor, *STAFF),
        StaffMember.is_active,
        *holds_words(StaffMember.search_key, words),
    )
    order = (StaffMember.search_key, StaffMember.id)
    return list(db.session.execute(statement.order_by(*order).limit(limit).offset(skip)))
