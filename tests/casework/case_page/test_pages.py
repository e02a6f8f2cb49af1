"""Every page of a case and its pathways, as a person of the school and as a stranger."""

from datetime import date, timedelta

import pytest

from tests.cases.making import NOW, actor_for, make_user, make_world
from tests.factories.base import fresh
from tests.factories.cases import CaseFactory, PathwayFactory
from tests.factories.followups import FollowUpFactory
from tests.pathways.circles.making import answer, open_requirements, plan, put_hold, terms
from tests.support.pages.asked import asked
from wss_cases.access.actor import Invocation
from wss_cases.accounts.list_columns import PAGE_SIZE
from wss_cases.cases.case.models import CaseState
from wss_cases.foundation.db import db
from wss_cases.journal.models import TimelineEntry
from wss_cases.journal.timeline import author
from wss_cases.pathways.circles.agreements import pages as agreements
from wss_cases.pathways.circles.circle.models import MeetingState
from wss_cases.pathways.circles.terms import AgreementTerm
from wss_cases.pathways.common.models import PathwayState
from wss_cases.routing.engine.vocabulary import Kind

TABS = ("", "?tab=people", "?tab=incident", "?tab=history", "?tab=follow-ups")
CASE_ACTS = ("notes/new", "review", "state", "hand-over", "close", "reopen", "merge", "people/new", "print")
PATHWAY_ACTS = ("", "/offer", "/accept", "/start", "/plan", "/complete", "/end", "/decline")


@pytest.fixture
def world(session, at):
    at("2026-11-24 10:00")
    return make_world()


def pathway(world, kind=Kind.PEER_CONFERENCE, **values):
    return PathwayFactory(
        case_id=world.case.id, school_id=world.school.id, kind=kind.value, owner_id=world.coordinator.id, **values
    )


def test_the_list_shows_finds_and_counts(world, client_as):
    client = client_as(world.coordinator)
    page = client.page("/cases")
    assert world.case.reference in page.text
    assert "(1)" in page.text
    assert "Nothing in progress" in page.text
    assert "No case matches" in client.page("/cases?q=XYZ").text
    assert world.case.reference in client.page(f"/cases?whose=mine&q={world.case.reference.lower()}").text
    assert "No case matches" in client.page("/cases?state=closed").text
    assert client.get("/cases?before=99999999999999999999").status_code == 200


def test_the_next_step_says_what_and_an_act_of_the_panel_is_not_said_twice(world, client_as):
    row = pathway(world, next_step_on=date(2026, 12, 10))
    FollowUpFactory(
        school_id=world.school.id, case_id=world.case.id, owner_id=world.coordinator.id,
        kind="contact_person_harmed", due_on=date(2026, 11, 20),
    )  # fmt: skip
    page = client_as(world.coordinator).page(f"/cases/{world.case.id}/pathways/{row.id}")
    assert "Assign a circle keeper · Thu, Dec 10" in page.text
    keepers = [link for link in page.find_all("a") if link.text == "Assign a circle keeper"]
    assert not [link for link in keepers if "btn" in link.get("class")]


def test_what_nobody_did_by_hand_is_by_the_system(session):
    assert author(TimelineEntry(actor_id=None, actor_name="system")) == "The system"
    assert author(TimelineEntry(actor_id=3, actor_name="Robin Vale")) == "Robin Vale"


def test_every_tab_and_act_opens_for_the_team_and_is_hidden_from_others(world, client_as):
    row = pathway(world)
    base = f"/cases/{world.case.id}"
    addresses = [base + tab for tab in TABS]
    addresses += [f"{base}/{act}" for act in CASE_ACTS]
    addresses += [f"{base}/pathways/{row.id}{act}" for act in PATHWAY_ACTS]
    addresses += [
        f"{base}/pathways/new",
        f"{base}/people/{world.people[0].id}",
        f"{base}/people/{world.people[0].id}/role",
        f"{base}/print?section=people&section=pathways&section=history&section=summary&section=follow_ups",
        f"{base}/pathways/{row.id}/parties/{world.people[0].id}",
        f"{base}/pathways/{row.id}/meeting",
        f"{base}/pathways/{row.id}/agreement",
        f"{base}/pathways/{row.id}/complete-circle",
    ]
    own, other = client_as(world.coordinator), client_as(make_user(make_world().school))
    for address in addresses:
        own.page(address)
        assert other.get(address).status_code == 404, address
        assert other.post(address).status_code in (400, 404, 405), address


def test_every_kind_has_its_page(world, client_as):
    client = client_as(world.coordinator)
    for kind in Kind:
        row = pathway(world, kind)
        assert client.page(f"/cases/{world.case.id}/pathways/{row.id}").find_all("h1")
    for kind, form in ((Kind.ONE_TO_ONE, "mentoring"), (Kind.ACADEMIC, "referral"), (Kind.REENTRY_CIRCLE, "return")):
        row = pathway(world, kind, state=PathwayState.ACTIVE)
        client.page(f"/cases/{world.case.id}/pathways/{row.id}/{form}")
        assert client.get(f"/cases/{world.case.id}/pathways/{row.id}/conversation").status_code == 200


def test_a_pathway_of_another_case_is_not_found(world, client_as):
    other = make_world()
    row = PathwayFactory(case_id=other.case.id, school_id=other.school.id)
    client = client_as(world.coordinator)
    assert client.get(f"/cases/{world.case.id}/pathways/{row.id}").status_code == 404
    assert client.get(f"/cases/{world.case.id}/people/{other.people[0].id}").status_code == 404


def test_an_agreement_through_its_pages(world, client_as, at):
    row = open_requirements(world, pathway(world))
    answer(world, row, plan(world, row, starts_at=NOW - timedelta(hours=2)), MeetingState.HELD, now=NOW)
    at("2026-11-25 11:00")
    client = client_as(world.coordinator)
    base = f"/cases/{world.case.id}/pathways/{row.id}"
    assert "Record the agreement" in client.page(base).text
    values = {
        "terms-0-text": "Say sorry in class",
        "terms-0-due_on": "2026-11-30",
        "terms-0-owner": str(world.people[0].id),
    }
    more = client.submit(f"{base}/agreement", values | {"add_row": "1"})
    assert "terms-2-text" in more.text
    assert "Say sorry in class" in more.text
    assert client.submit(f"{base}/agreement", {"terms-0-text": "Sorry"}).status_code == 400
    assert client.submit(f"{base}/agreement", values).status_code == 303
    assert "1. Say sorry in class" in client.page(base).text
    dean = client_as(make_user(world.school))
    assert "Say sorry in class" not in dean.page(base).text
    assert "Term 1" in dean.page(base).text
    at("2026-11-30 09:00")
    client = client_as(world.coordinator)
    assert "Update the term that is due" in client.page(base).text
    term = db.session.query(AgreementTerm).filter_by(text="Say sorry in class").one()
    client.submit(f"{base}/terms/{term.id}", {"state": "kept"})
    assert client.submit(f"{base}/complete-circle", {"without_meeting": "apart"}).status_code == 303
    assert fresh(row).outcome == "agreement_kept"


def test_a_conversation_is_logged_with_two_answers(world, client_as):
    row = pathway(world, Kind.CONVERSATION, for_whom="caused_harm", participant_id=world.people[0].id)
    client = client_as(world.coordinator)
    address = f"/cases/{world.case.id}/pathways/{row.id}/conversation"
    assert client.submit(address).status_code == 400
    chip = client.submit(
        address, {"outcome": "repair_agreed", "repair": "Clean the wall", "repair_on_quick": "2026-11-27"}
    )
    assert chip.status_code == 200
    assert 'value="2026-11-27"' in chip.text
    wrong = client.submit(address, {"outcome": "repair_agreed", "repair": "Clean the wall", "repair_on": ""})
    assert "Choose a due date." in wrong.text and "Clean the wall" in wrong.text
    wrong = client.submit(address, {"outcome": "repair_agreed", "repair_kind": "other"})
    assert "Write what the repair is." in wrong.text
    done = client.submit(address, {"outcome": "repair_agreed", "repair": "Clean the wall", "repair_on": "2026-11-27"})
    assert done.status_code == 303
    assert fresh(row).state is PathwayState.COMPLETED
    assert "Clean the wall" in client.page(f"/cases/{world.case.id}?tab=follow-ups").text


def test_a_case_is_worked_from_its_page(world, client_as):
    client = client_as(world.coordinator)
    base = f"/cases/{world.case.id}"
    client.submit(f"{base}/notes/new", {"text": "Grandmother <b>called</b>."})
    assert "Grandmother <b>called</b>." in client.page(f"{base}?tab=history").text
    client.submit(f"{base}/review", {"review_on": "2026-12-10"})
    assert "next review Thu, Dec 10" in client.page(base).text
    assert "Choose today or a later day." in client.submit(f"{base}/review", {"review_on": "2026-11-01"}).text
    client.submit(f"{base}/state", {"state": "preparing"})
    assert fresh(world.case).state is CaseState.PREPARING
    next_lead = make_user(world.school, name="Robin Vale")
    client.submit(f"{base}/hand-over", {"to": str(next_lead.id), "note": "Talk to the aunt first."})
    assert "coordinator: Robin Vale" in client.page(base).text
    client.submit(f"{base}/people/new", {"description": "Aunt", "role": "support"})
    assert "Aunt" in client.page(f"{base}?tab=people").text


def test_an_old_form_is_told_that_somebody_was_faster(world, client_as):
    client = client_as(world.coordinator)
    form = client.form(f"/cases/{world.case.id}/review")
    data = {**form.values(), "review_on": ["2026-12-10"]}
    client.submit(f"/cases/{world.case.id}/state", {"state": "preparing"})
    assert client.post(f"/cases/{world.case.id}/review", data=data).status_code == 409


def test_the_sheet_leaves_other_children_out(world, client_as):
    row = pathway(world)
    open_requirements(world, row)
    answer(world, row, plan(world, row, starts_at=NOW - timedelta(hours=2)), MeetingState.HELD, now=NOW)
    agreements.make_agreement(Invocation(actor_for(world.coordinator), NOW), row.id, terms(world, 1))
    sections = "&".join(f"section={name}" for name in ("summary", "people", "pathways", "follow_ups", "history"))
    own, other = (student.shown_name for student in world.students)
    text = client_as(world.coordinator).page(f"/cases/{world.case.id}/print?{sections}&for={world.people[0].id}").text
    assert own in text
    assert other not in text
    assert "Promise" not in text


def test_a_case_page_costs_a_bounded_number_of_queries(world, client_as, app):
    for kind in (Kind.PEER_CONFERENCE, Kind.ONE_TO_ONE, Kind.BEHAVIORAL_HEALTH):
        pathway(world, kind)
    client = client_as(world.coordinator)
    for address, most in ((f"/cases/{world.case.id}", 52), ("/cases", 12), ("/circles", 12)):
        with asked() as statements:
            client.page(address)
        read = [statement for statement in statements if statement.lstrip().upper().startswith("SELECT")]
        assert 3 < len(read) <= most, "\n".join(statement[:150].replace("\n", " ") for statement in read)


def test_a_long_list_is_turned_page_by_page(world, client_as):
    made = [CaseFactory(school_id=world.school.id) for _number in range(PAGE_SIZE + 5)]
    client = client_as(world.coordinator)
    first = client.page("/cases")
    assert f"({PAGE_SIZE + 6})" in first.text
    assert made[-1].reference in first.text
    assert world.case.reference not in first.text
    older = next(a.get("href") for a in first.find_all("a") if a.get("rel") == "next")
    second = client.page(older)
    assert world.case.reference in second.text
    assert made[-1].reference not in second.text
    assert not [a for a in second.find_all("a") if a.get("rel") == "next"]


def test_a_hold_speaks_against_a_conversation(world, client_as):
    put_hold(world, applies_to="shared_and_conversation", rules=["H1"])
    client = client_as(world.coordinator)
    for for_whom, warned in (("caused_harm", True), ("harmed", False)):
        row = pathway(world, Kind.CONVERSATION, for_whom=for_whom)
        text = client.page(f"/cases/{world.case.id}/pathways/{row.id}").text
        assert ("A hold advises against this pathway." in text) is warned


def test_a_follow_up_is_added_from_the_case(world, client_as):
    """The link asked for an endpoint of an old name and was in no case."""
    client = client_as(world.coordinator)
    links = client.page(f"/cases/{world.case.id}?tab=follow-ups").find_all("a")
    [href] = {link.attributes["href"] for link in links if link.text == "Add a follow-up"}
    assert client.get(href).status_code == 200
