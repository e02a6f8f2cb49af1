"""A case in at most eight sentences; and a student's page with their cases and reports."""

from datetime import date

import pytest

from tests.cases.making import make_user, make_world
from tests.factories.cases import CaseFactory, CaseParticipantFactory, PathwayFactory
from tests.factories.followups import FollowUpFactory
from wss_cases.cases.case.models import AgreementKept, CaseResult, HarmedSays
from wss_cases.casework.story import MOST, Facts, Terms, Told, story
from wss_cases.foundation.db import db
from wss_cases.pathways.common.models import PathwayState

NOV = {number: date(2026, 11, number) for number in range(1, 31)}


def facts(**changes):
    given = {
        "what": "Fight", "where": "hallway", "happened_on": NOV[18], "opened_on": NOV[19], "harmed": 1, "caused": 2,
        "lead": "Robin Vale", "plan_agreed_on": None,
    }  # fmt: skip
    return Facts(**(given | changes))


FULL = facts(
    plan_agreed_on=NOV[20],
    pathways=[
        Told("Peer conference", NOV[19], NOV[20], NOV[24]),
        Told("Mentoring", NOV[19], NOV[21], outcome="Goal reached"),
        Told("Family support", NOV[19], declined=True),
        Told("Re-entry circle"),
    ],
    terms=Terms(all=3, kept=1, not_kept=1, open=1, next_due=NOV[27]),
    next_words="Update the term that is due, Fri, Nov 27",
)


@pytest.fixture
def world(session, at):
    at("2026-11-24 10:00")
    return make_world()


def test_the_whole_story_in_eight_sentences(app):
    with app.test_request_context():
        assert story(FULL) == [
            "Fight, hallway: it happened on Wed, Nov 18, and the case was opened on Thu, Nov 19.",
            "Supported: 1 person harmed and 2 people who caused harm. Robin Vale coordinates the case.",
            "A safety plan has been agreed since Fri, Nov 20.",
            "Pathways: Peer conference (accepted Fri, Nov 20), Mentoring (accepted Sat, Nov 21), Family support "
            "(declined), Re-entry circle (not offered yet).",
            "Held: Peer conference on Tue, Nov 24.",
            "3 promises were agreed: 1 done, 1 not done, 1 open, due Fri, Nov 27.",
            "Ended: Mentoring – Goal reached.",
            "Next: Update the term that is due, Fri, Nov 27.",
        ]
        assert len(story(FULL)) == MOST


def test_what_is_not_there_is_not_told(app):
    with app.test_request_context():
        told = story(facts(harmed=0, caused=0, lead="", happened_on=None))
        assert told == [
            "Fight, hallway: the case was opened on Thu, Nov 19.",
            "Supported: no one named yet. No coordinator yet.",
            "No pathway is proposed yet.",
        ]


def test_a_closed_case_says_how_it_closed(app):
    with app.test_request_context():
        last = story(
            facts(
                result=CaseResult.REPAIRED, kept=AgreementKept.KEPT, harmed_says=HarmedSays.REPAIRED,
                closed_on=NOV[30], next_words="Reopen",
            )
        )[-1]  # fmt: skip
    assert last == (
        "Closed on Mon, Nov 30: Repaired; agreement kept: Yes, kept; the person harmed says: The harm is repaired."
    )


def test_the_story_stands_on_the_history_and_on_paper_without_names(world, client_as):
    PathwayFactory(case_id=world.case.id, school_id=world.school.id, state=PathwayState.ACTIVE, offered_on=NOV[19])
    client = client_as(world.coordinator)
    told = client.page(f"/cases/{world.case.id}?tab=history").text
    assert "The story so far" in told
    assert "Fight, Hallway or stairs: it happened on Tue, Nov 24" in told
    assert "Peer conference (accepted Wed, Nov 18)" in told
    paper = client.page(f"/cases/{world.case.id}/print?section=summary").text
    assert "Supported: 1 person harmed and 1 person who caused harm." in paper
    assert all(student.shown_name not in paper for student in world.students)


def test_what_waits_for_its_day_is_told_in_a_sentence(world, client_as):
    FollowUpFactory(school_id=world.school.id, case_id=world.case.id, due_on=NOV[30])
    for person in world.people:
        PathwayFactory(
            case_id=world.case.id, school_id=world.school.id, kind="conversation", state=PathwayState.COMPLETED,
            participant_id=person.id,
        )  # fmt: skip
    page = client_as(world.coordinator).page(f"/cases/{world.case.id}?tab=history").text
    assert "Next: nothing is due until Mon, Nov 30." in page
    for student in world.students:
        assert f"Restorative conversation · {student.given_name}" in page


def test_a_student_page_lists_cases_and_reports_of_the_own_school_alone(world, client_as):
    student = world.students[0]
    elsewhere = make_world()
    hidden = CaseFactory(school_id=elsewhere.school.id)
    CaseParticipantFactory(case_id=hidden.id, student_id=student.id)
    db.session.commit()
    text = client_as(make_user(world.school)).page(f"/students/{student.id}").text
    assert world.case.reference in text
    assert world.incident.reference in text
    assert hidden.reference not in text
