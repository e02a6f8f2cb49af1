"""Equal age: what is too recent to tell is in no year, what waited too long is, and a part of a year is compared with
as many school days of the year before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from tests.factories.accounts import acting, make_user
from tests.factories.cases import CaseFactory, CaseIncidentFactory, CaseParticipantFactory, PathwayFactory
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory, make_calendar
from tests.outcomes.recount.shown import rows
from tests.support.pages.client import PageClient
from wss_cases.access.actor import SYSTEM, Role
from wss_cases.cases.case.models import CaseResult, CaseState
from wss_cases.foundation.errors import existing
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.outcomes.answers import Change
from wss_cases.outcomes.counting.repair.offers import Offers, offers
from wss_cases.outcomes.counting.repair.queries import harms
from wss_cases.outcomes.counting.scope.rules import Scope, scope_of, year_before
from wss_cases.plans.measures import REPAIRED, figures_in
from wss_cases.roster.directory.queries import school_days
from wss_cases.routing.engine.vocabulary import Kind

ClientAs = Callable[[Any], PageClient]
DAY = timedelta(days=1)
TODAY = date(2026, 11, 24)


@pytest.fixture
def school(at: Any, session: Any) -> Any:
    """A school whose year began on 24 August, and the year before on 18 August."""
    at("2026-11-24 10:00")
    for year, begins in ((2025, 18), (2026, 24)):
        first = date(year, 8, 1)
        closed = {first + DAY * number for number in range(begins - 1)}
        make_calendar(first, date(year + 1, 7, 31), closed=closed)
    return SchoolFactory()


def incidents(school: Any, on: date, number: int, offered_on: date | None = None, **more: Any) -> None:
    """So many incidents of a day, with an offer where it has a date."""
    for _ in range(number):
        incident = make_incident(school, local_date=on, **more)
        if offered_on is not None:
            case = CaseFactory(school_id=school.id, opened_on=on)
            CaseIncidentFactory(case_id=case.id, incident_id=incident.id)
            PathwayFactory(case_id=case.id, school_id=school.id, kind=Kind.CONVERSATION.value, offered_on=offered_on)


def two_years_alike(school: Any) -> None:
    for on in (date(2025, 9, 16), date(2026, 9, 15)):
        incidents(school, on, 30, on + 2 * DAY)
        incidents(school, on, 10)


def so_far(school: Any, today: date = TODAY) -> Scope:
    return existing(scope_of(school.id, "2026-27", today))


def first_page(client: PageClient) -> str:
    return client.page("/outcomes").find_all("main")[0].text


def share_with_offer(change: Change) -> str:
    return f"Share with an offer: {change.label}"


def test_newest_weeks_that_are_undecided_change_nothing_that_is_called_clear(
    school: Any, at: Any, client_as: ClientAs
) -> None:
    two_years_alike(school)
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    assert share_with_offer(Change.NOT_CLEAR) in first_page(client)
    for days in (0, 1, 6, 11):
        incidents(school, TODAY - DAY * days, 10, state=IncidentState.SUBMITTED)
    page = first_page(client)
    assert share_with_offer(Change.NOT_CLEAR) in page and "Too recent to tell: 40" in page
    assert "10 of 40 incidents without an offer to repair; a year ago: 10 of 40" in page
    # the same reports, left undecided until their time is over
    at("2026-12-14 10:00")
    page = first_page(client_as(make_user(Role.ADMINISTRATOR, school)))
    assert share_with_offer(Change.DOWN) in page and "Too recent to tell" not in page
    assert "50 of 80 incidents without an offer to repair; a year ago: 10 of 40" in page


def test_an_early_offer_waits_for_its_time_too(school: Any, client_as: ClientAs) -> None:
    two_years_alike(school)
    incidents(school, TODAY - DAY, 40, TODAY)
    counted = offers(SYSTEM, so_far(school))
    assert counted == Offers(offered=30, of=40, too_recent=40)
    assert share_with_offer(Change.NOT_CLEAR) in first_page(client_as(make_user(Role.ADMINISTRATOR, school)))


def test_last_year_is_as_old_as_this_one(school: Any) -> None:
    """What was offered only after the same day of that year, and what was too recent then, is not in it."""
    before = year_before(so_far(school), school_days(school.id))
    as_old = before.last
    incidents(school, date(2025, 9, 16), 1, date(2025, 9, 18))
    incidents(school, date(2025, 9, 16), 1, as_old + DAY)
    incidents(school, as_old - DAY, 1, as_old)
    incidents(school, as_old + DAY, 1, as_old + DAY)
    assert offers(SYSTEM, before) == Offers(offered=1, of=2, too_recent=1)
    whole = existing(scope_of(school.id, "2025-26", TODAY))
    assert offers(SYSTEM, whole) == Offers(offered=4, of=4), "the year itself is known to today"


def test_a_part_of_a_year_is_compared_with_as_many_school_days(school: Any) -> None:
    days = school_days(school.id)
    scope = so_far(school)
    before = year_before(scope, days)
    gone_by = days.between(scope.first - DAY, scope.last)
    assert days.between(before.first - DAY, before.last) == gone_by and days.is_school_day(before.last)
    # the year before began six days earlier, so as many school days were over a week earlier
    assert (before.year, before.first, before.last) == ("2025-26", date(2025, 8, 1), date(2025, 11, 18))
    # in the holidays after the year, at its end, and a finished month
    assert year_before(so_far(school, date(2027, 7, 31)), days).last <= date(2026, 7, 31)
    october = Scope(school.id, "2026-27", date(2026, 8, 1), date(2026, 10, 31), TODAY)
    assert year_before(october, days).last == date(2025, 10, 31)
    unknown = year_before(existing(scope_of(school.id, "2029-30", date(2029, 11, 24))), days)
    assert unknown.last == date(2028, 11, 24), "without a calendar: the same date"


def test_unfounded_withdrawn_and_duplicate_reports_are_not_without_an_offer(school: Any, client_as: ClientAs) -> None:
    on = date(2026, 9, 15)
    incidents(school, on, 6)
    none = IncidentState.NO_FURTHER_ACTION
    incidents(school, on, 1, state=none, outcome_reason="unfounded")
    incidents(school, on, 2, state=none, outcome_reason="withdrawn")
    for _ in range(3):
        twin = make_incident(school, local_date=on)
        twin.duplicate_of_id, twin.state = twin.id, IncidentState.DUPLICATE
    incidents(school, TODAY, 1, state=none, outcome_reason="unfounded")
    # one case of two found it unfounded: it stands; both: it does not
    for results in ((CaseResult.UNFOUNDED, CaseResult.DECLINED), (CaseResult.UNFOUNDED, CaseResult.UNFOUNDED)):
        incident = make_incident(school, local_date=on)
        for result in results:
            closed = {"state": CaseState.CLOSED, "result": result, "closed_at": noon(date(2026, 10, 6))}
            CaseIncidentFactory(case_id=CaseFactory(school_id=school.id, **closed).id, incident_id=incident.id)
    assert offers(SYSTEM, so_far(school)) == Offers(of=7, unfounded=2, withdrawn=2, duplicates=3)
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    page = first_page(client)
    assert "7 of 7 incidents without an offer" in page
    assert "Left out, of 14 reports: 2 (14%) unfounded, 2 (14%) withdrawn, 3 (21%) duplicate" in page
    assert "(7)" in client.page("/outcomes/behind/unoffered").find_all("h1")[0].text


def noon(on: date) -> datetime:
    return datetime.combine(on, time(18), UTC)


def case_of_harm(school: Any, opened: date, result: CaseResult | None = None, closed: date | None = None) -> None:
    more: dict[str, Any] = {"state": CaseState.CLOSED, "closed_at": noon(closed)} if closed else {}
    case = CaseFactory(school_id=school.id, opened_on=opened, result=result, **more)
    CaseParticipantFactory(case_id=case.id, role=PersonRole.HARMED)


def test_a_case_left_open_is_not_repaired_and_a_young_one_is_too_recent(school: Any, client_as: ClientAs) -> None:
    old, young = date(2026, 8, 24), date(2026, 11, 2)
    for opened in (old, young):
        case_of_harm(school, opened, CaseResult.REPAIRED, date(2026, 11, 5))
        case_of_harm(school, opened)
    before = year_before(so_far(school), school_days(school.id))
    # closed a year ago only after the same day, when it had been open long enough, and one that was too young then
    case_of_harm(school, date(2025, 8, 18), CaseResult.REPAIRED, before.last + DAY)
    case_of_harm(school, date(2025, 11, 3), CaseResult.REPAIRED, date(2025, 11, 10))
    counted, ago = harms(SYSTEM, so_far(school)), harms(SYSTEM, before)
    assert (counted.repaired, counted.still_open, counted.of, counted.too_recent) == (1, 1, 2, 2)
    assert (ago.repaired, ago.still_open, ago.of, ago.too_recent) == (0, 1, 1, 1)
    make_incident(school, local_date=date(2025, 9, 9))
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    page = first_page(client)
    assert "Harm repaired: 1 of 2 cases, partly 0; a year ago: 0 of 1, partly 0" in page
    assert "Too recent to tell: 2" in page
    found = client.page("/outcomes/behind/harms?choice=still_open").find_all("main")[0].text
    assert "Still open" in found and "said" not in found
    assert client.get("/outcomes/behind/harms?choice=too_recent").status_code == 404
    reader = acting(make_user(Role.ADMINISTRATOR, school))
    plans = figures_in(reader, before, [REPAIRED])
    assert (plans[REPAIRED].numerator, plans[REPAIRED].denominator) == (0, 1)


def test_a_month_that_is_not_over_says_so_in_chart_and_table(school: Any, at: Any, client_as: ClientAs) -> None:
    for on in (date(2026, 10, 6), TODAY):
        incidents(school, on, 2)
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    for address in ("/outcomes/patterns", "/outcomes/incidents"):
        page = client.page(address)
        bars = {bar.find_all("span")[0].text: bar for bar in page.find_all("li") if bar.get("class") == "bar"}
        drawn = {name: "bar-open" in bars[name].find_all("rect")[0].get("class") for name in bars if "2026" in name}
        assert drawn["Oct 2026"] is False and drawn["Nov 2026 (not over)"] is True, address
        assert {"Oct 2026", "Nov 2026 (not over)"} <= set(rows(page, "Month", "Incidents"))
    at("2026-12-01 10:00")
    later = client_as(make_user(Role.ADMINISTRATOR, school)).page("/outcomes/patterns").text
    assert "Nov 2026" in later and "Nov 2026 (not over)" not in later
