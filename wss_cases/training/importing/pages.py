"""Trainings from a file: its sound rows are kept, shown, and put on record when somebody confirms them, all or none."""

from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from wtforms import FileField, HiddenField

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import day_words_with_year, moment_words, zone_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.directory.queries import schools_by_id
from wss_cases.roster.import_files.rules import rows_in
from wss_cases.training.importing.models import (
    PAGE,
    TrainingFile,
    files_of,
    get_file,
    known_now,
    visible_to,
    waiting_files,
)
from wss_cases.training.importing.rules import MOST_WAITING, Row, Wrong, check, digest_of, keys_of, wrong_heads
from wss_cases.training.records.models import names_of, school_asked
from wss_cases.training.records.pages import length, lock_accounts, put_all_on_record
from wss_cases.training.topics import topic_names


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
    if waiting_files(uow.actor) >= MOST_WAITING:
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
MOST_SHOWN = 200
"""Wrong cells that are named at once."""
PREVIEWED = 20
"""Rows on one page of a preview, so that what imports them stands in sight."""


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
