"""The pages of keepers, notes and privilege, as each person finds them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.cases.making import NOW, TODAY, actor_for, make_user, make_world
from tests.pathways.circles.notes.making import end, kept_circle, write
from tests.support.pages.reading import without_tokens
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.casework.case_page.acts import hand_over
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry
from wss_cases.pathways.circles.circle.models import CircleKeeper
from wss_cases.pathways.circles.circle.queries import keepers_of
from wss_cases.pathways.circles.keepers import add_keeper
from wss_cases.pathways.circles.notes.grants import end_keeper
from wss_cases.pathways.circles.notes.messages import CircleNote
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.legal_holds import LegalHold
from wss_cases.workday.cover import set_cover

SAID = "canary-4711 told the circle about home"


@pytest.fixture
def circle(world):
    return kept_circle(world)


def page_of(circle, part):
    return f"/cases/{circle.case_id}/pathways/{circle.id}/{part}"


def bare(text):
    """A page without what every answer has anew: the request's own address, and its one-time tokens."""
    return re.sub(r"/pathways/\d+/", "/pathways/N/", without_tokens(text))


def headers(answer):
    """The headers of an answer that are not made anew each time."""
    fresh = ("Set-Cookie", "X-Request-ID", "Content-Security-Policy")
    return {name: value for name, value in answer.headers if name not in fresh}


def test_a_keeper_writes_and_reads_notes(world, circle, client_as):
    client = client_as(world.coordinator)
    address = page_of(circle, "notes")
    assert "No note yet" in client.page(address).text
    assert client.submit(address, {"text": SAID}).status_code == 303
    assert SAID in client.page(address).text
    answer = client.get(address)
    assert answer.headers["Cache-Control"] == "no-store" and "data-draft-url" not in answer.text
    reads = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "circle.notes_read")).all()
    assert [row.actor_id for row in reads] == [world.coordinator.id] * len(reads) and len(reads) >= 3


def test_an_empty_note_is_said_to_be_empty(world, circle, client_as):
    answer = client_as(world.coordinator).submit(page_of(circle, "notes"), {"text": "  "})
    assert answer.status_code == 400 and "Write the note." in answer.text
    assert db.session.scalars(select(CircleNote)).all() == []


def test_for_everybody_else_the_notes_look_missing(world, circle, client_as):
    write(world.actor, circle, SAID)
    missing = f"/cases/{circle.case_id}/pathways/{'9' * len(str(circle.id))}/notes"
    people = [make_user(world.school, role) for role in Role if role not in (Role.PARTNER,)]
    for person in (*people, make_world().coordinator):
        client = client_as(person)
        answer, nothing = client.get(page_of(circle, "notes")), client.get(missing)
        assert answer.status_code == nothing.status_code == 404, person.name
        assert bare(answer.text) == bare(nothing.text)
        assert headers(answer) == headers(nothing)
        token = client.csrf_token("/account")
        assert client.post(page_of(circle, "notes"), data={"csrf_token": token, "text": "x"}).status_code == 404
    assert db.session.scalars(select(AuditEntry).where(AuditEntry.action == "circle.notes_read")).all() == []


def test_who_leaves_the_school_reads_nothing_from_the_next_request(world, circle, client_as):
    write(world.actor, circle, SAID)
    client = client_as(world.coordinator)
    assert SAID in client.page(page_of(circle, "notes")).text
    for grant in db.session.scalars(select(RoleGrant).where(RoleGrant.user_id == world.coordinator.id)):
        db.session.delete(grant)
    db.session.commit()
    answer = client.get(page_of(circle, "notes"))
    assert answer.status_code == 404 and SAID not in answer.text
    assert set(keepers_of(circle.id)) == {world.coordinator.id}


def test_a_keeper_who_became_the_administrator_reads_no_more(world, circle, client_as):
    write(world.actor, circle, SAID)
    for grant in db.session.scalars(select(RoleGrant).where(RoleGrant.user_id == world.coordinator.id)):
        grant.role = Role.ADMINISTRATOR
    db.session.commit()
    client = client_as(world.coordinator)
    answer = client.get(page_of(circle, "notes"))
    assert answer.status_code == 404 and SAID not in answer.text
    panel = client.page(f"/cases/{circle.case_id}/pathways/{circle.id}").text
    assert page_of(circle, "notes") not in panel
    assert client.page(page_of(circle, "keepers")).text


@pytest.mark.parametrize("way", ["covers", "leads", "owns", "kept before", "administers too"])
def test_nobody_comes_to_the_notes_by_another_way(world, circle, client_as, way):
    write(world.actor, circle, SAID)
    dean = make_user(world.school)
    if way == "covers":
        days = {"starts_on": TODAY, "ends_on": TODAY + timedelta(days=9)}
        set_cover(Invocation(world.actor, NOW), world.school.id, world.coordinator.id, dean.id, **days, note="")
    elif way == "leads":
        hand_over(Invocation(world.actor, NOW), world.case.id, to=dean.id, note="Away from today.")
    elif way == "owns":
        db.session.get_one(Pathway, circle.id).owner_id = dean.id
    else:
        add_keeper(Invocation(world.actor, NOW), circle.id, keeper=dean.id)
    if way == "kept before":
        end_keeper(Invocation(world.actor, NOW), circle.id, dean.id)
    elif way == "administers too":
        grant = RoleGrant(role=Role.ADMINISTRATOR, user_id=dean.id, school_id=world.school.id, starts_on=TODAY)
        db.session.add(grant)
    db.session.commit()
    client = client_as(dean)
    assert [client.get(page_of(circle, part)).status_code for part in ("notes", "privilege/waiver")] == [404, 404]
    panel = client.page(f"/cases/{circle.case_id}/pathways/{circle.id}").text
    for page in (panel, client.page("/desk").text, client.page("/my-day").text):
        assert SAID not in page and page_of(circle, "notes") not in page


def test_the_keepers_page_names_the_first_then_others(world, client_as):
    circle = kept_circle(world)
    for row in db.session.scalars(select(CircleKeeper).where(CircleKeeper.pathway_id == circle.id)):
        db.session.delete(row)
    db.session.commit()
    dean = make_user(world.school, name="Dean Adebayo")
    client = client_as(dean)
    address = page_of(circle, "keepers")
    assert "This circle has no keeper." in client.page(address).text
    assert client.submit(address, {"keeper": ""}).status_code == 400
    assert client.submit(address, {"keeper": str(world.coordinator.id)}).status_code == 303
    page = client.page(address)
    assert world.coordinator.name in page.text and not page.find_all("select")
    keeper = client_as(world.coordinator)
    keeper.submit(address, {"keeper": str(dean.id)})
    assert set(keepers_of(circle.id)) == {world.coordinator.id, dean.id}
    ending = page_of(circle, f"keepers/{dean.id}/end")
    assert keeper.submit(ending).status_code == 303
    assert "Former keepers" in keeper.page(address).text
    assert client.get(ending).status_code == 404


def test_the_administrator_names_another_but_cannot_read(world, circle, client_as):
    dean = make_user(world.school)
    administrator = make_user(world.school, Role.ADMINISTRATOR)
    client = client_as(administrator)
    address = page_of(circle, "keepers")
    page = client.page(address)
    assert [link.text for link in page.find_all("a") if "/notes" in link.get("href")] == []
    choices = [option.get("value") for option in page.find_all("option")]
    assert str(dean.id) in choices and str(administrator.id) not in choices
    assert client.submit(address, {"keeper": str(dean.id)}).status_code == 303
    assert client.get(page_of(circle, "notes")).status_code == 404


def test_acts_around_privilege_are_pages_for_keepers(world, circle, client_as):
    client = client_as(world.coordinator)
    acts = page_of(circle, "privilege")
    assert "No one has waived privilege." in client.page(acts).text
    person = str(world.people[0].id)
    waiver = {"participant": person, "scope": "What I said myself", "reason": "My teacher may know"}
    assert client.submit(page_of(circle, "privilege/waiver"), waiver | {"scope": ""}).status_code == 400
    assert client.submit(page_of(circle, "privilege/waiver"), waiver).status_code == 303
    exception = {"kind": "prevent_harm", "told_whom": "The school nurse", "reason": "A threat"}
    assert client.submit(page_of(circle, "privilege/exception"), exception).status_code == 303
    assert client.submit(page_of(circle, "privilege/exception"), exception | {"kind": None}).status_code == 400
    text = client.page(acts).text
    assert "What I said myself" in text and "The school nurse" in text
    (link,) = [a.get("href") for a in client.page(acts).find_all("a") if a.get("href").endswith("/withdraw")]
    assert client.submit(link).status_code == 303
    assert "Withdrawn" in client.page(acts).text
    dean = client_as(make_user(world.school, Role.DEAN))
    for part in ("privilege", "privilege/waiver", "privilege/exception", "privilege/hold"):
        assert dean.get(page_of(circle, part)).status_code == 404, part
    assert dean.get(link).status_code == 404


def test_the_administrator_stops_shredding_and_sees_no_waiver(world, circle, client_as):
    keeper, administrator = client_as(world.coordinator), make_user(world.school, Role.ADMINISTRATOR)
    waiver = {"participant": str(world.people[0].id), "scope": "What I said", "reason": "My teacher may know"}
    keeper.submit(page_of(circle, "privilege/waiver"), waiver)
    client = client_as(administrator)
    hold = {"kind": "records_request", "reason": "Request 7 of 2026"}
    assert client.submit(page_of(circle, "privilege/hold"), hold | {"reason": " "}).status_code == 400
    assert client.submit(page_of(circle, "privilege/hold"), hold).status_code == 303
    text = client.page(page_of(circle, "privilege")).text
    assert "Request 7 of 2026" in text and "My teacher" not in text
    end(circle)
    assert "Shredding is stopped" in keeper.page(page_of(circle, "notes")).text
    found = db.session.execute(select(LegalHold)).scalars().one()
    assert (
        client.submit(
            page_of(circle, f"privilege/holds/{found.id}/close"), {"reason": "It was already answered"}
        ).status_code
        == 303
    )
    assert "shredded on" in keeper.page(page_of(circle, "notes")).text


def test_an_act_of_another_circle_is_missing(world, circle, client_as):
    client = client_as(world.coordinator)
    waiver = {"participant": str(world.people[0].id), "scope": "x", "reason": "y"}
    client.submit(page_of(circle, "privilege/waiver"), waiver)
    (link,) = [
        a.get("href")
        for a in client.page(page_of(circle, "privilege")).find_all("a")
        if a.get("href").endswith("/withdraw")
    ]
    other = kept_circle(world)
    assert client.get(link.replace(f"/{circle.id}/", f"/{other.id}/")).status_code == 404
    assert actor_for(world.coordinator).user_id in keepers_of(other.id)
