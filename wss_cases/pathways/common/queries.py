"""Queries: pathways. Every read is limited to what the actor may see."""

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import aliased, joinedload

from wss_cases.access.actor import CASE_TEAM, KNOW, Actor, housing_known_at, may_know_of_housing
from wss_cases.access.visibility import finds_any, in_view
from wss_cases.accounts.grants import holders
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation.database import Narrow, Prepared
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.pathways.common.models import LIVE, STANDS, Pathway
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import languages_of
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.routing.engine.vocabulary import Pathway as Family

Statement = TypeVar("Statement", bound=Select[Any])


def visible_to(statement: Statement, actor: Actor, *, live: bool = False) -> Statement:
    """Narrow a select to pathways that the actor sees on a case team. `live`: only live ones."""
    return statement.where(in_view(Pathway, actor, *CASE_TEAM, live=live), known_to(actor))


def known_to(actor: Actor) -> ColumnElement[bool]:
    """The condition that hides pathways of housing support from actors who may not know of them."""
    return or_(Pathway.kind != Kind.HOUSING_BASIC_NEEDS, housing_known_at(Pathway.school_id, actor))


def parted(actor: Actor, school_id: int, rows: Sequence[Pathway]) -> tuple[list[Pathway], list[Pathway]]:
    """Split a school's pathways: those the actor may see, and those of housing support the actor may not know of."""
    if may_know_of_housing(actor, school_id):
        return list(rows), []
    seen = [row for row in rows if row.kind != Kind.HOUSING_BASIC_NEEDS]
    return seen, [row for row in rows if row not in seen]


def keeps_case(ids: Any, first: date) -> ColumnElement[bool]:
    """A live pathway keeps its case in view."""
    row = aliased(Pathway)
    return finds_any(select(row.id).where(row.case_id == ids, row.state.in_(LIVE)))


def load_pathway(pathway_id: int) -> Pathway | None:
    return db.session.get(Pathway, pathway_id)


def get_pathway(actor: Actor, case_id: int, pathway_id: int, family: Family | None = None) -> Pathway:
    """A pathway of a case, of this family if given, that the actor may see, with its case. Raises NotFound."""
    statement = (
        select(Pathway).options(joinedload(Pathway.case)).where(Pathway.id == pathway_id, Pathway.case_id == case_id)
    )
    if family is not None:
        statement = statement.where(Pathway.pathway == family)
    return existing(db.session.scalar(visible_to(statement, actor)))


def standing(case_id: int) -> dict[tuple[str, int | None], Pathway]:
    """The live and completed pathways of a case by kind and person, so that none is opened twice."""
    rows = select(Pathway).where(Pathway.case_id == case_id, Pathway.state.in_(STANDS))
    return {(row.kind, row.participant_id): row for row in db.session.scalars(rows)}


def pathways_of(case_id: int) -> list[Pathway]:
    """The pathways of a case with their participants, oldest first; the caller has checked the case."""
    return list(_of_cases.rows([case_id]).scalars())


@Prepared
def _of_cases(among_ids: Narrow) -> Any:
    person = joinedload(Pathway.participant).joinedload(CaseParticipant.student)
    return select(Pathway).options(person).where(among_ids(Pathway.case_id)).order_by(Pathway.id)


def family_language(student: Student | None) -> str:
    """The language for a student's family: the guardian's, else the student's, else English."""
    languages = languages_of(student.id) if student is not None else []
    return next(filter(None, [*languages, student.language if student is not None else ""]), None) or "en"


def team_of(school_id: int, day: date, kind: str = "") -> dict[int, str]:
    """The people of a school's case team on a day, sorted by name: id to name. With `kind`, only those who may know of
    such a pathway.
    """
    roles = KNOW if kind == Kind.HOUSING_BASIC_NEEDS else CASE_TEAM
    people = {user_id: name for role in roles for user_id, name in holders(role, school_id, day)}
    return dict(sorted(people.items(), key=lambda item: item[1]))
