"""The requirements of a circle: which there are, what meets each, and that planning names every one that is missing."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from tests.cases.making import NOW, TODAY, actor_for, make_user, make_world
from tests.factories.base import fresh
from tests.factories.cases import CaseParticipantFactory
from tests.pathways.circles.making import (
    HOLD,
    LATER,
    add_supporter,
    circle_now,
    consent,
    keep,
    make_circle,
    open_requirements,
    plan,
    prepare,
    put_hold,
    ready_circle,
    record_consent,
    record_ready,
    record_support,
    screen,
    train,
)
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.cases.case.models import CaseParticipant, GuardianTold, PlanState, SafetyPlan
from wss_cases.casework import pathway_page
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.circles import consent as circles_consent
from wss_cases.pathways.circles import keepers
from wss_cases.pathways.circles import training as trainings
from wss_cases.pathways.circles.circle.models import CircleConsent, CircleMeeting, ScreenAnswer, SupporterRelation
from wss_cases.pathways.circles.circle.rules import Facts, Hold, holds_on, is_met, parties, unmet
from wss_cases.pathways.circles.meeting import pages
from wss_cases.pathways.circles.preparation import pages as preparation
from wss_cases.pathways.circles.training import setting_of, trained_keepers
from wss_cases.pathways.common.models import PathwayState
from wss_cases.training.records.pages import end_training, record_training
from wss_cases.training.topics import KnownTopic


def shut(circle, day=TODAY):
    return [requirement.code for requirement in unmet(circle_now(circle).requirements_on(day))]


def test_everything_is_missing_at_first_and_each_use_case_meets_its_requirement(world):
    circle = make_circle(world)
    both = ["support", "pre_meeting", "consent", "ready"]
    assert shut(circle) == ["keeper", "pre_meeting", "consent", "ready", *both, "screen"]
    actor = keep(world, circle)
    assert "keeper" not in shut(circle) and "training" not in shut(circle)
    prepare(world, circle)
    assert shut(circle) == ["consent", "consent", "screen"]
    consent(world, circle)
    assert shut(circle) == ["screen"]
    screen(actor, circle)
    assert shut(circle) == []
    assert plan(world, circle)
    assert fresh(circle).state is PathwayState.PREPARING


def test_planning_names_every_requirement_that_is_not_met(world):
    put_hold(world)
    circle = make_circle(world)
    keep(world, circle)
    prepare(world, circle, skip=["ready"])
    consent(world, circle, who=world.people[:1])
    with pytest.raises(Refused) as refusal:
        plan(world, circle)
    said = refusal.value.message
    assert f"{world.students[1].shown_name}: consent not recorded" in said
    assert f"{world.students[0].shown_name} wants" not in said
    assert "readiness not recorded" in said and "Safety screen not done yet" in said and "Hold H2 applies" in said


def test_a_circle_for_one_person_needs_only_what_makes_sense(world):
    circle = make_circle(world, kind="support_circle", for_whom="harmed")
    assert shut(circle) == ["keeper", "support", "consent"]
    keep(world, circle)
    prepare(world, circle, skip=["pre_meeting", "ready"])
    consent(world, circle)
    assert plan(world, circle)


def test_a_circle_without_anybody_is_not_planned(world):
    circle = make_circle(world, for_whom="harmed", kind="healing_circle")
    world.people[1].role = PersonRole.WITNESS
    db.session.commit()
    assert shut(circle)[0] == "parties"


def test_only_the_keeper_asks_the_person_harmed_and_only_after_support(world):
    circle = make_circle(world)
    harmed = world.people[1].id
    ask = (circle.id, harmed, True, None, TODAY)
    with pytest.raises(Refused, match="no keeper yet"):
        record_consent(Invocation(world.actor, NOW), *ask)
    dean = make_user(world.school, name="Morgan Reyes")
    keeper = keep(world, circle, dean)
    with pytest.raises(Refused, match="Only the keeper of this circle asks the person harmed: Morgan Reyes"):
        record_consent(Invocation(world.actor, NOW), *ask)
    with pytest.raises(Refused, match="Offer support"):
        record_consent(Invocation(keeper, NOW), *ask)
    record_support(Invocation(world.actor, NOW), circle.id, harmed, TODAY)
    record_consent(Invocation(keeper, NOW), *ask)
    assert circle_now(circle).consents[harmed].consented is True
    record_consent(Invocation(world.actor, NOW), circle.id, world.people[0].id, True, None, TODAY)
    assert fresh(circle).state is PathwayState.PREPARING


def test_ready_comes_after_the_pre_meeting(world):
    circle = make_circle(world)
    with pytest.raises(Refused, match="alone first"):
        record_ready(Invocation(world.actor, NOW), circle.id, world.people[0].id, True)
    record_ready(Invocation(world.actor, NOW), circle.id, world.people[0].id, False)
    assert circle_now(circle).preparations[world.people[0].id].is_ready is False


@pytest.mark.parametrize("answer", ["not_ready", "not_now", "no", "guardian"])
def test_a_gate_that_closes_calls_the_planned_meeting_off(world, answer):
    circle = ready_circle(world)
    meeting = plan(world, circle)
    person = world.people[1].id
    {
        "not_ready": lambda: record_ready(Invocation(world.actor, NOW), circle.id, person, False),
        "not_now": lambda: screen(world.actor, circle, ScreenAnswer.NOT_NOW),
        "no": lambda: record_consent(Invocation(world.actor, NOW), circle.id, person, False, None, TODAY),
        "guardian": lambda: record_consent(Invocation(world.actor, NOW), circle.id, person, True, False, TODAY),
    }[answer]()
    row = fresh(db.session.get(CircleMeeting, meeting))
    assert (row.happened, row.not_held_reason, row.sequence) == (False, "called_off", 1)
    assert fresh(circle).next_step_on is None
    with pytest.raises(Refused):
        plan(world, circle)


def test_consent_is_withdrawn_from_every_state(world):
    harmed = world.people[1].id

    def withdraw(row, now=NOW):
        record_consent(Invocation(world.actor, now), row.id, harmed, False, None, TODAY)
        return circle_now(row).consents[harmed].consented

    assert withdraw(make_circle(world)) is False
    for state in PathwayState:
        row = make_circle(world, state=state)
        db.session.add(
            CircleConsent(
                pathway_id=row.id, case_id=row.case_id, school_id=row.school_id, participant_id=harmed,
                consented=True, given_on=TODAY, recorded_at=NOW,
            )
        )  # fmt: skip
        db.session.commit()
        assert withdraw(row) is False
        assert fresh(row).state is state


def test_each_answer_stays_as_it_was_given_and_the_newest_counts(world):
    row = make_circle(world)
    person = world.people[0].id
    for guardian in (True, False, None):
        record_consent(Invocation(world.actor, NOW), row.id, person, True, guardian, TODAY)
        assert circle_now(row).consents[person].guardian_consented is bool(guardian)
    rows = db.session.scalars(
        select(CircleConsent).where(CircleConsent.pathway_id == row.id).order_by(CircleConsent.id)
    )
    said = [(one.guardian_consented, one.replaced_at is None) for one in rows]
    assert said == [(True, False), (False, False), (False, True)], "what nobody said anew stands"


def test_the_guardian_is_asked_where_the_school_says_so(world):
    administrator = actor_for(make_user(world.school, Role.ADMINISTRATOR))
    circle = ready_circle(world)
    assert shut(circle) == []
    trainings.save_setting(Invocation(administrator, NOW), world.school.id, guardian_consent=True)
    assert shut(circle) == ["guardian", "guardian"]
    consent(world, circle, guardian=True)
    assert shut(circle) == []
    consent(world, circle, guardian=False, who=world.people[:1])
    assert shut(circle) == ["guardian"]
    version = setting_of(world.school.id).version
    with pytest.raises(Stale):
        trainings.save_setting(
            Invocation(administrator, NOW, version=version + 1), world.school.id, guardian_consent=False
        )
    with pytest.raises(NotFound):
        trainings.save_setting(Invocation(world.actor, NOW), world.school.id, guardian_consent=False)


def test_a_training_counts_on_the_day_of_the_meeting(world):
    circle = make_circle(world)
    actor = keep(world, circle, until=LATER.date())
    prepare(world, circle)
    consent(world, circle)
    screen(actor, circle)
    assert shut(circle, LATER.date()) == []
    assert shut(circle, LATER.date() + timedelta(days=1)) == ["training"]
    with pytest.raises(Refused, match="training on record"):
        plan(world, circle, starts_at=LATER + timedelta(days=1))
    assert plan(world, circle)


def test_another_training_does_not_make_a_keeper(world):
    circle = make_circle(world)
    train(world, world.coordinator, KnownTopic.DE_ESCALATION)
    keepers.add_keeper(Invocation(world.actor, NOW), circle.id, keeper=world.coordinator.id)
    assert shut(circle)[0] == "training"
    assert trained_keepers(world.school.id, TODAY) == {}
    train(world, world.coordinator)
    assert trained_keepers(world.school.id, TODAY) == {world.coordinator.id: world.coordinator.name}


def leave(user, role=None):
    """End somebody's roles at the school yesterday, or change them into another."""
    for grant in db.session.scalars(select(RoleGrant).where(RoleGrant.user_id == user.id)):
        grant.role, grant.ends_on = role or grant.role, None if role else TODAY - timedelta(days=1)
    db.session.commit()


@pytest.mark.parametrize("role", [None, Role.ADMINISTRATOR])
def test_without_its_keeper_at_work_the_circle_lacks_a_requirement(world, client_as, role):
    circle = ready_circle(world)
    plan(world, circle)
    dean = make_user(world.school, Role.DEAN)
    keeper = world.coordinator
    leave(keeper, role)
    assert shut(circle) == ["keeper"]
    with pytest.raises(Refused, match="can no longer keep circles here"):
        plan(world, circle)
    with pytest.raises(Refused, match="Only a keeper"):
        screen(actor_for(fresh(keeper)), circle)
    client = client_as(dean)
    assert (
        "Something this meeting needs is now missing"
        in client.page(f"/cases/{world.case.id}/pathways/{circle.id}").text
    )
    page = client.page(f"/cases/{world.case.id}/pathways/{circle.id}/keepers").text
    assert "Can no longer keep circles here" in page
    assert "A keeper, or the school’s administrator, can add another keeper." in page


@pytest.mark.parametrize("role", [Role.DEAN, Role.ADMINISTRATOR])
def test_who_decides_discipline_at_the_school_keeps_no_circle(world, role):
    circle = make_circle(world)
    both = make_user(world.school)
    db.session.add(RoleGrant(user_id=both.id, role=role, school_id=world.school.id, starts_on=TODAY))
    db.session.commit()
    for user in (both, make_user(world.school, role)):
        with pytest.raises(Refused, match="decide discipline here cannot keep"):
            keepers.add_keeper(Invocation(world.actor, NOW), circle.id, keeper=user.id)


def test_the_meetings_keeper_keeps_the_circle_and_is_trained(world):
    circle = ready_circle(world)
    other = make_user(world.school)
    with pytest.raises(Refused, match="a keeper of this circle"):
        plan(world, circle, keeper_id=other.id)
    keepers.add_keeper(Invocation(world.actor, NOW), circle.id, keeper=other.id)
    with pytest.raises(Refused, match="training on record"):
        plan(world, circle, keeper_id=other.id)
    train(world, other)
    assert plan(world, circle, keeper_id=other.id)


@pytest.mark.parametrize("bad", ["elsewhere", "future", "dates"])
def test_trainings_that_are_refused(world, bad):
    administrator = actor_for(make_user(world.school, Role.ADMINISTRATOR))
    values = {
        "user": world.coordinator.id, "topic": KnownTopic.CIRCLE_KEEPING, "provider": "",
        "completed_on": date(2026, 9, 1), "valid_until": None,
    }  # fmt: skip
    values |= {
        "elsewhere": {"user": make_user(make_world().school).id},
        "future": {"completed_on": TODAY + timedelta(days=1)},
        "dates": {"valid_until": date(2026, 8, 31)},
    }[bad]
    with pytest.raises(Refused):
        record_training(Invocation(administrator, NOW), world.school.id, **values)


def test_a_training_is_ended_by_the_schools_administrator_alone(world):
    number = train(world, world.coordinator)
    administrator = actor_for(make_user(world.school, Role.ADMINISTRATOR))
    with pytest.raises(NotFound):
        end_training(Invocation(world.actor, NOW), number, valid_until=TODAY)
    with pytest.raises(Refused):
        end_training(Invocation(administrator, NOW), number, valid_until=date(2026, 8, 1))
    end_training(Invocation(administrator, NOW), number, valid_until=TODAY - timedelta(days=1))
    assert trained_keepers(world.school.id, TODAY) == {}


def agree_plan(world, person=None):
    db.session.add(
        SafetyPlan(
            case_id=world.case.id, school_id=world.school.id, participant_id=(person or world.people[1]).id,
            state=PlanState.AGREED, agreed_on=TODAY, next_review_on=TODAY, steps="A teacher walks along.",
            adults_told="The homeroom teacher", guardian=next(iter(GuardianTold)),
        )
    )  # fmt: skip
    db.session.commit()


def test_a_safety_plan_that_is_agreed_meets_its_hold(world):
    put_hold(world)
    circle = ready_circle(world)
    assert shut(circle) == ["hold"]
    agree_plan(world)
    assert shut(circle) == []
    with pytest.raises(Refused, match="already"):
        circles_consent.lift_hold(Invocation(world.actor, NOW), circle.id, "H2", "A plan was agreed.")


def test_each_person_harmed_has_a_plan_before_its_hold_is_met(world, client_as):
    put_hold(world)
    circle = ready_circle(world)
    agree_plan(world, world.people[0])
    assert shut(circle) == ["hold"], "a plan for the one who caused harm keeps nobody safe"
    page = client_as(world.coordinator).page(f"/cases/{world.case.id}/pathways/{circle.id}")
    assert f"no safety plan agreed for: {world.students[1].shown_name}" in page.text
    agree_plan(world)
    assert shut(circle) == []


def test_a_hold_is_lifted_only_with_a_reason(world):
    put_hold(world)
    circle = ready_circle(world)
    with pytest.raises(Refused):
        circles_consent.lift_hold(Invocation(world.actor, NOW), circle.id, "H2", "  ")
    circles_consent.lift_hold(Invocation(world.actor, NOW), circle.id, "H2", "A safety plan was agreed today.")
    assert plan(world, circle)
    with pytest.raises(NotFound):
        circles_consent.lift_hold(Invocation(world.actor, NOW), circle.id, "H9", "because")


def test_a_standing_hold_is_never_lifted(world):
    put_hold(world, applies_to="shared_and_conversation", rules=["H1"])
    circle = ready_circle(world)
    with pytest.raises(Refused):
        circles_consent.lift_hold(Invocation(world.actor, NOW), circle.id, "H1", "because")
    with pytest.raises(Refused, match="H1"):
        plan(world, circle)


def test_nobody_says_for_them_that_they_are_ready_or_wish_it(world):
    put_hold(world, rules=["H3"])
    put_hold_for_the_other = dict(HOLD, rules=["H4"])
    circle = make_circle(world)
    with pytest.raises(Refused, match="themselves"):
        circles_consent.lift_hold(Invocation(world.actor, NOW), circle.id, "H3", "They looked ready.")
    open_requirements(world, circle)
    assert shut(circle) == []
    hold = holds_on("peer_conference", "both", [{"holds": [put_hold_for_the_other]}])[0]
    assert not hold.can_be_lifted


def person(key, role):
    return SimpleNamespace(id=key, role=PersonRole(role))


CAUSED, HARMED = person(1, "caused_harm"), person(2, "harmed")


@pytest.mark.parametrize(
    ("rule", "facts", "met"),
    [
        ("H2", {"plan_agreed": True}, True),
        ("H2", {"screen": ScreenAnswer.SAFE}, False),
        ("H2", {"lifted": {"H2"}}, True),
        ("H3", {"preparations": {1: SimpleNamespace(is_ready=True)}}, True),
        ("H3", {"preparations": {2: SimpleNamespace(is_ready=True)}}, False),
        ("H3", {"lifted": {"H3"}}, False),
        ("H4", {"consents": {2: SimpleNamespace(consented=True)}}, True),
        ("H4", {"consents": {1: SimpleNamespace(consented=True)}}, False),
        ("H4", {"consents": {2: SimpleNamespace(consented=False)}, "lifted": {"H4"}}, False),
        ("H5", {"screen": ScreenAnswer.SAFE}, True),
        ("H5", {"screen": ScreenAnswer.NOT_NOW}, False),
        ("H5", {"lifted": {"H5"}}, True),
        ("H2+H5", {"plan_agreed": True}, False),
        ("H2+H5", {"plan_agreed": True, "screen": ScreenAnswer.SAFE}, True),
        ("X9", {"plan_agreed": True, "screen": ScreenAnswer.SAFE}, False),
        ("X9", {"lifted": {"X9"}}, True),
    ],
)
def test_what_meets_a_hold(rule, facts, met):
    given = Facts([CAUSED, HARMED], **facts)
    assert is_met(Hold(rule, {}, {}, stands=False), given) is met
    assert is_met(Hold(rule, {}, {}, stands=True), given) is False


def test_supporters_come_and_go(world):
    circle = make_circle(world)
    add = (circle.id, world.people[0].id, SupporterRelation.FAMILY)
    with pytest.raises(Refused):
        add_supporter(Invocation(world.actor, NOW), *add, " ")
    add_supporter(Invocation(world.actor, NOW), *add, "Aunt Marisol")
    (supporter,) = circle_now(circle).supporters
    with pytest.raises(Stale):
        preparation.end_supporter(Invocation(world.actor, NOW, version=supporter.version + 1), supporter.id)
    preparation.end_supporter(Invocation(world.actor, NOW, version=supporter.version), supporter.id)
    with pytest.raises(Refused):
        preparation.end_supporter(Invocation(world.actor, NOW), supporter.id)


def test_a_family_whose_language_has_no_letter_gets_an_interpreter_once(world):
    world.students[0].language, world.students[1].language = "pl", "es"
    db.session.commit()
    circle = make_circle(world)
    prepare(world, circle)
    made = select(FollowUp.kind).where(FollowUp.pathway_id == circle.id, FollowUp.kind == "interpreter")
    assert db.session.scalars(made).all() == ["interpreter"]


def test_nobody_from_another_school_prepares_a_circle(world):
    circle = make_circle(world)
    stranger = actor_for(make_user(make_world().school))
    person_id = world.people[0].id
    for act in (
        lambda: record_consent(Invocation(stranger, NOW), circle.id, person_id, True, None, TODAY),
        lambda: record_consent(Invocation(stranger, NOW), circle.id, person_id, False, None, TODAY),
        lambda: record_support(Invocation(stranger, NOW), circle.id, person_id, TODAY),
        lambda: record_ready(Invocation(stranger, NOW), circle.id, person_id, True),
        lambda: pages.record_screen(Invocation(stranger, NOW), circle.id, ScreenAnswer.SAFE, TODAY),
        lambda: pages.plan_meeting(Invocation(stranger, NOW), circle.id, starts_at=LATER, room="1", keeper_id=1),
        lambda: record_support(Invocation(world.actor, NOW), circle.id, 10**6, TODAY),
        lambda: record_consent(Invocation(world.actor, NOW), circle.id, 10**6, False, None, TODAY),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_circle_that_was_declined_takes_no_preparation(world):
    circle = make_circle(world)
    pathway_page.decline(Invocation(world.actor, NOW), circle.id)
    with pytest.raises(Refused):
        record_support(Invocation(world.actor, NOW), circle.id, world.people[1].id, TODAY)


@pytest.mark.parametrize(
    ("applies_to", "kind", "for_whom", "held"),
    [
        ("face_to_face", "peace_circle", "both", True),
        ("face_to_face", "healing_circle", "both", False),
        ("shared_and_conversation", "healing_circle", "both", True),
        ("shared_and_conversation", "talking_circle", "harmed", False),
        ("shared_and_conversation", "peace_circle", "harmed", True),
        ("shared_and_conversation", "support_circle", "harmed", False),
        ("caused_harm_and_circles", "support_circle", "harmed", True),
    ],
)
def test_which_circles_a_hold_keeps_back(applies_to, kind, for_whom, held):
    assert bool(holds_on(kind, for_whom, [{"holds": [HOLD | {"applies_to": applies_to}]}])) is held


def test_whose_part_is_not_set_is_invited_once_it_is(world):
    entry, parts, support = world.incident.people[0].id, [one.id for one in world.people], record_support
    known = CaseParticipantFactory(case_id=world.case.id, role=PersonRole.INVOLVED).id
    unset = CaseParticipantFactory(
        case_id=world.case.id, role=PersonRole.INVOLVED, incident_person_id=entry, student_id=world.students[0].id
    )
    circle, unset_id = make_circle(world), unset.id

    def invited(role):
        db.session.get_one(CaseParticipant, unset_id).role = role
        db.session.commit()
        return [one.id for one in circle_now(circle).invited]

    assert invited(PersonRole.INVOLVED) == [*parts, known], "who has a case without a report stays"
    assert invited(PersonRole.HARMED) == [*parts, known, unset_id]
    support(Invocation(world.actor, NOW), circle.id, unset_id, TODAY)
    assert unset_id in invited(PersonRole.INVOLVED), "nothing that was begun is lost"


def test_who_is_invited():
    roles = ("caused_harm", "harmed", "witness", "both", "caused_harm")
    people = [person(n, role) for n, role in enumerate(roles)]
    assert [p.id for p in parties("both", None, people)] == [0, 1, 3, 4]
    assert [p.id for p in parties("harmed", None, people)] == [1, 3]
    assert [p.id for p in parties("caused_harm", 4, people)] == [4]
    assert [p.id for p in parties("both", 2, people)] == [0, 1, 2, 3, 4]
