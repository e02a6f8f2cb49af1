"""A missing id equals no row's id, in queries as the rooms write them and on every column of the schema."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, Table, delete, func, not_, or_, select
from sqlalchemy.orm import aliased

from tests.factories.followups import FollowUpFactory
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory
from wss_cases.app import create_app
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation.connecting import StrictInteger
from wss_cases.foundation.db import Base, BigId

NOT_KNOWN: Any = None


@pytest.mark.both_databases
def test_what_equals_a_missing_id_is_no_row_and_is_none_still_finds_them(session: Any) -> None:
    school = SchoolFactory()
    incident = make_incident(school)
    for _number in range(2):
        FollowUpFactory(school_id=school.id, incident_id=incident.id)
    other, table, inner = aliased(FollowUp), FollowUp.__table__, select(FollowUp).subquery()
    conditions = (
        FollowUp.case_id == NOT_KNOWN,
        not_(FollowUp.case_id == NOT_KNOWN),
        or_(FollowUp.incident_id == incident.id + 1, FollowUp.case_id == NOT_KNOWN),
    )
    for condition in conditions:
        assert session.scalars(select(FollowUp).where(condition)).all() == [], condition
    assert session.scalars(select(FollowUp).filter_by(case_id=NOT_KNOWN)).all() == []
    assert session.scalars(select(other.id).where(other.case_id == NOT_KNOWN)).all() == []
    assert session.scalars(select(table.c.id).where(table.c.case_id == NOT_KNOWN)).all() == []
    assert session.scalars(select(inner.c.id).where(inner.c.case_id == NOT_KNOWN)).all() == []
    assert session.execute(delete(FollowUp).where(FollowUp.case_id == NOT_KNOWN)).rowcount == 0
    everyone = select(func.count()).select_from(FollowUp)
    assert session.scalar(everyone.where(FollowUp.case_id.is_(None))) == 2
    assert session.scalar(everyone.where(FollowUp.incident_id == incident.id)) == 2
    assert session.scalar(everyone.where(FollowUp.owner_id.is_not_distinct_from(NOT_KNOWN))) == 2


def loose_ids(tables: Iterable[Table]) -> list[str]:
    """Keys and columns named as ids whose comparison with a missing value would match the rows without one."""
    return [
        str(column)
        for table in tables
        for column in table.columns
        if isinstance(column.type, Integer)
        and (column.primary_key or column.foreign_keys or column.name.endswith("_id"))
        and not isinstance(column.type, StrictInteger)
    ]


def test_every_id_of_the_schema_is_strict() -> None:
    create_app()
    assert loose_ids(Base.metadata.tables.values()) == []


def test_a_loose_id_is_found_and_would_match() -> None:
    """The planted column: an integer of SQLAlchemy's own, as every id was before."""
    metadata = MetaData()
    Table("parent", metadata, Column("id", BigId, primary_key=True))
    child = Table(
        "child",
        metadata,
        Column("id", BigId, primary_key=True),
        Column("parent_id", BigInteger, ForeignKey("parent.id")),
        Column("days", Integer),
    )
    assert loose_ids(metadata.tables.values()) == ["child.parent_id"]
    assert "IS NULL" in str(child.c.parent_id == NOT_KNOWN)
    assert "IS NULL" not in str(child.c.id == NOT_KNOWN)
