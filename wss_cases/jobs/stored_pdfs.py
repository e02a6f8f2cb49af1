"""Makes the PDFs that people asked for, one after the other; one that was interrupted is made again."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.exc import InterfaceError, OperationalError

from wss_cases.accounts.grants import actor_of
from wss_cases.board.report.pages import paper_of
from wss_cases.board.report.queries import board_of
from wss_cases.board.stored_reports import BOARD_REPORTS, BoardReport
from wss_cases.foundation.connecting import reports_reading
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.school_time import district, today_at
from wss_cases.jobs.pdf.printing import NotMade, pdf_of
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.plans.plan.core.models import get_plan
from wss_cases.plans.plan.paper import PLAN_PDFS, PlanPdf, paper_of_plan
from wss_cases.records.stored_pdfs import Letterhead, PdfKind, Why, fail_pdf, next_asked, store_pdf
from wss_cases.roster.directory.queries import get_school
from wss_cases.setup.look import look_on, picture_named

_LOG = logging.getLogger(__name__)
AWAY = (OperationalError, InterfaceError)
"""The database does not answer: the PDF waits for the next tick."""


def make_pdfs(now: datetime, seconds: float) -> dict[str, int]:
    """Make waiting PDFs, the oldest first, and begin none after so many seconds.

    Returns how many were `made`, and how many were recorded as `not_made`. Two schedulers can make the same one; the
    first result is stored.
    """
    counts, until = {"made": 0, "not_made": 0}, time.monotonic() + seconds
    while time.monotonic() < until:
        db.session.remove()
        waiting = [(row, kind, page) for kind, page in PAGES if (row := next_asked(kind.model)) is not None]
        if not waiting:
            break
        row, kind, page = min(waiting, key=lambda one: one[0].asked_at)
        count, is_done = _make(row, kind, page, now)
        counts[count] += is_done
    return counts


def _make(row: Any, kind: PdfKind, page: Callable[[Any, datetime], str], now: datetime) -> tuple[str, bool]:
    pdf_id = row.id
    try:
        pdf = pdf_of(page(row, now))
    except NotFound:
        return "not_made", _not_made(kind, pdf_id, NotMade(Why.FORBIDDEN), now)
    except NotMade as error:
        return "not_made", _not_made(kind, pdf_id, error, now)
    except AWAY:
        raise
    except Exception:
        # the scheduler logs it; the next ones go on
        db.session.remove()
        fail_pdf(kind, pdf_id, Why.BROKEN, now)
        raise
    return "made", store_pdf(kind, pdf_id, pdf, now)


def _not_made(kind: PdfKind, pdf_id: int, error: NotMade, now: datetime) -> bool:
    is_mine = fail_pdf(kind, pdf_id, error.why, now)
    if is_mine:
        _LOG.warning("a PDF was not made", extra={"facts": {kind.audited: pdf_id, **error.facts}})
    return is_mine


def _page_of_report(row: BoardReport, now: datetime) -> str:
    """A report as the person who asked for it sees it today. Raises NotFound when they no longer may."""
    actor = existing(actor_of(row.asked_by_id, now))
    school = get_school(row.school_id) if row.school_id is not None else None
    today = today_at(row.school_id, now)
    scope = Scope(row.school_id, row.school_year, row.starts_on, row.ends_on, today, row.network)
    name = school.name if school else row.network
    with reports_reading():
        return paper_of(board_of(actor, scope), name, row.language, today, _letterhead(now), row.edition)


def _page_of_plan(row: PlanPdf, now: datetime) -> str:
    """A plan as the person who asked for it reads it today. Raises NotFound when they no longer may."""
    actor = existing(actor_of(row.asked_by_id, now))
    return paper_of_plan(actor, get_plan(actor, row.plan_id), row.language, now, _letterhead(now))


def _letterhead(now: datetime) -> Letterhead:
    picture = picture_named(look_on(today_at(None, now)).logo)
    return Letterhead(district().name, picture.content if picture else b"")


PAGES: Final[Sequence[tuple[PdfKind, Callable[[Any, datetime], str]]]] = (
    (BOARD_REPORTS, _page_of_report),
    (PLAN_PDFS, _page_of_plan),
)
"""Every table of stored PDFs, and what the page of a row is."""
