"""Questionnaires from the inside: who gets a link when, who reads what, and the numbers for the outcomes."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.cases.making import NOW, actor_for, make_user, make_world
from tests.factories.base import fresh
from tests.pathways.circles.held import agreed, hold
from wss_cases.access.actor import Invocation, Role
from wss_cases.cli.common import SEALED
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.making import make
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.ids import plain_code
from wss_cases.foundation.keys import Keys
from wss_cases.foundation.settings import setting
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.journal.key_rotation import rotate
from wss_cases.journal.models import AuditEntry
from wss_cases.journal.queries import case_history
from wss_cases.journal.timeline import sentence
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.mail.common.pages import FamilyText
from wss_cases.pathways.circles.circle.models import CircleKeeper, MeetingKind
from wss_cases.pathways.circles.questionnaires import actions
from wss_cases.pathways.circles.questionnaires import pages as answering
from wss_cases.pathways.circles.questionnaires.models import QUESTIONS, VALUES, Answerer, Occasion, Questionnaire, Scale
from wss_cases.pathways.circles.questionnaires.queries import INTRO, answerer_of, languages, words_of

AFTER, LAST = Occasion.AFTER_MEETING, Occasion.LAST_CHECK_IN
SECRET = "The blue door was my idea"


def party(world, who=1):
    return f"party-{world.people[who].id}"


def link(world, circle, *keys, occasion=AFTER):
    return actions.make_links(world.actor, circle.id, occasion, keys or [party(world)], "", NOW)


def answered(world, circle, words=SECRET, who=1, **values):
    (made,) = link(world, circle, party(world, who))
    answering.answer(made.questionnaire_id, values or {"safer": 4}, words, NOW)
    return made.questionnaire_id


def test_every_question_stands_in_english_and_spanish(session):
    for answerer, occasion in QUESTIONS:
        english, spanish = (words_of(answerer, occasion, code, NOW.date()) for code in ("en", "es"))
        assert {text.language for text in spanish.values()} == {"es"}
        assert english.keys() == spanish.keys()
        for question in QUESTIONS[answerer, occasion]:
            code = f"question.{answerer}.{question.code}"
            assert english[code].text != spanish[code].text
            assert {f"scale.{question.scale}.{value}" for value in VALUES[question.scale]} <= english.keys()


def test_every_questionnaire_is_short():
    assert {(who, when) for who in Answerer for when in Occasion} == QUESTIONS.keys()
    for questions in QUESTIONS.values():
        assert 4 <= len(questions) <= 6
        assert len({one.code for one in questions}) == len(questions)
    assert all(set(VALUES[scale]) <= {1, 2, 3, 4, 5} for scale in Scale)


def test_those_who_came_are_asked_in_the_language_of_their_family(world, circle):
    world.students[1].language = "es"
    db.session.commit()
    made = link(world, circle, party(world, 0), party(world, 1))
    rows = [fresh(db.session.get(Questionnaire, one.questionnaire_id)) for one in made]
    assert [(row.answerer, row.language) for row in rows] == [(Answerer.CAUSED_HARM, "en"), (Answerer.HARMED, "es")]
    assert len({one.code for one in made}) == 2
    assert all(plain_code(one.code) == one.code for one in made)
    assert rows[0].expires_at == NOW + timedelta(days=setting("QUESTIONNAIRE_DAYS"))


def test_making_links_closes_the_follow_up_that_asked_for_them(world, circle):
    with unit_of_work(world.actor, NOW) as uow:
        row = make(
            uow, school_id=world.school.id, kind="questionnaire", owner_id=world.coordinator.id,
            due_on=NOW.date(), case_id=world.case.id, pathway_id=circle.id,
        )  # fmt: skip
        kept = row.id
    link(world, circle)
    assert fresh(db.session.get(FollowUp, kept)).outcome == "done"


def test_the_same_form_twice_makes_one_set_of_links(world, circle):
    first = actions.make_links(world.actor, circle.id, AFTER, [party(world)], "", NOW, "k1")
    again = actions.make_links(world.actor, circle.id, AFTER, [party(world)], "", NOW, "k1")
    assert (len(first), again) == (1, [])


@pytest.mark.parametrize("bad", ["nobody", "stranger", "twice", "later"])
def test_links_that_are_refused(world, circle, bad):
    if bad == "twice":
        link(world, circle)
    keys = {"nobody": [], "stranger": ["party-999999"]}.get(bad, [party(world)])
    with pytest.raises(Refused):
        actions.make_links(world.actor, circle.id, LAST if bad == "later" else AFTER, keys, "", NOW)


def test_the_last_check_in_comes_once_nothing_is_open(world, circle, keeper):
    agreed(world, circle)
    with pytest.raises(Refused):
        link(world, circle, occasion=LAST)
    hold(circle, keeper, MeetingKind.COMPLETION)
    assert len(link(world, circle, occasion=LAST)) == 1


def test_only_the_keepers_of_the_circle_read_and_it_is_audited(world, circle, keeper):
    row_id = answered(world, circle)
    said = answering.read_answers(actor_for(keeper), circle.id, row_id, NOW)
    assert (said.values, said.words) == ({"safer": 4}, SECRET)
    audited = select(AuditEntry.actor_id).where(
        AuditEntry.action == "questionnaire.read", AuditEntry.object_id == row_id
    )
    assert db.session.scalars(audited).all() == [keeper.id]
    for user in (world.coordinator, make_user(world.school, Role.ADMINISTRATOR), make_user(make_world().school)):
        with pytest.raises(NotFound):
            answering.read_answers(actor_for(user), circle.id, row_id, NOW)
    ended = select(CircleKeeper).where(CircleKeeper.pathway_id == circle.id)
    db.session.scalars(ended).one().ended_at = NOW
    db.session.commit()
    with pytest.raises(NotFound):
        answering.read_answers(actor_for(keeper), circle.id, row_id, NOW)


def test_a_keeper_answers_once_on_their_own_page(world, circle, keeper):
    actor = actor_for(keeper)
    answering.answer_as_keeper(Invocation(actor, NOW), circle.id, AFTER, {"spoke": 5}, "")
    with pytest.raises(Refused, match="already"):
        answering.answer_as_keeper(Invocation(actor, NOW), circle.id, AFTER, {"spoke": 1}, "")
    with pytest.raises(NotFound):
        answering.answer_as_keeper(Invocation(world.actor, NOW), circle.id, AFTER, {"spoke": 5}, "")


@pytest.mark.parametrize("values", [{}, {"safer": 9}, {"nonsense": 3}, {"again": 2}])
def test_answers_that_are_refused(world, circle, values):
    (made,) = link(world, circle)
    with pytest.raises(Refused):
        answering.answer(made.questionnaire_id, values, " ", NOW)
    assert fresh(db.session.get(Questionnaire, made.questionnaire_id)).answered_at is None


def test_the_history_says_that_somebody_answered_and_not_what(world, circle):
    answered(world, circle)
    said = [sentence(entry) for entry in case_history(world.case.id)]
    assert "Questionnaire answered: After the meeting" in said
    assert "Questionnaire given out: After the meeting" in said
    assert not [words for words in said if "4" in words and "Question" in words]


def test_a_rotated_key_still_reads_and_reseals(world, circle, keeper, app):
    row_id = answered(world, circle)
    old = app.config["WSS_KEYS"]
    try:
        app.config["WSS_KEYS"] = Keys(("a newer master", *old.masters))
        assert answering.read_answers(actor_for(keeper), circle.id, row_id, NOW).words == SECRET
        assert rotate(SEALED, NOW)["questionnaires"] == {"resealed": 1, "already": 0, "unreadable": 0}
        app.config["WSS_KEYS"] = Keys(("a newer master",))
        assert answering.read_answers(actor_for(keeper), circle.id, row_id, NOW).words == SECRET
        app.config["WSS_KEYS"] = Keys(("a stranger's master",))
        assert answering.read_answers(actor_for(keeper), circle.id, row_id, NOW).words is None
    finally:
        app.config["WSS_KEYS"] = old


def test_a_language_is_added_without_code(world, circle, client):
    texts = db.session.scalars(select(FamilyText).where(FamilyText.language == "en")).all()
    for text in texts:
        if text.code.startswith(("question", "scale.")):
            new = {"title": f"pl {text.title}", "text": f"pl {text.text}"}
            db.session.add(FamilyText(code=text.code, language="pl", starts_on=text.starts_on, **new))
    db.session.commit()
    (made,) = actions.make_links(world.actor, circle.id, AFTER, [party(world)], "pl", NOW)
    page = client.page(f"/q/{made.code}")
    assert "pl Do you feel safer now than before?" in page.text


def test_a_language_is_offered_from_the_day_of_its_introduction(session):
    begins = date(2026, 12, 1)
    session.add(FamilyText(code=INTRO, language="pl", starts_on=begins, title="pl", text="pl"))
    session.commit()
    assert "pl" not in languages(begins - timedelta(days=1))
    assert languages(begins)[0] == "en" and "pl" in languages(begins)


def test_the_pages_of_staff(world, circle, keeper, client_as):
    base = f"/cases/{world.case.id}/pathways/{circle.id}/questionnaires"
    client, own = client_as(world.coordinator), client_as(keeper)
    stranger = client_as(make_user(make_world().school))
    assert "No one has been asked yet" in client.page(base).text
    empty = client.submit(f"{base}/new", {"people": None})
    assert (empty.status_code, "Check who is asked" in empty.text) == (400, True)
    handed = client.submit(f"{base}/new", {"people": [party(world, 0), party(world, 1)]})
    assert handed.status_code == 200
    assert handed.text.count("/q/") >= 2
    assert handed.text.count('<img src="data:image/svg+xml') == 2, "each link has its code to scan"
    assert "shown only once" in handed.text
    (first, second) = db.session.scalars(select(Questionnaire.id).order_by(Questionnaire.id))
    renewed = client.submit(base, action=f"/{first}/renew")
    assert (renewed.status_code, "/q/" in renewed.text) == (200, True)
    assert client.submit(base, action=f"/{second}/revoke").status_code == 303
    assert "Withdrawn" in client.page(base).text
    assert client.get(f"{base}/{first}/answers").status_code == 404
    assert client.get(f"{base}/mine").status_code == 404
    answering.answer(first, {"heard": 3}, SECRET, NOW)
    assert SECRET not in client.page(base).text
    assert SECRET in own.page(f"{base}/{first}/answers").text
    nothing = own.submit(f"{base}/mine")
    assert (nothing.status_code, "Answer at least one question" in nothing.text) == (400, True)
    assert own.submit(f"{base}/mine", {"q_spoke": "5"}).status_code == 303
    for address in (base, f"{base}/new", f"{base}/mine", f"{base}/{first}/answers"):
        assert stranger.get(address).status_code == 404


def test_in_which_part_somebody_answers():
    assert answerer_of(PersonRole.BOTH) is Answerer.HARMED
    assert answerer_of(PersonRole.INVOLVED) is Answerer.CAUSED_HARM


@pytest.mark.parametrize(
    ("language", "who_reads", "promise"),
    [
        ("en", "The keepers of the circle read each answer and see whose it is.", "many others"),
        ("es", "Quienes facilitan el círculo leen cada respuesta y ven de quién es.", "muchas otras"),
    ],
)
def test_it_says_truthfully_who_reads_the_answer(world, circle, client, language, who_reads, promise):
    (made,) = actions.make_links(world.actor, circle.id, AFTER, [party(world)], language, NOW)
    page = client.page(f"/q/{made.code}").text
    assert who_reads in page and promise not in page
    letters = db.session.scalars(select(FamilyText).where(FamilyText.language == language))
    said = {row.code: row.text for row in letters}
    for code in ("circle_consent", "privacy_short"):
        assert ("ven de quién" if language == "es" else "see whose") in said[code]
