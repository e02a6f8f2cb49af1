"""Board reports as PDFs: made once, what ends one that is not made, and the keys that open it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.board.asking import MADE, NONE, NOT_MADE, TODAY, asked_on_page
from tests.factories.accounts import acting, make_user
from tests.outcomes.making.small_district import Made
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import AccountState, UserAccount
from wss_cases.board.report.queries import board_scope
from wss_cases.board.stored_reports import BOARD_REPORTS, BoardReport, ask_report, pdf_for
from wss_cases.cli.common import SEALED
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.keys import Keys
from wss_cases.foundation.settings import setting
from wss_cases.jobs import stored_pdfs as reports
from wss_cases.jobs.pdf import printing as paper
from wss_cases.jobs.pdf import process as letter
from wss_cases.jobs.stored_pdfs import make_pdfs
from wss_cases.journal.key_rotation import rotate
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.records.stored_pdfs import PdfState, Why, store_pdf

ClientAs = Callable[[Any], PageClient]


NEWER = "a-newer-key-that-protects-nothing-0123456789"


pytestmark = pytest.mark.usefixtures("pango")


def test_it_is_made_once_and_every_step_is_audited(made: Made, client_as: ClientAs) -> None:
    user = make_user(Role.ADMINISTRATOR, made.schools[0])
    client, now, user_id = client_as(user), clock.now(), user.id
    address = asked_on_page(client, "en")
    assert "Being made" in client.page(address).text
    assert client.get(f"{address}/report.pdf").status_code == 404
    report_id = int(address.rsplit("/", 1)[1])
    assert make_pdfs(now, 60) == MADE and make_pdfs(now, 60) == NONE
    assert not store_pdf(BOARD_REPORTS, report_id, b"%PDF another", now)
    assert client.get(f"{address}/report.pdf").status_code == 200
    rows = db.session.scalars(db.select(AuditEntry).where(AuditEntry.object_type == "board_report")).all()
    assert [(row.action, row.actor_id) for row in rows if row.object_id == report_id] == [
        ("board_report.asked", user_id),
        ("board_report.read", user_id),
        ("board_report.made", None),
        ("board_report.read", user_id),
    ]
    stored: Any = db.session.execute(db.select(BoardReport.sealed_text)).scalar_one()
    assert b"%PDF" not in stored
    assert not db.session.scalars(db.select(OutboxMessage)).all()


def test_who_answers_no_longer_gets_none_made(made: Made) -> None:
    user, now = make_user(Role.ADMINISTRATOR, made.schools[0]), clock.now()
    scope = board_scope(made.schools[0].id, None, None, TODAY)
    assert scope is not None
    report_id = ask_report(Invocation(acting(user), now), scope, "en")
    with pytest.raises(NotFound):
        ask_report(Invocation(acting(make_user(Role.ADMINISTRATOR, made.schools[1])), now), scope, "en")
    db.session.get_one(UserAccount, user.id).state = AccountState.DISABLED
    db.session.commit()
    assert make_pdfs(now, 60) == NOT_MADE
    row = db.session.get_one(BoardReport, report_id, populate_existing=True)
    assert (row.state, row.why) == (PdfState.FAILED, Why.FORBIDDEN)


def test_too_many_at_once_are_refused(made: Made, client_as: ClientAs) -> None:
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    for _ in range(5):
        asked_on_page(client, "en")
    assert "/reports/" not in asked_on_page(client, "en")
    assert "still being made" in client.page("/outcomes/board").text


def test_a_machine_without_pango_says_so(made: Made, client_as: ClientAs, tmp_path: Any) -> None:
    # the process is the real one: it finds no system library on a machine of its own
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library libpango')")
    (tmp_path / "slow").mkdir()
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    again = f"/outcomes/board?year=2026-27&school={made.schools[0].id}"
    address = asked_on_page(client, "en")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paper, "NEEDED", (*paper.NEEDED, "PYTHONPATH"))
        patch.setenv("PYTHONPATH", str(tmp_path))
        assert make_pdfs(clock.now(), 60) == NOT_MADE
    page = client.page(address)
    assert "Pango is missing" in page.text
    assert again in [link.get("href") for link in page.find_all("a")]


def test_a_page_that_takes_too_long_is_ended() -> None:
    with pytest.raises(paper.NotMade) as ended:
        paper.pdf_of("<p>x</p>", seconds=0.01)
    assert ended.value.why is Why.SLOW


def test_a_letter_opens_no_address() -> None:
    for address in ("file:///etc/passwd", "data:image/svg+xml;base64,PHN2Zy8+", "https://x.example/logo.png"):
        with pytest.raises(ValueError, match="holds all"):
            letter.held(address)
    with pytest.raises(paper.NotMade) as refused:
        paper.pdf_of('<html lang="en"><title>x</title><img alt="y" src="file:///etc/hostname"></html>')
    assert refused.value.why is Why.BROKEN
    assert paper.pdf_of('<html lang="en"><title>x</title><p>x</p></html>').startswith(b"%PDF")


def test_one_that_breaks_holds_up_no_other(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    user, now = make_user(Role.ADMINISTRATOR, made.schools[0]), clock.now()
    scope = board_scope(made.schools[0].id, None, None, TODAY)
    assert scope is not None
    first, second = (ask_report(Invocation(acting(user), now), scope, "en") for _ in range(2))
    db.session.get_one(BoardReport, first).language = "xx"
    db.session.commit()
    assert reports.AWAY
    with pytest.raises(Exception):  # noqa: B017 - whatever Babel says of a language that is none
        make_pdfs(now, 60)
    assert make_pdfs(now, 60) == MADE
    states = {row.id: row.state for row in db.session.scalars(db.select(BoardReport))}
    assert states == {first: PdfState.FAILED, second: PdfState.READY}


def test_a_key_that_is_gone_is_said(made: Made, app: Any) -> None:
    user, now = make_user(Role.ADMINISTRATOR, made.schools[0]), clock.now()
    scope = board_scope(made.schools[0].id, None, None, TODAY)
    assert scope is not None
    report_id = ask_report(Invocation(acting(user), now), scope, "en")
    store_pdf(BOARD_REPORTS, report_id, b"%PDF", now)
    assert pdf_for(acting(user), report_id) == b"%PDF"
    row = db.session.get_one(BoardReport, report_id)
    row.sealed_key = b"gone"
    db.session.commit()
    with pytest.raises(Refused):
        pdf_for(acting(user), report_id)


@pytest.mark.parametrize("noted", [True, False])
def test_a_newer_key_reaches_it_and_the_old_one_can_be_dropped(
    made: Made, app: Any, monkeypatch: pytest.MonkeyPatch, noted: bool
) -> None:
    user, now = make_user(Role.ADMINISTRATOR, made.schools[0]), clock.now()
    scope = board_scope(made.schools[0].id, None, None, TODAY)
    assert scope is not None
    actor = acting(user)
    report_id = ask_report(Invocation(actor, now), scope, "en")
    assert rotate(SEALED, now)["board_reports"] == {"resealed": 0, "already": 0, "unreadable": 0}
    store_pdf(BOARD_REPORTS, report_id, b"%PDF", now)
    if not noted:  # made by a release that did not write down which key it was
        db.session.execute(db.update(BoardReport).values(key_name=""))
        db.session.commit()
    [old] = setting("WSS_KEYS").masters
    monkeypatch.setitem(app.config, "WSS_KEYS", Keys((NEWER, old)))
    assert rotate(SEALED, now)["board_reports"] == {"resealed": 1, "already": 0, "unreadable": 0}
    assert rotate(SEALED, now)["board_reports"] == {"resealed": 0, "already": 1, "unreadable": 0}
    monkeypatch.setitem(app.config, "WSS_KEYS", Keys((NEWER,)))
    assert pdf_for(actor, report_id) == b"%PDF"
