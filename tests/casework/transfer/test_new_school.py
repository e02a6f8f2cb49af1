"""A case follows a student who changes school: noticed once, and only what the new school needs goes along."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from tests.cases.making import NOW, TODAY, actor_for, make_user, make_world
from tests.factories.base import fresh
from tests.factories.cases import CaseNoteFactory, PathwayFactory
from tests.factories.roster import GuardianFactory, SchoolFactory, StudentGuardianFactory
from wss_cases.access.actor import Invocation, Role
from wss_cases.cases.case.models import Case, CaseNote, CaseState, PlanState, SafetyPlan
from wss_cases.cases.case.queries import participants_of
from wss_cases.casework.transfer.models import StudentMove
from wss_cases.casework.transfer.pages import continue_elsewhere, notice_moves
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.states import LIAISON
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.journal.models import OutboxMessage, TimelineEntry
from wss_cases.pathways.circles.circle.models import TermState
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm
from wss_cases.pathways.common.models import EndReason, Pathway, PathwayState
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.workday.caseload.queries import desk_cases
from wss_cases.workday.caseload.rules import Weights, Why


@pytest.fixture
def world(session, at):
    at("2026-11-24 10:00")
    return make_world()


@pytest.fixture
def there(world):
    """The other school, with a coordinator, to which the first student of the case has moved."""
    school = SchoolFactory()
    lead = make_user(school, name="Robin Vale")
    world.students[0].school_id = school.id
    db.session.commit()
    return lead


def follow_ups(world):
    db.session.expire_all()
    wanted = select(FollowUp).where(FollowUp.case_id == world.case.id, FollowUp.kind == "student_moved")
    return list(db.session.scalars(wanted))


def take_along(world, **values):
    """Add a pathway of the student alone, a circle, two promises and a safety plan."""
    placed = {"case_id": world.case.id, "school_id": world.school.id}
    own = PathwayFactory(
        kind=Kind.ONE_TO_ONE.value, for_whom="caused_harm", participant_id=world.people[0].id,
        state=PathwayState.ACTIVE, **placed,
    )  # fmt: skip
    circle = PathwayFactory(state=PathwayState.ACTIVE, **placed)
    other = world.students[1].shown_name
    agreement = Agreement(pathway_id=circle.id, agreed_on=TODAY, **placed)
    agreement.terms = [
        AgreementTerm(
            position=n, text=f"Write to {other}", due_on=TODAY + timedelta(days=2), owner_participant_id=owner.id
        )
        for n, owner in enumerate(world.people, start=1)
    ]
    plan = SafetyPlan(
        participant_id=world.people[0].id, state=PlanState.AGREED, steps=f"Not near {other}", route="East stairs",
        agreed_on=TODAY, next_review_on=TODAY + timedelta(days=7), guardian="told", adults_told="Coach",
        **placed,
    )  # fmt: skip
    db.session.add_all([agreement, plan])
    db.session.commit()
    return own, circle, agreement, plan


def go(world, own=(), terms=(), with_plan=True, note="Likes to draw.", actor=None, **given):
    chosen = {"pathways": [str(row.id) for row in own], "terms": [str(term.id) for term in terms]}
    return continue_elsewhere(
        Invocation(actor or world.actor, given.get("now", NOW), given.get("key")),
        world.people[0].id,
        plan=with_plan, note=note, here="goes_on", **chosen,
    )  # fmt: skip


def test_the_sweep_notices_a_move_once(world, there):
    assert notice_moves(NOW) == 1
    assert notice_moves(NOW + timedelta(minutes=1)) == 0
    [row] = follow_ups(world)
    assert (row.owner_id, row.due_on, row.state) == (world.coordinator.id, date(2026, 11, 25), FollowUpState.OPEN)
    [placed] = [
        one.placed
        for one in desk_cases(world.actor, world.school.id, None, TODAY, NOW, Weights())
        if one.id == world.case.id
    ]
    assert Why.MOVED in {reason.why for reason in placed.reasons}


def test_a_witness_who_moves_and_a_closed_case_are_left_alone(world, there):
    world.students[0].school_id = world.school.id
    world.case.state, world.case.result, world.case.next_review_on = CaseState.CLOSED, "repaired", None
    world.students[1].school_id = there.grants[0].school_id
    db.session.commit()
    assert notice_moves(NOW) == 0
    world.case.state, world.case.result, world.case.next_review_on = CaseState.INTAKE, None, TODAY
    world.people[1].role = "witness"
    db.session.commit()
    assert notice_moves(NOW) == 0


def test_only_what_is_chosen_goes_and_no_other_childs_name(world, there):
    own, circle, agreement, plan = take_along(world)
    CaseNoteFactory(case_id=world.case.id, text="An old note.")
    notice_moves(NOW)
    assert go(world, [own], agreement.terms, key="k1") == go(world, [own], agreement.terms, key="k1")
    new = db.session.scalars(select(Case).where(Case.continued_from_id == world.case.id)).one()
    assert (new.school_id, new.lead_id, new.state) == (there.grants[0].school_id, there.id, CaseState.INTAKE)
    assert (new.harm_kind, new.location_code, new.incidents) == (world.case.harm_kind, "", [])
    assert [person.student_id for person in participants_of(new.id)] == [world.students[0].id]
    assert db.session.scalars(select(CaseNote.text).where(CaseNote.case_id == new.id)).all() == ["Likes to draw."]
    [pathway] = db.session.scalars(select(Pathway).where(Pathway.case_id == new.id))
    assert (pathway.kind, pathway.state, pathway.owner_id) == ("one_to_one", PathwayState.PROPOSED, there.id)
    made = {row.kind: row for row in db.session.scalars(select(FollowUp).where(FollowUp.case_id == new.id))}
    assert set(made) == {"repair_step", "safety_plan"}
    assert made["repair_step"].title == "Write to another student"
    [copy] = db.session.scalars(select(SafetyPlan).where(SafetyPlan.case_id == new.id))
    assert (copy.state, copy.steps, copy.route) == (PlanState.DRAFT, "Not near another student", "")
    written = " ".join(str(entry.data) for entry in db.session.scalars(select(TimelineEntry)))
    assert world.students[1].shown_name not in written
    old_term, others = (fresh(term) for term in agreement.terms)
    assert (old_term.state, others.state) == (TermState.CHANGED, TermState.OPEN)
    assert (fresh(own).state, fresh(own).end_reason) == (PathwayState.ENDED_EARLY, EndReason.MOVED_SCHOOL)
    assert fresh(circle).state is PathwayState.ACTIVE
    assert fresh(plan).state is PlanState.ENDED
    [row] = follow_ups(world)
    assert (row.state, row.outcome) == (FollowUpState.DONE, "continued")
    told = select(OutboxMessage.recipient_id).where(OutboxMessage.kind == "case_assigned")
    assert db.session.scalars(told).all() == [there.id]
    with pytest.raises(Refused, match="already"):
        go(world)


def test_what_is_not_chosen_stays_and_the_pathway_ends_all_the_same(world, there):
    own, _circle, agreement, plan = take_along(world)
    go(world, with_plan=False)
    new = db.session.scalars(select(Case).where(Case.continued_from_id == world.case.id)).one()
    for model in (Pathway, SafetyPlan):
        count = select(func.count()).select_from(model).where(model.case_id == new.id)
        assert db.session.scalar(count) == 0
    assert fresh(own).state is PathwayState.ENDED_EARLY
    assert fresh(agreement.terms[0]).state is TermState.OPEN
    assert fresh(plan).state is PlanState.ENDED


def test_what_tells_of_a_need_for_housing_goes_along_unseen(world, there, client_as):
    """Whoever may not know of it is not asked, and cannot leave it behind."""
    dean = make_user(world.school, Role.DEAN)
    placed = {"case_id": world.case.id, "school_id": world.school.id, "participant_id": world.people[0].id}
    PathwayFactory(kind=Kind.HOUSING_BASIC_NEEDS.value, state=PathwayState.ACTIVE, for_whom="caused_harm", **placed)
    notice_moves(NOW)
    address = f"/cases/{world.case.id}/people/{world.people[0].id}/continue"
    assert ["Basic needs support" in client_as(one).page(address).text for one in (dean, world.coordinator)] == [
        False, True,
    ]  # fmt: skip
    go(world, actor=actor_for(dean))
    new = db.session.scalars(select(Case).where(Case.continued_from_id == world.case.id)).one()
    went = db.session.scalars(select(Pathway).where(Pathway.case_id == new.id)).one()
    assert (went.kind, went.owner_id) == ("housing_basic_needs", there.id)
    told = db.session.scalars(select(FollowUp).where(FollowUp.case_id == new.id, FollowUp.kind == LIAISON)).one()
    assert (told.pathway_id, told.owner_id, told.due_on) == (went.id, there.id, date(2026, 11, 25))


def test_a_promise_stays_where_the_one_who_sends_the_case_may_not_read_it(world, there):
    _own, _circle, agreement, _plan = take_along(world)
    dean = actor_for(make_user(world.school, Role.DEAN))
    go(world, terms=agreement.terms, actor=dean)
    new = db.session.scalars(select(Case).where(Case.continued_from_id == world.case.id)).one()
    wanted = select(FollowUp.kind).where(FollowUp.case_id == new.id, FollowUp.kind == "repair_step")
    assert db.session.scalars(wanted).all() == []
    assert fresh(agreement.terms[0]).state is TermState.OPEN


def test_a_note_with_another_childs_name_is_refused(world, there):
    other = world.students[1]
    for note in (f"Keep from {other.shown_name}.", f"{other.family_name.upper()} again", "  "):
        with pytest.raises(Refused) as refusal:
            go(world, note=note)
        assert refusal.value.field == "note"
    assert db.session.scalar(select(func.count()).select_from(Case)) == 1
    go(world, note=f"{world.students[0].shown_name} likes to draw.")


def test_a_student_who_is_here_and_a_person_of_another_school_are_refused(world):
    with pytest.raises(Refused, match="at this school"):
        go(world)
    with pytest.raises(NotFound):
        go(world, actor=actor_for(make_user(make_world().school)))


def test_without_a_coordinator_there_the_administrators_are_told(world, there):
    school_id = there.grants[0].school_id
    admin = make_user(fresh(world.school), Role.ADMINISTRATOR)
    admin.grants[0].school_id = school_id
    there.grants[0].role = Role.DEAN
    db.session.commit()
    go(world)
    assert db.session.scalars(select(OutboxMessage.recipient_id)).all() == [admin.id]


def test_the_pages_lead_from_the_banner_to_the_new_case(world, there, client_as):
    own, _circle, agreement, _plan = take_along(world)
    notice_moves(NOW)
    client = client_as(world.coordinator)
    page = client.page(f"/cases/{world.case.id}")
    address = f"/cases/{world.case.id}/people/{world.people[0].id}/continue"
    assert address in {link.get("href") for link in page.find_all("a")}
    form = client.page(address).text
    assert "Write to another student" in form
    assert world.students[1].shown_name not in form
    wrong = client.submit(address, {"here": "goes_on", "note": f"Ask {world.students[1].shown_name}"})
    assert wrong.status_code == 400
    assert "names another child" in wrong.text
    done = client.submit(address, {"here": "closes", "note": "Likes to draw."})
    assert done.headers["Location"].endswith(f"/cases/{world.case.id}/close?result=transferred")
    assert client.get(address).status_code == 404
    assert "Continues at another school" in client.page(f"/cases/{world.case.id}").text
    assert fresh(own).state is PathwayState.ENDED_EARLY
    new = db.session.scalars(select(Case).where(Case.continued_from_id == world.case.id)).one()
    receiver = client_as(there).page(f"/cases/{new.id}")
    assert "Continued from another school" in receiver.text
    assert world.case.reference not in receiver.text
    assert world.students[1].shown_name not in client_as(there).page(f"/cases/{new.id}?tab=people").text
    assert client_as(there).get(f"/cases/{world.case.id}").status_code == 404
    assert db.session.scalar(select(func.count()).select_from(StudentMove)) == 1
    assert fresh(agreement.terms[0]).state is TermState.CHANGED


def test_who_works_at_both_schools_sees_both_references(world, there, client_as):
    go(world)
    new = db.session.scalars(select(Case).where(Case.continued_from_id == world.case.id)).one()
    both = make_user(world.school)
    both.grants.append(type(both.grants[0])(role=Role.COORDINATOR, school_id=new.school_id, starts_on=date(2026, 8, 1)))
    db.session.commit()
    client = client_as(both)
    assert f"Continues as case {new.reference}" in client.page(f"/cases/{world.case.id}").text
    assert f"Continued from case {world.case.reference}" in client.page(f"/cases/{new.id}").text


def test_the_former_school_no_longer_reads_whom_to_call(world, there, client_as):
    guardian = GuardianFactory(name="Zephyrine Quillfeather")
    StudentGuardianFactory(student=world.students[0], guardian=guardian)
    address = f"/cases/{world.case.id}/people/{world.people[0].id}"
    client = client_as(world.coordinator)
    page = client.page(address)
    assert "Quillfeather" in page.text
    assert f"/students/{world.students[0].id}" not in {link.get("href") for link in page.find_all("a")}
    go(world)
    page = client.page(address)
    assert "Quillfeather" not in page.text
    assert "Guardians" not in page.text
