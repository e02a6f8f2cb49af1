"""Keepers from outside: of a partner with an agreement, beside a keeper of the school; named, shown and removed."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.cases.making import NOW, TODAY, make_user
from tests.factories.base import fresh
from tests.factories.referrals import PartnerFactory
from tests.factories.roster import StudentFactory
from tests.outcomes.reports.test_practice import cells
from tests.pathways.circles.making import LATER, answer, keep, make_circle, plan, ready_circle
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.journal.models import AuditEntry
from wss_cases.pathways.circles import outside
from wss_cases.pathways.circles.circle.models import CircleAttendance, CircleKeeper, CircleOutsideKeeper, MeetingState
from wss_cases.pathways.circles.keepers import add_keeper
from wss_cases.pathways.circles.meeting import actions as meetings
from wss_cases.training.records.models import TrainingRecord


@pytest.fixture
def partner(world):
    return PartnerFactory(name="Harbor House", agreement_from=TODAY - timedelta(days=90), agreement_until=TODAY)


def address_of(world, circle):
    return f"/cases/{world.case.id}/pathways/{circle.id}/keepers"


def test_somebody_of_a_partner_is_named_shown_and_removed(world, partner, client_as):
    circle = make_circle(world)
    keep(world, circle)
    client, address = client_as(world.coordinator), address_of(world, circle)
    named = client.submit(f"{address}/outside", {"partner": str(partner.id), "name": " Maya Ortiz "})
    assert named.status_code == 303
    assert "Maya Ortiz" in client.page(address).text and "Harbor House" in client.page(address).text
    assert "Maya Ortiz (Harbor House)" in client.page(address.removesuffix("/keepers")).text
    assert "A keeper from Harbor House helps to keep this circle" in client.page(f"/cases/{world.case.id}").text
    [row] = db.session.scalars(select(CircleOutsideKeeper))
    assert client.submit(address, {}, action=f"/outside/{row.id}/end").status_code == 303
    assert fresh(row).ended_at is not None and "Maya Ortiz" not in client.page(address).text
    told = db.session.scalars(select(AuditEntry).where(AuditEntry.object_type == "circle_outside_keeper")).all()
    assert [one.action for one in told] == ["circle.outside_keeper_named", "circle.outside_keeper_ended"]
    assert "Maya" not in str([one.changes for one in told])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": "  "}, "Write the name."),
        ({"name": "Zenobia"}, "A student here has this name."),
        ({"partner": ""}, "Choose a partner whose agreement is in force."),
        ({"name": "x" * 201}, "Use at most 200 characters."),
    ],
)
def test_what_cannot_be_is_said_and_kept(world, partner, client_as, values, words):
    StudentFactory(school=world.school, given_name="Zenobia")
    circle = make_circle(world)
    keep(world, circle)
    sent = {"partner": str(partner.id), "name": "Maya Ortiz"} | values
    refused = client_as(world.coordinator).submit(f"{address_of(world, circle)}/outside", sent)
    assert refused.status_code == 400 and words in refused.text
    assert not db.session.scalars(select(CircleOutsideKeeper)).all()


@pytest.mark.parametrize("change", [{"agreement_until": TODAY - timedelta(days=1)}, {"is_active": False}])
def test_a_partner_without_an_agreement_in_force_sends_nobody(world, partner, client_as, change):
    circle = make_circle(world)
    keep(world, circle)
    client, address = client_as(world.coordinator), f"{address_of(world, circle)}/outside"
    data = {name: held[0] for name, held in client.form(address).values().items() if held}
    row = fresh(partner)
    for name, value in change.items():
        setattr(row, name, value)
    db.session.commit()
    assert "Harbor House" not in client.page(address).text
    refused = client.post(address, data=data | {"partner": str(partner.id), "name": "Maya Ortiz"})
    assert refused.status_code == 400 and not db.session.scalars(select(CircleOutsideKeeper)).all()


def test_a_name_that_a_student_has_too_is_confirmed(world, partner, client_as):
    StudentFactory(school=world.school, given_name="Zenobia")
    circle = make_circle(world)
    keep(world, circle)
    client, address = client_as(world.coordinator), f"{address_of(world, circle)}/outside"
    sent = {"partner": str(partner.id), "name": "Zenobia Vale"}
    assert "This is someone else" not in client.page(address).text
    assert "This is someone else" in client.submit(address, sent).text
    data = {name: held[0] for name, held in client.form(address).values().items() if held}
    assert client.post(address, data=data | sent | {"anyway": "y"}).status_code == 303
    assert db.session.scalars(select(CircleOutsideKeeper.name)).all() == ["Zenobia Vale"]


def test_who_came_from_a_partner_is_listed_while_its_agreement_is_in_force(world, partner, client_as, at):
    circle = make_circle(world)
    keep(world, circle)
    client, address = client_as(world.coordinator), address_of(world, circle)
    client.submit(f"{address}/outside", {"partner": str(partner.id), "name": "Maya Ortiz"})
    row = fresh(partner)
    row.agreement_until = TODAY - timedelta(days=1)
    db.session.commit()
    for page in (address, address.removesuffix("/keepers")):
        assert "Maya Ortiz" not in client.page(page).text, page
    row = fresh(partner)
    row.agreement_until = TODAY
    db.session.commit()
    assert "Maya Ortiz (Harbor House)" in client.page(address.removesuffix("/keepers")).text


def test_a_student_keeps_it_beside_a_trained_adult_for_as_long_as_the_adult_does(world, client_as):
    circle = make_circle(world)
    keep(world, circle)
    client, address = client_as(world.coordinator), address_of(world, circle)
    untrained = make_user(world.school, name="Robin Vale")
    add_keeper(Invocation(world.actor, NOW), circle.id, keeper=untrained.id)
    assert "Robin Vale" in client.page(address).text
    assert "Robin Vale" not in client.page(f"{address}/outside/student").text
    priya, elsewhere = helper_of(world), StudentFactory(given_name="Olu", family_name="Park")
    data = {name: held[0] for name, held in client.form(f"{address}/outside/student").values().items() if held}

    def send(**said):
        return client.post(f"{address}/outside/student", data=data | {"request_key": f"key-{said}"} | said)

    found = send(student_q="priya", find="student")
    assert found.status_code == 200 and "Priya Rao" in found.text and "Olu" not in found.text
    nobody = send(student=str(priya.id), adult="")
    assert nobody.status_code == 400 and "Choose a trained adult who keeps this circle." in nobody.text
    assert 'value="' + str(priya.id) in nobody.text, "whom they chose is still chosen"
    sent = {"adult": str(world.coordinator.id), "student": str(priya.id)}
    for wrong in ("", "999999", str(elsewhere.id)):
        refused = send(**sent | {"student": wrong})
        assert refused.status_code == 400 and "Choose a student of this school." in refused.text
        assert "Olu" not in refused.text
    assert send(**sent).status_code == 303
    again = send(**sent, again="1")
    assert again.status_code == 400 and "This person already keeps this circle." in again.text
    party = send(**sent | {"student": str(world.students[0].id)})
    assert party.status_code == 400 and "This case is about them. Choose another student." in party.text
    said = f"Priya Rao (student, with {world.coordinator.name})"
    assert said in client.page(address.removesuffix("/keepers")).text
    assert "A student helps to keep this circle, with a trained adult" in client.page(f"/cases/{world.case.id}").text
    keeper = db.session.scalars(select(CircleKeeper).where(CircleKeeper.user_id == world.coordinator.id)).one()
    keeper.ended_at = NOW
    db.session.commit()
    assert "Priya Rao" not in client.page(address.removesuffix("/keepers")).text


def helper_of(world):
    return StudentFactory(school=world.school, given_name="Priya", family_name="Rao")


def test_who_came_of_those_without_an_account_is_asked_counted_and_outlives_their_end(world, partner, client_as, at):
    circle = ready_circle(world)
    call = Invocation(world.actor, NOW)
    maya = outside.add_outside_keeper(call, circle.id, partner=partner.id, name="Maya Ortiz")
    priya = outside.add_student_keeper(call, circle.id, adult=world.coordinator.id, student=[helper_of(world).id])
    row = fresh(partner)
    row.agreement_until = None
    db.session.commit()
    meeting = plan(world, circle)
    at("2026-11-26 13:00")
    client = client_as(world.coordinator)
    with pytest.raises(Refused, match="Answer for each person whether they came"):
        answer(world, circle, meeting, MeetingState.HELD)
    named = {one: f"helper_{one}" for one in (maya, priya)}
    page = client.page(f"/circles/{meeting}/held").text
    assert "Maya Ortiz (Harbor House)" in page and "Priya Rao (student" in page
    shown = client.form(f"/circles/{meeting}/held").names
    came = {name: "came" for name in shown if name.startswith(("party_", "keeper_", "helper_"))}
    assert set(named.values()) <= came.keys()
    # a circle takes place without its helpers
    assert client.submit(f"/circles/{meeting}/held", came | {named[maya]: "absent"}).status_code == 303
    outside.end_outside_keeper(Invocation(world.actor, clock.now()), priya)
    shown_later = client.page(f"/circles/{meeting}").text
    assert "Maya Ortiz (Harbor House)" in shown_later and "Priya Rao (student" in shown_later
    report = cells(client.page("/outcomes/practice"))
    assert report["A member of the staff"] == ["0", "1"]
    assert report["A circle keeper from outside the school"] == ["0", "0"]
    assert report["Students, with a trained adult"] == ["0", "1"]
    assert not staff_trainings_of_helpers()


def staff_trainings_of_helpers():
    return db.session.scalars(select(TrainingRecord.user_id).distinct()).all()[1:]


def test_everyone_came_means_the_helpers_too(world, partner, at):
    circle = ready_circle(world)
    helper = outside.add_outside_keeper(Invocation(world.actor, NOW), circle.id, partner=partner.id, name="Maya Ortiz")
    row = fresh(partner)
    row.agreement_until = None
    db.session.commit()
    meeting = plan(world, circle)
    meetings.answer_meeting(Invocation(world.actor, LATER + timedelta(hours=1)), meeting, MeetingState.HELD, None)
    lines = db.session.scalars(select(CircleAttendance).where(CircleAttendance.outside_keeper_id.is_not(None))).all()
    assert [(one.outside_keeper_id, one.attended) for one in lines] == [(helper, True)]


def test_only_who_names_keepers_does(world, partner, client_as):
    circle = make_circle(world)
    address = f"{address_of(world, circle)}/outside"
    assert client_as(world.coordinator).get(address).status_code == 404  # nobody of the school keeps it yet
    keep(world, fresh(circle))
    dean, administrator = make_user(world.school, Role.DEAN), make_user(world.school, Role.ADMINISTRATOR)
    assert client_as(dean).get(address).status_code == 404
    assert client_as(administrator).get(address).status_code == 200
