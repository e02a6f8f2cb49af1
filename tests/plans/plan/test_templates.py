"""The district changes the template from a day on; plans that were started keep theirs, and say that they are old."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.base import fresh
from tests.plans.plan.conftest import calling
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.plans.plan.templates import (
    Component,
    PlanQuestion,
    PlanTemplate,
    QuestionContent,
    change_template,
    check_questions,
    code_of,
    questions_of,
    template_on,
    versions,
)

PAGE = "/safety-plans/templates"
REQUIRED = [QuestionContent("", component, "How?", "", True) for component in Component]


@pytest.fixture
def district(session, at):
    at("2026-11-24 10:00")
    return make_user(Role.DISTRICT)


def test_the_first_one_is_ours_and_marked_to_be_checked(district, client_as):
    client = client_as(district)
    assert "To be checked" in client.page(PAGE).text
    first = versions()[0]
    assert {question.component for question in questions_of(first.id) if question.required} >= set(Component)
    assert all(question.text_es for question in questions_of(first.id))
    token = client.csrf_token(PAGE)
    assert client.post(f"{PAGE}/{first.id}/confirm", data={"csrf_token": token}).status_code == 303
    assert "To be checked" not in client.page(PAGE).text


def test_a_change_is_a_new_version_and_older_plans_say_that_they_are_outdated(plan, principal, client_as):
    client = client_as(make_user(Role.DISTRICT))
    old = questions_of(plan.template_id)
    more = {"text_1": "", f"text_{len(old) + 1}": "Who greets students at the door?"}
    asked = {"starts_on": "2026-11-24", f"component_{len(old) + 1}": "physical", f"required_{len(old) + 1}": "y"}
    assert client.submit(f"{PAGE}/change", more | asked).status_code == 303
    new = template_on(date(2026, 11, 24))
    codes = [question.code for question in questions_of(new.id)]
    assert codes == [*(question.code for question in old[1:]), "who_greets_students_at_the_doo"]
    assert fresh(plan).template_id != new.id and len(questions_of(plan.template_id)) == len(old)
    home = client_as(principal).page(f"/safety-plans/{plan.id}").text
    assert "Outdated: The district has a newer template." in home


@pytest.mark.parametrize(("starts_on", "field"), [(date(2026, 11, 23), "starts_on"), (date(2030, 1, 1), "starts_on")])
def test_it_begins_on_a_day_that_can_be(district, starts_on, field):
    with pytest.raises(Refused) as refused:
        change_template(calling(district), versions()[0].id, REQUIRED, starts_on, "")
    assert refused.value.field == field


def test_of_two_changes_at_once_the_second_is_told(district):
    seen = versions()[0].id
    change_template(calling(district), seen, REQUIRED, date(2026, 12, 1), "")
    with pytest.raises(Stale):
        change_template(calling(district), seen, REQUIRED, date(2026, 12, 2), "")
    with pytest.raises(Refused, match="newest version starts on"):
        change_template(calling(district), versions()[0].id, REQUIRED, date(2026, 12, 1), "")
    assert db.session.scalars(select(PlanQuestion.section_es).where(PlanQuestion.code == "how")).all() == [
        "Seguridad física"
    ]


def test_only_the_whole_district_changes_it(school, principal, district):
    for user in (principal, make_user(Role.DISTRICT, school)):
        with pytest.raises(NotFound):
            change_template(calling(user), versions()[0].id, REQUIRED, date(2026, 12, 1), "")
    assert len(db.session.scalars(select(PlanTemplate.id)).all()) == 1


def test_every_component_keeps_a_required_question():
    for without in range(3):
        with pytest.raises(Refused, match="Each component needs a required question"):
            check_questions([one for number, one in enumerate(REQUIRED) if number != without])
    with pytest.raises(Refused, match="at least one question"):
        check_questions([])
    assert code_of("How? ", ["how"]) == "how_2" and code_of("¿?", []) == "question"
