"""Board reports as PDFs: asked for, made by the scheduler, stored encrypted, sent as a link to who subscribed."""

import base64
from datetime import datetime

from sqlalchemy import func, select

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.board.report.queries import may_report
from wss_cases.board.report.rules import scope_words
from wss_cases.board.report.states import REPORT_TRANSITIONS, ReportState, Why
from wss_cases.board.stored_reports.models import BoardReport, BoardSubscription
from wss_cases.board.stored_reports.queries import report_for
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.keys.envelope import seal, unseal
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.roster.networks.actions import Renamed

AUDITED = BoardReport.__tablename__
NOTICE = "board_report"
PURPOSE = "board-report"
MOST_WAITING = 5


@use_case
def ask_report(uow: UnitOfWork, scope: Scope, language: str) -> int:
    """Ask for a report of a scope as a PDF in a language. Returns its id. Raises NotFound for who does not answer for
    it, Refused when too many of the actor's own are still being made."""
    if uow.actor.user_id is None or not may_report(uow.actor, scope.school_id, scope.network):
        raise NotFound
    mine = select(func.count()).where(
        BoardReport.asked_by_id == uow.actor.user_id, BoardReport.state == ReportState.ASKED
    )
    if (uow.session.scalar(mine) or 0) >= MOST_WAITING:
        raise Refused("", _("%(number)s of your reports are still being made. Wait for one.", number=MOST_WAITING))
    return add_report(uow, report_of(scope, language, uow.actor.user_id, uow.now))


def report_of(scope: Scope, language: str, user_id: int, now: datetime) -> BoardReport:
    """Return a report that waits to be made."""
    return BoardReport(
        school_id=scope.school_id, network=scope.network, school_year=scope.year, starts_on=scope.first,
        ends_on=scope.last, language=language, state=ReportState.ASKED, why=Why.NONE, asked_by_id=user_id,
        asked_at=now,
    )  # fmt: skip


def add_report(uow: UnitOfWork, row: BoardReport) -> int:
    """Add a report that waits to be made; returns its id. A step."""
    return uow.add_audited(row, "board_report.asked")


def store_pdf(report_id: int, pdf: bytes, now: datetime) -> bool:
    """Store the PDF of a report, sealed, and tell who subscribed to it; False when somebody else has made it by now."""
    sealed = seal(setting("WSS_KEYS"), PURPOSE, base64.b64encode(pdf).decode("ascii"))
    with unit_of_work(SYSTEM, now) as uow:
        row = _waiting(uow, report_id)
        if row is None:
            return False
        row.sealed_text, row.sealed_key, row.key_name = sealed.text, sealed.key, sealed.key_name
        _end(uow, row, ReportState.READY, Why.NONE)
        if row.subscription_id is not None:
            uow.notify(row.asked_by_id, NOTICE, row, f"{NOTICE}:{row.id}")
        return True


def fail_report(report_id: int, why: Why, now: datetime) -> bool:
    """Write down that a report was not made, and why; False when another scheduler has made it, or said so, by now."""
    with unit_of_work(SYSTEM, now) as uow:
        row = _waiting(uow, report_id)
        if row is None:
            return False
        _end(uow, row, ReportState.FAILED, why)
        return True


def _waiting(uow: UnitOfWork, report_id: int) -> BoardReport | None:
    row = uow.session.get(BoardReport, report_id, with_for_update=True, populate_existing=True)
    if row is None or row.state is not ReportState.ASKED:
        uow.no_audit()
        return None
    return row


def _end(uow: UnitOfWork, row: BoardReport, state: ReportState, why: Why) -> None:
    assert state in REPORT_TRANSITIONS[row.state]
    row.state, row.why, row.ended_at = state, why, uow.now
    kind = "board_report.made" if state is ReportState.READY else "board_report.failed"
    uow.audit(kind, AUDITED, row.id, changes_of(row))
    uow.session.flush()


def pdf_for(actor: Actor, report_id: int) -> bytes:
    """Return the PDF of a report that the actor may read. Raises NotFound for any other and for one that is not ready,
    Refused when no key opens it any more."""
    report = report_for(actor, report_id)
    sealed = select(BoardReport.sealed_text, BoardReport.sealed_key).where(BoardReport.id == report.id)
    text, key = db.session.execute(sealed).one()
    if text is None or key is None:
        raise NotFound
    try:
        return base64.b64decode(unseal(setting("WSS_KEYS"), PURPOSE, text, key))
    except ValueError as error:
        raise Refused("", _("This report was sealed with a key that no longer exists. Ask for it again.")) from error


def follow_network(uow: UnitOfWork, renamed: Renamed) -> None:
    """Step: let reports of a network, and wishes for them, go by its new name; whoever read them reads them still."""
    reports = select(BoardReport).where(BoardReport.network == renamed.before).with_for_update()
    for report in uow.session.scalars(reports):
        report.network = renamed.name
    wishes = select(BoardSubscription).where(BoardSubscription.network == renamed.before).with_for_update()
    for wish in uow.session.scalars(wishes):
        wish.network, wish.scope = renamed.name, scope_words(None, renamed.name)
