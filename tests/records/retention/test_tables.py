"""Every table says whose it is and what takes its rows away; one that says nothing fails here."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Column, Enum, ForeignKey, Integer, MetaData, String, Table, inspect

from wss_cases.foundation.db import Base
from wss_cases.journal.models import Disclosure
from wss_cases.records.retention.core.queries import schedule_rows
from wss_cases.records.retention.deletion.erasure import written
from wss_cases.records.retention.reach import TABLES, Whose, goes_to


def undeclared(tables: Any) -> list[str]:
    """Return what a table leaves unsaid: the table itself, or a column that names a row about a student."""
    problems = [f"{one.name} is not declared" for one in tables if one.name not in TABLES]
    about = {name for name, kept in TABLES.items() if kept.whose is Whose.STUDENT}
    for one in tables:
        kept = TABLES.get(one.name)
        if kept is None:
            continue
        said = {*kept.owners, *kept.lets_go}
        for column in one.c:
            if goes_to(column) in about and column.name not in said:
                problems.append(f"{one.name}.{column.name} names a record of a student and is not declared")
        problems += [f"{one.name}.{name} is no column" for name in said if name not in one.c]
        problems += [f"{one.name}.{name} cannot be emptied" for name in kept.lets_go if not one.c[name].nullable]
    return problems


HARMLESS = {"source", "sourced_id", "path", "page", "dedupe_key", "message_id", "last_error", "actor_name", "label"}
"""Long columns that nobody writes in: addresses, keys, kinds of error, and the names of those who act."""


def told_in_the_audit(models: Any) -> list[str]:
    """Return the columns about students in which people write, and that the audit log would show in clear."""
    found = []
    for model in models:
        kept = TABLES[model.__tablename__]
        if kept.whose not in (Whose.STUDENT, Whose.AUDIT) or kept.kind == "identity":
            continue
        private = model().PRIVATE if hasattr(model, "PRIVATE") else frozenset()
        for attribute in inspect(model).column_attrs:
            kind = attribute.columns[0].type
            free = isinstance(kind, String) and not isinstance(kind, Enum) and (kind.length or 999) >= 100
            if free and attribute.key not in private | HARMLESS:
                found.append(f"{model.__tablename__}.{attribute.key}")
    return found


def test_what_people_write_of_a_child_never_stands_in_the_audit(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names and numbers of students come from the roster, whose imports say in the audit only how many."""
    models = [mapper.class_ for mapper in Base.registry.mappers]
    assert told_in_the_audit(models) == []
    monkeypatch.setattr(Disclosure, "PRIVATE", frozenset())
    assert len(told_in_the_audit(models)) == 4, "the planted bug"


def test_every_table_is_declared_and_every_way_to_a_student_too(session: Any) -> None:
    assert len(Base.metadata.tables) > 100
    assert undeclared(Base.metadata.sorted_tables) == []
    assert set(TABLES) - set(Base.metadata.tables) == set()


@pytest.mark.parametrize(
    ("name", "words"),
    [("case_diary", "case_diary is not declared"), ("cover", "cover.student_id names a record of a student")],
)
def test_a_table_that_says_nothing_is_seen(session: Any, name: str, words: str) -> None:
    planted = Table(
        name,
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("student_id", ForeignKey(Base.metadata.tables["student"].c.id)),
    )
    assert [problem for problem in undeclared([planted]) if problem.startswith(words)]


def test_every_kind_that_is_kept_is_in_the_schedule(session: Any) -> None:
    scheduled = {row.code for row in schedule_rows()}
    assert {kept.kind for kept in TABLES.values() if kept.kind} <= scheduled


def test_no_enum_is_taken_for_words(session: Any) -> None:
    found = {(one.name, column.name) for one in Base.metadata.sorted_tables for column in written(one)}
    assert {("incident", "narrative"), ("case_note", "text"), ("timeline_entry", "data")} <= found
    assert not {(name, column) for name, column in found if isinstance(Base.metadata.tables[name].c[column].type, Enum)}
    assert not {("timeline_entry", "kind"), ("pathway", "kind"), ("incident", "location_code")} & found
