"""Deletions of records: who sees them, and erasing everything that one student's record reaches."""

import enum
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, Enum, String, Table, Text, delete, func, null, select, true, update

from wss_cases.access.actor import Actor, Role, in_schools
from wss_cases.accounts.teams import user_names
from wss_cases.attachments.handling import erase_shared
from wss_cases.cases.case.models import Case
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.presenters import PURPOSE as SAID
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import Base, db, newest
from wss_cases.foundation.errors import existing
from wss_cases.foundation.keys import seal, unseal
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings import setting
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.intake.offline.models import erase, mentions, naming
from wss_cases.journal.changes import REDACTED
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.word_index import SearchEntry, index_again
from wss_cases.pathways.circles.questionnaires.models import Questionnaire
from wss_cases.pathways.circles.questionnaires.pages import PURPOSE as ANSWER
from wss_cases.pathways.legal_holds import LegalHold
from wss_cases.records.retention.core.pages import DeletionItem, RecordDeletion, RemovedFigure
from wss_cases.records.retention.reach import TABLES, Reach, Reader, Rows, goes_to, students_in, table
from wss_cases.roster.directory.models import Guardian, School, Student, StudentGuardian
from wss_cases.roster.directory.queries import schools_by_id
from wss_cases.roster.names.finder import Finder
from wss_cases.roster.names.queries import COLUMNS, NOBODY, finder_beside, guardians_named, students_named
from wss_cases.routing.engine.vocabulary import Pathway as Family

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


INSTEAD = "[…]"
"""What stands where the name of a student stood who is in a record no more, for those who stay in it."""
AUDIT = "named_in_error.masked"
SEALED: tuple[tuple[Any, str], ...] = ((Questionnaire, ANSWER), (FollowUp, SAID))
"""Models of shared records with a text under the district's keys, and what those were derived for."""


def take_names_out_of_sealed(uow: UnitOfWork, stays: Rows, names: Finder) -> int:
    """Take these names out of sealed texts; what they said stands nowhere else, and what no key opens stays shut."""
    keys, changed = setting("WSS_KEYS"), 0
    for model, purpose in SEALED:
        which = model.id.in_(stays.get(model.__tablename__, set())) & model.sealed_text.is_not(None)
        for row in uow.session.scalars(select(model).where(which).order_by(model.id).with_for_update()):
            try:
                text = unseal(keys, purpose, row.sealed_text, row.sealed_key)
            except ValueError:
                continue
            masked = names.without(text, INSTEAD)
            if masked != text:
                sealed = seal(keys, purpose, masked)
                row.sealed_text, row.sealed_key, row.key_name = sealed.text, sealed.key, sealed.key_name
                uow.audit(AUDIT, model.__tablename__, row.id, {"sealed_text": [REDACTED, REDACTED]})
                changed += 1
    uow.session.flush()
    return changed


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


LEAST_LENGTH = 80
"""Shorter columns hold codes, not what somebody wrote."""
_CODE = re.compile(r"[a-z]+(?:[_.][a-z]+)+")
"""A code that is counted by, which nobody wrote."""
COUNTED: dict[str, tuple[str, str | None]] = {
    "incident": ("local_date", None),
    "case_record": ("opened_on", None),
    "pathway": ("proposed_at", "pathway"),
    "discipline_action": ("starts_on", "kind"),
    "police_notification": ("local_date", "door"),
}
"""What leaves a bare count: the day it counts on, and by which column."""


def erase_student(uow: UnitOfWork, student_id: int, permanent: bool) -> dict[str, int]:
    """Delete everything that this student's record reaches; returns how many rows of each table went.

    `texts` are those of shared records that lost the name; `drafts` of reports and `unfiled` ones written offline
    named the student; `consents` are public pages whose written consents named a guardian who goes.
    """
    reader = Reader(uow.session, student_id)
    reach = reader.reach(permanent)
    names = names_of(student_id, reach)
    counts: Counter[str] = Counter({name: len(rows) for name, rows in reach.gone.items()})
    counts["texts"] = take_names_out(uow, reach.stays, names)
    counts["texts"] += take_names_out_of_sealed(uow, reach.stays, names)
    counts["drafts"] = _drop_drafts(uow, student_id, names)
    counts["unfiled"] = _erase_unfiled(uow, student_id, names)
    counts["sealed"] = _empty_sealed(uow, reach.circles)
    counts["consents"] = take_guardians_out_of_consents(uow, student_id, reach.gone)
    counts["files"] = erase_shared(uow, reach.stays.get("attachment", set()))
    _count_bare(uow, reach.gone)
    _say_where(uow, reach.gone)
    _let_go(uow, reach.gone)
    for one in reversed(Base.metadata.sorted_tables):
        if reach.gone.get(one.name):
            uow.session.execute(delete(one).where(one.c.id.in_(reach.gone[one.name])))
    return {name: count for name, count in sorted(counts.items()) if count}


def written(one: Table) -> list[Column[Any]]:
    """Return the columns of a table that hold what somebody wrote."""
    private = _private().get(one.name, frozenset())
    columns = []
    for column in one.c:
        kind = column.type
        if isinstance(kind, Enum) or column.foreign_keys:
            continue
        long = isinstance(kind, Text) or (isinstance(kind, String) and (kind.length or 0) >= LEAST_LENGTH)
        if isinstance(kind, JSON) or long or (isinstance(kind, String) and column.name in private):
            columns.append(column)
    return columns


def _private() -> dict[str, frozenset[str]]:
    """Return the columns that each table marks as written by somebody."""
    marked = {}
    for mapper in Base.registry.mappers:
        columns = getattr(mapper.class_, "PRIVATE", None)
        if isinstance(columns, frozenset):
            marked[mapper.class_.__tablename__] = columns
    return marked


def names_of(student_id: int, reach: Reach) -> Finder:
    """Return what finds a student and their own guardians in the texts that are reached, beside those who stay."""
    beside = Student.id.in_(students_in(reach.stays)) & (Student.id != student_id)
    own = students_named(select(*COLUMNS).where(Student.id == student_id))
    own += guardians_named(StudentGuardian.student_id == student_id)
    return finder_beside(students_named(select(*COLUMNS).where(beside)), own)


def take_names_out(uow: UnitOfWork, stays: Rows, names: Finder, *, keep: bool = False) -> int:
    """Take these names out of every text of these rows; with `keep` the audit log alone has what stood there."""
    changed = 0
    for name, ids in sorted(stays.items()):
        one = table(name)
        columns = written(one)
        if not columns or TABLES[name].kind == "mail" or name == SearchEntry.__tablename__:
            continue
        for row in uow.session.execute(select(one.c.id, *columns).where(one.c.id.in_(ids))).mappings():
            values = {column.name: _without(row[column.name], names) for column in columns}
            values = {key: value for key, value in values.items() if value != row[key]}
            if not values:
                continue
            if keep:
                uow.audit(
                    "named_in_error.masked", name, row["id"], {key: [row[key], now] for key, now in values.items()}
                )
            if "version" in one.c:
                values["version"] = one.c.version + 1  # whoever has it open sees that it changed
            uow.session.execute(update(one).where(one.c.id == row["id"]).values(values))
            changed += 1
    index_again(uow.session, stays)
    return changed


def _without(value: Any, names: Finder) -> Any:
    if isinstance(value, str):
        return value if _CODE.fullmatch(value) else names.without(value, INSTEAD)
    if isinstance(value, list):
        return [_without(one, names) for one in value]
    if isinstance(value, dict):
        return {key: _without(one, names) for key, one in value.items()}
    return value


def _drop_drafts(uow: UnitOfWork, student_id: int, names: Finder) -> int:
    """Drafts of reports about the student: they name them by number, or in words in full."""
    draft = table("incident_draft")
    draft_ids = [
        row["id"]
        for row in uow.session.execute(select(draft.c.id, draft.c.payload)).mappings()
        if mentions(row["payload"], student_id, names)
    ]
    if draft_ids:
        uow.session.execute(delete(draft).where(draft.c.id.in_(draft_ids)))
    return len(draft_ids)


def _erase_unfiled(uow: UnitOfWork, student_id: int, names: Finder) -> int:
    """What somebody wrote without network about the student, and never filed."""
    rows = naming(uow, student_id, names)
    for row in rows:
        erase(uow, row)
    return len(rows)


def _empty_sealed(uow: UnitOfWork, circles: set[int]) -> int:
    """What others wrote under seal about a circle that the student was in: nobody can take a name out of that."""
    questionnaire = table("questionnaire")
    held = (questionnaire.c.pathway_id.in_(circles), questionnaire.c.sealed_text.is_not(None))
    count = uow.session.scalar(select(func.count()).select_from(questionnaire).where(*held)) or 0
    if count:
        emptied = {"sealed_text": null(), "sealed_key": null(), "key_name": ""}
        uow.session.execute(update(questionnaire).where(*held).values(emptied))
    return count


def _count_bare(uow: UnitOfWork, gone: Rows) -> None:
    """Leave how many there were, by school and school year: the figures of those years stay whole without a child."""
    figures: Counter[tuple[int, str, str]] = Counter()
    for name, (day, by) in COUNTED.items():
        one = table(name)
        columns = [one.c.school_id, one.c[day], *([one.c[by]] if by else [])]
        counts = one.c.happened_at_id.is_(None) if name == "incident" else true()
        for row in uow.session.execute(select(*columns).where(one.c.id.in_(gone.get(name, set())), counts)):
            on: date = today_at(row[0], row[1]) if isinstance(row[1], datetime) else row[1]
            what = f"{name}:{_code(row[2])}" if by else name
            figures[row[0], school_year(on), what] += 1
    for (school_id, year, what), count in sorted(figures.items()):
        figure = uow.session.scalars(
            select(RemovedFigure)
            .where(RemovedFigure.school_id == school_id, RemovedFigure.school_year == year, RemovedFigure.what == what)
            .with_for_update()
        ).one_or_none()
        if figure is None:
            uow.session.add(RemovedFigure(school_id=school_id, school_year=year, what=what, how_many=count))
        else:
            figure.how_many += count
    uow.session.flush()


def _say_where(uow: UnitOfWork, gone: Rows) -> None:
    """Audit on which days of which school reports change by this, and no more: daily figures are counted anew there."""
    report, present = table("incident"), table("incident_person")
    lost = gone.get("incident", set())
    touched = select(present.c.incident_id).where(present.c.id.in_(gone.get("incident_person", set())))
    which = report.c.id.in_(lost) | report.c.duplicate_of_id.in_(lost) | report.c.id.in_(touched)
    days: dict[int, set[str]] = {}
    for school_id, day in uow.session.execute(select(report.c.school_id, report.c.local_date).where(which)):
        days.setdefault(school_id, set()).add(day.isoformat())
    for school_id, first_days in sorted(days.items()):
        uow.audit("figures.moved", "school", school_id, {"days": [None, sorted(first_days)]})


def _code(value: Any) -> str:
    """Return a code by which is counted; never a word that somebody wrote."""
    code = str(getattr(value, "value", value))
    return code if isinstance(value, enum.Enum) or code in set(Family) else "other"


def _let_go(uow: UnitOfWork, gone: Rows) -> None:
    """Empty what points at rows that go from rows that may stay."""
    for name, entry in TABLES.items():
        for column in entry.lets_go:
            one = table(name)
            lost = gone.get(goes_to(one.c[column]) or "")
            if not lost:
                continue
            values: dict[str, Any] = {column: null()}
            if (name, column) == ("incident", "duplicate_of_id"):
                values["state"] = IncidentState.CLOSED  # a duplicate of nothing is none
            uow.session.execute(update(one).where(one.c[column].in_(lost)).values(values))
