"""The comment on a board report: above the figures, by whoever answers for them, never with a student's name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import acting, make_user
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.outcomes.making.small_district import Made
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.board.report.pages import paper_of
from wss_cases.board.report.queries import LONGEST, BoardComment, board_of, board_scope, students_of_many
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry
from wss_cases.records.stored_pdfs import Letterhead

ClientAs = Callable[[Any], PageClient]
PAGE, FORM = "/outcomes/board", "/outcomes/board/comment"
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
    assert page.find_all("main")[0].find_all("h2")[1].text == "Comment" and "Change the comment" in page.text
    assert "We will hold circles in every ninth grade class." in page.text
    assert f"{principal.name}, Tue, Nov 24, 2026" in page.text
    scope = board_scope(school.id, None, None, NOW.date())
    assert scope is not None
    paper = paper_of(board_of(acting(principal), scope), school.name, "es", NOW.date(), Letterhead())
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
    assert "Of one school." in district.page(f"{PAGE}?school={ours.id}").text
    assert "Of one school." not in district.page(f"{PAGE}?school=all").text
    assert "Of all schools." in district.page(f"{PAGE}?school=all").text
