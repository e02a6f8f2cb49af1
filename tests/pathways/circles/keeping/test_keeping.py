"""A teacher keeps a circle: trained, beside a coordinator. They see the circle, and neither its case nor a report."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.cases.making import NOW, TODAY, actor_for, make_user
from tests.factories.base import fresh
from tests.pathways.circles.making import circle_now, make_circle, plan, ready_circle, train
from tests.pathways.circles.notes.making import write
from wss_cases.access.actor import Actor, Invocation, Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.accounts.grants import actor_of
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.journal.queries import case_history
from wss_cases.mail.delivery.messages import compose
from wss_cases.pathways.circles import keepers, keeping
from wss_cases.pathways.circles.circle.models import CircleKeeper, MeetingInvitation, MeetingState
from wss_cases.pathways.circles.circle.queries import keepers_of
from wss_cases.pathways.circles.invitations import former
from wss_cases.pathways.circles.notes import grants
from wss_cases.pathways.common.models import EndReason, PathwayState
from wss_cases.training.records.models import TrainingRecord
from wss_cases.workday.feed import entries

SOON = NOW + timedelta(hours=1)


@pytest.fixture
def teacher(world):
    user = make_user(world.school, Role.REPORTER)
    train(world, user)
    return user


def name(world, circle, user, by=None):
    return keepers.add_keeper(Invocation(by or world.actor, NOW), circle.id, keeper=user.id)


def led(world, teacher, starts_at=SOON):
    """A circle with a meeting that the teacher leads."""
    circle = ready_circle(world)
    name(world, circle, teacher)
    plan(world, circle, starts_at, keeper_id=teacher.id)
    return circle


def test_a_trained_teacher_is_named_beside_a_coordinator_on_the_page(world, teacher, client_as):
    circle = make_circle(world)
    address = f"/cases/{world.case.id}/pathways/{circle.id}/keepers"
    client = client_as(world.coordinator)
    assert teacher.name not in client.page(address).text
    client.submit(address, {"keeper": str(world.coordinator.id)})
    assert client.submit(address, {"keeper": str(teacher.id)}).status_code == 303
    assert "no longer" not in client.page(address).text
    [period] = db.session.scalars(select(CircleKeeper).where(CircleKeeper.user_id == teacher.id))
    assert period.added_at == NOW and period.ended_at is None
    audited = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "circle.keeper_named")).all()
    assert period.id in [row.object_id for row in audited]
    assert any(entry.kind == "circle.keeper_named" for entry in case_history(world.case.id))


def test_who_is_not_named(world, teacher):
    circle = make_circle(world)
    with pytest.raises(Refused, match="from the list"):
        name(world, circle, teacher)  # no coordinator keeps it yet
    name(world, circle, world.coordinator)
    untrained, dean = make_user(world.school, Role.REPORTER), make_user(world.school, Role.DEAN)
    train(world, dean)
    lapsed = make_user(world.school, Role.REPORTER)
    train(world, lapsed, until=TODAY - timedelta(days=1))
    for user in (untrained, dean, lapsed):
        with pytest.raises(Refused, match="from the list"):
            name(world, circle, user)
    with pytest.raises(NotFound):
        name(world, circle, teacher, by=actor_for(dean))
    name(world, circle, teacher)


def test_the_teacher_sees_the_circle_and_nothing_else(world, teacher, client_as):
    circle = ready_circle(world)
    name(world, circle, teacher)
    client, names = client_as(teacher), [one.shown_name for one in world.students]
    before = client.page(f"/keeping/{circle.id}").text
    assert not any(one in before for one in names) and "No meeting is scheduled yet." in before
    plan(world, circle, SOON, keeper_id=teacher.id)
    page = client.page(f"/keeping/{circle.id}").text
    assert all(one in page for one in names) and "11:00 am" in page and "204" in page
    for told in (world.case.reference, world.incident.reference, "caused harm", "harmed", world.incident.narrative):
        assert told not in page
    case = f"/cases/{world.case.id}"
    own = f"{case}/pathways/{circle.id}"
    for closed in (case, own, f"{own}/keepers", f"{own}/notes", f"{own}/circle-plan", f"{own}/meeting", "/circles"):
        assert client.get(closed).status_code == 404, closed
    assert client.get(f"/incidents/{world.incident.id}").status_code == 404
    assert client.get(f"{own}/parties/{world.people[1].id}").status_code == 404
    read = db.session.scalars(select(AuditEntry).where(AuditEntry.actor_id == teacher.id)).all()
    assert ("pathway", circle.id) in [(row.object_type, row.object_id) for row in read]
    stranger = make_user(world.school, Role.REPORTER)
    assert client_as(stranger).get(f"/keeping/{circle.id}").status_code == 404


def test_the_teacher_writes_the_plan_finds_it_on_my_day_and_says_who_came(world, teacher, client_as, at):
    circle = led(world, teacher)
    client = client_as(teacher)
    saved = client.submit(f"/keeping/{circle.id}/plan", {"title": "Ours", "rounds": "What now?"})
    assert saved.status_code == 303 and "What now?" in client.page(f"/keeping/{circle.id}").text
    assert "What now?" in client.page(f"/keeping/{circle.id}/print").text
    day = client.page("/my-day")
    assert {f"/keeping/{circle.id}", f"/keeping/{circle.id}/print"} <= {
        a.attributes.get("href") for a in day.find_all("a")
    }
    early = client.submit(f"/keeping/{circle.id}/held", {})
    assert early.status_code == 400
    at("2026-11-24 12:30")
    client = client_as(teacher)
    answer = client.submit(f"/keeping/{circle.id}/answer", {"state": "held"})
    assert answer.location.endswith(f"/keeping/{circle.id}/held")
    came = {f"party_{one.id}": "came" for one in world.people}
    came |= {f"keeper_{key}": "came" for key in (world.coordinator.id, teacher.id)}
    assert client.submit(answer.location, came).status_code == 303
    assert circle_now(circle).was_held
    held = next(entry for entry in case_history(world.case.id) if entry.kind == "circle.held")
    assert held.actor_name == teacher.name
    assert "Did it take place?" not in client.page(f"/keeping/{circle.id}").text


@pytest.mark.parametrize("what", ["removed", "training over", "role over", "dean now", "circle over"])
def test_access_ends(world, teacher, client_as, what):
    circle = led(world, teacher)
    client = client_as(teacher)
    assert client.get(f"/keeping/{circle.id}").status_code == 200
    if what == "removed":
        row = db.session.scalars(select(CircleKeeper).where(CircleKeeper.user_id == teacher.id)).one()
        row.ended_at = NOW
    elif what == "training over":
        row = db.session.scalars(select(TrainingRecord).where(TrainingRecord.user_id == teacher.id)).one()
        row.valid_until = TODAY - timedelta(days=1)
    elif what == "role over":
        fresh(teacher).grants[0].ends_on = TODAY - timedelta(days=1)
    elif what == "dean now":
        db.session.add(RoleGrant(user_id=teacher.id, role=Role.DEAN, school_id=world.school.id, starts_on=TODAY))
    else:
        row = fresh(circle)
        row.state, row.end_reason, row.ended_at = PathwayState.ENDED_EARLY, EndReason.NOT_SUITABLE.value, NOW
    db.session.commit()
    client = client_as(teacher)
    for page in ("", "/plan", "/answer", "/held", "/print"):
        assert client.get(f"/keeping/{circle.id}{page}").status_code == 404, page
    person = actor_of(teacher.id, NOW)
    assert (person is None or not person.grants) == (what == "role over")
    with pytest.raises(NotFound):
        keeping.answer(
            Invocation(person or Actor(teacher.id, teacher.name), SOON), circle.id, MeetingState.CALLED_OFF, None
        )
    # whose calendar is told: nobody's who is of the team now, where the circle ended the coordinator's too
    assert len(former(NOW)) == {"dean now": 0, "circle over": 2}.get(what, 1)


def test_the_teacher_is_invited_and_told_where(world, teacher):
    circle = led(world, teacher)
    [invited] = db.session.scalars(select(MeetingInvitation).where(MeetingInvitation.user_id == teacher.id))
    mails = db.session.scalars(select(OutboxMessage).where(OutboxMessage.recipient_id == teacher.id)).all()
    assert {mail.kind for mail in mails} == {"keeper_added", "circle.invitation"}
    for message in mails:
        mail = compose(message, NOW)
        assert mail is not None
        words = mail.get_body(("plain",)).get_content()
        assert f"/keeping/{circle.id}" in words and "/cases/" not in words and "private notes" not in words
        assert not [one for one in world.students if one.shown_name in words]
    assert invited.withdrawn_at is None and former(NOW) == []
    [entry] = [one for one in entries(actor_for(fresh(teacher)), NOW, NOW) if one.room == "204"]
    assert entry.address.endswith(f"/keeping/{circle.id}")


def test_a_teacher_calls_nothing_off_before_it_begins(world, teacher, client_as, at):
    circle = led(world, teacher)
    early = client_as(teacher).submit(f"/keeping/{circle.id}/answer", {"state": "postponed"})
    assert early.status_code == 400 and "This meeting has not started yet." in early.text
    assert circle_now(circle).waiting is not None
    at("2026-11-24 12:30")
    assert client_as(teacher).submit(f"/keeping/{circle.id}/answer", {"state": "postponed"}).status_code == 303
    assert circle_now(circle).waiting is None


def test_the_last_coordinator_does_not_leave_a_meeting_to_the_teacher(world, teacher):
    circle = led(world, teacher)
    with pytest.raises(Refused, match="another coordinator"):
        grants.end_keeper(Invocation(world.actor, NOW), circle.id, world.coordinator.id)
    second = make_user(world.school)
    name(world, circle, second)
    grants.end_keeper(Invocation(world.actor, NOW), circle.id, world.coordinator.id)
    assert set(keepers_of(circle.id)) == {teacher.id, second.id}


def test_a_new_reader_of_notes_never_comes_unseen_beside_a_teacher(world, teacher):
    circle = ready_circle(world)
    name(world, circle, teacher)
    grants.end_keeper(Invocation(world.actor, NOW), circle.id, world.coordinator.id)
    administrator, second = make_user(world.school, Role.ADMINISTRATOR), make_user(world.school)
    name(world, circle, second, by=actor_for(administrator))
    period = db.session.scalars(select(CircleKeeper.id).where(CircleKeeper.user_id == second.id)).one()
    told = select(OutboxMessage.recipient_id).where(
        OutboxMessage.kind == "keeper_added", OutboxMessage.object_id == period
    )
    assert set(db.session.scalars(told)) == {teacher.id, second.id, world.coordinator.id}


def test_no_note_is_offered_or_handed_to_a_teacher_who_reads_none(world, teacher, client_as):
    circle = ready_circle(world)
    write(world.actor, circle, "said in the circle")
    name(world, circle, teacher)
    address = f"/cases/{world.case.id}/pathways/{circle.id}/keepers"
    client = client_as(world.coordinator)
    links = [link.get("href") for link in client.page(address).find_all("a")]
    assert f"{address}/{teacher.id}/end" in links and f"{address}/{teacher.id}/agree" not in links
    assert client.get(f"{address}/{teacher.id}/agree").status_code == 404
    leaving = client.page(f"{address}/{world.coordinator.id}/end")
    assert "stays closed to the next keeper" in leaving.text
    assert "hand_over" not in [one.get("name") for one in leaving.find_all("input")]
    second = make_user(world.school)
    name(world, circle, second)
    assert client.get(f"{address}/{second.id}/agree").status_code == 200
    leaving = client.page(f"{address}/{world.coordinator.id}/end")
    assert "hand_over" in [one.get("name") for one in leaving.find_all("input")]
