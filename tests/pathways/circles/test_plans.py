"""Circle plans: written for a circle, a day or the shelf, copied, printed; no child is named, and nothing is lost."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests.cases.making import NOW, TODAY, make_user, make_world
from tests.factories.base import fresh
from tests.factories.cases import CaseParticipantFactory
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.pathways.circles.making import make_circle, plan, ready_circle
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.journal.models import AuditEntry
from wss_cases.pathways.circles.plans.models import CirclePlan, CirclePlanKind, PlanContent
from wss_cases.pathways.circles.plans.pages import change_plan
from wss_cases.pathways.common.models import EndReason, PathwayState

ROUNDS = "What happened?\n\n  Who was affected? \nWhat is needed now?"
PLAN = {"title": "A calm start", "rounds": ROUNDS, "shared_values": "Respect\nPatience", "talking_piece": "A stone"}
SHELF = {"kind": "shelf", "title": "From the shelf", "rounds": "One word for today?"}


def base_of(world, circle):
    return f"/cases/{world.case.id}/pathways/{circle.id}"


def plans(*kinds):
    statement = select(CirclePlan).where(CirclePlan.kind.in_(kinds or set(CirclePlanKind) - {CirclePlanKind.TEMPLATE}))
    return list(db.session.scalars(statement.order_by(CirclePlan.id)))


def write(client, world, circle, **values):
    return client.submit(f"{base_of(world, circle)}/circle-plan", PLAN | values)


def sent(client, address, **values):
    """Return the fields of a form as the page shows it now, with these answers; to be sent later."""
    return {name: held[0] for name, held in client.form(address).values().items() if held} | values


def test_the_plan_of_a_circle_stands_on_its_page_its_sheet_and_the_keepers_day(world, client_as, at):
    circle = ready_circle(world)
    plan(world, circle, NOW + timedelta(hours=2))
    client, base = client_as(world.coordinator), base_of(world, circle)
    assert "Write the circle plan" in client.page(base).text
    assert write(client, world, circle).status_code == 303
    page = client.page(base).text
    assert page.index("What happened?") < page.index("Who was affected?") < page.index("What is needed now?")
    assert "Circle plan written" in client.page(f"/cases/{world.case.id}").text
    [written] = plans()
    sheet = client.get(f"/circle-plans/{written.id}/print").text
    assert "A calm start" in sheet and sheet.count("<li dir") == 5
    my_day = client.page("/my-day")
    assert f"/circle-plans/{written.id}/print" in [a.attributes["href"] for a in my_day.find_all("a")]


def test_the_audit_log_says_that_it_was_written_and_not_what(world, client_as):
    circle = make_circle(world)
    write(client_as(world.coordinator), world, circle)
    changed = client_as(world.coordinator).submit(f"{base_of(world, circle)}/circle-plan", {"closing": "One word each"})
    assert changed.status_code == 303
    rows = db.session.scalars(select(AuditEntry).where(AuditEntry.object_type == "circle_plan")).all()
    assert [row.action for row in rows] == ["circle.plan_written", "circle.plan_changed"]
    [written] = plans()
    for page in ("", "/print"):
        assert client_as(world.coordinator).get(f"/circle-plans/{written.id}{page}").status_code == 200
    read = select(AuditEntry).where(AuditEntry.action == "circle_plan.read")
    assert [row.object_id for row in db.session.scalars(read)] == [written.id, written.id]
    assert "happened" not in str([row.changes for row in rows]) and "One word" not in str([row.changes for row in rows])


def test_one_of_two_editors_loses_nothing_and_is_told(world, client_as):
    circle = make_circle(world)
    first, second = client_as(world.coordinator), client_as(make_user(world.school, Role.DEAN))
    address = f"{base_of(world, circle)}/circle-plan"
    mine, theirs = sent(first, address, **PLAN), sent(second, address, **(PLAN | {"closing": "A song"}))
    assert first.post(address, data=mine).status_code == 303
    lost = second.post(address, data=theirs)
    assert lost.status_code == 409
    assert "Someone else saved this first" in lost.text and "A song" in lost.text and "What is saved now" in lost.text
    assert plans()[0].closing == ""
    mine, theirs = sent(first, address, opening="Breathe"), sent(second, address, closing="A song")
    assert second.post(address, data=theirs).status_code == 303
    again = first.post(address, data=mine)
    assert again.status_code == 409 and "Breathe" in again.text and "A song" in again.text
    assert (fresh(plans()[0]).opening, fresh(plans()[0]).closing) == ("", "A song")


def test_a_plan_that_may_name_a_student_is_asked_about_and_kept(world, client_as):
    StudentFactory(school=world.school, given_name="Zenobia")
    elsewhere = StudentFactory(school=SchoolFactory(), given_name="Kwabena")
    CaseParticipantFactory(case_id=world.case.id, student_id=elsewhere.id, role=PersonRole.WITNESS)
    circle = make_circle(world)
    client = client_as(world.coordinator)
    for name in ("Zenobia", "Kwabena"):
        asked = write(client, world, circle, rounds=f"What would {name} say?")
        assert asked.status_code == 400 and f"may name a student: {name}" in asked.text
        assert f"What would {name} say?" in asked.text and "No student is named in this plan" in asked.text
    assert not plans()
    data = sent(client, f"{base_of(world, circle)}/circle-plan", **(PLAN | {"opening": "Zenobia of Palmyra"}))
    assert client.post(f"{base_of(world, circle)}/circle-plan", data=data | {"anyway": "y"}).status_code == 303
    assert plans()[0].opening == "Zenobia of Palmyra"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"title": " "}, "Write a title."),
        ({"rounds": " \n \n"}, "Write at least one prompt."),
        ({"rounds": "Why?\n" * 31}, "Write at most 30 prompts, one on each line."),
        ({"talking_piece": "x" * 201}, "Use at most 200 characters."),
        ({"kind": "community", "planned_on": ""}, "Choose the day of the circle."),
        ({"kind": "community", "planned_on": "2026-13-40"}, "Not a valid date value."),
        ({"kind": None}, "Choose what the plan is for."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_kept(world, client_as, values, words):
    refused = client_as(world.coordinator).submit(
        "/circle-plans/new", PLAN | {"closing": "Thank everyone", "kind": "shelf"} | values
    )
    assert refused.status_code == 400 and words in refused.text and "Thank everyone" in refused.text
    assert not plans()


def test_a_plan_is_copied_from_the_ready_made_the_shelf_and_one_used_before(world, client_as):
    first, second = make_circle(world), make_circle(world, kind="talking_circle")
    client = client_as(world.coordinator)
    write(client, world, first)
    client.submit("/circle-plans/new", SHELF)
    shelf = client.page("/circle-plans").text
    assert "From the shelf" in shelf and "A calm start" in shelf and "Welcome-back circle" in shelf
    address = f"{base_of(world, second)}/circle-plan"
    used, on_shelf = plans()
    for source in (used, on_shelf):
        assert sent(client, f"{address}?copied={source.id}")["title"] == source.title
    assert client.submit(f"{address}?copied={used.id}", {"closing": "Another end"}).status_code == 303
    copied = plans()[-1]
    assert (copied.pathway_id, copied.rounds, copied.closing) == (second.id, used.rounds, "Another end")
    assert fresh(used).closing == ""
    ready = plans(CirclePlanKind.TEMPLATE)[0]
    assert client.submit(f"/circle-plans/new?copied={ready.id}", {"kind": "shelf"}).status_code == 303
    assert plans()[-1].rounds == ready.rounds and plans()[-1].kind is CirclePlanKind.SHELF


def test_ready_made_plans_come_in_the_readers_language_and_nobody_changes_them(world, client_as):
    client = client_as(world.coordinator)
    ready = plans(CirclePlanKind.TEMPLATE)
    assert [one.language for one in ready] == ["en"] * 4 + ["es"] * 4
    assert "Círculo" not in client.page("/circle-plans").text
    assert client.get(f"/circle-plans/{ready[0].id}").status_code == 200
    assert client.get(f"/circle-plans/{ready[0].id}/change").status_code == 404
    token = client.csrf_token("/account")
    for act in ("change", "delete"):
        data = {"csrf_token": token, "title": "Mine", "rounds": "Mine"}
        assert client.post(f"/circle-plans/{ready[0].id}/{act}", data=data).status_code == 404
    assert fresh(ready[0]).title != "Mine"
    person = fresh(world.coordinator)
    person.locale = "es"
    db.session.commit()
    assert "Círculo" in client_as(world.coordinator).page("/circle-plans").text


def test_a_teacher_plans_a_community_circle_and_finds_it_on_the_day(world, client_as, at):
    teacher = make_user(world.school, Role.REPORTER)
    client = client_as(teacher)
    tomorrow = TODAY + timedelta(days=1)
    made = client.submit("/circle-plans/new", PLAN | {"planned_on": tomorrow.isoformat()})
    assert made.status_code == 303
    [planned] = plans()
    assert (planned.kind, planned.planned_on, planned.keeper_id) == (CirclePlanKind.COMMUNITY, tomorrow, teacher.id)
    assert "A calm start" not in client.page("/my-day").text
    at("2026-11-25 08:00")
    assert "A calm start" in client_as(teacher).page("/my-day").text
    assert "Log a circle" in client_as(teacher).page(f"/circle-plans/{planned.id}").text
    stranger = make_user(SchoolFactory(), Role.REPORTER)
    handed = client_as(teacher).submit(f"/circle-plans/{planned.id}/change", {"closing": "Song"}, holding="closing")
    assert handed.status_code == 303 and fresh(planned).closing == "Song"
    data = sent(client_as(teacher), f"/circle-plans/{planned.id}/change", keeper=str(stranger.id))
    assert client_as(teacher).post(f"/circle-plans/{planned.id}/change", data=data).status_code == 400


def test_who_reads_which_plan(world, client_as):
    teacher, other = (make_user(world.school, Role.REPORTER) for _ in range(2))
    far = make_world().coordinator
    circle = make_circle(world)
    write(client_as(world.coordinator), world, circle)
    client_as(teacher).submit("/circle-plans/new", PLAN | {"title": "Advisory", "planned_on": TODAY.isoformat()})
    client_as(teacher).submit("/circle-plans/new", SHELF)
    of_case, community, shelf = plans()
    readers = {
        one.id: [
            client_as(who).get(f"/circle-plans/{one.id}").status_code
            for who in (world.coordinator, teacher, other, far)
        ]
        for one in (of_case, community, shelf)
    }
    assert readers == {
        of_case.id: [200, 404, 404, 404],
        community.id: [200, 200, 404, 404],
        shelf.id: [200, 200, 200, 404],
    }
    colleague = client_as(other)
    assert colleague.get(f"/circle-plans/{shelf.id}/change").status_code == 404
    data = {"csrf_token": colleague.csrf_token("/account"), **SHELF}
    assert client_as(far).get(f"/circle-plans/new?copied={shelf.id}").status_code == 404
    assert colleague.post(f"/circle-plans/{shelf.id}/change", data=data).status_code == 404
    assert client_as(teacher).submit(f"/circle-plans/{shelf.id}", {}, action="/delete").status_code == 303
    assert [one.title for one in plans()] == ["A calm start", "Advisory"]


def test_the_plan_of_a_circle_is_not_deleted_alone_nor_written_once_it_ended(world, client_as):
    circle = make_circle(world)
    client = client_as(world.coordinator)
    write(client, world, circle)
    token = client.csrf_token("/account")
    refused = client.post(f"/circle-plans/{plans()[0].id}/delete", data={"csrf_token": token})
    assert refused.status_code == 400 and len(plans()) == 1
    row = fresh(circle)
    row.state, row.end_reason, row.ended_at = PathwayState.ENDED_EARLY, EndReason.OTHER_PATHWAY.value, NOW
    db.session.commit()
    ended = write(client, world, circle, closing="Too late")
    assert ended.status_code == 400 and "This pathway has ended." in ended.text
    page = client.page(base_of(world, circle)).text
    assert "Who was affected?" in page and "Change the plan" not in page
    with pytest.raises(NotFound):  # its own page checks the circle and its people; this way round does not
        change_plan(Invocation(world.actor, NOW, version=1), plans()[0].id, PlanContent("Other", rounds="One?"))


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "values",
    [
        {"kind": CirclePlanKind.SHELF},
        {"kind": CirclePlanKind.TEMPLATE},
        {"kind": CirclePlanKind.CIRCLE, "school": True},
        {"kind": CirclePlanKind.COMMUNITY, "school": True},
        {"kind": CirclePlanKind.SHELF, "school": True, "planned_on": date(2026, 11, 24)},
    ],
)
def test_the_database_takes_no_plan_that_belongs_nowhere(world, values):
    school = {"school_id": world.school.id} if values.pop("school", False) else {}
    db.session.add(CirclePlan(title="x", rounds="x", written_at=NOW, **school, **values))
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()
