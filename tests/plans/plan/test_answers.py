"""Questions are answered by component; two people who answer one at the same time lose nothing, and both are told."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.plans import SchoolPlanFactory
from tests.factories.roster import StudentFactory
from tests.plans.plan.conftest import calling, sent_by
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.plans.plan.answers import BothWrote, PlanAnswer, Written, digest_of, write_answers
from wss_cases.plans.plan.templates import questions_of


@pytest.fixture
def questions(plan):
    return questions_of(plan.template_id)


def address(plan, part="trust"):
    return f"/safety-plans/{plan.id}/questions/{part}"


def sent(client, url, **texts):
    """What a page sends, with other texts in some of its fields."""
    values = {name: held[0] for name, held in client.form(url).values().items() if held}
    return values | {name.replace("q", "answer_"): text for name, text in texts.items()}


def text_of(question):
    return db.session.scalar(select(PlanAnswer.text).where(PlanAnswer.question_id == question.id))


def test_two_editors_at_once_lose_nothing_and_both_are_told(school, principal, plan, questions, client_as):
    second = make_user(Role.ADMINISTRATOR, school, name="Second Editor")
    circles, repair = (one for one in questions if one.code in ("circles", "repair"))
    url, ours, theirs = address(plan), client_as(principal), client_as(second)
    opened = sent(theirs, url, **{f"q{circles.id}": "Theirs on circles", f"q{repair.id}": "Theirs on repair"})
    first = sent(ours, url, **{f"q{circles.id}": "Ours on circles"})
    assert ours.post(url, data=first).status_code == 303

    both = theirs.post(url, data=opened)
    assert both.status_code == 409
    for words in ("Ours on circles", "Theirs on circles", "Theirs on repair", "Someone else answered this"):
        assert words in both.text
    assert text_of(circles) == "Ours on circles" and text_of(repair) is None, "nothing was saved by halves"

    merged = sent_by(both, f"answer_{circles.id}")
    assert theirs.post(url, data=merged | {f"answer_{circles.id}": "Both on circles"}).status_code == 303
    assert (text_of(circles), text_of(repair)) == ("Both on circles", "Theirs on repair")
    told = ours.page(f"/safety-plans/{plan.id}/questions").text
    assert "Second Editor wrote over your answer" in told and "Ours on circles" in told
    assert "wrote over your answer" not in theirs.page(f"/safety-plans/{plan.id}/questions").text


def test_two_who_answer_different_questions_do_not_stop_each_other(principal, plan, questions, client_as):
    circles, repair = (one for one in questions if one.code in ("circles", "repair"))
    url, ours, theirs = address(plan), client_as(principal), client_as(principal)
    opened = sent(theirs, url, **{f"q{repair.id}": "On repair"})
    ours.post(url, data=sent(ours, url, **{f"q{circles.id}": "On circles"}))
    assert theirs.post(url, data=opened).status_code == 303
    assert (text_of(circles), text_of(repair)) == ("On circles", "On repair")


def test_an_answer_names_no_student_unless_somebody_confirms(school, principal, plan, questions, client_as):
    StudentFactory(school=school, given_name="Zenobia", family_name="Quill")
    circles = next(one for one in questions if one.code == "circles")
    client, url = client_as(principal), address(plan)
    refused = client.submit(url, {f"answer_{circles.id}": "Zenobia leads a circle"})
    assert refused.status_code == 400 and "This may name a student: Zenobia" in refused.text
    assert text_of(circles) is None
    again = sent_by(refused, "anyway")
    assert client.post(url, data=again | {"anyway": "y"}).status_code == 303


def test_a_question_of_another_template_is_not_there(call, plan):
    with pytest.raises(NotFound):
        write_answers(call, plan.id, {999_999: Written("x", 0, digest_of(""))})


def test_what_was_shown_is_what_counts_not_who_saves_last(call, principal, plan, questions):
    one = questions[0].id
    write_answers(call, plan.id, {one: Written("First", 0, digest_of(""))})
    with pytest.raises(BothWrote) as told:
        write_answers(calling(principal), plan.id, {one: Written("Second", 0, digest_of(""))})
    assert told.value.questions == [one]
    write_answers(calling(principal), plan.id, {one: Written("First", 0, digest_of(""))})
    assert text_of(questions[0]) == "First", "the same words twice are no conflict"


def test_the_page_of_a_closed_plan_only_reads(school, principal, client_as):
    plan = SchoolPlanFactory(school_id=school.id, lead_id=principal.id, state="closed", closed_on=date(2026, 11, 1))
    client = client_as(principal)
    assert "/questions/trust" not in client.page(f"/safety-plans/{plan.id}/questions").text
