"""A referral from draft to what was received, through its use cases, on both databases."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from tests.cases.making import NOW, TODAY, make_user
from tests.factories.accounts import RoleGrantFactory, acting
from tests.factories.base import fresh
from tests.factories.referrals import PartnerFactory, make_partner_user, make_referral
from tests.factories.roster import StudentFactory
from tests.pathways.referrals.making import Scene, accept, consent, draft, finish, make_scene, send, sent, serve, signed
from wss_cases.access.actor import Invocation, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.cases.case.models import Case
from wss_cases.casework import pathway_page
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.journal.models import AuditEntry, Disclosure, OutboxMessage, TimelineEntry
from wss_cases.mail.delivery.messages import compose
from wss_cases.pathways.common import pages as life
from wss_cases.pathways.common.models import EndReason, Pathway, PathwayState
from wss_cases.pathways.referrals import case_page as pages
from wss_cases.pathways.referrals import consent as consents
from wss_cases.pathways.referrals import partner_pages as by_partner
from wss_cases.pathways.referrals import service as by_school
from wss_cases.pathways.referrals.partners import suggestions
from wss_cases.pathways.referrals.referral.models import Referral, ReferralConsent, ReferralState, ServiceDate, Wanted
from wss_cases.pathways.referrals.referral.queries import late_referrals, open_to_partner, visible_to
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.workday.sweep import sweep


@pytest.fixture
def scene(session: Any, at: Any) -> Scene:
    at("2026-11-24 10:00")
    return make_scene()


def the(referral_id: int) -> Referral:
    db.session.expire_all()
    return db.session.get_one(Referral, referral_id)


def follow_ups(scene: Scene, state: FollowUpState = FollowUpState.OPEN) -> dict[str, FollowUp]:
    rows = select(FollowUp).where(FollowUp.pathway_id == scene.pathway.id, FollowUp.state == state)
    return {row.kind: row for row in db.session.scalars(rows)}


def mails(kind: str) -> list[OutboxMessage]:
    return list(db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == kind)))


def test_only_what_was_agreed_to_is_sent_and_written_down(scene: Scene) -> None:
    referral_id = draft(scene)
    consent(scene, referral_id, ["name", "grade", "birth_date"])
    assert fresh(scene.pathway).state is PathwayState.PREPARING
    send(scene, referral_id)
    row = the(referral_id)
    student = scene.world.students[0]
    # the roster has no date of birth, so none can go
    assert row.sent_fields == {"name": student.shown_name, "service": "family_support", "grade": 9}
    assert row.state is ReferralState.SENT and row.sent_on == TODAY
    assert fresh(scene.pathway).state is PathwayState.ACTIVE
    found = db.session.scalars(select(Disclosure)).one()
    assert (found.student_id, found.told_whom, found.object_id) == (student.id, scene.partner.name, row.id)
    assert found.fields == ["name", "service", "grade"] and found.purpose == "So that the partner can help."
    audited = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "disclosure.made")).one()
    assert audited.changes["student_id"] == [None, student.id]
    assert follow_ups(scene)["referral_answer"].due_on == row.answer_by == date(2026, 12, 1)
    assert follow_ups(scene)["referral_consent_ends"].due_on < TODAY + timedelta(days=90)
    assert [mail.recipient_id for mail in mails("referral.sent")] == [scene.user.id]


def test_from_draft_to_what_was_received(scene: Scene) -> None:
    referral_id = sent(scene)
    accept(scene, referral_id)
    row = the(referral_id)
    assert row.first_service_by == date(2026, 12, 8)
    assert follow_ups(scene, FollowUpState.DONE)["referral_answer"].outcome == "partner_accepted"
    assert follow_ups(scene)["referral_first_service"].due_on == row.first_service_by
    serve(scene, referral_id)
    assert "referral_first_service" not in follow_ups(scene)
    later = NOW + timedelta(days=7)
    serve(scene, referral_id, TODAY + timedelta(days=6), later)
    assert the(referral_id).state is ReferralState.ACTIVE
    with pytest.raises(Refused):
        pages.complete(Invocation(scene.school, later), scene.pathway.id)
    finish(scene, referral_id, TODAY + timedelta(days=7), "partly", later)
    with pytest.raises(Refused, match="from its own page"):
        life.complete(Invocation(scene.school, later), scene.pathway.id, outcome="service_received")
    assert the(referral_id).state is ReferralState.DONE
    assert not follow_ups(scene)
    days = select(ServiceDate.kind).order_by(ServiceDate.id)
    assert list(db.session.scalars(days)) == ["first", "later", "last"]
    pages.complete(Invocation(scene.school, later), scene.pathway.id)
    done = fresh(scene.pathway)
    assert (done.state, done.outcome) == (PathwayState.COMPLETED, "service_partly_received")


def test_a_partner_that_declines_leaves_room_for_the_next(scene: Scene) -> None:
    referral_id = sent(scene)
    with pytest.raises(Refused):
        draft(scene, PartnerFactory())
    with pytest.raises(Refused):
        by_partner.decline(Invocation(scene.partner_actor, NOW), referral_id, reason="")
    by_partner.decline(Invocation(scene.partner_actor, NOW), referral_id, reason="no_place")
    assert (the(referral_id).answer_note, the(referral_id).ended_on) == ("no_place", TODAY)
    assert not follow_ups(scene)
    with pytest.raises(NotFound):
        accept(scene, referral_id)
    second = draft(scene, PartnerFactory())
    assert second != referral_id
    with pytest.raises(Refused):
        pages.complete(Invocation(scene.school, NOW), scene.pathway.id)
    pages.withdraw(Invocation(scene.school, NOW), second, reason="not_needed")
    pages.complete(Invocation(scene.school, NOW), scene.pathway.id)
    assert fresh(scene.pathway).outcome == "service_not_available"


def test_a_waiting_list_asks_again(scene: Scene) -> None:
    referral_id = sent(scene)
    by_partner.waitlist(Invocation(scene.partner_actor, NOW), referral_id)
    assert follow_ups(scene, FollowUpState.DONE)["referral_answer"].outcome == "partner_waitlisted"
    assert follow_ups(scene)["referral_answer"].due_on == the(referral_id).answer_by
    with pytest.raises(Refused):
        by_partner.waitlist(Invocation(scene.partner_actor, NOW), referral_id)
    accept(scene, referral_id)


@pytest.mark.parametrize("state", ["consented", "sent", "waitlisted", "accepted", "first_seen", "active", "done"])
def test_consent_is_taken_back_from_every_state(scene: Scene, state: str) -> None:
    referral_id = draft(scene)
    consent(scene, referral_id)
    if state != "consented":
        send(scene, referral_id)
    if state == "waitlisted":
        by_partner.waitlist(Invocation(scene.partner_actor, NOW), referral_id)
    if state in ("accepted", "first_seen", "active", "done"):
        accept(scene, referral_id)
    later = NOW + timedelta(days=1)
    if state in ("first_seen", "active", "done"):
        serve(scene, referral_id)
    if state == "active":
        serve(scene, referral_id, TODAY + timedelta(days=1), later)
    if state == "done":
        finish(scene, referral_id)
    assert the(referral_id).state.value == state
    consents.revoke(Invocation(scene.school, later), referral_id)
    row = the(referral_id)
    assert not row.is_open_to_partner(later)
    assert row.state.value == ("done" if state == "done" else "revoked")
    assert not follow_ups(scene)
    assert len(mails("referral.ended")) == (state != "consented")
    kinds = set(db.session.scalars(select(TimelineEntry.kind)))
    assert {"referral.consented", "referral.revoked"} <= kinds
    assert len(list(db.session.scalars(select(Disclosure)))) == (state != "consented")
    with pytest.raises(Refused):
        consents.revoke(Invocation(scene.school, later), referral_id)


def test_consent_is_taken_back_after_the_pathway_has_ended(scene: Scene) -> None:
    referral_id = sent(scene)
    pathway_page.end_early(Invocation(scene.school, NOW), scene.pathway.id, EndReason.NO_LONGER_NEEDED, "")
    row = the(referral_id)
    assert row.state is ReferralState.WITHDRAWN
    assert not row.is_open_to_partner(NOW)
    assert not follow_ups(scene)
    assert len(mails("referral.ended")) == 1
    consents.revoke(Invocation(scene.school, NOW), referral_id)
    row = the(referral_id)
    assert row.state is ReferralState.WITHDRAWN
    assert row.consent.revoked_at is not None
    assert len(mails("referral.ended")) == 1


def test_a_consent_runs_out_by_itself_and_can_be_renewed(scene: Scene, at: Any) -> None:
    referral_id = sent(scene, until=TODAY + timedelta(days=9))
    assert the(referral_id).is_open_to_partner(at("2026-12-03 23:00"))
    now = at("2026-12-04 00:30")
    assert not the(referral_id).is_open_to_partner(now)
    with pytest.raises(NotFound):
        accept(scene, referral_id, now)
    consents.renew(Invocation(scene.school, now), referral_id, **signed(date(2026, 12, 4), date(2027, 2, 1)))
    assert the(referral_id).is_open_to_partner(now)
    assert follow_ups(scene, FollowUpState.DONE)["referral_consent_ends"].outcome == "renewed"
    assert follow_ups(scene)["referral_consent_ends"].due_on > date(2027, 1, 15)
    before = the(referral_id).consent.replaces
    assert (before.signed_on, before.until_on) == (TODAY, TODAY + timedelta(days=9)), "what was signed stays"
    consents.revoke(Invocation(scene.school, now), referral_id)
    assert not the(referral_id).is_open_to_partner(now)
    day = date(2026, 12, 3)
    held = db.session.scalars(select(Referral.id).where(Referral.id == referral_id, open_to_partner(day))).all()
    assert held == [], "previous follow-up opens nothing once consent is taken back"


def test_the_school_writes_down_what_a_partner_says_on_the_phone(scene: Scene) -> None:
    referral_id = sent(scene)
    for act in (
        lambda: by_school.record_answer(Invocation(scene.school, NOW), referral_id, answer="accepted"),
        lambda: by_school.log_service(Invocation(scene.school, NOW), referral_id, on=TODAY),
        lambda: by_school.finish(Invocation(scene.school, NOW), referral_id, on=TODAY, received="all"),
    ):
        with pytest.raises(Stale):
            by_school.record_answer(Invocation(scene.school, NOW, version=99), referral_id, answer="accepted")
        act()
    assert the(referral_id).state is ReferralState.DONE
    with pytest.raises(NotFound):
        # the school's people have no way in by the partner's door
        by_partner.accept(Invocation(scene.school, NOW), referral_id)


def test_what_a_consent_must_say(scene: Scene) -> None:
    referral_id = draft(scene)
    for values, field in (
        ({"by": "  "}, "by"),
        ({"relation": "neighbor"}, "relation"),
        ({"manner": "phone"}, "manner"),
        ({"on": TODAY + timedelta(days=1)}, "on"),
        ({"until": TODAY - timedelta(days=1)}, "until"),
        ({"until": TODAY + timedelta(days=400)}, "until"),
        ({"fields": ["grade"]}, "fields"),
        ({"fields": ["name", "narrative"]}, "fields"),
    ):
        with pytest.raises(Refused) as refused:
            consent(scene, referral_id, **values)
        assert refused.value.field == field, values
    assert the(referral_id).state is ReferralState.DRAFTED


def test_nothing_goes_without_an_agreement_in_force(scene: Scene) -> None:
    referral_id = draft(scene)
    with pytest.raises(Refused):
        send(scene, referral_id)
    consent(scene, referral_id)
    fresh(scene.partner).agreement_until = TODAY - timedelta(days=1)
    db.session.commit()
    with pytest.raises(Refused):
        send(scene, referral_id)
    row = the(referral_id)
    assert row.state is ReferralState.CONSENTED and row.sent_fields is None
    assert not list(db.session.scalars(select(Disclosure)))


def test_what_a_draft_must_have(scene: Scene) -> None:
    other = make_scene()
    given: dict[str, Any] = {"partner": scene.partner.id, "student": scene.world.students[0].id, "need": "Help."}
    for values, field in (
        ({"partner": None}, "partner"),
        ({"student": None}, "student"),
        ({"student": scene.world.students[1].id}, "student"),
        ({"student": other.world.students[0].id}, "student"),
        ({"need": " "}, "need"),
    ):
        with pytest.raises(Refused) as refused:
            pages.draft(Invocation(scene.school, NOW), scene.pathway.id, **given | values)
        assert refused.value.field == field
    first = pages.draft(Invocation(scene.school, NOW), scene.pathway.id, **given)
    changed = given | {"need": "More help."}
    assert pages.draft(Invocation(scene.school, NOW), scene.pathway.id, **changed) == first
    assert the(first).need == "More help."


def test_a_family_without_a_letter_in_its_language_gets_an_interpreter(session: Any, at: Any) -> None:
    at("2026-11-24 10:00")
    for language, wanted in (("pl", True), ("es-MX", False), ("en", False)):
        scene = make_scene(language)
        draft(scene)
        assert ("interpreter" in follow_ups(scene)) is wanted, language


def test_days_of_service_make_sense(scene: Scene) -> None:
    referral_id = sent(scene)
    for day in (TODAY, TODAY + timedelta(days=1)):
        with pytest.raises(Refused):
            serve(scene, referral_id, day)
    accept(scene, referral_id)
    for day in (TODAY + timedelta(days=1), TODAY - timedelta(days=1)):
        with pytest.raises(Refused):
            serve(scene, referral_id, day)
    serve(scene, referral_id)
    with pytest.raises(Refused):
        serve(scene, referral_id)
    for values in ({"received": "everything"}, {"on": TODAY - timedelta(days=1)}):
        with pytest.raises(Refused):
            finish(scene, referral_id, **values)


@pytest.mark.both_databases
def test_the_database_refuses_what_the_table_does(scene: Scene) -> None:
    referral_id = draft(scene)
    table = Referral.__table__
    for values in (
        {"state": "sent"},
        {"state": "accepted", "sent_on": TODAY},
        {"state": "declined", "sent_on": TODAY, "answered_on": TODAY},
        {"state": "active", "sent_on": TODAY, "answered_on": TODAY},
        {"state": "done", "sent_on": TODAY, "answered_on": TODAY, "first_service_on": TODAY, "ended_on": TODAY},
        {"state": "revoked"},
        {"state": "drafted", "ended_on": TODAY},
        {"state": "lost"},
    ):
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.execute(update(table).where(table.c.id == referral_id).values(**values))
    again = {"pathway_id": scene.pathway.id, "case_id": scene.world.case.id, "school_id": scene.world.school.id}
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.execute(insert(table).values(again))
    consent(scene, referral_id)
    held = ReferralConsent.__table__
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.execute(update(held).values(until_on=TODAY - timedelta(days=10)))


def test_taking_back_the_consent_to_a_former_referral_leaves_the_next_ones_clocks(scene: Scene) -> None:
    first = sent(scene)
    by_partner.decline(Invocation(scene.partner_actor, NOW), first, reason="no_place")
    sent(scene)
    waiting = set(follow_ups(scene))
    assert "referral_answer" in waiting
    consents.revoke(Invocation(scene.school, NOW), first)
    assert set(follow_ups(scene)) == waiting


def test_who_offers_the_help_stands_before_who_speaks_the_language(session: Any) -> None:
    PartnerFactory(name="Speaks, but helps otherwise", services=["academic"], languages=["pl"], capacity=50)
    PartnerFactory(name="Helps", services=["family_support"], languages=["en"], capacity=1)
    PartnerFactory(name="Helps, no agreement", services=["family_support"], languages=["pl"], agreement_from=None)
    found = [one.partner.name for one in suggestions(Wanted("family_support", "pl", 9), TODAY)]
    assert found == ["Helps", "Speaks, but helps otherwise", "Helps, no agreement"]


def test_late_partners_reach_the_lead_then_the_administrators(scene: Scene, at: Any) -> None:
    administrator = make_user(scene.world.school, Role.ADMINISTRATOR)
    referral_id = sent(scene)
    assert db.session.get_one(Referral, referral_id).answer_by == date(2026, 12, 1)
    schools = [scene.world.school.id]

    def reached(wall: str) -> set[int]:
        return {user_id for late in late_referrals(at(wall), schools) for user_id in late.people}

    assert reached("2026-12-01 18:00") == set()
    assert reached("2026-12-02 09:00") == {scene.world.coordinator.id}
    told = reached("2026-12-04 09:00")
    assert told == {scene.world.coordinator.id, administrator.id}
    assert sweep(at("2026-12-04 09:00"))["queued"] >= 2
    late = mails("referral.overdue")
    assert {mail.recipient_id for mail in late} == told
    said = str(compose(late[0], at("2026-12-04 09:00")))
    assert scene.pathway.kind not in said and scene.world.students[0].family_name not in said
    accept(scene, referral_id, at("2026-12-04 10:00"))
    assert compose(late[0], at("2026-12-04 10:01")) is None
    assert reached("2026-12-07 09:00") == set()


def test_a_late_partner_in_a_need_for_housing_reaches_coordinators_alone(scene: Scene, at: Any) -> None:
    world = scene.world
    dean, _administrator = (make_user(world.school, role) for role in (Role.DEAN, Role.ADMINISTRATOR))
    other = make_user(world.school, Role.COORDINATOR)
    sent(scene)
    db.session.get_one(Pathway, scene.pathway.id).kind = Kind.HOUSING_BASIC_NEEDS.value
    db.session.get_one(Case, world.case.id).lead_id = dean.id
    db.session.commit()
    for wall, told in (
        ("2026-12-02 09:00", {world.coordinator.id}), ("2026-12-04 09:00", {world.coordinator.id, other.id})
    ):  # fmt: skip
        sweep(at(wall))
        late = mails("referral.overdue")
        assert {mail.recipient_id for mail in late} == told
        assert all(compose(mail, at(wall)) for mail in late), "whoever is said to be told is told"


def test_predicate_filter_and_recipients_agree(session: Any, at: Any) -> None:
    """Over every state, consent, pathway and partner: the policy, the SQL and who gets mail say the same."""
    at("2026-11-24 10:00")
    scene = make_scene()
    partners = [scene.partner, PartnerFactory(), PartnerFactory(is_active=False)]
    users = [scene.user, make_partner_user(partners[1]), make_partner_user(partners[2])]
    both = make_partner_user(partners[0])
    RoleGrantFactory(user_id=both.id, role=Role.PARTNER, partner_id=partners[1].id)
    former = make_partner_user(partners[0])
    gone = db.session.scalars(select(RoleGrant).where(RoleGrant.user_id == former.id)).one()
    gone.ends_on = TODAY - timedelta(days=2)
    people = [*users, both, former, scene.world.coordinator]
    made: list[Referral] = []
    for state in ReferralState:
        for number, until in enumerate((TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=30))):
            for place in (PathwayState.ACTIVE, PathwayState.ENDED_EARLY, PathwayState.COMPLETED):
                made.append(_referral(scene, partners[number], state, until, place))
    for row in made[::7]:
        if row.consent is not None:
            row.consent.revoked_on, row.consent.revoked_at = TODAY, NOW
    db.session.commit()
    ids = [row.id for row in made]
    agreed = 0
    for user in people:
        actor = acting(user)
        db.session.expire_all()
        by_policy = {one for one in ids if can(actor, Permission.REFERRAL_ANSWER, db.session.get(Referral, one))}
        by_filter = set(db.session.scalars(visible_to(select(Referral.id).where(Referral.id.in_(ids)), actor, TODAY)))
        assert by_policy == by_filter, user.email
        for one in ids:
            mail = OutboxMessage(
                kind="referral.sent", recipient_id=user.id, object_type="referral", object_id=one,
                dedupe_key=f"{user.id}:{one}", message_id="m", created_at=NOW, next_attempt_at=NOW,
            )  # fmt: skip
            assert (compose(mail, NOW) is not None) is (one in by_filter)
        agreed += len(by_filter)
    assert agreed


def _referral(scene: Scene, partner: Any, state: ReferralState, until: date, place: PathwayState) -> Referral:
    pathway = Pathway(
        case_id=scene.world.case.id, school_id=scene.world.school.id, pathway="wraparound", kind="family_support",
        for_whom="both", state=place, proposed_at=NOW, accepted_on=TODAY, started_on=TODAY,
        outcome="service_received" if place is PathwayState.COMPLETED else "",
        end_reason="no_contact" if place is PathwayState.ENDED_EARLY else "",
        ended_at=None if place is PathwayState.ACTIVE else NOW,
    )  # fmt: skip
    db.session.add(pathway)
    db.session.flush()
    student = StudentFactory(school=scene.world.school)
    return make_referral(pathway, student, partner, state, until=max(until, date(2026, 11, 19)))
