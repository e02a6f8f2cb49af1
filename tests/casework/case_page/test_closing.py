"""Closing with its three questions, what stands in the way, reopening."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.cases.making import NOW, TODAY, actor_for, make_user, make_world
from tests.casework.case_page.making import add_follow_up
from tests.factories.base import fresh
from tests.factories.cases import PathwayFactory
from tests.pathways.circles.making import answer, open_requirements, plan, terms
from wss_cases.access.actor import Invocation, Role
from wss_cases.cases.case.models import AgreementKept, CaseResult, CaseState, HarmedSays, ReopenReason
from wss_cases.casework.case_page import acts
from wss_cases.casework.case_page.pages import Record
from wss_cases.followups.core.models import FollowUpState
from wss_cases.followups.pages.follow_up import cancel
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.journal.models import AuditEntry
from wss_cases.pathways.circles.agreements import pages as agreements
from wss_cases.pathways.circles.circle.models import MeetingState
from wss_cases.pathways.common.models import PathwayState
from wss_cases.pathways.referrals.referral.models import Referral, ReferralState
from wss_cases.safeguards.duties.duty.models import DutyState, LegalDuty, LegalDutyKind


@pytest.fixture
def world(session):
    return make_world()


def close(world, actor=None, now=NOW, request_key=None, version=None, **changes):
    answers = {
        "result": CaseResult.REPAIRED,
        "agreement_kept": AgreementKept.KEPT,
        "harmed_says": HarmedSays.REPAIRED,
        "what_is_left": "Nothing.",
        "cancel_reason": "",
    }
    asked = Invocation(actor or world.actor, now, request_key, version)
    return acts.close(asked, world.case.id, **(answers | changes))


def add_duty(world, state=DutyState.DUE, code="bullying_notice"):
    kind = LegalDutyKind(
        code=code, trigger_en="t", trigger_es="t", tell_en="t", tell_es="t", clock_en="c", clock_es="c", source="s",
        starts_on=date(2020, 1, 1),
    )  # fmt: skip
    db.session.add(kind)
    db.session.flush()
    duty = LegalDuty(
        incident_id=world.incident.id,
        school_id=world.school.id,
        kind_id=kind.id,
        code=code,
        state=state,
        raised_at=NOW,
        aware_at=NOW,
    )
    db.session.add(duty)
    db.session.commit()
    return duty


def test_closing_keeps_the_answers_and_settles_the_incident(world):
    close(world)
    case = fresh(world.case)
    assert (case.state, case.result, case.next_review_on) == (CaseState.CLOSED, CaseResult.REPAIRED, None)
    assert case.closed_at == NOW
    assert fresh(world.incident).state is IncidentState.CLOSED
    audit = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "case.closed")).one()
    assert audit.changes["what_is_left"] == ["…", "…"]
    with pytest.raises(Refused):
        close(world)


def test_an_open_duty_and_a_live_pathway_are_each_named(world):
    add_duty(world, DutyState.VERIFY_FIRST)
    PathwayFactory(case_id=world.case.id, school_id=world.school.id)
    PathwayFactory(case_id=world.case.id, school_id=world.school.id, kind="one_to_one", state=PathwayState.DECLINED)
    with pytest.raises(Refused) as refusal:
        close(world)
    assert "Alleged bullying" in refusal.value.message
    assert "Peer conference" in refusal.value.message
    assert "mentoring" not in refusal.value.message
    assert fresh(world.case).state is CaseState.INTAKE


def test_a_duty_that_is_done_does_not_stand_in_the_way(world):
    duty = add_duty(world)
    duty.state, duty.closed_at, duty.what_was_done = DutyState.DISCHARGED, NOW, "Told."
    db.session.commit()
    close(world)
    assert fresh(world.case).state is CaseState.CLOSED


def test_an_open_term_is_named_by_its_number(world):
    row = PathwayFactory(case_id=world.case.id, school_id=world.school.id)
    open_requirements(world, row)
    answer(world, row, plan(world, row, starts_at=NOW), MeetingState.HELD)
    agreements.make_agreement(Invocation(world.actor, NOW), row.id, terms(world, 1, 2))
    with pytest.raises(Refused, match="number 2"):
        close(world)


def test_open_follow_ups_are_settled_or_cancelled_with_a_reason(world):
    row = add_follow_up(world)
    with pytest.raises(Refused) as refusal:
        close(world)
    assert refusal.value.field == "cancel_reason"
    close(world, cancel_reason="The family moved away.")
    assert (fresh(row).state, fresh(row).outcome_note) == (FollowUpState.CANCELLED, "The family moved away.")


@pytest.mark.parametrize("kind", ["guardian_contact", "contact_person_harmed", "check_in_person_harmed"])
def test_what_others_wait_for_is_settled_one_by_one_or_stays_open(world, kind):
    dean = make_user(world.school, Role.DEAN)
    mine = add_follow_up(world)
    call = add_follow_up(world, kind=kind)
    theirs = add_follow_up(world, owner_id=dean.id)
    for stay in ((), (call.id,), (theirs.id,)):
        with pytest.raises(Refused) as refusal:
            close(world, cancel_reason="Over.", stay=stay)
        assert refusal.value.field == "stay"
    close(world, cancel_reason="Over.", stay=(call.id, theirs.id))
    states = [fresh(row).state for row in (mine, call, theirs)]
    assert states == [FollowUpState.CANCELLED, FollowUpState.OPEN, FollowUpState.OPEN]


def test_reopening_brings_back_what_the_closing_ended_and_nothing_else(world):
    check_in = add_follow_up(world, kind="agreement_check_in")
    before = add_follow_up(world)
    cancel(Invocation(world.actor, NOW - timedelta(hours=1)), before.id, reason="Not needed")
    close(world, cancel_reason="It has ended.")
    assert fresh(check_in).state is FollowUpState.CANCELLED
    reopen(world, now=NOW + timedelta(days=1))
    row = fresh(check_in)
    assert (row.state, row.outcome_note, row.due_on) == (FollowUpState.OPEN, "", date(2026, 11, 26))
    assert fresh(before).state is FollowUpState.CANCELLED


def test_repaired_against_the_record_asks_for_the_reason_and_shows_both(world, client_as):
    PathwayFactory(
        case_id=world.case.id, school_id=world.school.id, state=PathwayState.ENDED_EARLY, end_reason="no_contact",
        ended_at=NOW,
    )  # fmt: skip
    no = {"harmed_says": HarmedSays.NOT_REPAIRED}
    with pytest.raises(Refused) as refusal:
        close(world, **no)
    assert refusal.value.field == "despite"
    assert "Ended early: Peer conference." in refusal.value.message
    assert "The person harmed says that the harm is not repaired." in refusal.value.message
    close(world, despite="They settled it by themselves.", **no)
    page = client_as(world.coordinator).page(f"/cases/{world.case.id}?tab=history").text
    for words in ("They settled it by themselves.", "Ended early: Peer conference.", "The harm is not repaired"):
        assert words in page


@pytest.mark.parametrize(
    ("result", "kept", "asks"),
    [
        (CaseResult.REPAIRED, AgreementKept.NOT_KEPT, True),
        (CaseResult.PARTLY_REPAIRED, AgreementKept.KEPT, True),
        (CaseResult.PARTLY_REPAIRED, AgreementKept.PARTLY, False),
    ],
)
def test_a_term_not_kept_speaks_against_repaired_and_against_kept(result, kept, asks):
    assert bool(Record(not_kept=[2]).against(result, kept, HarmedSays.REPAIRED)) is asks


def test_closing_from_an_old_form_or_another_school_fails(world):
    with pytest.raises(Stale):
        close(world, version=world.case.version + 1)
    with pytest.raises(NotFound):
        close(world, actor=actor_for(make_user(make_world().school)))


def test_the_same_form_sent_twice_closes_once(world):
    assert close(world, request_key="k1") == close(world, request_key="k1")


def test_closing_and_reopening_leave_who_reviewed_the_report_and_when(world):
    reviewed = fresh(world.incident)
    before = (reviewed.reviewed_at, reviewed.reviewer_id)
    close(world, now=NOW + timedelta(hours=1))
    closed = fresh(world.incident)
    assert (closed.state, closed.reviewed_at, closed.reviewer_id) == (IncidentState.CLOSED, *before)
    reopen(world, now=NOW + timedelta(hours=2))
    opened = fresh(world.incident)
    assert (opened.state, opened.reviewed_at, opened.reviewer_id) == (IncidentState.ROUTED, *before)


def test_reopening_needs_a_reason_and_a_review_date(world):
    with pytest.raises(Refused):
        reopen(world)
    close(world)
    with pytest.raises(Refused):
        reopen(world, review_on=date(2026, 11, 1))
    reopen(world)
    case = fresh(world.case)
    assert (case.state, case.result, case.next_review_on) == (CaseState.INTAKE, None, date(2026, 12, 1))
    assert fresh(world.incident).state is IncidentState.ROUTED


def reopen(world, now=NOW, **changes):
    given = {"reason": ReopenReason.ASKED, "note": "", "review_on": date(2026, 12, 1)}
    return acts.reopen(Invocation(world.actor, now), world.case.id, **(given | changes))


def test_a_referral_that_is_with_a_partner_is_named(world):
    row = PathwayFactory(
        case_id=world.case.id, school_id=world.school.id, kind="family_support", state=PathwayState.DECLINED
    )
    referral = Referral(
        pathway_id=row.id, case_id=world.case.id, school_id=world.school.id, partner_name="Harbor Family House",
        state=ReferralState.DRAFTED,
    )  # fmt: skip
    db.session.add(referral)
    db.session.commit()
    with pytest.raises(Refused, match="Harbor Family House"):
        close(world)
    referral = fresh(referral)
    referral.state, referral.ended_on = ReferralState.WITHDRAWN, TODAY
    db.session.commit()
    close(world)
