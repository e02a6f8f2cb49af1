"""The board report as the HTML page from which its PDF is made: no links, no names of students."""

from datetime import date

from wss_cases.board.report.pages import Paper, sheet_of
from wss_cases.board.report.queries import Board
from wss_cases.foundation.i18n import _, force_locale
from wss_cases.foundation.pages import render_plain
from wss_cases.foundation.school_time import day_words_with_year, district_zone, moment_words
from wss_cases.outcomes.counting.cache import oldest_shown
from wss_cases.records.stored_pdfs import Letterhead


def paper_of(board: Board, name: str | None, locale: str, made_on: date, letterhead: Letterhead) -> str:
    """A report as an HTML page in a language. `name` is the school's or network's, None for all schools."""
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
