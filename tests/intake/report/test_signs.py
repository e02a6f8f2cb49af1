"""What a report makes unknown: its tile and card, its words, an adult in it; and texts that come in later."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting
from tests.factories.base import fresh
from tests.factories.roster import StaffMemberFactory
from tests.intake.making import NOW, Place
from tests.routing.signs.sentences import ordinary
from tests.support.pages.reading import forms, parse
from wss_cases.access.actor import Invocation
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.incidents.changes import add_addendum
from wss_cases.incidents.incident.models import Incident, IncidentDraft
from wss_cases.incidents.incident.rules import Capture, CapturedPerson, Details
from wss_cases.incidents.incident.states import IncidentState, PersonKind, PersonRole, Tile
from wss_cases.intake.report.actions import complete_details, submit_incident
from wss_cases.intake.report.rules import CARDS, answered, is_read, joined, to_ask, with_signs
from wss_cases.routing.rule_sets import RoutingAnswer, signs_on

FORM = {"danger": "no", "unknown_person": "y", "where": "hallway"}
GUN = "He has a gun in his locker."


def send(client: Any, **more: Any) -> Any:
    form = client.form("/incidents/new", holding="danger")
    return client.post("/incidents/new", data=dict(form.values()) | FORM | more)


def answer(client: Any, asked: Any, value: str) -> Any:
    form = next(one for one in forms(parse(asked.get_data(as_text=True))) if "narrative" in one.names)
    return client.post("/incidents/new", data=dict(form.values()) | {"said": [*form.values().get("said", []), value]})


def newest() -> Incident:
    found = db.session.scalars(select(Incident).order_by(Incident.id.desc())).first()
    assert found is not None
    return found


def submitted(place: Place, tile: Tile = Tile.FIGHT, **more: Any) -> Incident:
    who = more.pop("people", (CapturedPerson(PersonKind.STUDENT, place.students[0].id),))
    capture = Capture(place.school.id, False, tile, "hallway", NOW - timedelta(minutes=5), people=who, **more)
    found = db.session.get(Incident, submit_incident(Invocation(place.actor("reporter"), NOW), capture))
    assert found is not None
    return found


def questions(incident: Incident) -> dict[str, str]:
    found = db.session.scalars(
        select(RoutingAnswer).where(RoutingAnswer.incident_id == incident.id).order_by(RoutingAnswer.id.desc())
    ).first()
    assert found is not None
    return {one["fact"]: one["weight"] for one in found.answer["open_questions"]}


def test_a_weapon_of_which_nothing_is_said_is_unknown_and_must_be_asked(client_as: Any, place: Place) -> None:
    assert send(client_as(place.reporter), what="weapon").status_code == 303
    report = newest()
    assert report.facts == {"weapon": "unknown", "gun_violence_threat": "unknown"}
    assert report.weapon is None
    assert report.signs == [
        {"sign": "weapon", "from": "tile", "facts": ["weapon", "gun_violence_threat"], "answer": ""}
    ]
    assert {name: weight for name, weight in questions(report).items() if name in report.facts} == {
        "weapon": "must", "gun_violence_threat": "must",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tile", "card", "facts"),
    [
        ("weapon", {"which_weapon": "gun"}, {"weapon": "firearm", "gun_violence_threat": "unknown"}),
        ("weapon", {"which_weapon": "unknown"}, {"weapon": "unknown", "gun_violence_threat": "unknown"}),
        ("threat", {"threat_with": "hands"}, {"weapon": "none", "gun_violence_threat": False, "fire_or_bomb": False}),
        (
            "threat",
            {"threat_with": "words_gun"},
            {"weapon": "unknown", "gun_violence_threat": True, "fire_or_bomb": False},
        ),
        (
            "threat",
            {"which_weapon": "gun"},
            {"weapon": "unknown", "gun_violence_threat": "unknown", "fire_or_bomb": "unknown"},
        ),
        (
            "substance",
            {"which_substance": "cannabis", "was_shared": "unknown"},
            {"substance": "cannabis", "distribution": "unknown"},
        ),
        ("hurtful_words", {"dating": "no"}, {"bias": "unknown", "sexual": "unknown", "intimate_partner": False}),
        ("private_matter", {"private_kind": "home"}, {"abuse_suspected": "unknown", "sent_on": ["abuse_suspected"]}),
        ("private_matter", {}, {"sexual": "unknown", "adult_conduct": "unknown", "abuse_suspected": "unknown"}),
        (
            "other",
            {"part_of_it": ["none"]},
            {"weapon": "none", "sexual": "none", "adult_conduct": False, "bias": False, "self_harm": False},
        ),
        (
            "other",
            {"part_of_it": ["adult", "none"]},
            {
                "weapon": "unknown",
                "sexual": "unknown",
                "adult_conduct": True,
                "bias": "unknown",
                "self_harm": "unknown",
            },
        ),
        ("fight", {}, {"injury": "unknown", "mutual": "unknown"}),
        ("property", {}, {}),
        ("disruption", {}, {}),
    ],
)
def test_a_tile_and_its_card_say_what_is_known(
    client_as: Any, place: Place, tile: str, card: dict[str, Any], facts: dict[str, Any]
) -> None:
    assert send(client_as(place.reporter), what=tile, **card).status_code == 303
    report = newest()
    assert report.facts == facts
    known = facts.get("weapon")
    assert report.weapon == (None if known == "unknown" else known)


def test_what_is_sexual_is_stated_or_sent_on_and_never_asked(place: Place) -> None:
    signs, capture = signs_on(NOW.date()), Capture(place.school.id, False, Tile.BULLYING, "hallway", NOW)
    card = answered(Tile.BULLYING, {"about_who": ("yes",), "any_sexual": ("yes",)})
    bullied = with_signs(capture, signs, card, {}, ())
    assert bullied.facts == {
        "bias": True, "sexual": "unknown", "sent_on": ["sexual"], "intimate_partner": "unknown",
    }  # fmt: skip
    touched = answered(Tile.PRIVATE, {"private_kind": ("touching",)})
    private = with_signs(replace(capture, tile=Tile.PRIVATE), signs, touched, {}, ())
    assert private.facts == {"sexual": "contact"}
    assert private.signs == ({"sign": "private_matter", "from": "card", "facts": ["sexual"], "answer": "yes"},)


def test_every_fact_that_a_tile_makes_unknown_is_asked_on_its_card(place: Place) -> None:
    signs = signs_on(NOW.date())
    looked_at_in_the_review = {Tile.FIGHT, Tile.PUSHING}
    for tile in set(Tile) - looked_at_in_the_review:
        said = {name for asked in CARDS.get(tile, ()) for one in asked.answers.values() for name in one.facts}
        made = {name for sign in signs.of_tile(tile) for name in sign.facts}
        assert made <= said | ({"gun_violence_threat"} if tile is Tile.WEAPON else set()), tile


def test_a_word_is_put_to_the_reporter_and_its_answer_is_kept(client_as: Any, place: Place) -> None:
    client = client_as(place.reporter)
    asked = send(client, what="disruption", narrative=GUN)
    assert asked.status_code == 200
    assert "You wrote “gun”. Was there one?" in asked.get_data(as_text=True)
    assert db.session.scalar(select(Incident.id)) is None
    saved = answer(client, asked, "word_gun:yes")
    assert saved.status_code == 303, saved.get_data(as_text=True)
    report = newest()
    assert report.narrative == GUN
    assert report.facts == {"weapon": "unknown", "gun_violence_threat": "unknown"}
    assert report.signs == [
        {"sign": "word_gun", "from": "word", "facts": ["weapon", "gun_violence_threat"], "answer": "yes"}
    ]


def test_two_words_of_the_same_facts_are_one_question(client_as: Any, place: Place) -> None:
    client = client_as(place.reporter)
    both = {"what": "disruption", "narrative": f"{GUN} He will shoot him."}
    assert answer(client, send(client, **both), "word_gun:yes").status_code == 303
    assert [one["answer"] for one in newest().signs] == ["yes", "yes"]
    again = answer(client, send(client, **both), "word_gun:figure")
    assert "You wrote “shoot”" in again.get_data(as_text=True)


def test_a_figure_of_speech_makes_nothing_unknown(client_as: Any, place: Place) -> None:
    client = client_as(place.reporter)
    answer(client, send(client, what="disruption", narrative=GUN), "word_gun:figure")
    assert (newest().facts, [one["answer"] for one in newest().signs]) == ({}, ["figure"])


def test_a_report_is_saved_without_answering_and_its_word_stays_unseen(client_as: Any, place: Place) -> None:
    client = client_as(place.reporter)
    asked = send(client, what="disruption", narrative=f"{GUN} He said there is a bomb. He touched her.")
    assert answer(client, asked, "skipped:").status_code == 303
    assert [(one["sign"], one["answer"]) for one in newest().signs] == [
        ("word_gun", ""), ("word_bomb", ""), ("word_sexual", ""),
    ]  # fmt: skip


def test_at_most_two_words_are_asked_about_each_with_one_tap(client_as: Any, place: Place) -> None:
    client = client_as(place.reporter)
    first = send(client, what="disruption", narrative=f"{GUN} He said there is a bomb. He touched her.")
    second = answer(client, first, "word_gun:maybe")
    assert "You wrote “bomb”" in second.get_data(as_text=True)
    assert answer(client, second, "word_bomb:figure").status_code == 303
    report = newest()
    assert [(one["sign"], one["answer"]) for one in report.signs] == [
        ("word_gun", "maybe"), ("word_bomb", "figure"), ("word_sexual", ""),
    ]  # fmt: skip
    assert report.facts == {"weapon": "unknown", "gun_violence_threat": "unknown", "sexual": "unknown"}


def test_a_word_is_not_asked_about_where_the_card_said_so(client_as: Any, place: Place) -> None:
    client = client_as(place.reporter)
    assert send(client, what="weapon", narrative=GUN).status_code == 303
    assert send(client, what="threat", threat_with="gun", narrative=GUN).status_code == 303
    assert "You wrote “gun”" in send(client, what="threat", threat_with="hands", narrative=GUN).text


def test_a_word_opens_what_the_card_answered_with_no(place: Place) -> None:
    report = submitted(place, Tile.THREAT, card={"threat_with": ("hands",)}, narrative=GUN)
    assert report.facts == {"weapon": "unknown", "gun_violence_threat": "unknown", "fire_or_bomb": False}


def test_words_are_put_to_the_reporter_of_at_most_one_fight_in_twenty(place: Place) -> None:
    signs = signs_on(NOW.date())
    texts = [text for tile, text in ordinary(6000, seed=36) if tile == Tile.FIGHT]
    asked = [text for text in texts if to_ask(Tile.FIGHT, {}, signs.matches(text), {})]
    assert len(texts) > 300
    assert len(asked) <= len(texts) / 20


def test_an_adult_who_may_have_done_it_makes_their_conduct_unknown(place: Place) -> None:
    staff = StaffMemberFactory(school=place.school)
    reporter = StaffMemberFactory(school=place.school, user_id=place.reporter.id)
    for role, unknown in ((PersonRole.INVOLVED, True), (PersonRole.WITNESS, False), (PersonRole.HARMED, False)):
        people = (CapturedPerson(PersonKind.STAFF, staff.id, role=role),)
        assert ("adult_conduct" in submitted(place, Tile.PROPERTY, people=people).facts) is unknown, role
    own = (CapturedPerson(PersonKind.STAFF, reporter.id),)
    assert submitted(place, Tile.PROPERTY, people=own).facts == {}


def test_danger_makes_a_weapon_unknown(place: Place) -> None:
    capture = Capture(place.school.id, True, Tile.PROPERTY, "hallway", NOW - timedelta(minutes=5))
    submit_incident(Invocation(place.actor("reporter"), NOW), capture)
    assert newest().facts == {"weapon": "unknown"}


def test_a_text_in_another_language_is_read_as_something_else(place: Place) -> None:
    text = "Powiedział koledze że przyniesie jutro pistolet"
    assert not is_read(text)
    assert is_read("Hubo una pelea.")
    report = submitted(place, Tile.PROPERTY, narrative=text)
    assert set(report.facts) == {"weapon", "sexual", "adult_conduct", "bias", "self_harm"}


def test_a_private_matter_leaves_nothing_on_the_screen_or_in_the_draft(client_as: Any, place: Place) -> None:
    client = client_as(place.reporter)
    draft = dict(client.form("/incidents/new", holding="danger").values()) | {"narrative": "He touched Zyx."}
    assert client.post("/incidents/new/draft", data=draft).status_code == 200
    assert "Zyx" in client.page("/incidents/new").text
    sent = dict(client.form("/incidents/new", holding="danger").values()) | FORM | {"what": "private_matter"}
    saved = client.post("/incidents/new", data=sent | {"private_kind": "adult", "narrative": "He touched Zyx."})
    page = client.page(saved.location).text
    report = newest()
    for word in ("Zyx", "touch", report.reference, "Private matter", "Hallway"):
        assert word not in page, word
    assert f"/incidents/{report.id}" not in page
    assert db.session.scalar(select(IncidentDraft.id)) is None
    # what the page was still sending when it was saved comes too late
    late = client.post("/incidents/new/draft", data=sent | {"narrative": "He touched Zyx."})
    assert late.status_code == 200
    assert "Zyx" not in client.page("/incidents/new").text


def test_a_later_text_opens_a_question_of_a_report_that_waits(place: Place) -> None:
    report = submitted(place)
    add_addendum(Invocation(place.actor("reporter"), NOW), report.id, "A student told me: he has a gun.")
    report = fresh(report)
    assert report.facts["weapon"] == "unknown"
    assert questions(report)["weapon"] == "must"
    answers = len(db.session.scalars(select(RoutingAnswer).where(RoutingAnswer.incident_id == report.id)).all())
    add_addendum(Invocation(place.actor("reporter"), NOW), report.id, "Again: the gun. And nothing else.")
    assert len(fresh(report).signs) == len(report.signs)
    again = len(db.session.scalars(select(RoutingAnswer).where(RoutingAnswer.incident_id == report.id)).all())
    assert again == answers
    assert db.session.scalar(select(FollowUp.id)) is None


def test_the_dean_reads_the_same_day_what_came_in_after_the_decision(place: Place) -> None:
    report = submitted(place)
    report.state, report.reviewer_id = IncidentState.ROUTED, place.dean.id
    report.facts = {**report.facts, "weapon": "none"}
    db.session.commit()
    for text in ("Hoy dijo que trae una pistola.", "And there is a bomb."):
        add_addendum(Invocation(place.actor("reporter"), NOW), report.id, text)
    (follow_up,) = db.session.scalars(select(FollowUp).where(FollowUp.kind == "new_text"))
    assert (follow_up.owner_id, follow_up.same_day, follow_up.state) == (place.dean.id, True, FollowUpState.OPEN)
    report = fresh(report)
    assert (report.facts["weapon"], report.facts["fire_or_bomb"]) == ("unknown", "unknown")


def test_a_later_text_asks_again_what_was_asked_in_vain(place: Place) -> None:
    report = submitted(place, Tile.WEAPON)
    report.facts = {**report.facts, "asked": ["weapon"]}
    db.session.commit()
    add_addendum(Invocation(acting(place.dean), NOW), report.id, "Someone saw the gun.")
    assert fresh(report).facts["asked"] == []


def test_details_of_the_desk_are_read_too(place: Place) -> None:
    report = submitted(place, Tile.PROPERTY)
    details = Details("hallway", more="He showed a knife.")
    complete_details(Invocation(place.actor("reporter"), NOW, version=report.version), report.id, details)
    assert fresh(report).facts["weapon"] == "unknown"


def test_only_the_card_of_the_chosen_tile_counts() -> None:
    assert answered(Tile.FIGHT, {"which_weapon": ("gun",)}).facts == {}


def test_what_a_second_witness_knows_is_joined() -> None:
    ours = {"weapon": "unknown", "fire_or_bomb": False, "injury": "minor", "sexual": "none"}
    theirs = {"weapon": "firearm", "fire_or_bomb": "unknown", "injury": "unknown", "bias": True, "sexual": "none"}
    assert joined(ours, theirs | {"sent_on": ["abuse_suspected"]}) == {
        "weapon": "firearm", "fire_or_bomb": "unknown", "injury": "minor", "bias": True, "sexual": "none",
        "sent_on": ["abuse_suspected"],
    }  # fmt: skip
