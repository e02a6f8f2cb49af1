"""The board report as the page of HTML from which its PDF is made: no link, no name of a student."""

from datetime import date

from wss_cases.board.report.pages import Paper, sheet_of
from wss_cases.board.report.queries import Board
from wss_cases.foundation.dates import day_words_with_year, moment_words
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.plain_templates import render_plain
from wss_cases.foundation.school_time import district_zone
from wss_cases.outcomes.counting.cache import oldest_shown
from wss_cases.records.stored_pdfs import Letterhead


def paper_of(board: Board, name: str | None, locale: str, made_on: date, letterhead: Letterhead) -> str:
    """Return a report as a page of HTML in a language; `name` is the school's or network's, None for all schools."""
    since = oldest_shown()
    with force_locale(locale):
        return render_plain(
            "board/report/paper.html",
            locale=locale,
            name=name or _("All schools"),
            made=day_words_with_year(made_on),
            counted_since=moment_words(since, district_zone()) if since else "",
            sheet=sheet_of(board, Paper()),
            letterhead=letterhead,
        )
