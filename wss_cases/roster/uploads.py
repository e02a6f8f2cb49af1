"""Uploaded rosters: their pages, and the scheduler's part, which checks them, imports confirmed ones and deletes the
others.

A process locks an upload's row until the import is committed. If it dies, the next one starts over: nothing is imported
by half or twice.
"""

import tempfile
import zipfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

from flask import render_template, request, url_for
from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, delete, insert, select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import BooleanField, MultipleFileField

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.access.gate import gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.grants import actor_of
from wss_cases.foundation.db import Base, Id, Versioned, db, named_enum, table_of
from wss_cases.foundation.errors import Refused, existing, refuse_blank
from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText
from wss_cases.foundation.i18n import Labelled, _, _l, force_locale
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import district_zone, moment_words
from wss_cases.foundation.settings import setting
from wss_cases.journal.acts import Pages
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work, use_case
from wss_cases.roster.import_files import BundleRefused, Problem, Report
from wss_cases.roster.oneroster.actions import NOTHING, Accepted, import_oneroster
from wss_cases.roster.runs import ROSTER, keep_refused, report_parts, sources, trimmed


class UploadState(Labelled):
    """The scheduler checks and imports; a person confirms in between."""

    CHECKING = "checking", _l("Being checked")
    CHECKED = "checked", _l("Waiting for you")
    WRITING = "writing", _l("Being imported")
    WRITTEN = "written", _l("Imported")
    REFUSED = "refused", _l("Refused")


TRANSITIONS: Final = {
    UploadState.CHECKING: frozenset({UploadState.CHECKED, UploadState.REFUSED}),
    UploadState.CHECKED: frozenset({UploadState.WRITING}),
    UploadState.WRITING: frozenset({UploadState.WRITTEN, UploadState.REFUSED}),
    UploadState.WRITTEN: frozenset[UploadState](),
    UploadState.REFUSED: frozenset[UploadState](),
}
WORKING: Final = (UploadState.CHECKING, UploadState.WRITING)
"""States on which the scheduler works."""


class RosterUpload(Versioned, Base):
    """One uploaded roster. `report` is that of the check, later of the import; `asks` is what a person must confirm
    ({"ask", "words", "share"}), `accepted` the names of what was confirmed."""

    __tablename__ = "roster_upload"
    __table_args__ = (Index("ix_roster_upload_state", "state", "id"),)

    id: Mapped[Id]
    source: Mapped[str] = mapped_column(String(120))
    file_name: Mapped[str] = mapped_column(String(120))
    size: Mapped[int]
    state: Mapped[UploadState] = mapped_column(named_enum(UploadState, "state"), default=UploadState.CHECKING)
    report: Mapped[dict[str, Any]] = mapped_column(default=dict)
    asks: Mapped[list[Any]] = mapped_column(default=list)
    accepted: Mapped[list[str]] = mapped_column(default=list)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None]


class RosterUploadPart(Base):
    """A piece of an uploaded roster, in the database because the scheduler may run on another machine."""

    PRIVATE = frozenset({"content"})
    __tablename__ = "roster_upload_part"
    __table_args__ = (UniqueConstraint("upload_id", "number"),)

    id: Mapped[Id]
    upload_id: Mapped[int] = mapped_column(ForeignKey("roster_upload.id", ondelete="CASCADE"))
    number: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)


def uploads(upload_id: int | None = None, limit: int = 1) -> Sequence[Any]:
    """The last uploads with the name of who made them, newest first; with an id only that one."""
    statement = select(RosterUpload, UserAccount.name).join(UserAccount, UserAccount.id == RosterUpload.made_by_id)
    if upload_id is not None:
        statement = statement.where(RosterUpload.id == upload_id)
    return db.session.execute(statement.order_by(RosterUpload.id.desc()).limit(limit)).all()


class UploadForm(BaseForm):
    """The files, and the feed that they come from."""

    source = ShortText(_l("Name of the feed"), [NotBlank(_l("Name the system the roster comes from."))], limit=120)
    files = MultipleFileField(_l("Roster files"))


class ConfirmForm(BaseForm):
    """What a person confirms so that an import does not stop for it; only fields asked for are shown."""

    source = BooleanField(_l("Yes, this is another feed, and its schools are not the ones that are already here"))
    shrink = BooleanField(_l("Yes, these people are really gone, or may no longer sign in"))
    refused = BooleanField(_l("Import the other rows without the refused ones"))

    def accepted(self) -> list[str]:
        return [name for name in ("source", "shrink", "refused") if self[name].data]


LONGEST = 120
PIECE = 1024**2
PARTS = table_of(RosterUploadPart)


@contextmanager
def packed(files: Sequence[tuple[str, IO[bytes]]]) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield name and bytes of the upload: one file as it is, CSV files as one zip."""
    names = ["".join(sign for sign in name if sign.isprintable())[-LONGEST:] for name, _stream in files]
    if len(files) == 1 and not names[0].lower().endswith(".csv"):
        yield names[0], files[0][1]
        return
    with tempfile.TemporaryFile() as together:
        _zip(names, files, together)
        together.seek(0)
        yield ", ".join(names)[:LONGEST], together


def _zip(names: Sequence[str], files: Sequence[tuple[str, IO[bytes]]], together: IO[bytes]) -> None:
    with zipfile.ZipFile(together, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (_name, stream) in zip(names, files, strict=True):
            with archive.open(name, "w", force_zip64=True) as member:
                while piece := stream.read(PIECE):
                    member.write(piece)


@use_case
def upload_roster(uow: UnitOfWork, source: str, files: Sequence[tuple[str, IO[bytes]]]) -> int:
    """Store a roster for the scheduler to check; returns its id. Raises Refused at `source` or `files`."""
    refuse_blank("source", source, _("Name the system the roster comes from."))
    if not files:
        raise Refused("files", _("Choose a zip file, or the CSV files."))
    with packed(files) as (name, stream):
        row = RosterUpload(
            source=source.strip()[:LONGEST], file_name=name, size=0, made_by_id=uow.actor.user_id, made_at=uow.now
        )
        uow.add(row)
        for number, piece in enumerate(iter(lambda: stream.read(PIECE), b"")):
            uow.session.execute(insert(PARTS), {"upload_id": row.id, "number": number, "content": piece})
            row.size += len(piece)
    if not row.size:
        raise Refused("files", _("The file is empty."))
    uow.audit("roster.uploaded", "roster_upload", row.id, {"source": [None, row.source], "size": [None, row.size]})
    return row.id


@use_case
def confirm_upload(uow: UnitOfWork, upload_id: int, accepted: Collection[str]) -> int:
    """Let the scheduler import a checked roster; everything that its check asks must be `accepted`. Raises NotFound;
    Refused at what was not confirmed, or for a roster that is not waiting."""
    row = uow.load(RosterUpload, upload_id, Permission.ROSTER_IMPORT, uow.version)
    if row.state is not UploadState.CHECKED:
        raise Refused("", _("This roster is no longer waiting for a person."))
    questions = [one["ask"] for one in row.asks]
    for ask in questions:
        if ask not in accepted:
            raise Refused(ask, _("Review it, and confirm it here, or discard the file."))
    assert UploadState.WRITING in TRANSITIONS[row.state]
    row.state, row.accepted, row.confirmed_by_id = UploadState.WRITING, questions, uow.actor.user_id
    uow.audit("roster.upload_confirmed", "roster_upload", row.id, {"accepted": [None, questions]})
    return row.id


AWAY = (OperationalError, InterfaceError)
"""The database does not answer; the upload waits for the next tick."""
FORGOTTEN_AFTER = timedelta(days=7)


class Overtaken(Exception):
    """Another process works on this upload, or finished it."""


def take_uploads(now: datetime) -> dict[str, int]:
    """Check and import waiting uploads, oldest first; returns how many were `checked`, `imported` and `refused`."""
    counts = {"checked": 0, "imported": 0, "refused": 0}
    _forget(now)
    db.session.remove()
    waiting = select(RosterUpload.id).where(RosterUpload.state.in_(WORKING)).order_by(RosterUpload.id)
    for upload_id in list(db.session.scalars(waiting)):
        row = db.session.get_one(RosterUpload, upload_id)
        by = row.confirmed_by_id or row.made_by_id
        locale = db.session.scalar(select(UserAccount.locale).where(UserAccount.id == by))
        with force_locale(locale or "en"):
            try:
                counts[_take(row, actor_of(by, now), now)] += 1
            except Overtaken:
                continue
            except AWAY:
                raise
            except Exception:
                # Raised again for the scheduler to report; this upload ends, so that it does not block the others.
                words = _("It could not be read for an unexpected reason. Tell the people who run the system.")
                _end(row, UploadState.REFUSED, Report(problems=[Problem("", None, None, words)]), now)
                raise
    return counts


def _take(row: RosterUpload, actor: Actor | None, now: datetime) -> str:
    if actor is None or not might(actor, Permission.ROSTER_IMPORT):
        words = _("The person who requested it may no longer import rosters.")
        return _end(row, UploadState.REFUSED, Report(problems=[Problem("", None, None, words)]), now)
    with _bytes_of(row.id) as stream:
        return (_check if row.state is UploadState.CHECKING else _write)(row, actor, stream, now)


def _check(row: RosterUpload, actor: Actor, stream: IO[bytes], now: datetime) -> str:
    """Do a dry run. What a person may confirm is collected as questions, and assumed confirmed for the rest of the
    check."""
    accept, asks = NOTHING, list[dict[str, Any]]()
    while True:
        try:
            report = import_oneroster(
                actor, Path(row.file_name), now, row.source, accept=accept, dry_run=True, stream=stream,
                first=partial(_hold, row.id, UploadState.CHECKING),
            )  # fmt: skip
        except BundleRefused as refused:
            outcome = refused.report or Report(problems=refused.problems)
            if not refused.ask or refused.ask in [one["ask"] for one in asks]:
                keep_refused(actor, ROSTER, row.source, outcome, now)
                return _end(row, UploadState.REFUSED, outcome, now)
            whole = [problem.message for problem in refused.problems if problem.row is None]
            asks.append({"ask": refused.ask, "words": whole, "share": refused.share})
            accept = _accepted(asks)
        else:
            return _end(row, UploadState.CHECKED, report, now, asks)


def _write(row: RosterUpload, actor: Actor, stream: IO[bytes], now: datetime) -> str:
    accept = _accepted([one for one in row.asks if one["ask"] in row.accepted])
    try:
        report = import_oneroster(
            actor, Path(row.file_name), now, row.source, accept=accept, stream=stream,
            first=partial(_hold, row.id, UploadState.WRITING),
        )  # fmt: skip
    except BundleRefused as refused:
        return _end(row, UploadState.REFUSED, refused.report or Report(problems=refused.problems), now)
    return _end(row, UploadState.WRITTEN, report, now)


def _accepted(asks: list[dict[str, Any]]) -> Accepted:
    by_name = {one["ask"]: one for one in asks}
    share = by_name["refused"]["share"] if "refused" in by_name else None
    return Accepted("shrink" in by_name, "source" in by_name, share)


def _hold(upload_id: int, state: UploadState, uow: UnitOfWork) -> None:
    """Lock an upload for this unit of work; if it is being imported, delete its bytes in the same commit."""
    mine = select(RosterUpload.id).where(RosterUpload.id == upload_id, RosterUpload.state == state)
    if uow.session.scalar(mine.with_for_update(skip_locked=True)) is None:
        raise Overtaken
    if state is UploadState.WRITING:
        row = uow.session.get_one(RosterUpload, upload_id)
        row.state, row.ended_at = UploadState.WRITTEN, uow.now
        uow.session.execute(delete(PARTS).where(PARTS.c.upload_id == upload_id))
        uow.session.flush()


def _end(
    row: RosterUpload, state: UploadState, report: Report, now: datetime, asks: list[dict[str, Any]] | None = None
) -> str:
    """Store the result of an upload; its bytes are deleted unless it can still be imported."""
    upload_id, before = row.id, row.state
    db.session.remove()
    with unit_of_work(SYSTEM, now) as uow:
        upload = uow.session.get(RosterUpload, upload_id, with_for_update=True, populate_existing=True)
        if upload is None or upload.state not in (before, state):
            raise Overtaken
        assert upload.state is state or state in TRANSITIONS[upload.state]
        upload.state, upload.report, upload.asks = state, trimmed(report.as_document()), asks or upload.asks
        if state is not UploadState.CHECKED:
            upload.ended_at = now
            uow.session.execute(delete(PARTS).where(PARTS.c.upload_id == upload_id))
        uow.audit("roster.upload_taken", "roster_upload", upload_id, {"state": [before.value, state.value]})
    return {UploadState.CHECKED: "checked", UploadState.WRITTEN: "imported"}.get(state, "refused")


def _forget(now: datetime) -> None:
    """Delete uploads that nobody confirmed within a week."""
    db.session.remove()
    old = select(RosterUpload.id).where(RosterUpload.ended_at.is_(None), RosterUpload.made_at < now - FORGOTTEN_AFTER)
    for upload_id in list(db.session.scalars(old)):
        with unit_of_work(SYSTEM, now) as uow:
            row = uow.session.get(RosterUpload, upload_id, with_for_update=True, populate_existing=True)
            if row is not None and row.ended_at is None:
                uow.session.execute(delete(PARTS).where(PARTS.c.upload_id == upload_id))
                uow.session.delete(row)
                uow.audit("roster.upload_forgotten", "roster_upload", upload_id, {})


@contextmanager
def _bytes_of(upload_id: int) -> Iterator[IO[bytes]]:
    """Yield the bytes of an upload in an unnamed file, which leaves nothing on the disk if the process dies."""
    with tempfile.TemporaryFile() as stream:
        numbers = select(PARTS.c.id).where(PARTS.c.upload_id == upload_id).order_by(PARTS.c.number)
        for part_id in list(db.session.scalars(numbers)):
            stream.write(db.session.scalar(select(PARTS.c.content).where(PARTS.c.id == part_id)) or b"")
        stream.seek(0)
        yield stream


blueprint = Pages("roster_uploads", __name__, url_prefix="/roster/upload")
SHOWN = 20
TONES = {UploadState.CHECKED: "sun", UploadState.REFUSED: "coral", UploadState.WRITTEN: "moss"}


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.ROSTER_IMPORT)
def upload() -> Page:
    """Upload a roster; earlier ones are listed below."""
    known = sources(db.session())
    form = UploadForm(data={"source": known[0] if len(known) == 1 else ""})
    sent = [one for one in request.files.getlist("files") if one.filename]

    def act() -> int:
        return upload_roster(submitted(form), form.source.data, [(one.filename or "", one.stream) for one in sent])

    return form_page(
        form, act, _address, "roster/uploads/upload.html", known=known,
        rows=[_row(*each) for each in uploads(limit=SHOWN)], megabytes=setting("ROSTER_UPLOAD_MB"),
    )  # fmt: skip


@blueprint.route("/<int:upload_id>", methods=["GET", "POST"])
@gate(Permission.ROSTER_IMPORT)
def preview(upload_id: int) -> Page:
    """What an uploaded roster would change, and the act that imports it."""
    row, name = existing(next(iter(uploads(upload_id)), None))
    asks = {ask["ask"]: " ".join(ask["words"]) for ask in row.asks}
    shown: dict[str, Any] = {"row": _row(row, name), "upload": row, "report": report_parts(row.report), "asks": asks}
    shown |= {"working": row.state in WORKING, "state": row.state.value}
    if row.state is not UploadState.CHECKED and request.method == "GET":
        return render_template("roster/uploads/ended.html", **shown)
    form = ConfirmForm(version=row.version)
    return form_page(
        form,
        lambda: confirm_upload(submitted(form), upload_id, form.accepted()),
        _address,
        "roster/uploads/preview.html",
        **shown,
    )


@blueprint.button(
    "/<int:upload_id>/discard", RosterUpload, Permission.ROSTER_IMPORT, endpoint="discard", tells_refusals=True,
    done=_l("The uploaded file is discarded. Nothing was changed."),
    then=lambda _upload, answer: _address(answer) if answer else url_for(".upload"),
)  # fmt: skip
def discard_upload(uow: UnitOfWork, row: RosterUpload) -> int:
    """Delete an uploaded roster that is not being processed; nothing else changes. Leads to no upload (0)."""
    if row.state in WORKING:
        raise Refused("", _("The scheduler is working on this file. Try again in a minute."))
    uow.session.execute(delete(PARTS).where(PARTS.c.upload_id == row.id))
    uow.audit("roster.upload_discarded", "roster_upload", row.id, {"source": [row.source, None]})
    uow.session.delete(row)
    return 0


def _address(upload_id: int) -> str:
    return url_for("roster_uploads.preview", upload_id=upload_id)


def _row(row: RosterUpload, name: str) -> dict[str, Any]:
    when = moment_words(row.made_at, district_zone())
    return {
        "title": f"{row.source} · {row.file_name}",
        "href": _address(row.id),
        "meta": _("Uploaded by %(name)s, %(when)s", name=name, when=when),
        "tag": row.state.label,
        "tone": TONES.get(row.state, "sky"),
    }


ROOM = Room(pages=(blueprint,))
