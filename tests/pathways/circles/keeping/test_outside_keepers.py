"""Keepers from outside: of a partner with an agreement, beside a keeper of the school; named, shown and removed."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.cases.making import NOW, TODAY, make_user
from tests.factories.base import fresh
from tests.factories.referrals import PartnerFactory
from tests.factories.roster import StudentFactory
from tests.pathways.circles.making import keep, make_circle
from wss_cases.access.actor import Role
from wss_cases.access.invocation import Invocation
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry
from wss_cases.pathways.circles.circle.models import CircleKeeper, CircleOutsideKeeper
from wss_cases.pathways.circles.keepers.actions import add_keeper


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
    add_keeper(Invocation(world.actor, NOW), circle.id, untrained.id)
    assert "Robin Vale" in client.page(address).text
    assert "Robin Vale" not in client.page(f"{address}/outside/student").text
    nobody = client.submit(f"{address}/outside/student", {"name": "Priya R."})
    assert nobody.status_code == 400 and "Choose a trained adult who keeps this circle." in nobody.text
    sent = {"adult": str(world.coordinator.id), "name": "Priya R."}
    assert client.submit(f"{address}/outside/student", sent).status_code == 303
    again = client.submit(f"{address}/outside/student", sent)
    assert again.status_code == 400 and "This person already keeps this circle." in again.text
    party = client.submit(f"{address}/outside/student", sent | {"name": world.students[0].shown_name})
    assert party.status_code == 400 and "Someone in this case has this name." in party.text
    said = f"Priya R. (student, with {world.coordinator.name})"
    assert said in client.page(address.removesuffix("/keepers")).text
    assert "A student helps to keep this circle, with a trained adult" in client.page(f"/cases/{world.case.id}").text
    keeper = db.session.scalars(select(CircleKeeper).where(CircleKeeper.user_id == world.coordinator.id)).one()
    keeper.ended_at = NOW
    db.session.commit()
    assert "Priya R." not in client.page(address.removesuffix("/keepers")).text


def test_only_who_names_keepers_does(world, partner, client_as):
    circle = make_circle(world)
    address = f"{address_of(world, circle)}/outside"
    assert client_as(world.coordinator).get(address).status_code == 404  # nobody of the school keeps it yet
    keep(world, fresh(circle))
    dean, administrator = make_user(world.school, Role.DEAN), make_user(world.school, Role.ADMINISTRATOR)
    assert client_as(dean).get(address).status_code == 404
    assert client_as(administrator).get(address).status_code == 200
