"""A board report that no PDF came of: the scheduler's log says where it broke, and no word of the page."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.factories.accounts import acting, make_user
from tests.outcomes.making.small_district import Made
from wss_cases.access.actor import Invocation, Role
from wss_cases.board.report.queries import board_scope
from wss_cases.board.stored_reports import BOARD_REPORTS, BoardReport, ask_report
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.operations import Lines
from wss_cases.jobs.pdf import printing as paper
from wss_cases.jobs.pdf.failures import failure_in
from wss_cases.jobs.ticks import tick
from wss_cases.records.stored_pdfs import PdfState, Why, fail_pdf, store_pdf

LOGGER = "wss_cases.jobs.stored_pdfs"
RAISES = """
CSS = None
def HTML(string, url_fetcher):
    raise ValueError(string)
"""
SAYS_NO_PDF = """
class CSS:
    def __init__(self, **_given): pass
class HTML(CSS):
    def write_pdf(self, **_given): return b"not a PDF"
"""
ENDS = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"
LACKS = "raise OSError('cannot load library libpango')\n"
BREAKS: tuple[tuple[str, dict[str, Any]], ...] = (
    (RAISES, {"why": "broken", "exit_status": 1, "error": "ValueError", "frame": "ours/weasyprint/__init__.py:4"}),
    (SAYS_NO_PDF, {"why": "broken", "exit_status": 0}),
    (ENDS, {"why": "broken", "exit_status": -9}),
    (LACKS, {"why": "missing", "exit_status": 3}),
    ("import nothing_of_this_name\n", {"why": "broken", "exit_status": 1, "error": "ModuleNotFoundError"}),
)


def asked(made: Made, now: datetime) -> int:
    """Ask for the report of a school."""
    scope = board_scope(made.schools[0].id, None, None, date(2026, 11, 24))
    assert scope is not None
    return ask_report(Invocation(acting(make_user(Role.ADMINISTRATOR, made.schools[0])), now), scope, "en")


@pytest.mark.parametrize(("library", "facts"), BREAKS)
def test_the_log_says_where_it_broke_and_no_word_of_the_page(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    library: str, facts: dict[str, Any],
) -> None:  # fmt: skip
    now, name = clock.now(), made.schools[0].name
    report_id = asked(made, now)
    stub = tmp_path / "of" / "ours"
    (stub / "weasyprint").mkdir(parents=True)
    (stub / "weasyprint" / "__init__.py").write_text(library)
    (stub / "weasyprint" / "urls.py").write_text("URLFetcherResponse = object\n")
    monkeypatch.setattr(paper, "NEEDED", (*paper.NEEDED, "PYTHONPATH"))
    monkeypatch.setenv("PYTHONPATH", str(stub))
    told = tick("tests", now)
    assert "not_made 1" in told and "failed" not in told
    (line,) = [Lines().format(one) for one in caplog.records if one.name == LOGGER]
    said = json.loads(line)
    assert said["what"] == "a PDF was not made" and said["board_report"] == report_id
    assert facts.items() <= said.items()
    assert name not in told + caplog.text + line and "<" not in line
    row = db.session.get_one(BoardReport, report_id)
    assert (row.state, row.why) == (PdfState.FAILED, Why(facts["why"]))


def test_one_that_was_made_meanwhile_is_not_said_to_have_failed(made: Made) -> None:
    now = clock.now()
    report_id = asked(made, now)
    assert store_pdf(BOARD_REPORTS, report_id, b"%PDF", now)
    assert not fail_pdf(BOARD_REPORTS, report_id, Why.BROKEN, now)
    other = asked(made, now)
    assert fail_pdf(BOARD_REPORTS, other, Why.BROKEN, now) and not fail_pdf(BOARD_REPORTS, other, Why.SLOW, now)


NO_LINE: tuple[bytes, ...] = (
    b"",
    b"ValueError: Ana",
    b"Ana Ruiz fell a.py:1",
    b"ValueError a.py:1\nAna",
    b"\xff a.py:1",
)


@pytest.mark.parametrize("errors", NO_LINE)
def test_only_a_class_and_a_place_are_taken_over(errors: bytes) -> None:
    assert failure_in(errors) == {}
    assert failure_in(errors + b"\nKeyError b/a.py:12\n") == {"error": "KeyError", "frame": "b/a.py:12"}


def test_too_long_says_how_long() -> None:
    with pytest.raises(paper.NotMade) as ended:
        paper.pdf_of("<p>x</p>", seconds=0.01)
    assert ended.value.facts == {"why": "slow", "seconds": 0.01}
