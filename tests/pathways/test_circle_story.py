"""A circle from proposal to its end, through the use cases, on both databases."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.cases.making import NOW, TODAY, actor_for, make_user, make_world
from tests.factories.base import fresh
from tests.factories.cases import PathwayFactory
from wss_cases.access.actor import Role
from wss_cases.cases.states import CaseState
from wss_cases.followups.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.incidents.states import PersonRole
from wss_cases.journal.queries import case_history
from wss_cases.journal.sentences import sentence
from wss_cases.pathways.circles import actions, actions_meeting
from wss_cases.pathways.circles.agreements import actions as agreements
from wss_cases.pathways.circles.agreements import actions_terms
from wss_cases.pathways.circles.agreements.actions import TermDraft
from wss_cases.pathways.circles.agreements.states import WithoutMeeting
from wss_cases.pathways.circles.models import CircleMeeting
from wss_cases.pathways.circles.queries import circle_of
from wss_cases.pathways.circles.rules import holds_on, parties
from wss_cases.pathways.circles.states import NotHeld, TermState
from wss_cases.pathways.common.queries import load_pathway
from wss_cases.pathways.common.states import PathwayState
from wss_cases.routing.models import RoutingAnswer, RuleSet

HOLD = {
    "applies_to": "face_to_face",
    "until": {"en": "a safety plan is agreed", "es": "haya un plan de seguridad"},
    "rules": ["H2"],
    "because": {"en": "There is bullying.", "es": "Hay acoso."},
}
APART = WithoutMeeting.APART
LATER = NOW + timedelta(days=2)


def consent(world, pathway, yes=True, guardian=None, who=None):
    for person in who or world.people:
        actions.record_consent(world.actor, pathway.id, person.id, yes, guardian, TODAY, NOW)


def plan(world, pathway, starts_at=LATER, now=NOW):
    return actions.plan_meeting(
        world.actor, pathway.id, starts_at=starts_at, room="204", keeper_id=world.coordinator.id, now=now
    )


def hold(world, meeting_id, attended, now=LATER + timedelta(hours=1)):
    return actions_meeting.answer_meeting(
        world.actor, meeting_id, happened=True, reason=None, attended=attended, version=None, now=now
    )


def terms(world, *days):
    return [
        TermDraft(f"Promise {n}", world.people[0].id, date(2026, 12, 1) + timedelta(days=d), "")
        for n, d in enumerate(days)
    ]


@pytest.fixture
def world(session):
    return make_world()


@pytest.fixture
def circle(world):
    return PathwayFactory(case_id=world.case.id, school_id=world.school.id, owner_id=world.coordinator.id)


def put_hold(world, **changes):
    rules = RuleSet(name="held", number=1, state="draft", table_rows={"rows": []})
    db.session.add(rules)
    db.session.flush()
    answer = {
        "ruleset": {"name": "held", "version": 1},
        "holds": [HOLD | changes],
        "pathways": [],
        "police": "not_indicated",
    }
    db.session.add(
        RoutingAnswer(
            incident_id=world.incident.id,
            incident_person_id=None,
            rule_set_id=rules.id,
            created_at=NOW,
            facts={},
            answer=answer,
        )
    )
    db.session.commit()


def test_from_consent_to_a_kept_agreement(world, circle):
    consent(world, circle)
    assert fresh(circle).state is PathwayState.PREPARING
    assert fresh(circle).offered_by_id == world.coordinator.id
    meeting = plan(world, circle)
    hold(world, meeting, {world.people[0].id, world.people[1].id})
    assert fresh(circle).state is PathwayState.ACTIVE
    assert fresh(circle).held_on == date(2026, 11, 26)
    agreements.make_agreement(world.actor, circle.id, terms(world, 1, 2), LATER + timedelta(hours=2))
    assert fresh(world.case).state is CaseState.MONITORING
    made = db.session.scalars(select(FollowUp).where(FollowUp.case_id == world.case.id)).all()
    assert [row.kind for row in made].count("agreement_term") == 2
    first, second = circle_of(load_pathway(circle.id)).agreement.terms
    with pytest.raises(Refused, match="1, 2"):
        agreements.complete_circle(world.actor, circle.id, "agreement_kept", "", None, LATER)
    actions_terms.mark_term(world.actor, first.id, TermState.KEPT, first.version, LATER)
    assert fresh(db.session.get(FollowUp, first.follow_up_id)).outcome == "kept"
    with pytest.raises(Refused):
        actions_terms.mark_term(world.actor, first.id, TermState.NOT_KEPT, None, LATER)
    with pytest.raises(Stale):
        actions_terms.mark_term(world.actor, second.id, TermState.LATE, second.version + 1, LATER)
    actions_terms.mark_term(world.actor, second.id, TermState.LATE, second.version, LATER)
    agreements.complete_circle(
        world.actor, circle.id, "agreement_kept", "", None, LATER, without_meeting=APART
    )
    assert fresh(circle).outcome == "agreement_kept"
    said = [sentence(entry) for entry in case_history(world.case.id)]
    assert said[0] == "Peer conference completed: Agreement made and kept"
    assert "Term 1 of the agreement: Kept" in said
    assert all("%(" not in words for words in said)


def test_check_ins_outlive_the_circle(world, circle):
    consent(world, circle)
    hold(world, plan(world, circle), {world.people[0].id})
    agreements.make_agreement(world.actor, circle.id, terms(world, 1), LATER)
    (term,) = circle_of(load_pathway(circle.id)).agreement.terms
    actions_terms.mark_term(world.actor, term.id, TermState.KEPT, None, LATER)
    agreements.complete_circle(
        world.actor, circle.id, "agreement_kept", "", None, LATER, without_meeting=APART
    )
    check_ins = db.session.scalars(
        select(FollowUp).where(FollowUp.case_id == world.case.id, FollowUp.kind == "agreement_check_in")
    ).all()
    assert [row.state for row in check_ins] == [FollowUpState.OPEN] * 3


def test_planning_names_every_closed_gate(world, circle):
    put_hold(world)
    consent(world, circle, who=world.people[:1])
    with pytest.raises(Refused) as refusal:
        plan(world, circle)
    assert world.students[1].shown_name in refusal.value.message
    assert "H2" in refusal.value.message
    assert world.students[0].shown_name not in refusal.value.message


def test_a_guardian_who_says_no_closes_the_gate(world, circle):
    consent(world, circle, guardian=False)
    with pytest.raises(Refused, match="guardian"):
        plan(world, circle)


def test_a_hold_is_lifted_only_with_a_reason(world, circle):
    put_hold(world)
    consent(world, circle)
    with pytest.raises(Refused):
        actions.lift_hold(world.actor, circle.id, "H2", "  ", NOW)
    actions.lift_hold(world.actor, circle.id, "H2", "A safety plan was agreed today.", NOW)
    assert plan(world, circle)


def test_a_standing_hold_is_never_lifted(world, circle):
    put_hold(world, applies_to="shared_and_conversation", rules=["H1"])
    consent(world, circle)
    with pytest.raises(Refused):
        actions.lift_hold(world.actor, circle.id, "H1", "because", NOW)
    with pytest.raises(Refused, match="H1"):
        plan(world, circle)


def test_a_hold_on_meetings_leaves_a_support_circle_alone(world):
    put_hold(world)
    support = PathwayFactory(
        case_id=world.case.id, school_id=world.school.id, kind="support_circle", for_whom="harmed"
    )
    consent(world, support, who=[world.people[1]])
    assert plan(world, support)


def test_withdrawing_consent_calls_the_meeting_off(world, circle):
    consent(world, circle)
    meeting = plan(world, circle)
    consent(world, circle, yes=False, who=[world.people[1]])
    row = fresh(db.session.get(CircleMeeting, meeting))
    assert (row.happened, row.not_held_reason) == (False, "called_off")
    with pytest.raises(Refused):
        plan(world, circle)


def test_a_meeting_that_did_not_happen_is_planned_again(world, circle):
    consent(world, circle)
    meeting = plan(world, circle)
    with pytest.raises(Refused):
        hold(world, meeting, {world.people[0].id}, now=NOW)
    with pytest.raises(Refused):
        hold(world, meeting, set())
    with pytest.raises(Refused):
        actions_meeting.answer_meeting(
            world.actor, meeting, happened=False, reason=None, attended=(), version=None, now=LATER
        )
    actions_meeting.answer_meeting(
        world.actor, meeting, happened=False, reason=NotHeld.NO_SHOW, attended=(), version=None, now=LATER
    )
    assert fresh(circle).state is PathwayState.PREPARING
    again = plan(world, circle, starts_at=LATER + timedelta(days=1), now=LATER)
    assert again != meeting
    moved = plan(world, circle, starts_at=LATER + timedelta(days=2), now=LATER)
    assert moved == again


def test_a_keeper_is_a_coordinator_or_dean_of_the_school(world, circle):
    consent(world, circle)
    reporter = make_user(world.school, Role.REPORTER)
    with pytest.raises(Refused):
        actions.plan_meeting(
            world.actor, circle.id, starts_at=LATER, room="1", keeper_id=reporter.id, now=NOW
        )


def test_another_school_cannot_touch_a_circle(world, circle):
    stranger = actor_for(make_user(make_world().school))
    with pytest.raises(NotFound):
        actions.record_consent(stranger, circle.id, world.people[0].id, True, None, TODAY, NOW)
    consent(world, circle)
    meeting = plan(world, circle)
    with pytest.raises(NotFound):
        actions_meeting.answer_meeting(
            stranger, meeting, happened=True, reason=None, attended=[1], version=None, now=LATER
        )


@pytest.mark.parametrize("bad", ["none", "blank", "past", "stranger"])
def test_agreements_that_are_refused(world, circle, bad):
    consent(world, circle)
    hold(world, plan(world, circle), {world.people[0].id})
    drafts = {
        "none": [],
        "blank": [TermDraft("  ", None, date(2026, 12, 1), "")],
        "past": [TermDraft("Sorry", None, date(2026, 11, 1), "")],
        "stranger": [TermDraft("Sorry", 10**6, date(2026, 12, 1), "")],
    }
    with pytest.raises(Refused):
        agreements.make_agreement(world.actor, circle.id, drafts[bad], LATER)
    assert circle_of(load_pathway(circle.id)).agreement is None


def test_no_agreement_before_the_meeting(world, circle):
    consent(world, circle)
    with pytest.raises(Refused):
        agreements.make_agreement(world.actor, circle.id, terms(world, 1), NOW)
    with pytest.raises(Refused):
        agreements.complete_circle(world.actor, circle.id, "held_without_agreement", "", None, NOW)


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


def test_who_is_invited():
    class Person:
        def __init__(self, key, role):
            self.id, self.role = key, PersonRole(role)

    people = [
        Person(n, role) for n, role in enumerate(("caused_harm", "harmed", "witness", "both", "caused_harm"))
    ]
    assert [p.id for p in parties("both", None, people)] == [0, 1, 3, 4]
    assert [p.id for p in parties("harmed", None, people)] == [1, 3]
    assert [p.id for p in parties("caused_harm", 4, people)] == [4]
    assert [p.id for p in parties("both", 2, people)] == [0, 1, 2, 3, 4]
