"""What protects people is begun when a report is submitted, and no decision makes it a second time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting
from tests.factories.base import fresh
from tests.factories.incidents import IncidentPersonFactory
from tests.factories.roster import StaffMemberFactory
from tests.intake.making import NOW, Place, route
from wss_cases.access.actor import Invocation
from wss_cases.followups.core.models import FollowUp, FollowUpState, FollowUpTemplate
from wss_cases.followups.making import close_row
from wss_cases.followups.pages.follow_up import reassign
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.pages import set_state
from wss_cases.incidents.incident.states import IncidentState, PersonKind, PersonRole
from wss_cases.intake.assignment import NOBODY, Assignment, assign
from wss_cases.intake.decision import Choice, decide
from wss_cases.journal.models import TimelineEntry
from wss_cases.journal.timeline import sentence
from wss_cases.journal.unit_of_work import unit_of_work

CAUSED, HARMED = PersonRole.CAUSED_HARM, PersonRole.HARMED


def rows(incident: Incident, state: FollowUpState | None = FollowUpState.OPEN) -> list[FollowUp]:
    found = db.session.scalars(select(FollowUp).order_by(FollowUp.id)).all()
    return [row for row in found if state is None or row.state is state]


def kinds(incident: Incident, state: FollowUpState | None = FollowUpState.OPEN) -> list[str]:
    return sorted(row.kind for row in rows(incident, state))


def two(place: Place, **facts: Any) -> Incident:
    """A report in which one student is reported to have hurt another."""
    return place.report((place.students[0], CAUSED), (place.students[1], HARMED), facts=facts)


BOTH_CALLS = ["contact_person_harmed", "guardian_contact_harmed"]


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ({}, BOTH_CALLS),
        ({"bullying": True}, [*BOTH_CALLS, "safety_plan"]),
        ({"weapon": "firearm"}, [*BOTH_CALLS, "threat_team"]),
        ({"weapon": "unknown"}, BOTH_CALLS),
        ({"weapon": "unknown", "asked": ["weapon"]}, [*BOTH_CALLS, "threat_team"]),
        ({"sexual": "contact"}, ["contact_person_harmed", "counselor_harmed", "guardian_contact_harmed"]),
        ({"sexual": "unknown"}, BOTH_CALLS),
        (
            {"sexual": "unknown", "sent_on": ["sexual"]},
            ["contact_person_harmed", "counselor_harmed", "guardian_contact_harmed"],
        ),
        ({"abuse_suspected": True}, ["contact_person_harmed"]),
        ({"adult_conduct": True}, ["contact_person_harmed", "counselor_harmed"]),
        ({"adult_conduct": "unknown"}, BOTH_CALLS),
    ],
)
def test_what_is_certain_is_begun_at_once(place: Place, facts: dict[str, Any], wanted: list[str]) -> None:
    incident = two(place, **facts)
    assert kinds(incident) == wanted
    for row in rows(incident):
        assert row.owner_id == place.dean.id or "adult_conduct" in facts


def test_the_family_is_called_where_the_adult_is_of_the_staff(place: Place) -> None:
    incident = two(place, adult_conduct=True)
    staff = StaffMemberFactory(school=place.school)
    IncidentPersonFactory(incident_id=incident.id, kind=PersonKind.STAFF, staff_id=staff.id)
    db.session.expire(incident, ["people"])
    route(incident)
    assert "guardian_contact_harmed" in kinds(incident)


@pytest.mark.parametrize(
    ("facts", "event"),
    [
        ({}, "routed"),
        ({"bias": True}, "routed_ask_first"),
        ({"bias": "unknown"}, "routed_ask_first"),
        ({"adult_conduct": "unknown"}, "routed_ask_first"),
        ({"intimate_partner": True}, "routed_article_26a"),
    ],
)
def test_the_call_says_whom_it_waits_for(place: Place, facts: dict[str, Any], event: str) -> None:
    (call,) = (row for row in rows(two(place, **facts)) if row.kind == "guardian_contact_harmed")
    template = db.session.get_one(FollowUpTemplate, call.template_id)
    assert template.event == event


def test_it_belongs_to_whoever_reviews_the_report(place: Place) -> None:
    incident = place.report((place.students[0], CAUSED))
    db.session.add(Assignment(incident_id=incident.id, assignee_id=place.administrator.id, at=NOW))
    db.session.commit()
    IncidentPersonFactory(
        incident_id=incident.id, kind=PersonKind.STUDENT, student_id=place.students[1].id, role=HARMED
    )
    db.session.expire(fresh(incident), ["people"])
    route(incident)
    assert {row.owner_id for row in rows(incident)} <= {place.dean.id, place.administrator.id}
    assert place.administrator.id in {row.owner_id for row in rows(incident)}


def test_the_decision_adds_to_it_and_makes_none_twice(place: Place) -> None:
    incident = two(place, injury="minor", verified="yes", weapon="none")
    before = {row.id for row in rows(incident)}
    call = Invocation(place.actor(), NOW, "decide-once", version=incident.version)
    decide(call, incident.id, Choice(open_case=True))
    after = rows(incident)
    assert before < {row.id for row in after}
    whom = [(row.kind, row.incident_person_id, row.due_on) for row in after]
    assert len(whom) == len(set(whom))
    assert [kind for kind, *_rest in whom].count("contact_person_harmed") == 1
    calls = [person for kind, person, _day in whom if kind.startswith("guardian_contact")]
    assert len(calls) == len(set(calls)) == 2


def test_a_second_routing_makes_none_twice_and_a_corrected_part_lets_go(place: Place) -> None:
    incident = two(place)
    route(incident)
    assert kinds(incident, None) == BOTH_CALLS
    other = next(person for person in fresh(incident).people if person.role is HARMED)
    other.role = PersonRole.WITNESS
    db.session.commit()
    route(incident)
    assert kinds(incident) == []
    assert all("corrected" in row.outcome_note for row in rows(incident, FollowUpState.CANCELLED))
    other = next(person for person in fresh(incident).people if person.id == other.id)
    other.role = HARMED
    db.session.commit()
    route(incident)
    assert kinds(incident) == BOTH_CALLS, "what is asked for again is made again"


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        (IncidentState.NO_FURTHER_ACTION, "withdrawn", "withdrawn"),
        (IncidentState.NO_FURTHER_ACTION, "unfounded", "not happen"),
        (IncidentState.DUPLICATE, "", "merged"),
        (IncidentState.NO_FURTHER_ACTION, "settled", ""),
    ],
)
def test_each_end_closes_what_is_open_with_its_reason(
    place: Place, state: IncidentState, reason: str, words: str
) -> None:
    incident = two(place)
    other = place.report((place.students[2], CAUSED))
    with unit_of_work(acting(place.dean), NOW) as uow:
        first = uow.session.get_one(FollowUp, rows(incident)[0].id)
        close_row(uow, first, "reached")
    with unit_of_work(acting(place.dean), NOW) as uow:
        target = uow.session.get_one(Incident, other.id) if state is IncidentState.DUPLICATE else None
        set_state(uow, uow.session.get_one(Incident, incident.id), state, reason=reason, duplicate_of=target)
    assert kinds(incident, FollowUpState.DONE) == ["contact_person_harmed"], "what was done stays"
    closed = rows(incident, FollowUpState.CANCELLED)
    assert [row.kind for row in closed] == (["guardian_contact_harmed"] if words else [])
    assert all(words in row.outcome_note for row in closed)


def test_no_dean_has_it_where_no_dean_may_know(place: Place) -> None:
    incident = two(place, adult_conduct=True)
    assert {row.owner_id for row in rows(incident)} == {place.administrator.id}


CONTACT, CALL, PLAN = "contact_person_harmed", "guardian_contact_harmed", "safety_plan"


@pytest.fixture
def report(place: Place) -> Incident:
    return place.report((place.students[0], CAUSED), (place.students[1], HARMED), facts={"bullying": True})


def give(place: Place, report: Incident, assignee_id: int | None) -> None:
    assign(Invocation(place.actor(), NOW, f"give-{assignee_id}"), report.id, assignee=str(assignee_id or NOBODY))


def follow_up(kind: str) -> FollowUp:
    return db.session.scalars(select(FollowUp).filter_by(kind=kind)).one()


def owners() -> dict[str, int | None]:
    db.session.expire_all()
    return {row.kind: row.owner_id for row in db.session.scalars(select(FollowUp))}


def told() -> list[str]:
    rows = select(TimelineEntry).filter_by(kind="followup.reassigned").order_by(TimelineEntry.id)
    return [sentence(entry) for entry in db.session.scalars(rows)]


def test_open_follow_ups_go_with_the_review_and_the_history_says_so(
    place: Place, report: Incident, client_as: Callable[[Any], Any]
) -> None:
    first, second = place.dean.id, place.administrator.id
    assert owners() == dict.fromkeys((CONTACT, CALL, PLAN), first)
    given = {"assignee": str(second)}
    assert client_as(place.dean).submit(f"/review/{report.id}/assign", given).status_code == 303
    assert owners() == dict.fromkeys((CONTACT, CALL, PLAN), second)
    assert told() == [
        "Follow-up reassigned to Principal Two: First contact with the person harmed",
        "Follow-up reassigned to Principal Two: Contact with the family of the student who was harmed",
        "Follow-up reassigned to Principal Two: Safety plan",
    ]


def test_a_report_without_a_reviewer_gives_them_back_to_the_deans(place: Place, report: Incident) -> None:
    give(place, report, place.administrator.id)
    give(place, report, None)
    assert set(owners().values()) == {place.dean.id}


def test_what_is_done_and_what_a_person_gave_away_stays(place: Place, report: Incident) -> None:
    with unit_of_work(place.actor(), NOW) as uow:
        close_row(uow, uow.session.get_one(FollowUp, follow_up(CONTACT).id), "reached")
    plan = follow_up(PLAN)
    reassign(Invocation(place.actor(), NOW, "by-hand", version=plan.version), plan.id, owner=str(place.coordinator.id))
    before = len(told())
    give(place, report, place.administrator.id)
    assert owners() == {CONTACT: place.dean.id, CALL: place.administrator.id, PLAN: place.coordinator.id}
    assert len(told()) == before + 1


def test_a_review_that_is_refused_or_stays_moves_nothing(place: Place, report: Incident) -> None:
    with pytest.raises(Refused):
        give(place, report, place.coordinator.id)
    give(place, report, place.dean.id)
    assert (set(owners().values()), told()) == ({place.dean.id}, [])
