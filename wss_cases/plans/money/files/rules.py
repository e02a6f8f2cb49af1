"""Files of money: their table, reading each row, and what a file is checked against."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    and_,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor, Role, in_schools
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import Base, Id, by_id, db, named_enum, where
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import Labelled, _, _l, dotted
from wss_cases.foundation.ids import fold
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.tables.ordering import in_order
from wss_cases.plans.money.amounts import Unreadable, cents_in, check_day, check_year, hundredths_in
from wss_cases.plans.money.funding.models import Funding, FundingSource
from wss_cases.plans.money.funding.pages import MOST_OFFICERS, Given
from wss_cases.plans.money.resources import models
from wss_cases.plans.money.resources.pages import Needed, Paid, check_needed
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan
from wss_cases.plans.plan.goals.models import PlanGoal, PlanStrategy
from wss_cases.roster.directory.models import School
from wss_cases.roster.import_files import iso_day, our_day
from wss_cases.roster.names.queries import finder_at_school


class FileKind(Labelled):
    """The kind of a file's rows."""

    ENTRIES = "entries", _l("Amounts committed or spent")
    FUNDING = "funding", _l("Funding by source")
    RESOURCES = "resources", _l("New resources and positions")


COLUMNS: Final[dict[FileKind, tuple[str, ...]]] = {
    FileKind.ENTRIES: ("school", "resource", "kind", "amount", "date", "note"),
    FileKind.RESOURCES: (
        "school",
        "strategy",
        "kind",
        "title",
        "planned",
        "job_code",
        "fte",
        "filled_on",
        "vacant_since",
    ),
    FileKind.FUNDING: ("school", "school_year", "source", "amount", "officers_removed", "note"),
}
HELP: Final[dict[FileKind, Any]] = {
    FileKind.ENTRIES: _l("resource is its name in the plan."),
    FileKind.RESOURCES: _l(
        "strategy is what the plan says after “If”. The job code, the share, and the days are for positions."
    ),
    FileKind.FUNDING: _l("officers_removed is for former school police money."),
}
"""Explanations of columns whose name is not enough."""
MAY_LACK: Final = frozenset({"note", "officers_removed", "job_code", "fte", "filled_on", "vacant_since"})
"""Columns that a file may leave out."""


class MoneyFile(Base):
    """One uploaded file with at least one valid row; its valid rows are written on confirmation, all or none.

    `school_ids` are the schools of its valid rows; `school_id` is the only school, None for several. The same rows are
    not imported twice: `digest` is their hash.
    """

    __tablename__ = "money_file"
    __table_args__ = (
        Index("uq_money_file_done", "kind", "digest", unique=True, **where("done_at IS NOT NULL")),
    )  # fmt: skip
    PRIVATE = frozenset({"rows"})

    id: Mapped[Id]
    kind: Mapped[FileKind] = mapped_column(named_enum(FileKind, "kind"))
    name: Mapped[str] = mapped_column(String(120))
    digest: Mapped[str] = mapped_column(String(64))
    rows: Mapped[list[Any]]
    school_ids: Mapped[list[Any]]
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    done_at: Mapped[datetime | None]
    landed: Mapped[int | None]


MOST_ROWS: Final = 2_000
LONGEST_FUNDING_NOTE: Final = 200
WRITER: Final = {
    FileKind.ENTRIES: Role.ADMINISTRATOR, FileKind.RESOURCES: Role.ADMINISTRATOR, FileKind.FUNDING: Role.DISTRICT
}  # fmt: skip
"""The role that may import each kind of file: the same that may enter it by hand."""

FundingKey = tuple[int, str, FundingSource, str]


@dataclass(frozen=True)
class Line:
    """One valid row: its school, its content, the resource of an entry, the strategy of a resource."""

    row: int
    school_id: int
    what: Given | Paid | Needed
    resource_id: int | None = None
    strategy_id: int | None = None


def text_of(line: Line) -> str:
    """The text in a row that a person wrote: a title, or a note."""
    return line.what.title if isinstance(line.what, Needed) else line.what.note


@dataclass(frozen=True)
class Wrong:
    """An error in a cell. Row 1 holds the column names."""

    row: int
    column: str
    words: str


@dataclass(frozen=True)
class Known:
    """What the database has when a file of money is read.

    `schools`: ids by number and by name. `resources`: ids by school and title. `strategies`: ids by school and words.
    Names, titles and words are folded; the id is None where several share one. `funding`: the lines that exist.
    """

    schools: Mapping[str, int | None]
    resources: Mapping[tuple[int, str], int | None]
    funding: frozenset[FundingKey]
    today: date
    this_year: str
    strategies: Mapping[tuple[int, str], int | None] = field(default_factory=dict)


class _Odd(Exception):
    """A cell that is refused."""

    def __init__(self, column: str, words: str) -> None:
        super().__init__(words)
        self.column, self.words = column, words


def brings(actor: Actor, file: Any) -> bool:
    """Whether the actor may write the money of every school in a file."""
    return bool(file.school_ids) and all(actor.covers(school_id, WRITER[file.kind]) for school_id in file.school_ids)


def digest_of(rows: Sequence[Sequence[str]]) -> str:
    """A hash of a file's cells, independent of its line ends and quotes."""
    full = [row for row in rows if any(row)]
    return hashlib.sha256(json.dumps(full, ensure_ascii=False).encode()).hexdigest()


def check(rows: Sequence[Sequence[str]], kind: FileKind, known: Known) -> tuple[list[Line], list[Wrong]]:
    """The valid rows of a file, and all errors in the others."""
    names = [cell.lower().replace(" ", "_") for cell in rows[0]] if rows else []
    heads = [Wrong(1, name, _("This column is missing.")) for name in COLUMNS[kind] if name not in {*names, *MAY_LACK}]
    heads += [Wrong(1, name, _("This column is there twice.")) for name in COLUMNS[kind] if names.count(name) > 1]
    if len(rows) > MOST_ROWS + 1:
        heads.append(Wrong(MOST_ROWS + 2, COLUMNS[kind][0], _("A file has at most %(most)d rows.", most=MOST_ROWS)))
    if heads:
        return [], heads
    sound: list[Line] = []
    wrong: list[Wrong] = []
    seen: set[Any] = {*known.funding, *known.resources}
    too_many = _("The row has more cells than the header. Put quotation marks around the text that has a comma.")
    for number, cells in enumerate(rows[1:], 2):
        if not any(cells):
            continue
        try:
            if len(cells) > len(names):
                raise _Odd(COLUMNS[kind][-1], too_many)
            row = dict.fromkeys(COLUMNS[kind], "") | dict(zip(names, cells, strict=False))
            sound.append(_line(number, row, kind, known, seen))
        except _Odd as odd:
            wrong.append(Wrong(number, odd.column, odd.words))
    if not sound and not wrong:
        wrong.append(Wrong(1, COLUMNS[kind][0], _("The file has no row.")))
    return sound, wrong


def _line(number: int, row: Mapping[str, str], kind: FileKind, known: Known, seen: set[Any]) -> Line:
    if kind is FileKind.ENTRIES:
        return _entry(number, row, known)
    return _resource(number, row, known, seen) if kind is FileKind.RESOURCES else _funding(number, row, known, seen)


def _resource(number: int, row: Mapping[str, str], known: Known, seen: set[Any]) -> Line:
    school_id = _school(row, known)
    strategy_id = known.strategies.get((school_id, fold(row["strategy"])), 0)
    if not strategy_id:
        words = _("Several strategies have these words: %(value)s", value=row["strategy"][:80])
        if strategy_id == 0:
            words = _("The school’s plan has no strategy with these words: %(value)s", value=row["strategy"][:80])
        raise _Odd("strategy", words)
    key = (school_id, fold(row["title"]))
    if key in seen:
        words = _("The school’s plan already has a resource with this name: %(value)s", value=row["title"][:80])
        raise _Odd("title", words)
    for column, most in (("title", models.LONGEST_TITLE), ("job_code", models.LONGEST_JOB_CODE)):
        if len(row[column]) > most:
            raise _Odd(column, _("Use at most %(max)d characters.", max=most))
    days = {name: _any_day(row, name) for name in ("filled_on", "vacant_since")}
    kind, planned = _one_of(row, "kind", models.ResourceKind), _amount(row, "planned")
    try:
        needed = Needed(kind, row["title"], planned, row["job_code"], hundredths_in(row["fte"]), **days)
        check_needed(needed, known.today)
    except Unreadable as why:
        raise _Odd("fte", f"{why} {row['fte'][:40]}") from why
    except Refused as refused:
        raise _Odd(refused.field, refused.message) from refused
    seen.add(key)
    return Line(number, school_id, needed, strategy_id=strategy_id)


def _any_day(row: Mapping[str, str], column: str) -> date | None:
    if not row[column]:
        return None
    day = iso_day(row[column]) or our_day(row[column])
    if day is None:
        raise _Odd(column, _("Write the date as 2026-08-24 or 8/24/2026: %(value)s", value=row[column][:40]))
    return day


def _entry(number: int, row: Mapping[str, str], known: Known) -> Line:
    school_id = _school(row, known)
    resource_id = known.resources.get((school_id, fold(row["resource"])), 0)
    if resource_id is None:
        raise _Odd("resource", _("Several resources have this name: %(value)s", value=row["resource"][:80]))
    if not resource_id:
        raise _Odd(
            "resource", _("The school’s plan has no resource with this name: %(value)s", value=row["resource"][:80])
        )
    kind = _one_of(row, "kind", models.EntryKind)
    cents = _amount(row)
    if not cents:
        raise _Odd("amount", _("Enter an amount above $0."))
    paid = Paid(kind, cents, _day(row, known.today), _note(row, models.LONGEST_NOTE))
    return Line(number, school_id, paid, resource_id)


def _funding(number: int, row: Mapping[str, str], known: Known, seen: set[FundingKey]) -> Line:
    school_id = _school(row, known)
    try:
        check_year(row["school_year"], known.this_year)
    except Unreadable as why:
        raise _Odd("school_year", str(why)) from why
    source = _one_of(row, "source", FundingSource)
    cents, officers, note = _amount(row), _officers(row, source), _note(row, LONGEST_FUNDING_NOTE)
    key = (school_id, row["school_year"], source, note)
    if key in seen:
        words = _("This school already has a line with this year, source, and note. Change that line.")
        raise _Odd("note", words)
    seen.add(key)
    return Line(number, school_id, Given(row["school_year"], source, cents, officers, note))


def _school(row: Mapping[str, str], known: Known) -> int:
    school_id = known.schools.get(fold(row["school"])) if row["school"] else None
    if school_id is None:
        words = _("Enter the number or the exact name of one of your schools: %(value)s", value=row["school"][:80])
        raise _Odd("school", words)
    return school_id


def _one_of(row: Mapping[str, str], column: str, kind: Any) -> Any:
    by_word: dict[str, Any] = {}
    for member in kind:
        by_word |= {member.value: member, fold(str(member.label)): member}
    member_found = by_word.get(row[column].lower()) or by_word.get(fold(row[column]))
    if member_found is None:
        words = _("%(value)s is not known. Write one of: %(known)s", value=row[column][:80], known=_names(kind))
        raise _Odd(column, words)
    return member_found


def _names(kind: Iterable[Any]) -> str:
    return ", ".join(member.value for member in kind)


def _amount(row: Mapping[str, str], column: str = "amount") -> int:
    try:
        return cents_in(row[column])
    except Unreadable as why:
        raise _Odd(column, f"{why} {row[column][:40]}".strip()) from why


def _day(row: Mapping[str, str], today: date) -> date:
    day = _any_day(row, "date")
    if day is None:
        raise _Odd("date", _("Write the date as 2026-08-24 or 8/24/2026: %(value)s", value=""))
    try:
        check_day(day, today)
    except Unreadable as why:
        raise _Odd("date", f"{why} {row['date'][:40]}") from why
    return day


def _officers(row: Mapping[str, str], source: FundingSource) -> int | None:
    text = row["officers_removed"]
    if not text:
        return None
    if source is not FundingSource.FORMER_POLICE:
        raise _Odd("officers_removed", _("Officers removed can be entered only with former school police money."))
    if not (text.isascii() and text.isdigit() and len(text) < 5 and int(text) <= MOST_OFFICERS):
        raise _Odd("officers_removed", _("Enter a number from 0 to %(most)d.", most=MOST_OFFICERS))
    return int(text)


def _note(row: Mapping[str, str], most: int) -> str:
    if len(row["note"]) > most:
        raise _Odd("note", _("Use at most %(max)d characters.", max=most))
    return row["note"]


PAGE = 20

load_file = by_id(MoneyFile)


def known_now(actor: Actor, kind: FileKind, now: datetime) -> Known:
    """The data a file of this actor is checked against: the schools whose money of this kind the actor may write."""
    schools: dict[str, int | None] = {}
    mine: Any = select(School.id, School.identifier, School.name).where(in_schools(School.id, actor, WRITER[kind]))
    for row in db.session.execute(mine):
        for key in {fold(row[1] or ""), fold(row[2])} - {""}:
            schools[key] = None if key in schools else row[0]
    today = today_at(None, now)
    if kind is not FileKind.FUNDING:
        strategies = _strategies(actor) if kind is FileKind.RESOURCES else {}
        return Known(schools, _resources(actor), frozenset(), today, school_year(today), strategies)
    columns = (Funding.school_id, Funding.school_year, Funding.source, Funding.note)
    standing = db.session.execute(select(*columns).where(in_schools(Funding.school_id, actor, WRITER[kind])))
    lines = frozenset((row[0], row[1], row[2], row[3]) for row in standing)
    return Known(schools, {}, lines, today, school_year(today))


def rows_naming(lines: Iterable[Line]) -> list[str]:
    """The valid rows whose title or note may name a student of their school, with the matching words."""
    by_school: dict[int, list[Line]] = {}
    for line in lines:
        if text_of(line).strip():
            by_school.setdefault(line.school_id, []).append(line)
    naming_rows: list[tuple[int, list[str]]] = []
    for school_id, theirs in by_school.items():
        finder = finder_at_school(school_id)
        naming_rows += [(line.row, words) for line in theirs if (words := finder.of_school(text_of(line)))]
    return [dotted(_("Row %(row)d", row=row), *words) for row, words in sorted(naming_rows)]


def _resources(actor: Actor) -> dict[tuple[int, str], int | None]:
    named: Any = select(models.PlanResource.school_id, models.PlanResource.title, models.PlanResource.id)
    return _by_words(actor, named, models.PlanResource)


def _strategies(actor: Actor) -> dict[tuple[int, str], int | None]:
    named: Any = select(PlanStrategy.school_id, PlanStrategy.if_words, PlanStrategy.id)
    standing = named.join(PlanGoal, PlanGoal.id == PlanStrategy.goal_id)
    return _by_words(
        actor, standing.where(PlanStrategy.removed_on.is_(None), PlanGoal.removed_on.is_(None)), PlanStrategy
    )


def _by_words(actor: Actor, named: Select[Any], of: Any) -> dict[tuple[int, str], int | None]:
    """The rows of open plans by school and folded words; None where several have the same words."""
    wanted = named.join(SchoolPlan, SchoolPlan.id == of.plan_id).where(SchoolPlan.state != PlanState.CLOSED)
    by_words: dict[tuple[int, str], int | None] = {}
    for school_id, words, number in db.session.execute(
        wanted.where(in_schools(of.school_id, actor, WRITER[FileKind.ENTRIES]))
    ):
        key = (school_id, fold(words))
        by_words[key] = None if key in by_words else number
    return by_words


def carried_out(kind: FileKind, digest: str) -> MoneyFile | None:
    """The imported file with these rows; None without one."""
    same = (MoneyFile.kind == kind, MoneyFile.digest == digest, MoneyFile.done_at.is_not(None))
    return db.session.scalar(select(MoneyFile).where(*same))


def get_file(actor: Actor, money_file_id: int) -> MoneyFile:
    """One file. Raises NotFound."""
    wanted = visible_to(select(MoneyFile), actor).where(MoneyFile.id == money_file_id)
    file: MoneyFile = existing(db.session.scalar(wanted))
    return file


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """The select, limited to files where the actor may write the money of every school, as `rules.brings` says."""
    return statement.where(or_(*(and_(MoneyFile.kind == kind, _all_of(actor, kind)) for kind in FileKind)))


def _all_of(actor: Actor, kind: FileKind) -> ColumnElement[bool]:
    """Condition: the actor may write money of this kind at every school of the file."""
    if actor.everywhere(WRITER[kind]):
        return true()
    own = sorted(actor.school_ids(WRITER[kind]))
    is_postgresql = db.session.get_bind().dialect.name == "postgresql"
    each = func.jsonb_array_elements_text if is_postgresql else func.json_each
    school = each(MoneyFile.school_ids).table_valued("value")
    foreign = select(literal(1)).select_from(school).where(cast(school.c.value, Integer).not_in(own))
    return ~foreign.exists() if own else false()


def files_of(actor: Actor, after: int | None = None, limit: int = PAGE + 1) -> Sequence[tuple[MoneyFile, str]]:
    """The files of schools whose money the actor may write, after the file with id `after`, with the person who
    uploaded them, the newest first."""
    both: Any = select(MoneyFile, UserAccount.name)
    wanted = visible_to(both.join(UserAccount, UserAccount.id == MoneyFile.made_by_id), actor)
    last = (after, after) if after is not None else None
    ids: Any = MoneyFile.id
    rows = db.session.execute(in_order(wanted, ids, ids, down=True, limit=limit, last=last))
    return [(row[0], row[1]) for row in rows]
