"""A visit closes what is open about one person, each with its own outcome; what somebody else closed loses nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import func, select

from tests.cases.making import World, make_incident, make_user
from tests.factories.base import fresh
from tests.factories.cases import PathwayFactory
from tests.factories.followups import FollowUpFactory
from wss_cases.access.actor import Role
from wss_cases.followups.core.models import FollowUpAct, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.journal.models import AuditEntry, TimelineEntry
from wss_cases.routing.engine.vocabulary import Kind

TODAY = date(2026, 11, 24)


def about(world: World, kind: str, person: int = 0, **more: Any) -> Any:
    values = {"case_id": world.case.id, "owner_id": world.coordinator.id, "due_on": TODAY} | more
    return FollowUpFactory(
        school_id=world.school.id, kind=kind, incident_person_id=world.incident.people[person].id, **values
    )


def address(row: Any) -> str:
    return f"/follow-ups/{row.id}/visit"


def written(table: type[Any], **by: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(table).filter_by(**by)) or 0


def test_everything_open_about_a_person_is_closed_at_once_and_leaves_its_own_rows(world: World, client_as: Any) -> None:
    elsewhere = make_incident(world.school, (world.students[0], PersonRole.CAUSED_HARM))
    contact, other = about(world, "contact_person_harmed"), about(world, "other", title="Bring the jacket back")
    report = about(world, "plan_case_manager", case_id=None, incident_id=elsewhere.id)
    report.incident_person_id = elsewhere.people[0].id
    someone_else = about(world, "other", person=1, title="Of the other student")
    later = about(world, "check_in_person_harmed")
    db.session.commit()
    client = client_as(world.coordinator)
    page = client.page(address(contact))
    assert f"I am with {world.students[0].shown_name} now" in page.text
    assert "Of the other student" not in page.text
    answers = {"manner": "in_person", f"outcome_{contact.id}": "reached", f"outcome_{other.id}": "done"}
    answers |= {
        f"note_{other.id}": "The jacket is back.",
        f"outcome_{report.id}": "told",
        f"who_{report.id}": "Ms. Ode",
    }
    answers |= {f"manner_{report.id}": "phone"}
    assert client.submit(address(contact), answers).status_code == 303
    done = [fresh(row) for row in (contact, other, report)]
    assert [(row.state, row.outcome) for row in done] == [
        (FollowUpState.DONE, "reached"), (FollowUpState.DONE, "done"), (FollowUpState.DONE, "told"),
    ]  # fmt: skip
    assert [row.evidence.get("manner") for row in done] == ["in_person", None, "phone"]
    assert {fresh(row).state for row in (later, someone_else)} == {FollowUpState.OPEN}
    for row in done:
        assert written(TimelineEntry, subject_type="follow_up", subject_id=row.id, kind="followup.done") == 1
        assert written(AuditEntry, object_type="follow_up", object_id=row.id, action="followup.done") == 1
    assert len({act.batch for act in db.session.scalars(select(FollowUpAct))}) == 1
    assert "3 follow-ups closed" in client.page("/my-day").text


def test_an_outcome_is_needed_and_nothing_is_refused_silently(world: World, client_as: Any) -> None:
    contact, other = about(world, "contact_person_harmed"), about(world, "other", title="Bring the jacket back")
    client = client_as(world.coordinator)
    for answers, words in (
        ({}, "Write how at least one of them went."),
        ({f"note_{other.id}": "The jacket is back."}, "Choose how it went, or clear what you typed."),
        ({f"outcome_{contact.id}": "reached"}, "Choose how."),
        ({f"outcome_{other.id}": "done", f"outcome_{contact.id}": "reached", "manner": "phone"}, "what shows it"),
    ):
        response = client.submit(address(contact), answers)
        assert response.status_code == 400
        assert words in response.get_data(as_text=True)
    assert {fresh(row).state for row in (contact, other)} == {FollowUpState.OPEN}


def test_what_somebody_else_closed_meanwhile_is_said_and_nothing_typed_is_lost(world: World, client_as: Any) -> None:
    mine, theirs = about(world, "other", title="Bring the jacket back"), about(world, "other", title="Ask the coach")
    client, dean = client_as(world.coordinator), client_as(make_user(world.school, Role.DEAN))
    form = client.form(address(mine), holding="on_day")
    values = {name: held[0] for name, held in form.values().items() if held}
    values |= {f"outcome_{row.id}": "done" for row in (mine, theirs)}
    values |= {f"note_{mine.id}": "The jacket is back.", f"note_{theirs.id}": "The coach was asked twice."}
    dean.submit(f"/follow-ups/{theirs.id}", {"outcome": "partly", "note": "Asked once"})
    answer = client.post(address(mine), data=values)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "Nothing is saved yet" in text
    assert "Closed while you were writing:" in text
    assert "The jacket is back." in text
    assert "The coach was asked twice." in text
    assert fresh(mine).state is FollowUpState.OPEN
    del values[f"version_{theirs.id}"], values[f"outcome_{theirs.id}"], values[f"note_{theirs.id}"]
    assert client.post(address(mine), data=values).status_code == 303
    assert (fresh(mine).outcome, fresh(theirs).outcome) == ("done", "partly")


def test_what_somebody_moved_meanwhile_is_looked_at_again_before_it_is_closed(world: World, client_as: Any) -> None:
    row = about(world, "other", title="Bring the jacket back")
    client, dean = client_as(world.coordinator), client_as(make_user(world.school, Role.DEAN))
    values = {name: held[0] for name, held in client.form(address(row), holding="on_day").values().items() if held}
    values |= {f"outcome_{row.id}": "done", f"note_{row.id}": "The jacket is back."}
    dean.submit(f"/follow-ups/{row.id}/move", {"due_on": "2026-12-01", "reason": "asked"})
    answer = client.post(address(row), data=values)
    assert answer.status_code == 400
    assert "Someone changed this while you were writing." in answer.get_data(as_text=True)
    values[f"version_{row.id}"] = str(fresh(row).version)
    assert client.post(address(row), data=values).status_code == 303


def test_part_of_a_circle_asks_for_no_note_and_a_check_in_is_sealed(world: World, client_as: Any) -> None:
    circle = PathwayFactory(
        case_id=world.case.id, school_id=world.school.id, owner_id=world.coordinator.id, kind=Kind.PEER_CONFERENCE.value
    )
    met = about(world, "pre_meetings")
    later, missed = about(world, "check_in_person_harmed"), about(world, "after_no_show", pathway_id=circle.id)
    client = client_as(world.coordinator)
    page = client.page(address(met))
    names = {field.get("name") for field in page.find_all("textarea")}
    assert names == {f"note_{later.id}"}
    assert "Write nothing of it here." in page.text
    answers = {"manner": "in_person", f"outcome_{met.id}": "some_held", f"outcome_{missed.id}": "still_wishes"}
    answers |= {f"outcome_{later.id}": "needs_more", f"note_{later.id}": "Quietly said."}
    assert client.submit(address(met), answers).status_code == 303
    assert [fresh(row).state for row in (met, later, missed)] == [FollowUpState.DONE] * 3
    assert fresh(later).outcome_note == ""
    assert fresh(later).sealed_text


def test_whoever_is_not_on_the_team_visits_with_their_own_only_and_a_stranger_finds_nothing(
    world: World, client_as: Any
) -> None:
    teacher = make_user(world.school, Role.REPORTER)
    own = about(world, "other", title="Walk along", owner_id=teacher.id)
    teams, client = about(world, "other", title="Call home"), client_as(teacher)
    text = client.page(address(own)).text
    assert "Walk along" in text
    assert "Call home" not in text
    client.page(address(teams), status=404)
    values = {name: held[0] for name, held in client.form(address(own), holding="on_day").values().items() if held}
    values |= {f"outcome_{own.id}": "done", f"note_{own.id}": "Done."}
    forged = values | {f"version_{teams.id}": "1", f"outcome_{teams.id}": "done", f"note_{teams.id}": "Forged."}
    answer = client.post(address(own), data=forged)
    assert answer.status_code == 400
    assert "no longer yours to close" in answer.get_data(as_text=True)
    assert {fresh(row).state for row in (own, teams)} == {FollowUpState.OPEN}
    assert client.post(address(own), data=values).status_code == 303
    client_as(make_user(world.school, Role.REPORTER)).page(address(own), status=404)


def test_what_has_time_is_folded_unless_one_came_for_it(world: World, client_as: Any) -> None:
    today, later = (
        about(world, "other", title="Bring the jacket back"),
        about(world, "other", due_on=date(2026, 12, 15)),
    )
    client = client_as(world.coordinator)

    def folded(row: Any) -> list[str]:
        folds = client.page(address(row)).find_all("details")
        return [name for fold in folds if (name := fold.get("id")).startswith("follow-up-")]

    assert folded(today) == [f"follow-up-{later.id}"]
    assert folded(later) == []
    refused = client.submit(address(today), {f"note_{later.id}": "The jacket is back."})
    assert f'<details class="panel fold" id="follow-up-{later.id}"' not in refused.get_data(as_text=True)
