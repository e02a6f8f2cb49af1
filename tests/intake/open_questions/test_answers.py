"""Open questions on the review page: what is asked, what a tap does, and that nothing is decided before it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.base import fresh
from tests.factories.roster import StudentFactory
from tests.intake.making import NOW, Place, set_facts
from tests.support.applications import make_app
from tests.support.databases import Database
from wss_cases.access.actor import Invocation
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.incidents.changes import add_addendum
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.intake.decision import Choice, decide
from wss_cases.intake.open_questions.models import (
    PURPOSE,
    Answer,
    Because,
    FactAnswer,
    joined,
    may_have_read,
    quick_noes_of,
    reasons_for,
)
from wss_cases.intake.open_questions.pages import answer_fact
from wss_cases.intake.recommendation import situation
from wss_cases.intake.review.acts import take_no_action
from wss_cases.journal.models import AuditEntry, TimelineEntry
from wss_cases.journal.timeline import sentence
from wss_cases.safeguards.duties.duty.queries import duties_of

CAUSED, HARMED, BOTH = PersonRole.CAUSED_HARM, PersonRole.HARMED, PersonRole.BOTH
ACCEPT = "Accept as recommended"
CALL_911 = "If you believe someone is in danger or has a gun, call 911 now."


def asking(
    place: Place, *people: Any, tile: str = "weapon", text: str = "He has a gun in his locker.", **facts: Any
) -> Incident:
    parts = people or ((place.students[0], CAUSED),)
    return set_facts(place.report(*parts, code="", tile=tile, narrative=text), **facts)


def gun(place: Place) -> Incident:
    return asking(place, weapon="unknown", gun_violence_threat="unknown")


def tap(client: Any, report: Incident, fact: str, answer: str, **more: Any) -> Any:
    """Press one of the taps of a question."""
    data = {"csrf_token": client.csrf_token("/review"), "request_key": f"{fact}{answer}", "answer": answer, **more}
    return client.post(f"/review/{report.id}/questions/{fact}", data=data)


def answers(report: Incident) -> list[FactAnswer]:
    return list(db.session.scalars(select(FactAnswer).filter_by(incident_id=report.id).order_by(FactAnswer.id)))


def asked_now(report: Incident) -> list[tuple[str, str]]:
    return [(one.fact, str(one.weight)) for one in situation(report.id).plan.open_questions]


def test_the_reports_words_come_first_then_the_questions_and_nothing_reassures(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    report, dean = gun(place), client_as(place.dean)
    text = dean.page(f"/review/{report.id}").text
    order = (CALL_911, "He has a gun in his locker.", "Was there a weapon?", "Did anyone threaten to use a gun")
    assert sorted(order, key=text.index) == list(order)
    for words in (
        ACCEPT,
        "Recommended",
        "No law requires",
        "Nothing reported",
        "Choose a different response",
        "Restorative conversation",
    ):
        assert words not in text, words
    assert "Firearm or threat of gun violence: tell the office" in text, "the possible duty beside its question"


def test_nothing_is_decided_while_a_question_is_open_wherever_it_comes_from(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    report, dean = gun(place), client_as(place.dean)
    data = {"csrf_token": dean.csrf_token("/review"), "request_key": "k", "version": str(report.version)}
    sent = dean.post(f"/review/{report.id}/accept", data=data)
    assert sent.status_code == 400 and "Answer the open questions first" in sent.get_data(as_text=True)
    chosen = data | {"chosen": [f"{report.id}.{report.version}"]}
    assert "Open them one by one" in dean.post("/review/accept", data=chosen, follow_redirects=True).text
    call = Invocation(place.actor(), NOW, version=report.version)
    for choice in (Choice(), Choice(keep=frozenset(), reason="other", reason_text="It is settled.")):
        with pytest.raises(Refused, match="open questions"):
            decide(call, report.id, choice)
    for reason in ("settled", "not_school", "other"):
        with pytest.raises(Refused, match="open questions"):
            take_no_action(call, report.id, reason=reason, note="They talked.")
    assert fresh(report).state is IncidentState.SUBMITTED
    words = "The locker was opened, and the reporter named another school."
    take_no_action(call, report.id, reason="unfounded", note=words)


def test_a_no_without_its_reason_closes_no_question_and_loses_nothing(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    report, dean = gun(place), client_as(place.dean)
    for answer, more, words in (
        ("no", {}, "Choose why the answer is no."),
        ("no:because", {}, "Choose why the answer is no."),
        ("no:said", {"whom": "  "}, "Enter who told you."),
        ("asked", {}, "Enter who you asked."),
        ("yes", {}, "Choose which one."),
        ("yes:cannon", {}, "Choose which one."),
        ("sent_on", {}, "Choose one of the answers."),
        ("part:1:harmed", {}, "Choose one of the answers."),
        ("", {}, "Choose one of the answers."),
    ):
        sent = tap(dean, report, "weapon", answer, **more)
        assert (sent.status_code, words in sent.get_data(as_text=True)) == (400, True), answer
    long = tap(dean, report, "weapon", "asked", whom="x" * 201)
    assert long.status_code == 400 and "x" * 201 in long.get_data(as_text=True)
    assert fresh(report).facts["weapon"] == "unknown" and answers(report) == []
    assert tap(dean, report, "no_such_fact", "yes").status_code == 404


def test_one_tap_writes_the_fact_its_row_the_history_the_audit_log_and_the_duty(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    report, dean = gun(place), client_as(place.dean)
    page = dean.get(f"/review/{report.id}").get_data(as_text=True)
    shown = page.partition('name="shown" value="')[2].partition('"')[0]
    sent = tap(dean, report, "gun_violence_threat", "no:saw")
    assert sent.status_code == 303 and sent.location.endswith(f"/review/{report.id}#question-weapon")
    tap(dean, report, "weapon", "yes:firearm", shown=shown)
    now = fresh(report)
    assert (now.facts["weapon"], now.weapon, now.alarm) == ("firearm", "firearm", "weapon")
    _other, row = answers(report)
    assert (row.answer, row.value, row.by_id, row.seconds) == (Answer.YES, "firearm", place.dean.id, 0)
    told = select(TimelineEntry).where(TimelineEntry.kind.like("review.fact%")).order_by(TimelineEntry.id)
    assert [sentence(entry) for entry in db.session.scalars(told)] == [
        "Did anyone threaten to use a gun at school? No. I saw what happened", "Was there a weapon? A gun"
    ]  # fmt: skip
    audited = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "review.fact_answered")
    assert db.session.scalar(audited) == 2
    assert ("firearm_or_gun_threat", "due") in {(one.duty.code, one.duty.state) for one in duties_of(report.id)}
    again = tap(dean, report, "weapon", "yes:firearm", shown=shown)
    assert again.status_code == 303 and len(answers(report)) == 2, "the same form twice is one answer"


def test_the_last_answer_brings_the_recommendation(place: Place, client_as: Callable[[Any], Any]) -> None:
    report, dean = gun(place), client_as(place.dean)
    tap(dean, report, "weapon", "no:searched")
    sent = tap(dean, report, "gun_violence_threat", "no:said", whom="Ms. Ortiz")
    assert sent.location.endswith("#recommended")
    text = dean.page(f"/review/{report.id}").text
    assert ACCEPT in text and "No law requires a call to the police for what is known." in text
    assert "No. Ms. Ortiz said so" in text and "No. We searched" in text
    assert CALL_911 not in text and fresh(report).alarm is None
    page = dean.get(f"/review/{report.id}").get_data(as_text=True)
    assert "<b>No law requires" not in page and page.count("No law requires") == 1


def test_maybe_a_gun_is_verified_and_maybe_a_bomb_stays_a_question(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    report, dean = asking(place, tile="threat", weapon="unknown", fire_or_bomb="unknown"), client_as(place.dean)
    assert fresh(report).alarm is None
    tap(dean, report, "fire_or_bomb", "maybe")
    assert (fresh(report).facts["fire_or_bomb"], fresh(report).alarm) == ("unknown", "weapon")
    assert ("fire_or_bomb", "must") in asked_now(report)
    tap(dean, report, "weapon", "maybe")
    assert fresh(report).weapon == "maybe_firearm"
    assert ("imminent_danger", "must") in asked_now(report)
    tap(dean, report, "imminent_danger", "yes")
    assert fresh(report).danger_now and fresh(report).alarm == "danger"
    assert "Danger now. Call first." in dean.page(f"/review/{report.id}").text
    tap(dean, report, "imminent_danger", "no")
    tap(dean, report, "fire_or_bomb", "no:saw")
    assert "maybe" not in fresh(report).facts


def test_who_could_not_say_is_named_and_stops_nothing(place: Place, client_as: Callable[[Any], Any]) -> None:
    report, dean = gun(place), client_as(place.dean)
    for fact in ("weapon", "gun_violence_threat"):
        assert tap(dean, report, fact, "asked", whom="Mr. Lee, the guard").status_code == 303
    assert fresh(report).facts["asked"] == ["weapon", "gun_violence_threat"]
    assert {weight for fact, weight in asked_now(report) if fact == "weapon"} == {"asked"}
    if ("imminent_danger", "must") in asked_now(report):
        tap(dean, report, "imminent_danger", "no")
    text = dean.page(f"/review/{report.id}").text
    assert text.index("Recommended") < text.index("Asked, and could not say: Mr. Lee, the guard")
    assert {one.duty.state for one in duties_of(report.id)} >= {"verify_first"}
    tap(dean, report, "weapon", "no:searched")
    assert fresh(report).facts["asked"] == ["gun_violence_threat"], "an answer is no longer asked in vain"


@pytest.mark.parametrize("fact", ["sexual", "intimate_partner", "abuse_suspected", "adult_conduct"])
def test_nobody_questions_a_child_about_their_body(place: Place, client_as: Callable[[Any], Any], fact: str) -> None:
    report = asking(
        place, (place.students[0], HARMED), tile="hurtful_words", text="It was about last night.", **{fact: "unknown"}
    )
    dean = client_as(place.dean)
    for answer in ("asked", "maybe"):
        assert tap(dean, report, fact, answer, whom="the student").status_code == 400
    page = dean.page(f"/review/{report.id}").text
    assert "Do not question a student about their body or safety." in page and "they cannot say" not in page
    assert "Choose one of the answers." not in page and ACCEPT not in page


def test_it_may_be_is_sent_on_and_the_page_says_to_whom_and_when(place: Place, client_as: Callable[[Any], Any]) -> None:
    report = asking(place, (place.students[0], HARMED), tile="other", text="An adult did it.", adult_conduct="unknown")
    dean = client_as(place.administrator)
    assert tap(dean, report, "adult_conduct", "sent_on").status_code == 303
    now = fresh(report)
    assert (now.facts["adult_conduct"], now.facts["sent_on"]) == ("unknown", ["adult_conduct"])
    assert "adult_conduct" in {one.duty.code for one in duties_of(report.id)}
    assert "adult_conduct" not in [fact for fact, _weight in asked_now(report)]
    text = dean.page(f"/review/{report.id}").text
    assert "Sent on to the Office of Student Protections · Principal Two · " in text
    assert "Text was added" not in text


def test_whoever_may_no_longer_know_is_led_back_to_the_queue(place: Place, client_as: Callable[[Any], Any]) -> None:
    """Of an adult who is not named yet only the administrators hear: the answer of a dean is saved all the same."""
    report = asking(place, (place.students[0], HARMED), tile="other", text="An adult did it.", adult_conduct="unknown")
    sent = tap(client_as(place.dean), report, "adult_conduct", "yes")
    assert sent.status_code == 303 and fresh(report).facts["adult_conduct"] is True
    assert "404" not in client_as(place.dean).page(sent.location.partition("#")[0]).text


def test_a_later_text_makes_a_no_a_question_again(place: Place, client_as: Callable[[Any], Any]) -> None:
    report, dean = gun(place), client_as(place.dean)
    tap(dean, report, "weapon", "no:read")
    tap(dean, report, "gun_violence_threat", "no:read")
    assert asked_now(report) == [] and ACCEPT in dean.page(f"/review/{report.id}").text
    add_addendum(Invocation(place.actor("reporter"), NOW + timedelta(hours=1)), report.id, "I saw the handle of it.")
    assert (fresh(report).facts["weapon"], fresh(report).weapon) == ("unknown", None)
    text = dean.page(f"/review/{report.id}").text
    assert ACCEPT not in text and "Text was added since this answer: No. Nothing in the report points to it" in text
    tap(dean, report, "weapon", "yes:firearm")
    add_addendum(Invocation(place.actor("reporter"), NOW + timedelta(hours=2)), report.id, "He gave it to a guard.")
    assert fresh(report).weapon == "firearm", "only a no is asked again"


def test_what_a_merged_report_says_or_leaves_open_is_not_lost(place: Place, client_as: Callable[[Any], Any]) -> None:
    """A gun that the second report told of was gone once it was merged into the fight of the first."""
    fight = set_facts(place.report((place.students[0], CAUSED), narrative="They fought."), substance="none")
    report, dean = gun(place), client_as(place.administrator)
    set_facts(report, substance="cannabis", sent_on=["adult_conduct"], adult_conduct="unknown")
    assert ACCEPT in dean.page(f"/review/{fight.id}").text
    data = {"csrf_token": dean.csrf_token("/review"), "request_key": "merge"}
    assert dean.post(f"/review/{report.id}/same/{fight.id}", data=data).status_code == 303
    now = fresh(fight)
    assert now.facts == {
        "substance": "unknown", "weapon": "unknown", "gun_violence_threat": "unknown",
        "adult_conduct": "unknown", "sent_on": ["adult_conduct"],
    }  # fmt: skip
    text = dean.page(f"/review/{fight.id}").text
    assert ACCEPT not in text and "Was there a weapon?" in text and "Was there a vape, alcohol, or a drug?" in text


def test_a_joined_fact_is_never_milder_than_either() -> None:
    for ours, theirs, after in (
        (None, "firearm", "firearm"), ("none", "firearm", "unknown"), ("other", "firearm", "maybe_firearm"),
        ("unknown", "firearm", "firearm"), ("unknown", "none", "unknown"), ("firearm", "none", "firearm"),
        ("none", "unknown", "unknown"), ("none", "none", "none"),
    ):  # fmt: skip
        assert joined({"weapon": ours}, {"weapon": theirs}) == {"weapon": after}, (ours, theirs)
    assert joined({"imminent_danger": False}, {"imminent_danger": True}) == {}, "of danger nobody has said then"


def test_whose_part_is_not_known_is_said_by_one_tap(place: Place, client_as: Callable[[Any], Any]) -> None:
    one, two, _three = place.students
    report, dean = asking(place, (one, CAUSED), (two, PersonRole.INVOLVED), tile="fight"), client_as(place.dean)
    assert ("harmed", "must") in asked_now(report)
    first, second = (person.id for person in fresh(report).people)
    assert tap(dean, report, "harmed", f"part:{first}:harmed").status_code == 400, "this part is known"
    assert tap(dean, report, "harmed", f"part:{second}:harmed").status_code == 303
    assert [person.role for person in fresh(report).people] == [CAUSED, HARMED]
    assert "harmed" not in [fact for fact, _weight in asked_now(report)]


def test_a_decided_report_takes_no_answer(place: Place, client_as: Callable[[Any], Any]) -> None:
    report, dean, _waits = gun(place), client_as(place.dean), gun(place)
    call = Invocation(place.actor(), NOW, version=report.version)
    take_no_action(call, report.id, reason="unfounded", note="It was a drawing.")
    assert tap(dean, report, "weapon", "no:saw").status_code == 409
    assert "question-weapon" not in dean.get(f"/review/{report.id}").get_data(as_text=True)


def test_how_many_noes_came_within_five_seconds_is_told_in_the_outcomes(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    for seconds, answer in ((1, "no:saw"), (5, "no:read"), (6, "no:searched"), (2, "yes:firearm"), (None, "no:saw")):
        answer_fact(Invocation(place.actor(), NOW), gun(place).id, "weapon", answer, "", seconds)
    assert quick_noes_of([Incident.school_id == place.school.id]) == (2, 3)
    assert quick_noes_of([Incident.school_id != place.school.id]) == (0, 0)
    text = client_as(place.administrator).page("/outcomes/repair").text
    assert "Open questions answered no within 5 seconds of opening the report: 2 of 3." in text


@pytest.mark.both_databases
@pytest.mark.parametrize("order", [("weapon", "gun_violence_threat"), ("gun_violence_threat", "weapon")])
def test_two_people_who_answer_at_once_lose_nothing(database: Database, tmp_path: Any, order: tuple[str, str]) -> None:
    """Threads on a real database, as invariant 14 has it: both answers stand, and end at the same recommendation."""
    app = make_app(database.url, tmp_path)
    said = {"weapon": "yes:lookalike", "gun_violence_threat": "no:saw"}
    with app.app_context():
        place = Place()
        together, alone = (gun(place) for _report in range(2))
        actors = [place.actor("dean"), place.actor("administrator")]
        for fact in order:
            answer_fact(Invocation(actors[0], clock.now()), alone.id, fact, said[fact])
        number, other = together.id, alone.id
        db.session.remove()
    start, failed = threading.Barrier(2), list[BaseException]()

    def work(index: int) -> None:
        with app.app_context():
            db.session.get(Incident, number)  # each has seen the page before either answers
            start.wait()
            try:
                answer_fact(Invocation(actors[index], clock.now()), number, order[index], said[order[index]])
            except BaseException as error:
                failed.append(error)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert failed == []
        both, single = (db.session.get_one(Incident, one) for one in (number, other))
        assert both.facts == single.facts == {"weapon": "lookalike", "gun_violence_threat": False}
        assert len(answers(both)) == 2
        plans = [[(item.kind, item.tier, item.start) for item in situation(one).plan.items] for one in (number, other)]
        assert plans[0] == plans[1] != []


def knife(place: Place, *more: Any, tile: str = "weapon") -> Incident:
    report = place.report((place.students[0], CAUSED), *more, code="", tile=tile, narrative="A knife from camping.")
    return set_facts(report, weapon="other", gun_violence_threat=False)


def test_a_knife_is_nobodys_violence_before_a_reviewer_says_what_it_was_for(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    report, dean = knife(place), client_as(place.dean)
    text = dean.page(f"/review/{report.id}").text
    assert "What was the weapon for?" in text and "Violence intervention" not in text and ACCEPT not in text
    with pytest.raises(Refused, match="open questions"):
        decide(Invocation(place.actor(), NOW, version=report.version), report.id, Choice())
    for wrong in ("no", "maybe", "asked", "yes", "yes:cannon"):
        assert tap(dean, report, PURPOSE, wrong, whom="him").status_code == 400, wrong
    assert tap(dean, report, PURPOSE, "yes:hurt").status_code == 303
    text = dean.page(f"/review/{report.id}").text
    assert "Violence intervention" in text and ACCEPT in text
    assert not any(PURPOSE in answer.facts for answer in situation(report.id).answers), "it is not routed"


def test_what_was_forgotten_is_offered_a_conversation_and_the_familys_support(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    report, dean = knife(place), client_as(place.dean)
    tap(dean, report, PURPOSE, "yes:forgotten")
    text = dean.page(f"/review/{report.id}").text
    assert ACCEPT not in text and "no support for violence is selected yet" in text
    with pytest.raises(Refused, match="forgotten or a tool"):
        decide(Invocation(place.actor(), NOW, version=fresh(report).version), report.id, Choice())
    boxes = dean.page(f"/review/{report.id}/otherwise").find_all("input")
    ticked = {
        box.get("value").partition(":")[0]
        for box in boxes
        if box.get("type") == "checkbox" and "checked" in box.attributes
    }
    assert ticked == {"conversation", "family_support"}
    sent = dean.submit(f"/review/{report.id}/otherwise", {"reason": "knows_student", "reason_text": "From camping."})
    assert sent.status_code == 303


@pytest.mark.parametrize("who", ["harmed", "threat"])
def test_what_a_weapon_was_for_is_not_asked_where_it_hurt_or_threatened(place: Place, who: str) -> None:
    report = knife(
        place,
        *([(place.students[1], HARMED)] if who == "harmed" else []),
        tile="threat" if who == "threat" else "weapon",
    )
    assert PURPOSE not in [one.fact for one in situation(report.id).plan.open_questions]
    assert report.facts.get(PURPOSE) is None
    decide(Invocation(place.actor(), NOW, version=report.version), report.id, Choice())


def test_two_marked_both_are_asked_who_acted_in_self_defense(place: Place, client_as: Callable[[Any], Any]) -> None:
    one, two, _three = place.students
    report = place.report((one, BOTH), (two, BOTH), injury="none", narrative="They fought.")
    dean = client_as(place.dean)
    text = dean.page(f"/review/{report.id}").text
    assert "Was the harm mutual, or did someone act in self-defense?" in text and ACCEPT not in text
    second = fresh(report).people[1]
    assert f"{two.shown_name} acted in self-defense" in text
    assert tap(dean, report, "mutual", f"part:{second.id}:harmed").status_code == 303
    assert [person.role for person in fresh(report).people] == [BOTH, HARMED]
    assert fresh(report).facts["mutual"] is False and ACCEPT in dean.page(f"/review/{report.id}").text


def test_a_fight_that_was_mutual_is_said_to_be(place: Place, client_as: Callable[[Any], Any]) -> None:
    one, two, _three = place.students
    report, dean = place.report((one, BOTH), (two, BOTH), injury="none"), client_as(place.dean)
    assert tap(dean, report, "mutual", "yes").status_code == 303
    assert fresh(report).facts["mutual"] is True
    assert {str(item.kind) for item in situation(report.id).plan.items} == {"peer_conference"}


def test_nothing_in_the_report_is_no_reason_where_a_word_of_it_points_there() -> None:
    tile, card, word = (
        {"sign": "s", "from": one, "facts": ["weapon"], "answer": ""} for one in ("tile", "card", "word")
    )
    assert may_have_read("weapon", []) and may_have_read("weapon", [tile, card])
    assert not may_have_read("weapon", [tile, word])
    assert not may_have_read("weapon", [{**word, "answer": "yes"}])
    assert may_have_read("weapon", [{**word, "answer": "figure"}])
    assert not may_have_read("adult_conduct", [{**tile, "from": "person", "facts": ["adult_conduct"]}])
    assert Because.SEARCHED in reasons_for("weapon", []) and Because.SEARCHED not in reasons_for("sexual", [])


def test_two_students_of_one_name_differ_by_grade_and_number(place: Place, client_as: Callable[[Any], Any]) -> None:
    twins = [
        StudentFactory(school=place.school, given_name="Ana", family_name="Ruiz", grade=grade, student_number=number)
        for grade, number in ((9, "50001234"), (9, "50005678"))
    ]
    report = place.report((twins[0], CAUSED), (twins[1], HARMED))
    text = client_as(place.dean).page(f"/review/{report.id}").text
    assert "Ana Ruiz (grade 9, number ending in 1234)" in text and "number ending in 5678" in text
    other = place.report((twins[0], CAUSED), (place.students[1], HARMED))
    assert "number ending in" not in client_as(place.dean).page(f"/review/{other.id}").text.partition("Possible dup")[0]


def test_a_circle_for_both_is_offered_once_the_student_harmed_was_asked(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    report = set_facts(place.report((place.students[0], CAUSED), (place.students[1], HARMED)), bias=True)
    text = client_as(place.dean).page(f"/review/{report.id}").text
    assert "for both sides together, once the student who was harmed has been asked" in text
    db.session.rollback()
