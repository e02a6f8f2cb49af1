"""Imports a file of supports by student number: a cell is stored, a blank one changes nothing."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import update

from wss_cases.access.actor import Actor
from wss_cases.foundation.i18n import _
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.roster.directory.models import ImportRun, Student
from wss_cases.roster.import_files import (
    SUPPORTS,
    BundleRefused,
    Counts,
    Odd,
    Problem,
    Report,
    RowRefused,
    required,
    support,
)
from wss_cases.roster.oneroster.actions import stop_where_too_many
from wss_cases.roster.oneroster.bundle import Row, Table
from wss_cases.roster.oneroster.staging import batches, rows_among
from wss_cases.roster.runs import keep_refused, trimmed

KIND, NUMBER = "supports", "student_number"
STUDENT: Any = Student.__table__


def import_supports(actor: Actor, path: Path, now: datetime, most_refused: int | None = None) -> Report:
    """Import a CSV file with `student_number` and any of iep, 504, english_learner, housing and language; return the
    report.

    Raises BundleRefused when nothing can land, which is stored too.
    """
    report = Report(source=path.name)
    try:
        table = Table(path.stem, lambda: path.open("rb"))
        report.files[table.file] = Counts()
        _check(table)
        with unit_of_work(actor, now) as uow:
            for rows in batches(table.rows(report)):
                _take(uow, table, rows, report)
            stop_where_too_many(report, most_refused)
            report.finish()
            run = ImportRun(kind=KIND, source=path.name[:120], started_at=now, report=trimmed(report.as_document()))
            uow.add(run)
            uow.record(run, "supports.imported", source=path.name[:120])
    except BundleRefused as refused:
        report.files, report.problems, refused.report = {}, refused.problems, report
        keep_refused(actor, KIND, path.name, report, now)
        raise
    report.landed = True
    return report


def _check(table: Table) -> None:
    if NUMBER not in table.columns or not set(SUPPORTS) & set(table.columns):
        words = _("The header must have student_number, and any of iep, 504, english_learner, housing and language.")
        raise BundleRefused(Problem(table.file, 1, None, words))


def _take(uow: UnitOfWork, table: Table, rows: list[Row], report: Report) -> None:
    columns = [STUDENT.c[name] for name in ("student_number", "id", *SUPPORTS.values())]
    wanted = sorted({row[NUMBER] for _number, row, _joined in rows})
    students = defaultdict(list)
    for found in rows_among(uow.session, columns, (STUDENT.c.is_active,), STUDENT.c.student_number, wanted):
        students[found[0]].append(dict(found._mapping))
    changes: dict[tuple[str, bool | str], list[int]] = defaultdict(list)
    counts = report.files[table.file]
    for number, row, _joined in rows:
        try:
            student = _student(row, students)
        except RowRefused as refused:
            report.refuse(table.file, number, refused)
            continue
        odd: list[Odd] = []
        differing = [(field, value) for field, value in _said(row, odd) if student[field] != value]
        for change in differing:
            changes[change].append(student["id"])
        counts.updated, counts.unchanged = counts.updated + bool(differing), counts.unchanged + (not differing)
        if odd:
            report.without(table.file, number, odd)
    for (field, value), ids in changes.items():
        here = update(STUDENT).where(STUDENT.c.id.in_(ids))
        uow.session.execute(here.values({field: value, "version": STUDENT.c.version + 1}))
    if changes:
        uow.audit("roster.supports", "student", None, {"file": table.file, "students": [None, counts.updated]})


def _student(row: dict[str, str], students: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    matches = students.get(required(row, NUMBER), [])
    if len(matches) != 1:
        words = _("There is no such student:") if not matches else _("Several students have this number:")
        raise RowRefused(NUMBER, words, row[NUMBER])
    return matches[0]


def _said(row: dict[str, str], odd: list[Odd]) -> Iterator[tuple[str, bool | str]]:
    for name, field in SUPPORTS.items():
        known, value = support(field, row.get(name, ""))
        if not known:
            odd.append(Odd(name, row[name], _("This value is not known:")))
        if value is not None:
            yield field, value
