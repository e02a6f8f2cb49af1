"""Board reports as PDFs: what an independent reader finds in one, and who reads it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pypdf
import pytest

from tests.board.asking import MADE, TODAY, asked_on_page
from tests.factories.accounts import RoleGrantFactory, acting, make_user
from tests.outcomes.making.small_district import Made
from tests.support.pages.client import PageClient
from tests.support.pages.pdfs import tagged
from tests.support.pages.reading import Form
from wss_cases.access.actor import Actor, Grant, Invocation, Role
from wss_cases.board.report.queries import board_scope, reads_report
from wss_cases.board.stored_reports import BoardReport, ask_report, stored_reports
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.jobs.stored_pdfs import make_pdfs
from wss_cases.roster.directory.models import Student

ClientAs = Callable[[Any], PageClient]


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
    assert [kind for kind, _element in kinds].count("/H2") == 12
    figures = [element for kind, element in kinds if kind == "/Figure"]
    assert len(figures) == 2 and all(len(figure["/Alt"]) > 40 for figure in figures)
    assert {"/Table", "/TH", "/TD"} <= {kind for kind, _element in kinds}
    assert 1 <= len(pdf.pages) <= 4
    text = " ".join(page.extract_text() for page in pdf.pages)
    client.post("/language", data={"language": language, "csrf_token": client.csrf_token("/outcomes/board")})
    shown = client.page("/outcomes/board").find_all("main")[0]
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
    assert len(behind) > 3
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
        scope = board_scope(school_id, network, None, TODAY)
        assert scope is not None
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
