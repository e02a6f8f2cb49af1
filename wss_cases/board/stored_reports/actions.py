"""Board reports as PDFs: asked for, and sent as a link to who subscribed."""

from datetime import datetime
from typing import Final

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.board.report.queries import may_report
from wss_cases.board.report.rules import scope_words
from wss_cases.board.stored_reports.models import BoardReport, BoardSubscription
from wss_cases.board.stored_reports.queries import report_for
from wss_cases.foundation.errors import NotFound
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.records.stored_pdfs import PdfKind, add_pdf, opened, refuse_too_many
from wss_cases.roster.networks import Renamed

NOTICE = "board_report"


def tell_subscriber(uow: UnitOfWork, row: BoardReport) -> None:
    """Step: tell who subscribed to a report that it is ready."""
    if row.subscription_id is not None:
        uow.notify(row.asked_by_id, NOTICE, row, f"{NOTICE}:{row.id}")


BOARD_REPORTS: Final = PdfKind(BoardReport, "board-report", tell_subscriber)


@use_case
def ask_report(uow: UnitOfWork, scope: Scope, language: str) -> int:
    """Ask for a report of a scope as a PDF in a language. Returns its id. Raises NotFound for who does not answer for
    it, Refused when too many of the actor's own are still being made."""
    if uow.actor.user_id is None or not may_report(uow.actor, scope.school_id, scope.network):
        raise NotFound
    refuse_too_many(uow, BOARD_REPORTS)
    return add_pdf(uow, BOARD_REPORTS, report_of(scope, language, uow.actor.user_id, uow.now))


def report_of(scope: Scope, language: str, user_id: int, now: datetime) -> BoardReport:
    """Return a report that waits to be made."""
    return BoardReport(
        school_id=scope.school_id, network=scope.network, school_year=scope.year, starts_on=scope.first,
        ends_on=scope.last, language=language, asked_by_id=user_id, asked_at=now,
    )  # fmt: skip


def pdf_for(actor: Actor, report_id: int) -> bytes:
    """Return the PDF of a report that the actor may read. Raises NotFound for any other and for one that is not ready,
    Refused when no key opens it any more."""
    return opened(BOARD_REPORTS, report_for(actor, report_id).id)


def follow_network(uow: UnitOfWork, renamed: Renamed) -> None:
    """Step: let reports of a network, and wishes for them, go by its new name; whoever read them reads them still."""
    reports = select(BoardReport).where(BoardReport.network == renamed.before).with_for_update()
    for report in uow.session.scalars(reports):
        report.network = renamed.name
    wishes = select(BoardSubscription).where(BoardSubscription.network == renamed.before).with_for_update()
    for wish in uow.session.scalars(wishes):
        wish.network, wish.scope = renamed.name, scope_words(None, renamed.name)
