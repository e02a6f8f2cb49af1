"""Something happened again: a report joins the case, the plan is looked at today, people hear, check-ins follow."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.cases.making import NOW, TODAY, make_user, make_world
from tests.factories.base import fresh
from tests.factories.followups import FollowUpFactory, shown
from wss_cases.access.actor import Invocation, Role
from wss_cases.cases.case.models import CaseState, GuardianTold, SafetyPlan
from wss_cases.cases.case.queries import cases_of_incident, incidents_of
from wss_cases.casework.safety_plans import acts as plans
from wss_cases.followups import making
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.journal.models import OutboxMessage

SAID = "They waited by the bus and pushed again."
FORM = {
    "danger": "no", "what": "threat", "where": "bus", "ground": "agreed", "ground_words": "", "passed_on": SAID,
    "manner": "in_person",
}  # fmt: skip


@pytest.fixture
def world(session: Any, at: Any) -> Any:
    at("2026-11-24 10:00")
    return make_world()


def check_in(world: Any, **more: Any) -> FollowUp:
    values = {"school_id": world.school.id, "case_id": world.case.id, "owner_id": world.coordinator.id}
    person = world.people[1].incident_person_id
    made: FollowUp = FollowUpFactory(
        **(values | {"kind": "check_in_person_harmed", "incident_person_id": person} | more)
    )
    return made


def parts(world: Any) -> dict[str, list[str]]:
    return {"harmed": [str(world.people[1].id)], "caused": [str(world.people[0].id)]}


def due(world: Any) -> list[tuple[str, date]]:
    of_case = select(FollowUp.kind, FollowUp.due_on).where(FollowUp.case_id == world.case.id)
    found = db.session.execute(of_case.where(FollowUp.state == FollowUpState.OPEN).order_by(FollowUp.due_on))
    return [(row[0], row[1]) for row in found]


def test_a_check_in_closes_with_a_report_and_all_that_follows(world: Any, client_as: Any) -> None:
    chief = make_user(world.school, Role.ADMINISTRATOR)
    dean = make_user(world.school, Role.DEAN)
    row, client = check_in(world, owner_id=dean.id), client_as(dean)
    page = client.get(f"/follow-ups/{row.id}").get_data(as_text=True)
    assert 'value="happened_again"' not in page
    assert client.submit(f"/follow-ups/{row.id}/happened-again", FORM | parts(world)).status_code == 303
    first, report = incidents_of(world.case.id)
    assert (first.id, report.state) == (world.incident.id, IncidentState.SUBMITTED)
    roles = {person.student_id: person.role for person in report.people}
    assert roles == {world.students[0].id: PersonRole.CAUSED_HARM, world.students[1].id: PersonRole.HARMED}
    assert report.narrative == SAID
    because = "Shared because: The person agrees to sharing this"
    assert because in client_as(world.coordinator).page(f"/incidents/{report.id}").text
    assert (fresh(row).state, fresh(row).outcome) == (FollowUpState.DONE, "happened_again")
    again = [("check_in_person_harmed", date(2026, 11, day)) for day in (25, 1)]
    assert due(world)[:2] == [("safety_plan", TODAY), again[0]]
    assert [kind for kind, _day in due(world)].count("check_in_person_harmed") == 3
    told = select(OutboxMessage.recipient_id).where(OutboxMessage.kind == "case.happened_again")
    assert set(db.session.scalars(told)) == {chief.id, world.coordinator.id}


def test_case_and_report_lead_to_each_other(world: Any, client_as: Any) -> None:
    client, address = client_as(world.coordinator), f"/cases/{world.case.id}"
    assert f'href="{address}/happened-again"' in client.get(address).text
    assert client.submit(f"{address}/happened-again", FORM | parts(world)).status_code == 303
    _first, report = incidents_of(world.case.id)
    words = f"Report {report.reference} was added to this case and is waiting for a decision"
    assert f'<a href="/incidents/{report.id}">{words}</a>' in client.get(address).text
    assert f'href="{address}"' in client.get(f"/incidents/{report.id}").text
    report.state = IncidentState.CLOSED
    db.session.commit()
    assert words not in client.get(address).text


def test_the_plan_that_is_agreed_is_looked_at_the_same_day(world: Any, client_as: Any) -> None:
    call = Invocation(world.actor, NOW)
    plan_id = plans.write(
        call, world.case.id, participant_id=world.people[1].id, steps="Walk along", adults_told="Ms. R"
    )
    plans.agree(call, plan_id, with_person=True, agreed_on=TODAY, guardian=GuardianTold.TOLD)
    client_as(world.coordinator).submit(f"/follow-ups/{check_in(world).id}/happened-again", FORM | parts(world))
    assert fresh(db.session.get_one(SafetyPlan, plan_id)).next_review_on == TODAY
    assert [day for kind, day in due(world) if kind == "safety_plan_review"] == [TODAY]


def test_it_closes_no_other_way(world: Any) -> None:
    with pytest.raises(Refused):
        making.close(Invocation(world.actor, NOW), check_in(world).id, "happened_again", shown(TODAY))


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"ground": "law"}, "ground_words"),
        ({"ground": "prevent_harm", "ground_words": " "}, "ground_words"),
        ({"passed_on": " "}, "passed_on"),
        ({"on_day": "2026-11-25"}, "on_day"),
        ({"on_day": "1899-01-01"}, "on_day"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_lost(world: Any, client_as: Any, said: Any, field: str) -> None:
    row = check_in(world)
    sent = FORM | parts(world) | {"ground_words": ""} | said
    answer = client_as(world.coordinator).submit(f"/follow-ups/{row.id}/happened-again", sent)
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.get_data(as_text=True)
    assert (fresh(row).state, len(incidents_of(world.case.id))) == (FollowUpState.OPEN, 1)


def test_a_ground_is_named_in_the_report(world: Any, client_as: Any) -> None:
    sent = FORM | {"ground": "law", "ground_words": "Abuse hotline", "harmed": [str(world.people[1].id)]}
    client_as(world.coordinator).submit(f"/cases/{world.case.id}/happened-again", sent)
    report = incidents_of(world.case.id)[1]
    assert report.narrative == f"{SAID}\n\nAbuse hotline", "what the system says is a code"
    unknown = [person.role for person in report.people if person.student_id is None]
    assert unknown == [PersonRole.CAUSED_HARM]


def test_a_closed_case_opens_again(world: Any, client_as: Any) -> None:
    row = check_in(world)
    world.case.state, world.case.result, world.case.next_review_on = CaseState.CLOSED, "repaired", None
    db.session.commit()
    client_as(world.coordinator).submit(f"/follow-ups/{row.id}/happened-again", FORM | parts(world))
    assert fresh(world.case).state is CaseState.INTAKE


def test_a_check_in_of_a_report_without_a_case_opens_one(world: Any, client_as: Any) -> None:
    from_report = FollowUpFactory(
        school_id=world.school.id, incident_id=world.incident.id, owner_id=world.coordinator.id,
        kind="check_in_person_harmed",
    )  # fmt: skip
    client_as(world.coordinator).submit(f"/follow-ups/{from_report.id}/happened-again", FORM)
    (case,) = cases_of_incident(world.incident.id)
    assert len(incidents_of(case.id)) == 2


def test_whoever_is_not_on_the_team_names_only_whom_they_asked(world: Any, client_as: Any) -> None:
    reporter = make_user(world.school, Role.REPORTER)
    page = client_as(reporter).page(f"/follow-ups/{check_in(world, owner_id=reporter.id).id}/happened-again").text
    assert world.students[1].shown_name in page
    assert world.students[0].shown_name not in page
