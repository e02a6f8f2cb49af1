"""The first screen: three sentences, a year ago that is not recorded, one network, and the old addresses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from tests.factories.accounts import make_user
from tests.factories.cases import CaseFactory, CaseParticipantFactory
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.cases.case.models import CaseResult, CaseState
from wss_cases.incidents.incident.states import PersonRole

ClientAs = Callable[[Any], PageClient]


def closed(school: Any, on: date, result: CaseResult) -> None:
    """A case with a person harmed, closed on a day."""
    noon = datetime(on.year, on.month, on.day, 18, tzinfo=UTC)
    case = CaseFactory(school_id=school.id, state=CaseState.CLOSED, result=result, closed_at=noon)
    CaseParticipantFactory(case_id=case.id, role=PersonRole.HARMED)


def test_three_sentences_say_what_was_and_that_a_year_ago_is_not_recorded(
    at: Any, session: Any, client_as: ClientAs
) -> None:
    at("2026-11-24 10:00")
    school = SchoolFactory()
    make_incident(school, local_date=date(2026, 9, 8))
    results = (CaseResult.REPAIRED, CaseResult.REPAIRED, CaseResult.PARTLY_REPAIRED, CaseResult.DECLINED)
    for result in (*results, CaseResult.UNFOUNDED, CaseResult.TRANSFERRED):
        closed(school, date(2026, 10, 6), result)
    closed(school, date(2025, 10, 7), CaseResult.REPAIRED)
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    main = client.page("/outcomes").find_all("main")[0]
    sentences = [one.text for one in main.find_all("h2")][:3]
    assert sentences == [
        "Harm repaired: 2 of 4 closed cases, partly 1; a year ago: not recorded",
        "Who it does not reach yet: 1 of 1 incident without an offer to repair; a year ago: not recorded",
        "Removals and police: 0 removals and 0 police notifications, 0 avoidable; a year ago: not recorded",
    ]
    make_incident(school, local_date=date(2025, 9, 9))
    text = client.page("/outcomes").find_all("main")[0].text
    assert "a year ago: 1 of 1, partly 0" in text and "Too few to tell a change from a year ago." in text
    assert "Differences between groups of students: too few to show." in text


def test_one_network_is_counted_by_itself(at: Any, session: Any, client_as: ClientAs) -> None:
    at("2026-11-24 10:00")
    north, south = SchoolFactory(network="North"), SchoolFactory(network="South")
    for _ in range(3):
        make_incident(north, local_date=date(2026, 10, 6))
    closed(south, date(2026, 10, 6), CaseResult.REPAIRED)
    client = client_as(make_user(Role.DISTRICT))
    text = client.page("/outcomes?network=North").find_all("main")[0].text
    assert "3 of 3 incidents without an offer" in text and "Harm repaired: 0 of 0 closed cases" in text
    for page in ("", "/repair", "/removals", "/patterns"):
        assert client.get(f"/outcomes{page}?network=Nowhere").status_code == 404
        assert client.page(f"/outcomes{page}?network=South").find_all("option")
    assert client.get("/outcomes/files/equity.csv?network=North").status_code == 404
    own = client_as(make_user(Role.ADMINISTRATOR, north))
    assert own.get("/outcomes?network=North").status_code == 404


def test_the_funnels_old_address_leads_to_its_page(at: Any, session: Any, client_as: ClientAs) -> None:
    at("2026-11-24 10:00")
    school = SchoolFactory()
    make_incident(school, local_date=date(2026, 10, 6))
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    answer = client.get("/outcomes?year=2026-27&pathway=circle")
    assert answer.status_code == 302 and answer.location.startswith("/outcomes/repair?")
    assert answer.location.endswith("#funnel") and "pathway=circle" in answer.location
    text = client.page("/outcomes/repair").find_all("main")[0].text
    assert "From incident to repaired harm: Any pathway" in text
