"""Board reports that wait are made one after the other; whoever dies half-way leaves one that is made again."""

import logging
import time
from datetime import datetime

from sqlalchemy.exc import InterfaceError, OperationalError

from wss_cases.accounts.grants.queries import actor_of
from wss_cases.board.report.paper import Letterhead, paper_of
from wss_cases.board.report.queries import board_of
from wss_cases.board.report.states import Why
from wss_cases.board.stored_reports.actions import fail_report, store_pdf
from wss_cases.board.stored_reports.models import BoardReport
from wss_cases.board.stored_reports.queries import next_asked
from wss_cases.foundation.connecting.replica import reports_reading
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.school_time import district, today_at
from wss_cases.jobs.pdf.printing import NotMade, pdf_of
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.roster.directory.queries import get_school
from wss_cases.setup.look.queries import look_on, picture_named

_LOG = logging.getLogger(__name__)
AWAY = (OperationalError, InterfaceError)
"""The database does not answer: the report waits for the next tick."""


def make_reports(now: datetime, seconds: float) -> dict[str, int]:
    """Make reports that were asked for, the oldest first, beginning none after so many seconds; returns how many were
    `made`, and of how many it is written down that they were `not_made`.

    Two schedulers can make the same one; the first keeps it.
    """
    counts, until = {"made": 0, "not_made": 0}, time.monotonic() + seconds
    while time.monotonic() < until:
        db.session.remove()
        row = next_asked()
        if row is None:
            break
        count, is_done = _make(row, now)
        counts[count] += is_done
    return counts


def _make(row: BoardReport, now: datetime) -> tuple[str, bool]:
    try:
        pdf = pdf_of(_page(row, now))
    except NotFound:
        return "not_made", _not_made(row.id, NotMade(Why.FORBIDDEN), now)
    except NotMade as error:
        return "not_made", _not_made(row.id, error, now)
    except AWAY:
        raise
    except Exception:
        # the scheduler says what happened; the reports behind this one are not held up by it
        db.session.remove()
        fail_report(row.id, Why.BROKEN, now)
        raise
    return "made", store_pdf(row.id, pdf, now)


def _not_made(report_id: int, error: NotMade, now: datetime) -> bool:
    is_mine = fail_report(report_id, error.why, now)
    if is_mine:
        _LOG.warning("a board report was not made", extra={"facts": {"report": report_id, **error.facts}})
    return is_mine


def _page(row: BoardReport, now: datetime) -> str:
    """Return a report as whoever asked for it sees it today. Raises NotFound when they answer for it no longer."""
    actor = existing(actor_of(row.asked_by_id, now))
    school = get_school(row.school_id) if row.school_id is not None else None
    today = today_at(row.school_id, now)
    scope = Scope(row.school_id, row.school_year, row.starts_on, row.ends_on, today, row.network)
    name = school.name if school else row.network
    with reports_reading():
        return paper_of(board_of(actor, scope), name, row.language, today, _letterhead(now))


def _letterhead(now: datetime) -> Letterhead:
    picture = picture_named(look_on(today_at(None, now)).logo)
    return Letterhead(district().name, picture.content if picture else b"")
