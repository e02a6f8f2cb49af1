"""Trainings from a CSV file: its sound rows are kept, shown, and put on record when somebody confirms them."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import ForeignKey, Select, String, func, select
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import FileField, HiddenField

from wss_cases.access.actor import STAFF, Actor, in_schools
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.grants import in_force_at
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, Id, among, db
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import BaseForm, day_in
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.ids import fold, fold_address, id_in
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import day_words_with_year, moment_words, today_at, zone_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.directory.models import StaffMember
from wss_cases.roster.directory.queries import schools_by_id
from wss_cases.roster.import_files import rows_in
from wss_cases.training.records.models import KEEPERS, TrainingRecord, names_of, school_asked
from wss_cases.training.records.pages import Training, length, lock_accounts, minutes_in, put_all_on_record
from wss_cases.training.topics import every_topic, is_offered, topic_names

COLUMNS: Final = ("staff", "topic", "date", "hours")
OPTIONAL: Final = ("provider", "certificate", "valid_until")
MOST_ROWS: Final = 5_000
MOST_WAITING: Final = 5
LONGEST: Final = {"provider": 200, "certificate": 120}


@dataclass(frozen=True)
class Wrong:
    """What is wrong in a cell; `row` 1 is the line of the column names."""

    row: int
    column: str
    words: str


@dataclass(frozen=True)
class Row:
    """One sound row: its number, the training, and the school at which it goes on record."""

    number: int
    school_id: int
    training: Training


@dataclass(frozen=True)
class Known:
    """What a file is checked against.

    `staff`: account and school by folded email and staff id; `left`: those keys of who worked here and does no more.
    `topics`: code by folded code and by folded name in either language. `recorded`: what is on record already.
    """

    staff: Mapping[str, tuple[int, int]]
    left: frozenset[str]
    topics: Mapping[str, str]
    recorded: frozenset[tuple[int, str, date]]
    today: date


def keys_of(rows: Sequence[Sequence[str]]) -> tuple[set[str], set[str]]:
    """The emails and the staff ids that a file names, as they are stored."""
    names = [cell.lower() for cell in rows[0]] if rows else []
    at = names.index("staff") if "staff" in names else len(names)
    typed = {cells[at] for cells in rows[1:] if len(cells) > at and cells[at]}
    return {fold_address(one) for one in typed if "@" in one}, {one for one in typed if "@" not in one}


def check(rows: Sequence[Sequence[str]], known: Known) -> tuple[list[Row], list[Wrong]]:
    """Return the rows that a file, sound as a whole, puts on record, and what is wrong in the others."""
    names = [cell.lower() for cell in rows[0]]
    sound: list[Row] = []
    wrong: list[Wrong] = []
    seen: set[tuple[int, str, date]] = set()
    for number, cells in enumerate(rows[1:], 2):
        if not any(cells):
            continue
        row = dict.fromkeys((*COLUMNS, *OPTIONAL), "") | dict(zip(names, cells, strict=False))
        read = _read(number, row, known) if len(cells) <= len(names) else _too_long(number, names)
        if isinstance(read, Wrong):
            wrong.append(read)
            continue
        key = (read.training.user_id, read.training.topic, read.training.completed_on)
        if key in known.recorded:
            wrong.append(Wrong(number, "staff", _("This training of this person is already on record.")))
        elif key in seen:
            wrong.append(Wrong(number, "staff", _("A row above is the same training of this person.")))
        else:
            seen.add(key)
            sound.append(read)
    if not sound and not wrong:
        wrong.append(Wrong(1, "staff", _("The file has no row.")))
    return sound, wrong


def digest_of(rows: Sequence[Row]) -> str:
    """Return what names these rows as they are shown: another row, person, school, or word is another digest."""
    said = [(one.number, one.school_id, *vars(one.training).values()) for one in rows]
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()


def wrong_heads(rows: Sequence[Sequence[str]]) -> list[Wrong]:
    """What is wrong with a file as a whole: a column is missing or there twice, or it has too many rows."""
    names = [cell.lower() for cell in rows[0]] if rows else []
    found = [Wrong(1, name, _("This column is missing.")) for name in COLUMNS if name not in names]
    twice = [name for name in (*COLUMNS, *OPTIONAL) if names.count(name) > 1]
    found += [Wrong(1, name, _("This column is there twice.")) for name in twice]
    if len(rows) > MOST_ROWS + 1:
        found.append(Wrong(MOST_ROWS + 2, "staff", _("A file has at most %(most)d rows.", most=MOST_ROWS)))
    return found


def _too_long(number: int, names: Sequence[str]) -> Wrong:
    words = _("The row has more cells than the header. Put quotation marks around the text that has a comma.")
    return Wrong(number, names[-1], words)


def _read(number: int, row: Mapping[str, str], known: Known) -> Row | Wrong:
    key = staff_key(row["staff"])
    if key in known.left:
        return Wrong(number, "staff", _("This person has left and no longer works here: %(value)s", value=row["staff"]))
    if key not in known.staff:
        words = _("No one who works here has this email or staff id: %(value)s", value=row["staff"])
        return Wrong(number, "staff", words)
    topic = known.topics.get(fold(row["topic"]))
    if topic is None:
        return Wrong(number, "topic", _("No training on the list has this name: %(value)s", value=row["topic"]))
    days = _days(number, row, known.today)
    if isinstance(days, Wrong):
        return days
    try:
        minutes = minutes_in(row["hours"])
    except ValueError:
        words = _("Write the hours as a number above 0, at most 200: %(value)s", value=row["hours"])
        return Wrong(number, "hours", words)
    for name, most in LONGEST.items():
        if len(row[name]) > most or not row[name].isprintable():
            return Wrong(number, name, _("Use at most %(most)d characters, on one line.", most=most))
    user_id, school_id = known.staff[key]
    completed_on, valid_until = days
    training = Training(user_id, topic, completed_on, minutes, row["provider"], row["certificate"], valid_until)
    return Row(number, school_id, training)


def staff_key(typed: str) -> str:
    return fold_address(typed) if "@" in typed else typed


def _days(number: int, row: Mapping[str, str], today: date) -> tuple[date, date | None] | Wrong:
    try:
        completed_on = day_in(row["date"])
    except ValueError:
        return Wrong(number, "date", _("Write the day like 2026-11-24: %(value)s", value=row["date"]))
    if completed_on > today:
        return Wrong(number, "date", _("This day has not come yet: %(value)s", value=row["date"]))
    if not row["valid_until"]:
        return completed_on, None
    try:
        valid_until = day_in(row["valid_until"])
    except ValueError:
        return Wrong(number, "valid_until", _("Write the day like 2026-11-24: %(value)s", value=row["valid_until"]))
    if valid_until < completed_on:
        return Wrong(number, "valid_until", _("This day is before the training: %(value)s", value=row["valid_until"]))
    return completed_on, valid_until


class TrainingFile(Base):
    """One uploaded file with at least one sound row; its sound rows go on record when who uploaded it confirms them,
    all or none. No one else reads it: its people may work at several schools.

    `school_id` is the school that was chosen, None for the district; `landed` the numbers of the rows that went on
    record, which are kept empty in `rows`, so that those left out can still be named until the file goes by its age.
    """

    __tablename__ = "training_file"
    PRIVATE = frozenset({"rows"})

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(120))
    rows: Mapped[list[Any]]
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    made_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    landed: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")


PAGE: Final = 20


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of files to those that the actor uploaded: the people in one may work at several schools."""
    return statement.where(TrainingFile.made_by_id == actor.user_id)


def get_file(actor: Actor, training_file_id: int) -> TrainingFile:
    """Return a file that the actor uploaded. Raises NotFound."""
    wanted = visible_to(select(TrainingFile), actor).where(TrainingFile.id == training_file_id)
    file: TrainingFile = existing(db.session.scalar(wanted))
    return file


def files_of(actor: Actor, before: int | None = None, limit: int = PAGE + 1) -> Sequence[TrainingFile]:
    """Return the files that the actor uploaded, the newest first, behind the one whose id is `before`."""
    wanted: Select[TrainingFile] = visible_to(select(TrainingFile), actor)
    if before is not None:
        wanted = wanted.where(TrainingFile.id < before)
    return db.session.scalars(wanted.order_by(TrainingFile.id.desc()).limit(limit)).all()


def known_now(
    actor: Actor, school_id: int | None, emails: Collection[str], numbers: Collection[str], now: datetime
) -> Known:
    """Return what a file is checked against by what is known now.

    A training goes on record at the chosen school where its person works there, else at the first school of theirs
    for whose trainings the actor answers.
    """
    accounts = _accounts(emails, numbers)
    staff: dict[str, tuple[int, int]] = {}
    left: set[str] = set()
    held = _held(actor, set(accounts.values()), now)
    for key, user_id in accounts.items():
        if user_id not in held:
            continue
        schools = held[user_id]
        if schools:
            staff[key] = (user_id, school_id if school_id in schools else min(schools))
        else:
            left.add(key)
    today = today_at(school_id, now)
    topics = {
        fold(name): row.code
        for row in every_topic()
        if is_offered(row, today)
        for name in (row.name_es, row.name_en, row.code)
    }
    on_record = select(TrainingRecord.user_id, TrainingRecord.topic, TrainingRecord.completed_on).where(
        among(TrainingRecord.user_id, [one[0] for one in staff.values()]), TrainingRecord.taken_back_at.is_(None)
    )
    recorded = frozenset((row[0], row[1], row[2]) for row in db.session.execute(on_record))
    return Known(staff, frozenset(left), topics, recorded, today)


def _accounts(emails: Collection[str], numbers: Collection[str]) -> dict[str, int]:
    by_email = select(UserAccount.email, UserAccount.id).where(UserAccount.email.in_(sorted(emails)))
    found = {row[0]: row[1] for row in db.session.execute(by_email)}
    by_number = select(StaffMember.sourced_id, StaffMember.user_id).where(
        StaffMember.sourced_id.in_(sorted(numbers)), StaffMember.user_id.is_not(None)
    )
    return found | {number: user_id for number, user_id in db.session.execute(by_number) if user_id is not None}


def _held(actor: Actor, people: Collection[int], now: datetime) -> dict[int, set[int]]:
    """Return at which schools each of these people works today, of those one answers for; of who worked there once and
    does no more, none."""
    here = in_schools(RoleGrant.school_id, actor, *KEEPERS)
    ever = select(RoleGrant.user_id).where(
        among(RoleGrant.user_id, sorted(people)),
        RoleGrant.role.in_(sorted(STAFF)),
        RoleGrant.school_id.is_not(None),
        here,
    )
    found: dict[int, set[int]] = {user_id: set() for user_id in db.session.scalars(ever)}
    at_work = (
        select(RoleGrant.user_id, RoleGrant.school_id)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(among(RoleGrant.user_id, sorted(found)), RoleGrant.role.in_(sorted(STAFF)), in_force_at(now))
        .where(here, UserAccount.state != AccountState.DISABLED)
    )
    for user_id, school_id in db.session.execute(at_work):
        if school_id is not None:
            found[user_id].add(school_id)
    return found


class TrainingFileForm(BaseForm):
    """The file."""

    file = FileField(_l("CSV file of trainings"))


class CarryOutForm(BaseForm):
    """The confirmation of a file, with the digest of the rows that the page showed."""

    shown = HiddenField()


class RowsRefused(Refused):
    """A file without a sound row; nothing of it is kept."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        super().__init__("file", _("Nothing was imported. Fix the rows below and upload the file again."))
        self.wrong = wrong


@use_case
def upload_file(uow: UnitOfWork, school_id: int | None, name: str, content: bytes) -> int:
    """Keep a file of trainings; nothing goes on record yet. Returns its id.

    Raises NotFound; RowsRefused where no row is sound, as where all are on record; Refused for what is no CSV file, and
    while as many as may be are waiting.
    """
    if not might(uow.actor, Permission.TRAINING_MANAGE):
        raise NotFound
    assert uow.actor.user_id is not None
    lock_accounts(uow, [uow.actor.user_id])
    waiting = visible_to(select(func.count(TrainingFile.id)), uow.actor).where(TrainingFile.done_at.is_(None))
    if (uow.session.scalar(waiting) or 0) >= MOST_WAITING:
        words = _("%(most)d of your files are waiting to be confirmed. Import or discard one first.", most=MOST_WAITING)
        raise Refused("file", words)
    row = TrainingFile(
        name="".join(sign for sign in name if sign.isprintable())[-120:], rows=rows_in(content), school_id=school_id,
        made_by_id=uow.actor.user_id, made_at=uow.now,
    )  # fmt: skip
    sound, wrong = lines_of(uow.actor, row, uow.now)
    if not sound:
        raise RowsRefused(wrong)
    return uow.add_audited(row, "training_file.uploaded")


def lines_of(actor: Actor, file: TrainingFile, now: datetime) -> tuple[list[Row], list[Wrong]]:
    """Return the sound rows of a file by what is known now, and what is wrong in the others; nothing is asked about a
    file that is wrong as a whole."""
    if heads := wrong_heads(file.rows):
        return [], heads
    return check(file.rows, known_now(actor, file.school_id, *keys_of(file.rows), now))


@use_case
def carry_out(uow: UnitOfWork, file_id: int, shown: str) -> int:
    """Put every sound row of a file on record, each at a school for whose trainings the actor answers, or none;
    `shown` is the digest of those that the page showed. What went on record the file keeps no more. Returns its id.

    Raises NotFound for another's; Refused a second time, and where other rows are sound by now.
    """
    file = _waiting(uow, file_id)
    _lock_people(uow, file)
    sound, _wrong = lines_of(uow.actor, file, uow.now)
    if digest_of(sound) != shown or not sound:
        raise Refused("", _("What can be imported has changed. Look at the rows again."))
    put_all_on_record(uow, [(row.school_id, row.training) for row in sound])
    landed = {row.number for row in sound}
    file.done_at, file.landed = uow.now, sorted(landed)
    file.rows = [[] if number in landed else cells for number, cells in enumerate(file.rows, 1)]
    uow.audit("training_file.carried_out", TrainingFile.__tablename__, file.id, {"rows": [None, len(sound)]})
    return file.id


@use_case
def discard_file(uow: UnitOfWork, file_id: int) -> int:
    """Throw away a file that was not carried out; nothing else changes. Returns its id. Raises NotFound, Refused."""
    file = _waiting(uow, file_id)
    uow.audit("training_file.discarded", TrainingFile.__tablename__, file.id, {"name": [file.name, None]})
    uow.session.delete(file)
    return file_id


def _waiting(uow: UnitOfWork, file_id: int) -> TrainingFile:
    if not might(uow.actor, Permission.TRAINING_MANAGE):
        raise NotFound
    mine = visible_to(select(TrainingFile), uow.actor).where(TrainingFile.id == file_id)
    file: TrainingFile = existing(uow.session.scalar(mine.with_for_update()))
    if file.done_at is not None:
        raise Refused("", _("This file was already imported."))
    return file


def _lock_people(uow: UnitOfWork, file: TrainingFile) -> None:
    """Lock the accounts of the people in a file, so that of two files at once the second finds what the first wrote."""
    known = known_now(uow.actor, file.school_id, *keys_of(file.rows), uow.now)
    lock_accounts(uow, {user_id for user_id, _school_id in known.staff.values()})


def line_rows(rows: Sequence[Row]) -> list[tuple[str, str, str]]:
    """Return of each sound row whose training it is, what it says, and the school at which it goes on record."""
    names, topics = names_of({one.training.user_id for one in rows}), topic_names()
    schools = schools_by_id({one.school_id for one in rows})
    found = []
    for one in rows:
        what = one.training
        until = day_words_with_year(what.valid_until) if what.valid_until else ""
        words = dotted(
            _("Row %(row)d", row=one.number), topics[what.topic], day_words_with_year(what.completed_on),
            length(what.minutes), what.provider, what.certificate,
            _("valid until %(day)s", day=until) if until else "",
        )  # fmt: skip
        found.append((names.get(what.user_id, ""), words, schools[one.school_id].name))
    return found


blueprint = Blueprint("training_import", __name__, url_prefix="/training/import")
MOST_SHOWN, PREVIEWED = 200, 20
"""Wrong cells that are named at once, and rows on one page of a preview."""


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.TRAINING_MANAGE)
def upload() -> Page:
    """Upload a file; what is wrong in it is named by row and column, and nothing goes on record yet."""
    actor = current_actor()
    school_id = school_asked(actor, request.args)
    form, sent = TrainingFileForm(), request.files.get("file")
    wrong: list[Wrong] = []

    def act() -> int:
        if sent is None or not sent.filename:
            raise Refused("file", _("Choose the file."))
        try:
            return upload_file(submitted(form), school_id, sent.filename, sent.read())
        except RowsRefused as refused:
            wrong.extend(refused.wrong)
            raise

    before = id_in(request.args.get("before"))
    found = files_of(actor, before)
    files = [
        (
            file.name,
            _address(file.id),
            moment_words(file.made_at, zone_of(file.school_id)),
            _("Imported") if file.done_at else _("Waiting to be confirmed"),
        )
        for file in found[:PAGE]
    ]
    return form_page(
        form, act, _address, "training/importing/upload.html",
        wrong=wrong, files=files, most=MOST_SHOWN, back_href=url_for("trainings.school", school=school_id),
        newer=url_for(".upload", school=school_id) if before else None,
        older=url_for(".upload", school=school_id, before=found[PAGE - 1].id) if len(found) > PAGE else None,
    )  # fmt: skip


@blueprint.route("/<int:training_file_id>", methods=["GET", "POST"])
@gate(Permission.TRAINING_MANAGE)
def preview(training_file_id: int) -> Page:
    """What a file would put on record, what is wrong in its other rows, and the act that records the sound ones."""
    actor = current_actor()
    file = get_file(actor, training_file_id)
    rows, wrong = lines_of(actor, file, clock.now())
    after, digest = id_in(request.args.get("after")), digest_of(rows)
    found = [one for one in rows if one.number > (after or 0)]
    page, more = found[:PREVIEWED], len(found) > PREVIEWED
    shown = {
        "file": file, "most": MOST_SHOWN, "number": len(rows), "rows": line_rows(page),
        "upload_href": url_for(".upload", school=file.school_id),
        # row 1 is wrong where every other row went on record and is kept no more
        "wrong": [one for one in wrong if file.done_at is None or one.row not in (1, *file.landed)],
        "newer": _address(file.id) if after else None,
        "older": url_for(".preview", training_file_id=file.id, after=page[-1].number) if more else None,
    }  # fmt: skip
    if file.done_at is not None and request.method == "GET":
        record_href = url_for("trainings.on_record", school=file.school_id)
        return render_template("training/importing/done.html", record_href=record_href, **shown)
    form = CarryOutForm(shown=digest)
    seen, form.shown.data = form.shown.data or "", digest
    return form_page(
        form, lambda: carry_out(submitted(form), file.id, seen),
        with_flash(_("The rows are on record."), _address(file.id)), "training/importing/preview.html",
        key=BaseForm(formdata=None).request_key.data, **shown,
    )  # fmt: skip


@blueprint.post("/<int:training_file_id>/discard")
@gate(Permission.TRAINING_MANAGE)
def discard(training_file_id: int) -> Page:
    """Throw away a file that waits."""
    file = get_file(current_actor(), training_file_id)
    try:
        discard_file(submitted(BaseForm()), file.id)
    except Refused as refusal:
        flash(refusal.message, "warning")
        return redirect(_address(file.id), 303)
    flash(_("The uploaded file is discarded. Nothing was changed."))
    return redirect(url_for(".upload", school=file.school_id), 303)


def _address(file_id: int) -> str:
    return url_for("training_import.preview", training_file_id=file_id)


ROOM = Room(pages=(blueprint,))
