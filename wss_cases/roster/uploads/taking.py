"""What the scheduler does with uploaded rosters: check them, import those that were confirmed, forget the others.

Whoever takes one holds its row until the import is committed; a process that dies lets it go, and the next one begins
anew: nothing lands by half, and nothing twice.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any

from sqlalchemy import delete, select
from sqlalchemy.exc import InterfaceError, OperationalError

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.grants import actor_of
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.roster.import_files.report import BundleRefused, Problem, Report
from wss_cases.roster.oneroster.actions import NOTHING, Accepted, import_oneroster
from wss_cases.roster.runs.actions import keep_refused, trimmed
from wss_cases.roster.runs.queries import ROSTER
from wss_cases.roster.uploads.actions import PARTS
from wss_cases.roster.uploads.models import RosterUpload
from wss_cases.roster.uploads.states import TRANSITIONS, WORKING, UploadState

AWAY = (OperationalError, InterfaceError)
"""The database does not answer: the upload waits for the next time."""
FORGOTTEN_AFTER = timedelta(days=7)


class Overtaken(Exception):
    """Somebody else works at this upload, or has ended it."""


def take_uploads(now: datetime) -> dict[str, int]:
    """Check and import what waits, the oldest first; returns how many were `checked`, `imported` and `refused`."""
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
                # the scheduler says what happened; the uploads behind this one are not held up by it
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
    """Say what an import would do: what a person may confirm is asked for, and looked past."""
    accept, asks = NOTHING, list[dict[str, Any]]()
    while True:
        try:
            report = import_oneroster(
                actor, Path(row.file_name), now, row.source, accept=accept, dry_run=True, stream=stream,
                first=partial(_hold, row.id, UploadState.CHECKING),
            )  # fmt: skip
        except BundleRefused as refused:
            found = refused.report or Report(problems=refused.problems)
            if not refused.ask or refused.ask in [one["ask"] for one in asks]:
                keep_refused(actor, ROSTER, row.source, found, now)
                return _end(row, UploadState.REFUSED, found, now)
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
    """Hold an upload until this unit of work ends; of one that is written, let the bytes go in the same commit."""
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
    """Note what became of an upload; where it cannot land any more, its bytes go."""
    upload_id, before = row.id, row.state
    db.session.remove()
    with unit_of_work(SYSTEM, now) as uow:
        held = uow.session.get(RosterUpload, upload_id, with_for_update=True, populate_existing=True)
        if held is None or held.state not in (before, state):
            raise Overtaken
        assert held.state is state or state in TRANSITIONS[held.state]
        held.state, held.report, held.asks = state, trimmed(report.as_document()), asks or held.asks
        if state is not UploadState.CHECKED:
            held.ended_at = now
            uow.session.execute(delete(PARTS).where(PARTS.c.upload_id == upload_id))
        uow.audit("roster.upload_taken", "roster_upload", upload_id, {"state": [before.value, state.value]})
    return {UploadState.CHECKED: "checked", UploadState.WRITTEN: "imported"}.get(state, "refused")


def _forget(now: datetime) -> None:
    """Delete what nobody confirmed within a week: a roster is no archive."""
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
    """Give the bytes of an upload in a file without a name: of a process that dies nothing stays on the disk."""
    with tempfile.TemporaryFile() as stream:
        numbers = select(PARTS.c.id).where(PARTS.c.upload_id == upload_id).order_by(PARTS.c.number)
        for part_id in list(db.session.scalars(numbers)):
            stream.write(db.session.scalar(select(PARTS.c.content).where(PARTS.c.id == part_id)) or b"")
        stream.seek(0)
        yield stream
