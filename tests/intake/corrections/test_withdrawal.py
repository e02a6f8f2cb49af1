"""A report taken back before its review, opened again after its decision, and its people named later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select

from tests.factories.base import fresh
from tests.intake.making import Place
from wss_cases.access.actor import Invocation
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.intake.decision import Choice, decide
from wss_cases.journal.models import OutboxMessage
from wss_cases.outcomes.counting.daily_figures.queries import figures_of_school
from wss_cases.pathways.common.models import Pathway

CAUSED, HARMED = PersonRole.CAUSED_HARM, PersonRole.HARMED


def accept(place: Place, report: Any, key: str) -> None:
    decide(Invocation(place.actor(), clock.now(), key, version=fresh(report).version), report.id, Choice())


def why(client: Any, address: str) -> Any:
    return client.submit(address, {"reason": "It was another day."}, holding="reason")


def test_a_withdrawn_report_stands_as_withdrawn_and_in_no_count(place: Place, client_as: Callable[[Any], Any]) -> None:
    report = place.report((place.students[0], CAUSED), code="disruption", tile="disruption")
    assert figures_of_school(place.school.id)
    reporter = client_as(place.reporter)
    assert "Withdraw the report" in reporter.page(f"/incidents/{report.id}").text
    assert why(reporter, f"/incidents/{report.id}/withdraw").status_code == 303
    page = reporter.page(f"/incidents/{report.id}").text
    assert "Withdrawn" in page and "The reporter withdrew it" in page
    assert figures_of_school(place.school.id) == {}
    dean = client_as(place.dean)
    assert report.reference not in dean.page("/review").text
    assert report.reference not in dean.page("/incidents?state=counted").text
    # a dean can open it again, with a reason
    assert dean.submit(f"/review/{report.id}/reopen", {"reason": " "}, holding="reason").status_code == 400
    assert why(dean, f"/review/{report.id}/reopen").status_code == 303
    assert fresh(report).state is IncidentState.UNDER_REVIEW and figures_of_school(place.school.id)


def test_where_a_duty_hangs_on_it_a_dean_is_asked(place: Place, client_as: Callable[[Any], Any]) -> None:
    report = place.report((place.students[0], CAUSED), weapon="firearm", facts={"weapon": "firearm"})
    reporter = client_as(place.reporter)
    assert why(reporter, f"/incidents/{report.id}/withdraw").status_code == 303
    assert "The deans and administrators have been asked." in reporter.page(f"/incidents/{report.id}").text
    assert fresh(report).state is IncidentState.SUBMITTED
    asked = select(OutboxMessage.recipient_id).where(OutboxMessage.kind == "incident.withdrawal_asked")
    assert set(db.session.scalars(asked)) == {place.dean.id, place.administrator.id}
    page = client_as(place.dean).get(f"/review/{report.id}").get_data(as_text=True)
    assert page.index("The reporter asks to withdraw this report") < page.index('class="cols"'), "at the top"
    assert "It was another day." in page.partition('class="cols"')[0]
    words = reporter.page(f"/incidents/{report.id}").text
    assert "Withdraw the report" not in words and "You asked to withdraw it on" in words
    assert "The deans and administrators have been asked." in reporter.get(f"/incidents/{report.id}/withdraw").text, (
        "once"
    )


def test_a_dean_asks_the_others_about_her_own_report_too(place: Place, client_as: Callable[[Any], Any]) -> None:
    report = place.report((place.students[0], CAUSED), weapon="firearm", facts={"weapon": "firearm"})
    dean = client_as(place.dean)
    report.reporter_id = place.dean.id
    db.session.commit()
    assert "Ask for a decision" in dean.page(f"/incidents/{report.id}/withdraw").text
    assert why(dean, f"/incidents/{report.id}/withdraw").status_code == 303
    assert fresh(report).state is IncidentState.SUBMITTED
    asked = select(OutboxMessage.recipient_id).where(OutboxMessage.kind == "incident.withdrawal_asked")
    assert set(db.session.scalars(asked)) == {place.administrator.id}


def test_nobody_withdraws_a_report_under_review(place: Place, client_as: Callable[[Any], Any]) -> None:
    report = place.report((place.students[0], CAUSED), (place.students[1], HARMED))
    accept(place, report, "one")
    assert "review of this report has started" in client_as(place.reporter).get(f"/incidents/{report.id}/withdraw").text


def test_a_decided_report_opened_again_is_decided_without_making_anything_twice(
    place: Place, client_as: Callable[[Any], Any], at: Callable[..., Any]
) -> None:
    report = place.report((place.students[0], CAUSED), (place.students[1], HARMED))
    accept(place, report, "one")
    case_id = cases_of_incident(report.id)[0].id

    def made() -> tuple[int, ...]:
        counts = (select(func.count(one.id)).where(one.case_id == case_id) for one in (FollowUp, Pathway))
        return tuple(db.session.scalar(count) or 0 for count in counts)

    before = made()
    at("2026-11-24 12:00")
    assert why(client_as(place.dean), f"/review/{report.id}/reopen").status_code == 303
    accept(place, report, "two")
    assert made() == before and fresh(report).state is IncidentState.ROUTED
    assert len(cases_of_incident(report.id)) == 1


def test_a_person_not_identified_is_named_after_the_decision(
    place: Place, client_as: Callable[[Any], Any], at: Callable[..., Any]
) -> None:
    """Once decided nobody could be named."""
    report = place.report((None, CAUSED), (place.students[1], HARMED))
    accept(place, report, "one")
    unknown, other = fresh(report).people[0].id, place.students[1].id
    at("2026-11-24 12:00")
    dean, named = client_as(place.dean), place.students[0]
    values = {"people": str(named.id), "in_place_of": str(unknown)}
    token = dean.csrf_token(f"/incidents/{report.id}/people")
    data = values | {"csrf_token": token, "request_key": "named"}
    assert dean.post(f"/incidents/{report.id}/people", data=data).status_code == 303
    assert fresh(report).people[0].student_id == named.id
    assert {one.student_id for one in cases_of_incident(report.id)[0].participants} == {named.id, other}
    page = dean.page(f"/review/{report.id}").text
    assert "The corrected facts also call for this." in page and f"({named.shown_name})" in page
    assert db.session.get_one(Incident, report.id).state is IncidentState.ROUTED
