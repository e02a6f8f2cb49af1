"""The pages of an agreement, and its sheet: nothing typed is lost, and no name stands where it should not."""

from datetime import timedelta

import pytest

from tests.cases.making import NOW, TODAY, make_user, make_world
from tests.pathways.circles.held import agreed, circle_now, held_circle
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation.db import db
from wss_cases.pathways.circles.agreements import pages, term_changes
from wss_cases.pathways.circles.agreements.queries import signers_of
from wss_cases.pathways.circles.circle.models import TermState
from wss_cases.pathways.circles.terms import SignatureManner


@pytest.fixture
def world(session, at):
    at("2026-11-24 10:00")
    found = make_world()
    found.students[0].given_name, found.students[0].family_name = "Ophelia", "Brightwater"
    found.students[1].given_name, found.students[1].family_name = "Casimir", "Nightingale"
    db.session.commit()
    return found


@pytest.fixture
def keeper(world):
    return make_user(world.school, name="Corey Keeper")


@pytest.fixture
def circle(world, keeper):
    return held_circle(world, keeper)


def base_of(circle):
    return f"/cases/{circle.case_id}/pathways/{circle.id}"


def sign(world, circle, *who, beside=False):
    signers = {one.key for one in signers_of(circle, circle_now(circle))}
    keys = [f"party-{world.people[number].id}" for number in who]
    keys += [key for key in signers if key.startswith("supporter") and beside]
    pages.sign(Invocation(world.actor, NOW), circle.id, signers=keys, manner=SignatureManner.PAPER, signed_on=TODAY)


TERMS = ("Casimir and I repaint the door of Nightingale's locker", "Ophelia sits with auntie Quill")


def paper(world, circle, client, who, language="en"):
    key = world.people[who].id if who is not None else ""
    page = client.get(f"{base_of(circle)}/agreement/paper?for={key}&language={language}")
    assert page.status_code == 200
    return page.text


def test_everything_typed_stands_after_an_error(world, circle, client_as):
    address = f"{base_of(circle)}/agreement"
    client = client_as(world.coordinator)
    owner = str(world.people[1].id)
    answers = {
        "terms-0-text": "  Paint it, “blue”  ",
        "terms-0-owner": owner,
        "terms-0-evidence": "Seen by both",
        "terms-1-text": "Second",
        "terms-1-due_on": "2026-12-01",
    }
    refused = client.submit(address, answers)
    assert refused.status_code == 400
    assert '<li><a href="#terms-0-due_on">Term 1: choose a due date.</a></li>' in refused.text
    for kept in ("  Paint it, “blue”  ", "Seen by both", "Second", "2026-12-01", f'selected value="{owner}"'):
        assert kept in refused.text
    past = client.submit(address, answers | {"terms-0-due_on": "2026-11-01"})
    assert (past.status_code, "2026-11-01" in past.text) == (400, True)
    more = client.submit(address, answers | {"add_row": ""})
    assert (more.status_code, "terms-2-text" in more.text, "Seen by both" in more.text) == (200, True, True)
    assert client.submit(address, answers | {"terms-0-due_on": "2026-12-01"}).status_code == 303
    assert [term.text for term in circle_now(circle).agreement.terms] == ["  Paint it, “blue”  ", "Second"]


def test_a_second_agreement_keeps_what_was_typed(world, circle, client_as):
    client = client_as(world.coordinator)
    form = client.form(f"{base_of(circle)}/agreement")
    agreed(world, circle)
    data = {name: held[0] for name, held in form.values().items() if held}
    data |= {"terms-0-text": "Too late", "terms-0-due_on": "2026-12-01"}
    refused = client.post(f"{base_of(circle)}/agreement", data=data)
    assert (refused.status_code, "Too late" in refused.text) == (400, True)


def test_the_words_are_for_some_and_the_rest_for_the_team(world, circle, keeper, client_as):
    agreed(world, circle, *TERMS)
    other = make_user(world.school, Role.ADMINISTRATOR)
    reads, kept, counts = client_as(world.coordinator), client_as(keeper), client_as(other)
    address = f"{base_of(circle)}/agreement"
    for client in (reads, kept):
        assert "repaint the door" in client.page(address).text
    for part in ("", "/agreement", f"/terms/{circle_now(circle).agreement.terms[0].id}"):
        assert "repaint the door" not in counts.page(base_of(circle) + part).text
    assert "due Tue, Dec 1" in counts.page(address).text
    assert counts.get(f"{address}/paper").status_code == 404


def test_a_term_is_changed_on_its_page_and_an_error_keeps_the_new_words(world, circle, client_as):
    (term,) = agreed(world, circle).terms
    client = client_as(world.coordinator)
    address = f"{base_of(circle)}/terms/{term.id}"
    ids = [str(person.id) for person in world.people]
    new = {"state": "changed", "text": "Paint the requirement", "due_on": "2026-12-09", "consented": ids[0]}
    refused = client.submit(address, new)
    assert refused.status_code == 400
    assert "must consent: Casimir Nightingale" in refused.text
    assert "Paint the requirement" in refused.text
    assert client.submit(address, new | {"due_on": "", "consented": ids}).status_code == 400
    assert client.submit(address, new | {"consented": ids}).status_code == 303
    assert [row.state for row in circle_now(circle).agreement.terms] == [TermState.CHANGED, TermState.OPEN]


def test_the_end_is_refused_on_the_page_and_keeps_the_note(world, circle, client_as):
    (term,) = agreed(world, circle).terms
    term_changes.update_term(Invocation(world.actor, NOW + timedelta(days=7)), term.id, state=TermState.KEPT)
    client = client_as(world.coordinator)
    address = f"{base_of(circle)}/complete-circle"
    refused = client.submit(address, {"note": "Both came."})
    assert refused.status_code == 400
    assert "choose why there was none" in refused.text
    assert "Both came." in refused.text
    assert client.submit(address, {"without_meeting": "apart"}).status_code == 303


def let_name(world, circle, *who):
    named = [world.people[number].id for number in who]
    pages.name_on_copies(Invocation(world.actor, NOW), circle.id, named=named)


def test_another_name_stands_on_a_sheet_only_where_both_agree_and_before_anybody_signs(world, circle, client_as):
    agreed(world, circle, *TERMS)
    client = client_as(world.coordinator)
    own, other = "Ophelia Brightwater", "Casimir"
    alone = paper(world, circle, client, 0)
    assert own in alone and f'<p class="sign-line" dir="auto">{own}</p>' in alone
    assert other not in alone
    assert "Nightingale" not in alone
    assert "another person and I repaint the door of another person's locker".replace("'", "&#39;") in alone
    sign(world, circle, 0, 1)
    assert other not in paper(world, circle, client, 0)
    let_name(world, circle, 1)
    assert other not in paper(world, circle, client, 0)
    theirs = paper(world, circle, client, 1)
    assert "Casimir Nightingale" in theirs
    assert own not in theirs
    assert "quill" not in theirs.casefold()
    address = f"{base_of(circle)}/agreement/names"
    assert client.submit(address, {"named": [str(person.id) for person in world.people]}).status_code == 303
    together = paper(world, circle, client, 0)
    assert "Casimir Nightingale" in together
    assert "Casimir and I repaint the door" in together
    assert "quill" not in paper(world, circle, client, 1).casefold()
    sign(world, circle, beside=True)
    assert "Auntie Quill" in paper(world, circle, client, 1)


def test_a_copy_can_be_signed_by_both_where_both_agree(world, circle, client_as):
    agreed(world, circle)
    let_name(world, circle, 0, 1)
    sheet = paper(world, circle, client_as(world.coordinator), 0)
    for who in ("Ophelia Brightwater", "Casimir Nightingale"):
        assert f'<p class="sign-line" dir="auto">{who}</p>' in sheet


def test_a_copy_is_in_the_familys_language_with_the_terms_as_worded_and_a_place_for_a_translation(
    world, circle, client_as
):
    agreed(world, circle, "Repaint the door")
    world.students[0].language = "es"
    db.session.merge(world.students[0])
    db.session.commit()
    client = client_as(world.coordinator)
    sheet = client.page(f"{base_of(circle)}/agreement/paper?for={world.people[0].id}").text
    assert "Nuestro acuerdo" in sheet and "Repaint the door" in sheet
    assert ("translated" in sheet) or ("tradujo" in sheet)
    assert "translated" not in paper(world, circle, client, 1)


def test_a_stored_translation_stands_on_the_sheet_and_a_term_without_one_says_so(world, circle, client_as):
    term = db.session.merge(agreed(world, circle, *TERMS).terms[0])
    term.evidence = "The door is blue, Casimir"
    db.session.commit()
    client = client_as(world.coordinator)
    assert "no tiene traducci" in paper(world, circle, client, 0, "es") or "not translated yet" in paper(
        world, circle, client, 0, "es"
    )
    address = f"{base_of(circle)}/terms/{term.id}/translation?language=es"
    done = "La puerta es azul, Casimir."
    said = {"text": "Casimir y yo pintamos la puerta.", "evidence": done, "by": "Sra. Paz"}
    for left in ("by", "evidence"):
        assert client.submit(address, said | {left: ""}).status_code == 400
    assert "The door is blue" in paper(world, circle, client, 0, "es")
    assert client.submit(address, said).status_code == 303
    sheet = paper(world, circle, client, 0, "es")
    assert "pintamos la puerta" in sheet and "Sra. Paz" in sheet and "Casimir" not in sheet
    assert "La puerta es azul" in sheet and "The door is blue" not in sheet
    assert "Sra. Paz" in client.get(address).get_data(as_text=True)
    unasked = client.form(address.removesuffix("?language=es")).values()
    assert unasked["language"] == ["es"], "not the language it is in already"


def test_a_sheet_for_nobody_names_nobody(world, circle, client_as):
    agreed(world, circle, *TERMS)
    let_name(world, circle, 0, 1)
    sign(world, circle, 0, 1)
    sheet = paper(world, circle, client_as(world.coordinator), None)
    for name in ("Ophelia", "Brightwater", "Casimir", "Nightingale", "uill"):
        assert name not in sheet


def test_the_sheet_is_in_spanish_where_it_is_asked_for(world, circle, client_as):
    agreed(world, circle)
    client = client_as(world.coordinator)
    sheet = paper(world, circle, client, 0, "es")
    assert 'lang="es"' in sheet
    assert "Nuestro acuerdo" in sheet
    assert "%(school)s" not in sheet
    assert "Our agreement" in paper(world, circle, client, 0, "zz")
