"""The board report: the numbers of the other pages, lists as long, its comment, its plan, nobody else's school."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pypdf
import pytest
from sqlalchemy import func, select

from tests.factories.accounts import acting, make_user
from tests.factories.plans import PlanGoalFactory, SchoolPlanFactory
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.outcomes.making.groups import Groups
from tests.outcomes.making.small_district import Made
from tests.plans.long_plan import GOALS, long_plan
from tests.support.pages.client import PageClient
from tests.support.pages.reading import Element
from tests.support.pages.tables import rows_of
from wss_cases.access.actor import Role
from wss_cases.board.report.pages import equity_parts, paper_of
from wss_cases.board.report.queries import (
    LONGEST,
    BoardComment,
    Edition,
    board_of,
    board_scope,
    may_report,
    networks_answered_for,
    students_of_many,
)
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.jobs.pdf.printing import pdf_of
from wss_cases.journal.models import AuditEntry
from wss_cases.outcomes.equity.queries import FAMILIES, table_for
from wss_cases.outcomes.equity.rules import settled
from wss_cases.plans.plan.baselines import PlanBaseline
from wss_cases.plans.plan.core.models import PlanState
from wss_cases.plans.plan.templates import Component
from wss_cases.records.stored_pdfs import Letterhead
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.rules import SchoolDays

ClientAs = Callable[[Any], PageClient]
PAGE = "/outcomes/board?edition=whole"
TODAY = date(2026, 11, 24)


def main_of(page: Element) -> Element:
    return page.find_all("main")[0]


def test_numbers_are_those_of_the_rows_up_to_the_last_month_that_is_over(made: Made, client_as: ClientAs) -> None:
    school = made.schools[0]
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    own = (Incident.school_id == school.id, Incident.state != IncidentState.DUPLICATE)
    days = [day for day in db.session.scalars(select(Incident.local_date).where(*own)) if day >= date(2026, 8, 1)]
    page = main_of(client.page(PAGE))
    counted = [day for day in days if day <= date(2026, 10, 31)]
    assert 0 < len(counted) < len(days)
    assert f"{len(counted)} incidents" in page.text
    assert "Sat, Aug 1, 2026 to Sat, Oct 31, 2026" in page.text and "Nov 2026" not in page.text
    headings = [one.text for one in page.find_all("h2")]
    assert [one.split(" (")[0] for one in headings] == [
        "Restorative, police, or neither",
        "School safety plan",
        "At a glance",
        "Incidents per 100 students per school day",
        "Most often: behavior, place, time of day",
        "From incident to repaired harm",
        "How long cases take",
        "Another incident of the same student",
        "What people harmed say",
        "Removals and police notifications",
        "Equity at every stage",
        "Who reports",
        "How this is counted",
    ]


def test_a_number_opens_a_list_as_long(made: Made, client_as: ClientAs) -> None:
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    page, checked = main_of(client.page(PAGE)), set()
    for link in (one for table in page.find_all("table") for one in table.find_all("a")):
        address = link.get("href")
        if address.startswith("#") or not link.text.isdecimal():
            continue
        listed = main_of(client.page(address))
        rows = rows_of(listed) or [row for row in listed.find_all("li") if row.get("class") == "work-row"]
        assert len(rows) == min(int(link.text), 20 if address.startswith("/incidents") else 50), address
        checked.add(address.split("?")[0])
    lists = {f"/outcomes/behind/{name}" for name in ("funnel", "removals", "first_meetings", "closings", "repeats")}
    assert {"/incidents", *lists} <= checked


def test_a_list_ends_only_on_a_day_that_is_one(made: Made, client_as: ClientAs) -> None:
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    for until in ("2026-13-01", "yesterday", "2020-01-01", "2026-10-31T00:00"):
        assert client.get(f"/outcomes/behind/removals?until={until}").status_code == 404, until


def test_every_chart_has_its_words_and_a_table(made: Made, client_as: ClientAs) -> None:
    page = main_of(client_as(make_user(Role.ADMINISTRATOR, made.schools[0])).page(PAGE))
    for section in page.find_all("section"):
        for chart in section.find_all("svg"):
            assert chart.get("role") == "img" and chart.find_all("title")[0].text.count(";") > 1
            assert section.find_all("table")


def test_a_phone_names_the_column_of_each_number(made: Made, client_as: ClientAs) -> None:
    page = main_of(client_as(make_user(Role.ADMINISTRATOR, made.schools[0])).page(PAGE))
    cards = [one for one in page.find_all("table") if "data-cards" in one.get("class").split()]
    ours = [one for one in cards if one.find_all("th")[0].text in ("Month", "Pathway", "What")]
    assert len(ours) == 3
    for table in ours:
        heads = [one.text.split(" (")[0] for one in table.find_all("thead")[0].find_all("th")][1:]
        for row in table.find_all("tbody")[0].find_all("tr"):
            assert [cell.get("data-label") for cell in row.find_all("td")] == heads


def test_it_says_of_when_its_figures_are(made: Made, client_as: ClientAs) -> None:
    page = main_of(client_as(make_user(Role.ADMINISTRATOR, made.schools[0])).page(PAGE))
    heads = [one.text for one in page.find_all("th") if one.get("scope") == "col"]
    joined = "\N{WORD JOINER}–\N{WORD JOINER}"
    # a year is one word in a heading; only removals are of the same days, months are whole ones
    assert not [head for head in heads if "–" in head and joined not in head]
    assert heads.count(f"Same days, 2025{joined}26") == 1 and heads.count(f"Rate 2025{joined}26") == 1
    assert "The same days a year before" not in page.text and "not recorded" in page.text, "nothing was reported then"
    notes = next(one for one in page.find_all("section") if "board-notes" in one.get("class").split())
    assert "are as known on the day the report was made" in notes.text
    assert notes.text.count("up to today") == notes.text.count("up to today; in a board report") == 1
    assert "before today" not in notes.text


def test_the_district_sees_every_school_and_those_at_zero_without_lists(made: Made, client_as: ClientAs) -> None:
    SchoolFactory(name="Quiet Elementary School")
    page = main_of(client_as(make_user(Role.DISTRICT)).page(PAGE))
    assert "3 schools" in page.text and "1 school with no reports" in page.text
    assert [one.text for ul in page.find_all("ul")[1:] for one in ul.find_all("li")] == ["Quiet Elementary School"]
    assert not [link for link in page.find_all("a") if link.get("href").startswith(("/incidents", "/outcomes/behind"))]


def test_a_network_is_reported_by_who_has_all_of_it(made: Made, client_as: ClientAs) -> None:
    whole, half = make_user(Role.DISTRICT), make_user(Role.DISTRICT, made.schools[1])
    assert networks_answered_for(acting(whole)) == ["Network 1"]
    assert networks_answered_for(acting(half)) == []
    page = main_of(client_as(whole).page(f"{PAGE}&network=Network+1"))
    assert "Board report: Network 1" in page.text and "not shown for a network" in page.text
    client = client_as(half)
    assert client.get(f"{PAGE}&network=Network+1").status_code == 404
    # one that no school is in, as after another name on the roster, is nobody's
    assert client_as(whole).get(f"{PAGE}&network=Network+9").status_code == 404
    assert may_report(acting(whole), None, "Network 1") and not may_report(acting(whole), None, "Network 9")
    assert made.schools[0].name not in main_of(client.page(PAGE)).text


def test_only_who_answers_to_a_board_sees_it(made: Made, client_as: ClientAs) -> None:
    scope = existing(board_scope(made.schools[0].id, None, None, TODAY))
    with pytest.raises(NotFound):
        board_of(acting(make_user(Role.ADMINISTRATOR, made.schools[1])), scope)
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    for year in ("2027-28", "1999-00", "x"):
        assert client.get(f"{PAGE}&year={year}").status_code == 404


def test_each_opening_is_audited(made: Made, client_as: ClientAs) -> None:
    user = make_user(Role.ADMINISTRATOR, made.schools[0])
    client_as(user).page(PAGE)
    rows = db.session.scalars(db.select(AuditEntry).where(AuditEntry.actor_id == user.id)).all()
    assert [row.changes["page"] for row in rows if row.action == "page.read"] == ["board.report"]


def test_equity_says_nothing_that_its_own_page_does_not(at: Any, session: Any, client_as: ClientAs) -> None:
    at("2026-11-24 10:00")
    groups = Groups(seed=3)
    user = make_user(Role.DISTRICT)
    scope = board_scope(None, None, None, TODAY)
    assert scope is not None and settled(scope, SchoolDays()) == scope
    tables = {family: table_for(acting(user), scope, family) for family in FAMILIES}
    assert any(table.stages for table in tables.values())
    client, told = client_as(user), 0
    for family, part in zip(FAMILIES, equity_parts(tables), strict=True):
        own = main_of(client.page(f"/outcomes/equity?kind={family}"))
        for sentence in part["sentences"]:
            told += 1
            assert sentence["meaning"] in own.text
        hidden = [str(label) for label in part["hidden"]]
        shown = {one.text for one in own.find_all("h2")}
        assert not shown & set(hidden)
    assert told and groups.small.name not in main_of(client.page(PAGE)).text


def test_in_august_it_tells_of_the_year_that_ended(session: Any) -> None:
    school = SchoolFactory()
    scope = board_scope(school.id, None, None, date(2026, 8, 20))
    assert scope is not None and (scope.year, scope.last) == ("2025-26", date(2026, 7, 31))
    assert board_scope(school.id, None, "2026-27", date(2026, 8, 20)) is None
    assert db.session.get(School, school.id) is not None


FORM = "/outcomes/board/comment"
NOW = datetime(2026, 11, 24, 16, tzinfo=UTC)
WORDS = "Two new coordinators began in September.\nWe will hold circles in every ninth grade class."


def written(client: PageClient, address: str = FORM, **said: Any) -> Any:
    """Send the form of a comment as the page shows it, with this in it."""
    return client.post(address, data=client.form(address, "comment").values() | said)


def test_it_stands_above_the_figures_on_the_page_and_on_paper_with_whose_it_is(made: Made, client_as: ClientAs) -> None:
    school = made.schools[0]
    principal = make_user(Role.ADMINISTRATOR, school)
    client = client_as(principal)
    assert "Add a comment" in client.page(PAGE).text
    assert written(client, comment=WORDS).status_code == 303
    page = client.page(PAGE)
    assert page.find_all("main")[0].find_all("h2")[0].text == "Comment" and "Change the comment" in page.text
    assert "We will hold circles in every ninth grade class." in page.text
    assert f"{principal.name}, Tue, Nov 24, 2026" in page.text
    scope = existing(board_scope(school.id, None, None, NOW.date()))
    paper = paper_of(board_of(acting(principal), scope), school.name, "es", NOW.date(), Letterhead(), Edition.WHOLE)
    assert paper.index("Two new coordinators") < paper.index("De un vistazo")
    assert written(client, comment=" ").status_code == 303
    assert "Two new coordinators" not in client.page(PAGE).text
    acts = select(AuditEntry.action).where(AuditEntry.object_type == "board_comment").order_by(AuditEntry.id)
    assert list(db.session.scalars(acts)) == ["board_comment.written", "board_comment.removed"]
    assert not [row for row in db.session.scalars(select(AuditEntry)) if "coordinators" in str(row.changes)]


@pytest.mark.parametrize("network", [None, "North"])
def test_a_comment_on_many_schools_is_asked_about_too(made: Made, client_as: ClientAs, network: str | None) -> None:
    made.schools[0].network = network
    db.session.commit()
    StudentFactory(school=made.schools[0], given_name="Zebulon", family_name="De la Quarterly")
    StudentFactory(school=SchoolFactory(network="South"), given_name="Zebulon", family_name="Farthing")
    client = client_as(make_user(Role.DISTRICT))
    address = f"{FORM}?network={network}" if network else FORM
    asked = written(client, address, comment="Thanks to zebulon de la quarterly, and to Zebulon Farthing.")
    assert asked.status_code == 400 and "Zebulon De la Quarterly" in asked.text
    assert ("Zebulon Farthing. Leave" in asked.text) is (network is None), "a network's comment is about its schools"
    assert written(client, address, comment="A quarterly look at circles.").status_code == 303


@pytest.mark.parametrize(
    ("given", "family", "written_as"),
    [
        ("Zebulon", "García", "Zebulon García; thanks"),
        ("Zebulon", "García", "(Zebulon García)"),
        ("Zebulon", "García", "Well done, Zebulon García!"),
        ("Zebulon", "García", "Zebulon García’s circle"),
        ("Zebulon", "García", "ZEBULON GARCIA came"),
        ("Zebulon", "O'Brien", "“Zebulon O’Brien” came"),
        ("Zebulon", "O'Brien", "Zebulon Obrien came"),
        ("Zebulon", "OBrien", "Zebulon O'Brien's circle"),
        ("Zebulon", "de la O'Brien-Smith", "Zebulon de la O’Brien-Smith’s circle"),
        ("Zebulon", "García", "Zebulon Marcus Garcia came"),
        ("Zebulon", "García", "ZEBULON M. J. GARCÍA came"),
        ("Zebulon", "García", "thanks to zebulon marcus garcia"),
        ("Zebulon", "de la O'Brien", "Zebulon Marcus de la O’Brien’s circle"),
    ],
)
def test_a_name_is_found_however_it_is_written(session: Any, given: str, family: str, written_as: str) -> None:
    StudentFactory(school=SchoolFactory(network="North"), given_name=given, family_name=family)
    preferred = {"preferred_given_name": "Philomena", "preferred_family_name": "Ñandú"}
    StudentFactory(school=SchoolFactory(), given_name="Ann", family_name="Other", **preferred)
    for network in (None, "North"):
        assert students_of_many(network, written_as) == [f"{given} {family}"]
    assert students_of_many(None, "philomena nandu: thanks") == ["Philomena Ñandú"]
    for nobody in ("García and O’Brien are streets.", "Zebulon and García", "Zebulon left. Mr. Garcia stayed"):
        assert students_of_many(None, nobody) == []


def test_one_that_may_name_a_student_is_asked_about_and_loses_nothing(made: Made, client_as: ClientAs) -> None:
    school = made.schools[0]
    StudentFactory(school=school, given_name="Zebulon", family_name="Quarterly")
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    words = "Zebulon Quarterly and others kept their agreements."
    refused = written(client, comment=words)
    assert refused.status_code == 400
    assert "This may name a student: Zebulon" in refused.text and words in refused.text
    assert written(client, comment="x" * (LONGEST + 1)).status_code == 400
    assert db.session.scalar(select(func.count()).select_from(BoardComment)) == 0
    assert written(client, comment=words, anyway="y").status_code == 303


def test_two_who_write_at_once_are_both_told(made: Made, client_as: ClientAs) -> None:
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    seen = client.form(FORM, "comment").values()
    written(client, comment="The first.")
    late = client.post(FORM, data=seen | {"comment": "The second.", "request_key": "2" * 32})
    assert late.status_code == 409 and "The first." in late.text and "The second." in late.text
    assert db.session.scalars(select(BoardComment.comment)).all() == ["The first."]


def test_a_school_has_its_own_and_the_district_another(made: Made, client_as: ClientAs) -> None:
    ours, theirs = made.schools
    district = client_as(make_user(Role.DISTRICT))
    assert district.get(f"{FORM}?school={ours.id}").status_code == 404, "a principal's words are the principal's"
    assert client_as(make_user(Role.ADMINISTRATOR, theirs)).get(f"{FORM}?school={ours.id}").status_code == 404
    written(client_as(make_user(Role.ADMINISTRATOR, ours)), comment="Of one school.")
    written(district, f"{FORM}?school=all", comment="Of all schools.")
    assert "Of one school." in district.page(f"{PAGE}&school={ours.id}").text
    assert "Of one school." not in district.page(f"{PAGE}&school=all").text
    assert "Of all schools." in district.page(f"{PAGE}&school=all").text


def planned(school: School, head: Any, **more: Any) -> Any:
    """A plan in force with one goal that is measured by incidents, 200 of 50,000 when it was written."""
    plan = SchoolPlanFactory(school_id=school.id, lead_id=head.id, standing=True, **more)
    here = {"school_id": school.id, "plan_id": plan.id}
    frozen = PlanBaseline(
        measure="incidents", period_from=date(2025, 8, 1), period_to=date(2026, 7, 31), numerator=200,
        denominator=50_000, taken_at=datetime(2026, 5, 4, 15, tzinfo=UTC), **here,
    )  # fmt: skip
    db.session.add(frozen)
    db.session.flush()
    words = {"component": Component.PHYSICAL, "statement": "Fewer students are hurt in the hallways"}
    PlanGoalFactory(baseline_id=frozen.id, target=0.3, **words, **here)
    why = {"measure": "", "direction": None, "target": None, "target_by": None, "why_not_measured": "No scale fits"}
    PlanGoalFactory(component=Component.TRUST, statement="Adults greet every student", **why, **here)
    db.session.commit()
    return plan


def test_it_begins_with_the_plan_and_each_goal_then_now_and_its_target(made: Made, client_as: ClientAs) -> None:
    school, head = made.schools[0], make_user(Role.ADMINISTRATOR, made.schools[0])
    client = client_as(head)
    assert "no safety plan in force" in client.page(PAGE).text
    planned(school, head)
    page = client.page(PAGE).find_all("main")[0]
    section = page.find_all("section")[1]
    assert section.find_all("h2")[0].text == "School safety plan"
    goal, then, now, target = (cell.text for cell in section.find_all("tbody")[0].find_all("th", "td")[:4])
    assert goal == "Fewer students are hurt in the hallways"
    assert then == "0.4 per 100 students per school day"
    own = (Incident.school_id == school.id, Incident.state != IncidentState.DUPLICATE)
    until = Incident.local_date.between(date(2026, 8, 1), date(2026, 10, 31))
    incidents = db.session.scalar(select(func.count(Incident.id)).where(*own, until))
    scope = board_scope(school.id, None, None, TODAY)
    assert scope is not None and incidents
    board = board_of(acting(head), scope)
    assert board.plan is not None and board.plan.goals[0][2] is not None
    assert board.plan.goals[0][2].numerator == incidents == board.core.parts.total
    assert "per 100 students per school day" in now and "down to 0.3 by Tue, Jun 1, 2027" in target
    assert "Not measured: No scale fits" in section.text
    paper = paper_of(board, school.name, "es", TODAY, Letterhead(), Edition.WHOLE)
    assert paper.index("Fewer students are hurt") < paper.index("De un vistazo")


def test_a_draft_and_a_plan_of_other_years_do_not_stand_there(made: Made, client_as: ClientAs) -> None:
    school, head = made.schools[0], make_user(Role.ADMINISTRATOR, made.schools[0])
    plan = planned(school, head, first_year="2024-25", last_year="2025-26")
    SchoolPlanFactory(school_id=school.id, number=2)
    db.session.commit()
    assert "no safety plan in force" in client_as(head).page(PAGE).text
    plan.state, plan.closed_on = PlanState.CLOSED, TODAY
    db.session.commit()
    assert "no safety plan in force" in client_as(head).page(PAGE).text


def test_the_district_is_told_how_many_schools_have_one(made: Made, client_as: ClientAs) -> None:
    planned(made.schools[0], make_user(Role.ADMINISTRATOR, made.schools[0]))
    client = client_as(make_user(Role.DISTRICT))
    assert "1 of 2 schools have a school safety plan in force." in client.page(f"{PAGE}&school=all").text
    assert "1 of 1 schools" in client.page(f"{PAGE}&network=Network 1").text


@pytest.mark.usefixtures("pango")
def test_with_a_long_plan_it_fits_five_sheets(made: Made) -> None:
    school, head = made.schools[0], make_user(Role.ADMINISTRATOR, made.schools[0])
    long_plan(school, head)
    scope = existing(board_scope(school.id, None, None, TODAY))
    paper = paper_of(board_of(acting(head), scope), school.name, "es", TODAY, Letterhead("Distrito"), Edition.WHOLE)
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf_of(paper))).pages]
    assert all(f"Meta {number}:" in " ".join(pages) for number in range(1, GOALS + 1))
    assert len(pages) <= 5


def test_the_board_reads_one_page_and_every_number_opens_its_list(made: Made, client_as: ClientAs) -> None:
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    page = main_of(client.page("/outcomes/board"))
    heads = [one.text for one in page.find_all("h2")]
    first = ["Restorative, police, or neither", "Was harm repaired?"]
    assert heads[:4] == [*first, "Removals and police notifications", "School safety plan"]
    assert "do not post it" in page.text and "How this is counted" not in page.text
    assert "Not confirmed, separate: 0 emergency, 0 required by law" in page.text, "never avoidable alone"
    assert "not recorded" in page.text, "a year before the first report is not 0"
    linked = [(one.text, one.get("href")) for one in page.find_all("a") if "/behind/" in (one.get("href") or "")]
    assert linked
    for number, href in linked:
        assert f"({number})" in client.page(href).text, href
