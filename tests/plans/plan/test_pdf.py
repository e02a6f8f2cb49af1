"""A plan as a PDF: asked for and opened by whoever reads the plan, tagged, in two languages, and it breaks well."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pypdf
import pytest

from tests.factories.accounts import make_user
from tests.factories.base import put
from tests.factories.roster import SchoolFactory
from tests.plans.long_plan import STEPS, long_plan
from tests.plans.plan.conftest import calling
from tests.support.pages.pdfs import tagged
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import AccountState, UserAccount
from wss_cases.board.stored_reports import BOARD_REPORTS
from wss_cases.cli.common import SEALED
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.jobs.pdf.printing import pdf_of
from wss_cases.jobs.stored_pdfs import make_pdfs
from wss_cases.journal.models import AuditEntry
from wss_cases.plans.plan.paper import PLAN_PDFS, PlanPdf, ask_pdf, pdf_for
from wss_cases.records.retention.reach import TABLES
from wss_cases.records.retention.schedule import clean
from wss_cases.records.stored_pdfs import PdfState, Why, store_pdf

pytestmark = pytest.mark.usefixtures("pango")
MADE, NOT_MADE = {"made": 1, "not_made": 0}, {"made": 0, "not_made": 1}


def asked(client, plan, language):
    """Ask for a PDF on the plan's page; returns the address of the one that is made."""
    answer = client.submit(f"/safety-plans/{plan.id}/pdfs", {"language": language})
    assert answer.status_code == 303
    return answer.headers["Location"]


@pytest.mark.parametrize(("language", "title"), [("en", "School safety plan"), ("es", "Plan de seguridad escolar")])
def test_an_independent_reader_finds_a_tagged_plan_that_breaks_well(school, principal, client_as, language, title):
    plan = long_plan(school, principal)
    client = client_as(make_user(Role.COORDINATOR, school))
    address, name = asked(client, plan, language), school.name
    assert client.get(f"{address}/plan.pdf").status_code == 404, "not before it is made"
    assert make_pdfs(clock.now(), 60) == MADE
    answer = client.get(f"{address}/plan.pdf")
    assert answer.status_code == 200 and answer.mimetype == "application/pdf"
    pdf, kinds = tagged(answer.data, language, f"{title} 2026-27, {name}")
    headings = {"/H1", "/H2", "/H3"} & {kind for kind, _element in kinds}
    assert headings == {"/H1", "/H2", "/H3"} and "/L" in {kind for kind, _element in kinds}
    pages = [page.extract_text().strip().splitlines() for page in pdf.pages]
    text = " ".join(word for page in pages for line in page for word in line.split())
    assert all(f"Paso {number}:" in text for number in range(1, STEPS + 1))
    assert len(pages) <= 12
    for lines in pages[:-1]:
        kept = [line for line in lines if not re.fullmatch(r"\d+ / \d+", line.strip())]
        assert len(kept) > 25, "a page is half empty"
    assert b"/URI" not in answer.data


def test_no_page_ends_with_what_leads_on():
    """One document with a heading, or a line that leads on, at every height of a page."""
    rooms = []
    for lines in range(33, 42):
        for leads in ("<h2>LEADS</h2>", "<h3>LEADS</h3>", '<p class="leads-on">LEADS</p>'):
            rooms.append(f'<div style="break-before: page">{"<p>line</p>" * lines}{leads}<p>after it</p></div>')
    pdf = pypdf.PdfReader(io.BytesIO(pdf_of(f'<html lang="en"><body class="plan">{"".join(rooms)}</body></html>')))
    ends = [page.extract_text().strip().splitlines()[-2:] for page in pdf.pages]
    assert len(ends) > len(rooms), "some go on to a second page"
    assert not [end for end in ends if any("LEADS" in line for line in end)]


def test_who_asks_makes_and_opens_it_is_audited_and_it_lies_there_sealed(school, principal, plan, client_as):
    client, mine = client_as(principal), principal.id
    address = asked(client, plan, "en")
    waits = client.page(address).text
    assert "Being made" in waits and "It will be ready in a minute or two; you can leave this page." in waits
    pdf_id = int(address.rsplit("/", 1)[1])
    assert store_pdf(PLAN_PDFS, pdf_id, b"%PDF-1.7 made", clock.now())
    assert not store_pdf(PLAN_PDFS, pdf_id, b"%PDF-1.7 twice", clock.now()), "another scheduler has made it"
    assert client.get(f"{address}/plan.pdf").data == b"%PDF-1.7 made"
    rows = db.session.scalars(db.select(AuditEntry).where(AuditEntry.object_type == "plan_pdf")).all()
    told = [(row.action.split(".")[1], row.actor_id) for row in rows if row.object_id == pdf_id]
    assert told == [("asked", mine), ("read", mine), ("made", None), ("read", mine)]
    assert b"%PDF" not in db.session.scalars(db.select(PlanPdf.sealed_text)).one()
    assert "It names adults, and a student wherever the words of the plan do." in client.page(address).text
    assert ("plan_pdfs", PlanPdf, PLAN_PDFS.purpose) in SEALED and PLAN_PDFS.purpose != BOARD_REPORTS.purpose
    assert TABLES["plan_pdf"] == TABLES["board_report"]
    assert "plan_pdf" not in clean(clock.now() + timedelta(days=399))
    assert clean(clock.now() + timedelta(days=401))["plan_pdf"] == 1, "kept as long as board reports are"


def test_another_school_finds_none_and_whoever_left_gets_none(school, principal, plan, client_as):
    elsewhere = client_as(make_user(Role.ADMINISTRATOR, SchoolFactory()))
    teacher = client_as(make_user(Role.REPORTER, school))
    district = client_as(make_user(Role.DISTRICT))
    client, mine, plan_id = client_as(principal), principal.id, plan.id
    call, other = calling(principal), calling(make_user(Role.DEAN, SchoolFactory()))
    address = asked(client, plan, "en")
    made = int(address.rsplit("/", 1)[1])
    store_pdf(PLAN_PDFS, made, b"%PDF-1.7 made", clock.now())
    for stranger in (elsewhere, teacher):
        for path in (f"/safety-plans/{plan_id}/pdfs", address, f"{address}/plan.pdf"):
            assert stranger.get(path).status_code == 404
    assert district.get(f"{address}/plan.pdf").status_code == 200
    for forbidden in (lambda: ask_pdf(other, plan_id, "en"), lambda: pdf_for(other.actor, made)):
        with pytest.raises(NotFound):
            forbidden()
    late = ask_pdf(call, plan_id, "en")
    db.session.get_one(UserAccount, mine).state = AccountState.DISABLED
    db.session.commit()
    assert make_pdfs(clock.now(), 60) == NOT_MADE
    row = db.session.get_one(PlanPdf, late, populate_existing=True)
    assert (row.state, row.why) == (PdfState.FAILED, Why.FORBIDDEN)


def test_no_one_has_more_than_five_waiting(principal, plan, client_as):
    for _number in range(5):
        ask_pdf(calling(principal), plan.id, "en")
    with pytest.raises(Refused):
        ask_pdf(calling(principal), plan.id, "es")
    client = client_as(principal)
    assert client.submit(f"/safety-plans/{plan.id}/pdfs", {"language": "es"}).status_code == 303
    assert "still being made" in client.page(f"/safety-plans/{plan.id}/pdfs").text


def test_every_pdf_of_a_plan_is_reached_page_by_page(school, principal, plan, client_as):
    shared = {"school_id": school.id, "plan_id": plan.id, "asked_by_id": principal.id, "asked_at": clock.now()}
    rows = [put(PlanPdf(language="en", state=PdfState.FAILED, why=Why.SLOW, **shared)).id for _ in range(31)]
    page, shown = f"/safety-plans/{plan.id}/pdfs", []
    while page:
        links = [link.get("href") or "" for link in client_as(principal).page(page).find_all("a")]
        shown += [int(href.rsplit("/", 1)[1]) for href in links if re.fullmatch(r"/safety-plans/pdfs/\d+", href)]
        page = next((href for href in links if "before=" in href), "")
    assert shown == rows[::-1]
