"""Board reports as PDFs: asked for, made once, not made, read by an independent program, and with the letterhead."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pypdf
import pytest

from tests.factories.accounts import RoleGrantFactory, acting, make_user
from tests.outcomes.making.small_district import Made
from tests.setup.test_look import picture
from tests.support.pages.client import PageClient
from tests.support.pages.pdfs import tagged, tree
from tests.support.pages.reading import Form
from wss_cases.access.actor import Actor, Grant, Invocation, Role
from wss_cases.accounts.account.models import AccountState, Setting, UserAccount
from wss_cases.board.report.queries import board_scope, reads_report
from wss_cases.board.stored_reports import BOARD_REPORTS, BoardReport, ask_report, pdf_for, stored_reports
from wss_cases.cli.common import SEALED
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.keys import Keys
from wss_cases.foundation.operations import Lines
from wss_cases.foundation.school_time import DISTRICT_NAME
from wss_cases.foundation.settings import forget, setting
from wss_cases.jobs import stored_pdfs as reports
from wss_cases.jobs.pdf import printing as paper
from wss_cases.jobs.pdf import process as letter
from wss_cases.jobs.pdf.failures import failure_in
from wss_cases.jobs.stored_pdfs import make_pdfs
from wss_cases.jobs.ticks import tick
from wss_cases.journal.key_rotation import rotate
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.records.stored_pdfs import PdfState, Why, fail_pdf, store_pdf
from wss_cases.roster.directory.models import Student
from wss_cases.setup.look import LOGO, LogoPicture, drawn_anew, keep_picture

TODAY = date(2026, 11, 24)
MADE, NOT_MADE = {"made": 1, "not_made": 0}, {"made": 0, "not_made": 1}
NONE = {"made": 0, "not_made": 0}


def asked_on_page(client: PageClient, language: str, path: str = "/outcomes/board") -> str:
    """Ask for a PDF on the report's page; returns the address of the one that is made."""
    forms = [Form(one) for one in client.page(path).find_all("form") if one.get("action").endswith("/pdf")]
    answer = client.post(forms[0].action, data={**forms[0].values(), "language": language, "edition": "whole"})
    assert answer.status_code == 303
    return str(answer.headers["Location"])


ClientAs = Callable[[Any], PageClient]


def ask_for(made: Made, user: Any = None, language: str = "en") -> int:
    """Ask for the report of the first school, as its administrator or somebody else."""
    user = user or make_user(Role.ADMINISTRATOR, made.schools[0])
    scope = existing(board_scope(made.schools[0].id, None, None, TODAY))
    return ask_report(Invocation(acting(user), clock.now()), scope, language)


pytestmark = pytest.mark.usefixtures("pango")


@pytest.mark.parametrize(("language", "title"), [("en", "Board report: "), ("es", "Informe para la junta: ")])
def test_an_independent_reader_finds_a_tagged_report(
    made: Made, client_as: ClientAs, language: str, title: str
) -> None:
    name = made.schools[0].name
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    address = asked_on_page(client, language)
    assert make_pdfs(clock.now(), 60) == MADE
    answer = client.get(f"{address}/report.pdf")
    assert answer.status_code == 200 and answer.mimetype == "application/pdf"
    pdf, kinds = tagged(answer.data, language, title + name)
    assert [kind for kind, _element in kinds].count("/H2") == 13
    figures = [element for kind, element in kinds if kind == "/Figure"]
    assert len(figures) == 2 and all(len(figure["/Alt"]) > 40 for figure in figures)
    assert {"/Table", "/TH", "/TD"} <= {kind for kind, _element in kinds}
    assert 1 <= len(pdf.pages) <= 4
    text = " ".join(page.extract_text() for page in pdf.pages)
    client.post("/language", data={"language": language, "csrf_token": client.csrf_token("/outcomes/board")})
    shown = client.page("/outcomes/board?edition=whole").find_all("main")[0]
    numbers = [cell.text for table in shown.find_all("table") for cell in table.find_all("td")]
    figures_shown = {word for words in numbers for word in re.findall(r"\d[\d.,]*%?", words)}
    assert len(figures_shown) > 30
    assert not {word for word in figures_shown if word not in text}
    assert not [page for page in pdf.pages if page.get("/Annots")]
    assert b"/URI" not in answer.data and "http" not in text and "/incidents" not in text
    for student in db.session.scalars(db.select(Student)):
        assert student.family_name not in text


def test_no_words_of_a_chart_are_cut_off(made: Made, client_as: ClientAs) -> None:
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    address = asked_on_page(client, "es")  # the longer words, and so the wider table
    make_pdfs(clock.now(), 60)
    page = pypdf.PdfReader(io.BytesIO(client.get(f"{address}/report.pdf").data)).pages[0]
    bars: list[float] = []
    table: list[float] = []

    def read(words: str, around: list[float], own: list[float], *_font: Any) -> None:
        """Keep where a bar's words end, at 12 pixels and about 0.6 of them a letter, and where the table begins."""
        start = own[4] * around[0] + around[4]
        if re.search(r"\d · 20\d\d–\d\d", words):
            bars.append(start + 9 * 0.6 * len(words.strip()))
        elif words.strip() == "Mes":
            table.append(start)

    page.extract_text(visitor_text=read)
    # the drawing ends 6 mm, 17 points, before the table
    assert len(bars) > 2 and max(bars) < table[0] - 17


def test_it_is_listed_for_its_school_and_the_district(made: Made, client_as: ClientAs) -> None:
    client, name = client_as(make_user(Role.ADMINISTRATOR, made.schools[0])), made.schools[0].name
    stranger, district = client_as(make_user(Role.ADMINISTRATOR, made.schools[1])), client_as(make_user(Role.DISTRICT))
    asked_on_page(client, "en")
    assert "No saved reports" in stranger.page("/outcomes/board/reports").text
    assert name in district.page("/outcomes/board/reports").text


def test_page_and_pdf_stay_with_their_school_whatever_the_switcher_says(made: Made, client_as: ClientAs) -> None:
    first, second = made.schools
    user = make_user(Role.ADMINISTRATOR, first)
    RoleGrantFactory(user_id=user.id, role=Role.ADMINISTRATOR, school_id=second.id)
    client = client_as(user)
    page = client.page("/outcomes/board")
    with client.session_transaction() as kept:
        kept["school_id"] = second.id
    forms = [Form(one) for one in page.find_all("form") if one.get("action").endswith("/pdf")]
    answer = client.post(forms[0].action, data={**forms[0].values(), "language": "en"})
    row = db.session.scalars(db.select(BoardReport)).one()
    assert row.school_id == first.id
    back = next(
        link.get("href")
        for link in client.page(str(answer.headers["Location"])).find_all("a")
        if link.get("href").startswith("/outcomes/board?")
    )
    sheet = client.page(back)
    assert f"Board report: {first.name}" in sheet.text
    behind = [link.get("href") for link in sheet.find_all("a") if link.get("href").startswith("/outcomes/behind/")]
    assert len(behind) > 1
    for address in behind:
        assert f"{first.name}, 2026–27" in client.page(address).find_all("main")[0].text
    # the switcher still moves a page whose address names a school
    form = {"school_id": second.id, "csrf_token": client.csrf_token("/outcomes/board")}
    for more, stays in (("", ""), ("&pathway=", "&pathway="), ("&network=N", "")):
        moved = client.post("/school", data=form | {"next": back + more}).headers["Location"]
        assert moved == f"/outcomes/board?year=2026-27{stays}"
    assert f"Board report: {second.name}" in client.page(moved).text
    stranger = client_as(make_user(Role.ADMINISTRATOR, second))
    for address in (back, "/outcomes/board?school=x", "/outcomes/board?school=999999"):
        assert stranger.get(address).status_code == 404


def test_a_report_of_all_schools_stays_one_whatever_the_switcher_says(made: Made, client_as: ClientAs) -> None:
    client = client_as(make_user(Role.DISTRICT))
    page = client.page("/outcomes/board")
    with client.session_transaction() as kept:
        kept["school_id"] = made.schools[0].id
    forms = [Form(one) for one in page.find_all("form") if one.get("action").endswith("/pdf")]
    answer = client.post(forms[0].action, data={**forms[0].values(), "language": "en"})
    assert db.session.scalars(db.select(BoardReport)).one().school_id is None
    links = client.page(str(answer.headers["Location"])).find_all("a")
    back = next(link.get("href") for link in links if link.get("href").startswith("/outcomes/board?"))
    assert "Board report: All schools" in client.page(back).text
    own = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    assert own.get(back).status_code == 404


def test_filter_and_predicate_agree_about_networks_and_the_district(made: Made) -> None:
    first, second = made.schools
    user, now = make_user(Role.DISTRICT), clock.now()
    for school_id, network in ((first.id, None), (second.id, None), (None, "Network 1"), (None, None)):
        scope = existing(board_scope(school_id, network, None, TODAY))
        ask_report(Invocation(acting(user), now), scope, "en")
    rows = list(db.session.scalars(db.select(BoardReport)))
    several = 0
    for role in Role:
        for grants in ([first.id], [second.id], [first.id, second.id], None):
            held = [Grant(role, school_id=one) for one in grants] if grants else [Grant(role, district=True)]
            actor = Actor(1, "x", tuple(held))
            shown = {row.id for row, _school in stored_reports(actor, None)}
            assert shown == {row.id for row in rows if reads_report(actor, row)}, (role, grants)
            several += len(shown) > 1
    assert several >= 3


NEWER = "a-newer-key-that-protects-nothing-0123456789"


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
    report_id = ask_for(made, user)
    with pytest.raises(NotFound):
        ask_for(made, make_user(Role.ADMINISTRATOR, made.schools[1]))
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
    first, second = ask_for(made, user), ask_for(made, user)
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
    report_id = ask_for(made, user)
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
    actor, report_id = acting(user), ask_for(made, user)
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


@pytest.mark.parametrize(("library", "facts"), BREAKS)
def test_the_log_says_where_it_broke_and_no_word_of_the_page(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    library: str, facts: dict[str, Any],
) -> None:  # fmt: skip
    now, name = clock.now(), made.schools[0].name
    report_id = ask_for(made)
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
    report_id = ask_for(made)
    assert store_pdf(BOARD_REPORTS, report_id, b"%PDF", now)
    assert not fail_pdf(BOARD_REPORTS, report_id, Why.BROKEN, now)
    other = ask_for(made)
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
    assert ended.value.why is Why.SLOW and ended.value.facts == {"why": "slow", "seconds": 0.01}


def printed(made: Made, reader: Any, language: str) -> pypdf.PdfReader:
    """Have a school's report made, and open it as somebody else's program does."""
    report_id = ask_for(made, reader, language)
    assert make_pdfs(clock.now(), 60) == MADE
    assert db.session.get_one(BoardReport, report_id).language == language
    return pypdf.PdfReader(io.BytesIO(pdf_for(acting(reader), report_id)))


def test_name_and_logo_stand_above_the_heading_once_they_are_set(made: Made, at: Callable[..., datetime]) -> None:
    head, boss = make_user(Role.ADMINISTRATOR, made.schools[0]), make_user(Role.DISTRICT)
    before = printed(made, head, "en")
    assert not before.pages[0].images and "Prairie" not in before.pages[0].extract_text()
    keep_picture(Invocation(acting(boss), clock.now()), drawn_anew(picture()), "crest.png")
    name = db.session.scalars(db.select(LogoPicture.name)).one()
    for key, value in ((DISTRICT_NAME, "Prairie District 12 & <sons>"), (LOGO.key, name)):
        db.session.add(Setting(key=key, value=value))
    db.session.commit()
    forget()
    pdf = printed(made, head, "es")
    [logo] = pdf.pages[0].images
    assert logo.image is not None and logo.image.convert("RGB").getpixel((5, 5)) == (0x7A, 0x1F, 0x2B)
    text = pdf.pages[0].extract_text()
    assert 0 <= text.index("Prairie District 12 & <sons>") < text.index("Informe para la junta")
    figures = [part for kind, part in tree(pdf.trailer["/Root"]["/StructTreeRoot"].get_object()) if kind == "/Figure"]  # type: ignore[index]
    assert str(figures[0]["/Alt"]) == "El logotipo del distrito"
    assert len(pdf.pages) <= 4 and not [page for page in pdf.pages if page.get("/Annots")]
