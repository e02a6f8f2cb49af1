"""Agreements through their use cases, on both databases: signatures, changes by consent, the end with a meeting."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests.cases.making import NOW, TODAY, actor_for, make_user, make_world
from tests.factories.base import fresh
from tests.pathways.circles.held import DUE, agreed, circle_now, held_circle, hold
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import filled_from
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.incidents.incident.states import PersonKind
from wss_cases.journal.models import AuditEntry
from wss_cases.journal.queries import case_history
from wss_cases.journal.timeline import sentence
from wss_cases.pathways.circles.agreements import pages, term_changes
from wss_cases.pathways.circles.agreements.pages import TermDraft
from wss_cases.pathways.circles.agreements.queries import signers_of
from wss_cases.pathways.circles.circle.models import CircleMeeting, MeetingKind, TermState
from wss_cases.pathways.circles.terms import (
    AgreementSignature,
    AgreementTermConsent,
    SignatureManner,
    WithoutMeeting,
    completion_meeting_allowed,
    names_on_paper,
    terms_in_force,
)
from wss_cases.pathways.common.models import PathwayState
from wss_cases.roster.directory.models import StaffMember

LATER = DUE + timedelta(days=7)
ON_THE_DAY = NOW + timedelta(days=7)


@pytest.fixture
def circle(world):
    return held_circle(world)


def follow_ups(world, kind, state=FollowUpState.OPEN):
    found = select(FollowUp).where(FollowUp.case_id == world.case.id, FollowUp.kind == kind)
    return [row for row in db.session.scalars(found.order_by(FollowUp.id)) if row.state is state]


def sign(world, circle, *keys, on=TODAY):
    return pages.sign(Invocation(world.actor, NOW), circle.id, signers=keys, manner=SignatureManner.PAPER, signed_on=on)


def change(world, term, text="Paint the door", due=LATER, by=None, actor=None):
    consented = [person.id for person in world.people] if by is None else by
    call = Invocation(actor or world.actor, NOW, version=term.version)
    another = {"text": text, "owner": world.people[0].id, "due_on": due, "consented": consented}
    return term_changes.update_term(call, term.id, state=TermState.CHANGED, **another)


def complete(world, circle, outcome="agreement_kept", **more):
    return pages.complete_circle(Invocation(world.actor, NOW), circle.id, outcome=outcome, **more)


def test_parties_supporters_and_keepers_sign_once(world, circle):
    agreed(world, circle)
    party, supporter = f"party-{world.people[0].id}", None
    keys = [one.key for one in signers_of(circle, circle_now(circle))]
    supporter = next(key for key in keys if key.startswith("supporter"))
    keeper = next(key for key in keys if key.startswith("keeper"))
    answers = {"signers": [party], "manner": SignatureManner.PAPER, "signed_on": TODAY}
    also = filled_from(pages.SignForm, (circle, circle_now(circle)), answers)
    sign(world, circle, party, supporter, keeper)
    with pytest.raises(Refused, match="already"):
        pages.sign.carry_out(Invocation(world.actor, NOW), circle, also)
    with pytest.raises(Refused) as refusal:
        sign(world, circle, party)
    assert refusal.value.field == "signers"
    rows = db.session.scalars(select(AgreementSignature)).all()
    assert {row.manner for row in rows} == {SignatureManner.PAPER}
    assert {row.recorded_by_id for row in rows} == {world.coordinator.id}
    assert "A person signed the agreement" in [sentence(entry) for entry in case_history(world.case.id)]


@pytest.mark.parametrize("bad", ["nobody", "stranger", "before", "tomorrow"])
def test_signatures_that_are_refused(world, circle, bad):
    agreed(world, circle)
    party = f"party-{world.people[0].id}"
    tries = {
        "nobody": ((), TODAY),
        "stranger": (("party-999999",), TODAY),
        "before": ((party,), TODAY - timedelta(days=30)),
        "tomorrow": ((party,), TODAY + timedelta(days=1)),
    }
    keys, on = tries[bad]
    with pytest.raises(Refused):
        sign(world, circle, *keys, on=on)
    assert db.session.scalar(select(AgreementSignature.id)) is None


def test_nobody_signs_what_is_not_written(world, circle):
    with pytest.raises(Refused, match="Record the agreement"):
        sign(world, circle, f"party-{world.people[0].id}")


@pytest.mark.both_databases
def test_a_signature_is_of_exactly_one_person(world, circle):
    made = agreed(world, circle)
    both = AgreementSignature(
        agreement_id=made.id, participant_id=world.people[0].id, keeper_user_id=world.coordinator.id,
        manner=SignatureManner.PAPER, signed_on=TODAY, recorded_at=NOW,
    )  # fmt: skip
    db.session.add(both)
    with pytest.raises(IntegrityError):
        db.session.flush()


def test_a_changed_term_gives_way_to_another_with_its_own_follow_up(world, circle):
    (term,) = agreed(world, circle).terms
    change(world, term)
    old, new = circle_now(circle).agreement.terms
    assert (old.state, new.state) == (TermState.CHANGED, TermState.OPEN)
    assert (new.replaces_id, new.position, new.text) == (old.id, 2, "Paint the door")
    assert new.owner_participant_id == world.people[0].id
    assert fresh(db.session.get(FollowUp, old.follow_up_id)).outcome == "changed_by_consent"
    assert fresh(db.session.get(FollowUp, new.follow_up_id)).due_on == LATER
    assert db.session.scalars(select(AgreementTermConsent.participant_id)).all() == [
        person.id for person in world.people
    ]
    assert terms_in_force(circle_now(circle).agreement) == [new]
    assert [row.due_on for row in follow_ups(world, "completion_meeting")] == [LATER]
    with pytest.raises(Refused, match="already"):
        change(world, old)


def test_a_change_needs_everybody_who_agreed(world, circle):
    (term,) = agreed(world, circle).terms
    with pytest.raises(Refused) as refusal:
        change(world, term, by=[world.people[0].id])
    assert refusal.value.field == "consented"
    assert world.students[1].shown_name in refusal.value.message
    sign(world, circle, f"party-{world.people[0].id}")
    (term,) = circle_now(circle).agreement.terms
    change(world, term, by=[world.people[0].id])
    assert circle_now(circle).agreement.terms[0].state is TermState.CHANGED


@pytest.mark.parametrize(
    ("text", "due", "field"), [("  ", LATER, "text"), ("Paint", TODAY - timedelta(days=1), "due_on")]
)
def test_a_change_needs_new_words_and_a_day(world, circle, text, due, field):
    (term,) = agreed(world, circle).terms
    with pytest.raises(Refused) as refusal:
        change(world, term, text=text, due=due)
    assert refusal.value.field == field
    with pytest.raises(Refused):
        term_changes.update_term(Invocation(world.actor, NOW), term.id, state=TermState.CHANGED)
    assert circle_now(circle).agreement.terms[0].state is TermState.OPEN


def test_nobody_marks_their_own_term(world, circle):
    staff = StaffMember(
        sourced_id="own", name="Dean Own", search_key="own", school_id=world.school.id, user_id=world.coordinator.id
    )
    db.session.add(staff)
    db.session.flush()
    person = db.session.get(IncidentPerson, world.people[0].incident_person_id)
    person.kind, person.staff_id, person.student_id = PersonKind.STAFF, staff.id, None
    db.session.commit()
    (term,) = agreed(world, circle).terms
    with pytest.raises(Refused, match="Someone other"):
        term_changes.update_term(Invocation(world.actor, ON_THE_DAY), term.id, state=TermState.KEPT)
    with pytest.raises(Refused, match="Someone other"):
        change(world, term)
    other = actor_for(make_user(world.school))
    term_changes.update_term(Invocation(other, ON_THE_DAY), term.id, state=TermState.KEPT)
    assert circle_now(circle).agreement.terms[0].decided_by_id == other.user_id


def test_the_end_waits_for_every_term_and_for_the_last_meeting(world, circle):
    (term,) = agreed(world, circle).terms
    assert completion_meeting_allowed(circle_now(circle))
    with pytest.raises(Refused, match="not updated yet: 1"):
        complete(world, circle, without_meeting=WithoutMeeting.APART)
    term_changes.update_term(Invocation(world.actor, ON_THE_DAY), term.id, state=TermState.KEPT)
    with pytest.raises(Refused) as refusal:
        complete(world, circle)
    assert refusal.value.field == "without_meeting"
    keeper = make_user(world.school)
    hold(circle, keeper, MeetingKind.COMPLETION)
    assert not completion_meeting_allowed(circle_now(circle))
    with pytest.raises(Refused):
        complete(world, circle, outcome="")
    with pytest.raises(Refused) as refusal:
        complete(world, circle, outcome="held_without_agreement")
    assert refusal.value.field == "outcome"
    assert fresh(circle).state is PathwayState.ACTIVE
    complete(world, circle)
    assert (fresh(circle).state, fresh(circle).outcome) == (PathwayState.COMPLETED, "agreement_kept")
    (done,) = follow_ups(world, "completion_meeting", FollowUpState.DONE)
    assert done.outcome == "held"
    assert circle_now(circle).agreement.without_meeting is None


def test_the_end_without_a_meeting_has_a_reason(world, circle):
    (term,) = agreed(world, circle).terms
    term_changes.update_term(Invocation(world.actor, NOW), term.id, state=TermState.NOT_KEPT)
    complete(world, circle, "agreement_not_kept", without_meeting=WithoutMeeting.DECLINED)
    assert circle_now(circle).agreement.without_meeting is WithoutMeeting.DECLINED
    assert any("ended without a completion meeting" in sentence(entry) for entry in case_history(world.case.id))


def test_a_meeting_that_waits_is_answered_first(world, circle):
    placed = {"case_id": circle.case_id, "school_id": circle.school_id, "keeper_id": world.coordinator.id}
    db.session.add(CircleMeeting(pathway_id=circle.id, starts_at=NOW + timedelta(days=1), **placed))
    db.session.commit()
    with pytest.raises(Refused, match="whether the meeting took place"):
        complete(world, circle, "held_without_agreement")


def test_a_circle_without_an_agreement_ends_without_its_meeting(world, circle):
    assert not completion_meeting_allowed(circle_now(circle))
    with pytest.raises(Refused) as refusal:
        complete(world, circle, "agreement_kept")
    assert refusal.value.field == "outcome"
    complete(world, circle, "held_without_agreement")
    assert fresh(circle).outcome == "held_without_agreement"


def test_what_was_agreed_while_the_page_was_open_needs_another_outcome(world, circle):
    keeper_id, answers = make_user(world.school).id, {"outcome": "held_without_agreement"}
    form = filled_from(pages.CompleteCircleForm, (circle, circle_now(circle)), answers)
    (term,) = agreed(world, circle).terms
    call = Invocation(world.actor, ON_THE_DAY)
    term_changes.update_term(call, term.id, state=TermState.KEPT)
    with pytest.raises(Refused, match="choose why there was none"):
        pages.complete_circle.carry_out(call, fresh(circle), form)
    hold(circle, db.session.get_one(UserAccount, keeper_id), MeetingKind.COMPLETION)
    with pytest.raises(Refused, match="outcome that matches"):
        pages.complete_circle.carry_out(call, fresh(circle), form)


def test_a_language_without_its_text_asks_for_an_interpreter(world, circle):
    world.students[0].language = "pl"
    db.session.commit()
    agreed(world, circle)
    assert len(follow_ups(world, "interpreter")) == 1


def test_a_stranger_touches_nothing(world, circle):
    (term,) = agreed(world, circle).terms
    stranger = actor_for(make_user(make_world().school, Role.ADMINISTRATOR))
    with pytest.raises(NotFound):
        pages.sign(Invocation(stranger, NOW), circle.id, signers=["party-1"])
    with pytest.raises(NotFound):
        change(world, term, actor=stranger)
    with pytest.raises(NotFound):
        term_changes.update_term(Invocation(stranger, ON_THE_DAY), term.id, state=TermState.KEPT)


def test_the_audit_holds_no_words_of_a_term(world, circle):
    (term,) = agreed(world, circle, "Repaint the secret door").terms
    change(world, term, text="Paint the hidden requirement")
    said = [str(entry.changes) for entry in db.session.scalars(select(AuditEntry))]
    assert said
    assert not [text for text in said if "secret" in text or "hidden" in text]


@pytest.mark.parametrize(
    ("reader", "signed", "shown"),
    [
        (1, set(), {1: "Ana", 2: "-", 3: "-"}),
        (1, {2, 3}, {1: "Ana", 2: "-", 3: "-"}),
        (1, {1, 2}, {1: "Ana", 2: "Bo", 3: "-"}),
        (3, {1, 2}, {1: "-", 2: "-", 3: "Cy"}),
        (0, {1, 2, 3}, {1: "-", 2: "-", 3: "-"}),
    ],
)
def test_names_stand_on_paper_only_where_both_agreed(reader, signed, shown):
    assert names_on_paper(reader, signed, {1: "Ana", 2: "Bo", 3: "Cy"}, "-") == shown


def test_a_member_of_staff_makes_a_promise_reads_it_and_does_not_update_it(world, circle, client_as):
    teacher = make_user(world.school, Role.COORDINATOR, "Noor Abadi")
    draft = TermDraft("Walks with them to the bus", None, DUE, "", teacher.id)
    pages.make_agreement(Invocation(world.actor, NOW), circle.id, [draft])
    (term,) = circle_now(circle).agreement.terms
    assert (term.owner_user_id, term.owner_participant_id) == (teacher.id, None)
    page = client_as(teacher).page(f"/cases/{circle.case_id}/pathways/{circle.id}/agreement").text
    assert "Walks with them to the bus" in page and "Noor Abadi" in page
    after = NOW + timedelta(days=30)
    with pytest.raises(Refused, match="Someone other"):
        term_changes.update_term(Invocation(actor_for(fresh(teacher)), after), term.id, state=TermState.KEPT)
    term_changes.update_term(Invocation(world.actor, after), term.id, state=TermState.KEPT)
