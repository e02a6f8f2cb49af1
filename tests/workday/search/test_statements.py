"""What a search asks of the database: as much for five hits of each kind as for one, and never beyond a limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories.accounts import make_user
from tests.factories.cases import CaseFactory, CaseNoteFactory, CaseParticipantFactory
from tests.factories.incidents import make_incident
from tests.factories.referrals import PartnerFactory
from tests.factories.roster import SchoolFactory, StaffMemberFactory, StudentFactory
from tests.support.pages.asked import asked
from wss_cases.access.actor import Role
from wss_cases.roster.directory.rules import search_key

MOST = 24
"""Statements of the page of what was found: who asks, each kind of record, and whom and where each hit is about."""
KINDS = ("Students", "Cases", "Reports", "Staff", "Accounts", "Partners")


def plant(school: Any, who: Any) -> None:
    """One record of each kind that holds the word, of a student of its own; the report is the person's."""
    student = StudentFactory(school=school, given_name="Zuleika")
    teacher = make_user(Role.REPORTER, school, name="Zuleika Ames")
    make_incident(school, [student], reporter_id=who.id, narrative="Zuleika fell.")
    case = CaseFactory(school_id=school.id, lead_id=make_user(Role.COORDINATOR, school).id)
    CaseParticipantFactory(case_id=case.id, student_id=student.id)
    CaseNoteFactory(case_id=case.id, author_id=teacher.id, text="Zuleika is well.")
    StaffMemberFactory(school=school, name="Zuleika Ames", search_key=search_key("Zuleika Ames"))
    PartnerFactory()


def search(client: Any, kind: str = "") -> tuple[list[str], list[str]]:
    """Return the kinds that the page of what was found shows, and what it asked."""
    with asked() as statements:
        [main] = client.page(f"/search?found=1{kind}").find_all("main")
    return [heading.text.strip() for heading in main.find_all("h2")], statements


@pytest.mark.parametrize("role", [Role.REPORTER, Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR])
def test_more_hits_ask_no_more_and_no_page_asks_too_often(
    session: Any, at: Callable[..., Any], client_as: Callable[[Any], Any], role: Role
) -> None:
    at("2026-11-24 11:00")
    school = SchoolFactory()
    who = make_user(role, school)
    client = client_as(who)
    PartnerFactory(name="Zuleika House")
    plant(school, who)
    client.submit("/search", {"typed": "Zuleika"}, action="/search")
    search(client)  # what a process asks once and keeps
    headings, few = search(client)
    for _number in range(8):
        plant(school, who)
    more, many = search(client)
    assert headings == more and set(headings) <= set(KINDS)
    assert len(headings) == {Role.REPORTER: 2, Role.ADMINISTRATOR: 6}.get(role, 5), headings
    assert len(few) == len(many) <= MOST, "\n".join(many)
    _headings, alone = search(client, "&kind=staff")
    assert 0 < len(alone) < len(many)
