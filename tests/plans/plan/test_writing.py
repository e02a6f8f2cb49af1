"""Writing a plan: answers, committee, copying it forward, and the templates it is written by."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.base import fresh
from tests.factories.plans import PlanGoalFactory, PlanStepFactory, PlanStrategyFactory, SchoolPlanFactory
from tests.factories.roster import StudentFactory
from tests.plans.plan.conftest import calling, fill, of, sent_by
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.plans.plan.answers import BothWrote, PlanAnswer, Written, digest_of, write_answers
from wss_cases.plans.plan.baselines import PlanBaseline
from wss_cases.plans.plan.committee import PlanMember
from wss_cases.plans.plan.copying import moved_day
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan
from wss_cases.plans.plan.goals.models import PlanGoal, PlanStep
from wss_cases.plans.plan.progress import PlanReview, ReviewKind
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


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"member_group": "student", "name": "Ana"}, "Students are never named"),
        ({"member_group": "student", "named_yes_on": "2026-09-01"}, "Students are never named"),
        ({"member_group": "parent"}, "Enter a name or an organization."),
        ({"member_group": "parent", "name": "Zenobia Quill"}, "This may name a student"),
        ({"member_group": "parent", "name": "Rosa Lee", "people": "0"}, "at least 1"),
        ({"member_group": "parent", "name": "Rosa Lee", "ends_on": "2026-01-01"}, "cannot come before"),
        ({"member_group": "parent", "name": "Rosa Lee", "named_yes_on": "2027-01-01"}, "today or an earlier day"),
        ({"name": "Rosa Lee"}, "Choose a group."),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(school, principal, plan, client_as, values, words):
    StudentFactory(school=school, given_name="Zenobia", family_name="Quill")
    refused = client_as(principal).submit(f"/safety-plans/{plan.id}/committee/new", values)
    assert refused.status_code == 400 and words in refused.text
    assert db.session.scalar(select(PlanMember.id)) is None


def test_students_are_a_number_and_others_have_names(principal, plan, client_as):
    client, url = client_as(principal), f"/safety-plans/{plan.id}/committee"
    assert client.submit(f"{url}/new", {"member_group": "student", "people": "6"}).status_code == 303
    labor = {"member_group": "labor", "organization": "Teachers Union"}
    assert client.submit(f"{url}/new", labor).status_code == 303
    member = db.session.scalars(select(PlanMember).where(PlanMember.organization != "")).one()
    shown = client.page(url).text
    assert "6 students" in shown and "Teachers Union" in shown
    client.submit(f"/safety-plans/committee/{member.id}", {"ends_on": member.starts_on.isoformat()})
    assert db.session.scalars(select(PlanMember.ends_on).where(PlanMember.id == member.id)).one() == member.starts_on


@pytest.mark.parametrize(
    ("day", "later"),
    [
        (date(2026, 12, 15), date(2027, 12, 15)),
        (date(2027, 6, 1), date(2028, 6, 1)),
        (date(2026, 7, 1), date(2027, 8, 1)),
    ],
)
def test_a_day_moves_with_the_plan_and_stays_in_its_years(day, later):
    assert moved_day(day, "2026-27", "2027-28", "2027-28") == later


def test_the_last_day_of_february_moves_to_a_year_without_one():
    assert moved_day(date(2028, 2, 29), "2027-28", "2028-29", "2028-29") == date(2029, 2, 28)


@pytest.fixture
def old(school, principal):
    """A plan in force with a frozen baseline, a review, a committee and answers."""
    plan = SchoolPlanFactory(school_id=school.id, lead_id=principal.id, standing=True)
    fill(plan, principal)
    taken = {"period_from": date(2025, 8, 1), "period_to": date(2026, 6, 1), "taken_at": plan.started_at}
    frozen = PlanBaseline(measure="incidents", numerator=50, denominator=900, **taken, **of(plan))
    db.session.add(frozen)
    db.session.flush()
    goal = PlanGoalFactory(baseline_id=frozen.id, **of(plan))
    strategy = PlanStrategyFactory(goal_id=goal.id, owner_id=principal.id, **of(plan))
    PlanStepFactory(strategy_id=strategy.id, owner_id=principal.id, **of(plan))
    PlanStepFactory(strategy_id=strategy.id, text="Dropped", removed_on=date(2026, 11, 1), **of(plan))
    db.session.add(
        PlanReview(kind=ReviewKind.MID_YEAR, held_on=date(2026, 11, 20), written_at=plan.started_at, **of(plan))
    )
    db.session.commit()
    return plan


def test_it_takes_new_baselines_and_never_copies_progress(principal, old, client_as):
    client = client_as(principal)
    copied = client.submit(f"/safety-plans/{old.id}/copy", {}, follow=True)
    assert "Copied. 1 goal needs a new baseline." in copied.text
    new = db.session.scalars(select(SchoolPlan).where(SchoolPlan.copied_from_id == old.id)).one()
    assert (new.first_year, new.state, new.council_approved_on) == ("2027-28", PlanState.DRAFT, None)
    goals = db.session.scalars(select(PlanGoal).where(PlanGoal.plan_id == new.id)).all()
    assert len(goals) == 4 and {goal.baseline_id for goal in goals} == {None}
    measured = next(goal for goal in goals if goal.measure)
    assert (measured.target, measured.target_by) == (40.0, date(2028, 6, 1))
    steps = db.session.scalars(select(PlanStep).where(PlanStep.plan_id == new.id)).all()
    assert [(step.text, step.due_on) for step in steps] == [("Train ten more circle keepers", date(2027, 12, 15))]
    for left in (PlanBaseline, PlanReview, PlanMember):
        assert db.session.scalars(select(left.id).where(left.plan_id == new.id)).all() == []
    assert db.session.scalars(select(PlanAnswer.text).where(PlanAnswer.plan_id == new.id)).first() == "We ask everyone."
    assert "baseline not frozen yet" in client.page(f"/safety-plans/{new.id}").text
    assert fresh(old).state is PlanState.IN_FORCE


def test_a_closed_plan_is_copied_too(principal, old, client_as):
    old = fresh(old)
    old.state, old.closed_on = PlanState.CLOSED, date(2026, 11, 1)
    db.session.commit()
    assert client_as(principal).submit(f"/safety-plans/{old.id}/copy", {}).status_code == 303


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
