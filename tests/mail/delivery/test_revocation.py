"""Revocation after queueing: nothing is sent, whatever made a mail needless or its reader a stranger to it.

Each case is a school of its own, so that one sweep queues all of them, and one delivery tries to send them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.cases import CaseParticipantFactory, PathwayFactory
from tests.factories.incidents import make_incident
from tests.factories.referrals import PartnerFactory, make_referral
from tests.factories.roster import StudentFactory
from tests.factories.safeguards import LegalDutyFactory
from tests.followups.reminders.making import At, Place, make_place
from tests.support.depth import examples
from tests.support.servers.mail import MailServer
from wss_cases.access.actor import SYSTEM, Actor, Invocation, Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.accounts.grants import actor_of
from wss_cases.accounts.people.pages import end_role, set_enabled
from wss_cases.cases.case.models import CaseIncident
from wss_cases.casework.case_page.acts import hand_over
from wss_cases.casework.pathway_page import decline, end_early
from wss_cases.followups import making as work
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.evidence import Evidence
from wss_cases.followups.pages import follow_up as acts
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.journal import message_kinds as registry
from wss_cases.journal.message_kinds import Mail, MailList
from wss_cases.journal.models import OutboxMessage, OutboxState
from wss_cases.mail.common.pages import MailStyle
from wss_cases.mail.delivery.queue import deliver
from wss_cases.mail.preferences import stop
from wss_cases.pathways.common.models import EndReason, Pathway, PathwayState
from wss_cases.pathways.referrals import case_page as referrals
from wss_cases.pathways.referrals import consent, service
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.safeguards.duties.duty.pages import take_second_review
from wss_cases.safeguards.duties.pages import SCHOOL_ACTS
from wss_cases.workday.cover import end_cover
from wss_cases.workday.sweep import sweep

NIGHT = datetime(2026, 11, 30, 11, tzinfo=UTC)  # Monday, 05:00 in Chicago: nothing is sent yet
MORNING, SINCE, SENDS = (NIGHT + timedelta(hours=hours) for hours in (2, 2.5, 5))
TODAY, FRIDAY, WEDNESDAY = date(2026, 11, 30), date(2026, 11, 27), date(2026, 11, 25)
CONTACT = {"kind": "contact_person_harmed"}
CHECK_IN = {"kind": "check_in_person_harmed"}
SAME_DAY = {"kind": "guardian_contact", "same_day": True}
PLAIN = {"kind": "safety_plan", "single_mail": False}


@dataclass
class Queued:
    """One mail that waits: whose, of which kind, about what."""

    place: Place
    kind: str
    to: str
    row: int = 0
    pathway: int = 0
    cover: int = 0
    more: dict[str, int] = field(default_factory=dict)

    @property
    def case_id(self) -> int:
        found = db.session.get_one(FollowUp, self.row).case_id
        assert found is not None
        return found


Make = Callable[[Place], Queued]
Way = Callable[[Queued], Any]


def due(to: str, on: date, **item: Any) -> Make:
    """A follow-up of "owner"; its mail goes to its owner, to who stands in, or to whom its lateness reaches."""

    def make(place: Place) -> Queued:
        if item.get("kind") == PLAIN["kind"]:
            place.choose("owner", MailStyle.SINGLE)
        row = place.due(on, **item)
        kind = "followup.due" if to in ("owner", "dean") else "followup.late"
        return Queued(place, kind, to, row.id)

    return make


def covered(away: str, on: date, **item: Any) -> Make:
    """The same with "dean" standing in for somebody."""

    def make(place: Place) -> Queued:
        cover = place.cover(away, "dean", WEDNESDAY, date(2026, 12, 4))
        kind = "followup.due" if away == "owner" else "followup.late"
        return Queued(place, kind, "dean", place.due(on, **item).id, cover=cover.id)

    return make


def on_pathway(which: Kind, **item: Any) -> Make:
    def make(place: Place) -> Queued:
        case = place.case("lead")
        person = CaseParticipantFactory(case_id=case.id, student_id=StudentFactory(school=place.school).id)
        pathway = PathwayFactory(
            kind=which.value, state=PathwayState.ACTIVE, case_id=case.id, school_id=place.school.id,
            participant_id=person.id, owner_id=place.ids["owner"],
        )  # fmt: skip
        row = place.due(TODAY, pathway_id=pathway.id, **item)
        return Queued(place, "followup.due", "owner", row.id, pathway.id)

    return make


def given(place: Place) -> Queued:
    """What somebody who left had open went to the case's lead."""
    row = place.due(date(2026, 12, 20))
    disable("owner")(Queued(place, "", ""))
    return Queued(place, "followups.given", "lead", row.id)


def clock(kind: str, to: str) -> Make:
    def make(place: Place) -> Queued:
        report = make_incident(place.school, [StudentFactory(school=place.school)], state=IncidentState.ROUTED)
        db.session.add(CaseIncident(case_id=place.case("lead").id, incident_id=report.id))
        ends = NIGHT + timedelta(hours=-1 if kind == "duty.clock_over" else 5.5)
        row = LegalDutyFactory(
            school_id=place.school.id, incident_id=report.id, code="clear_and_present_danger", due_at=ends,
            raised_at=ends - timedelta(hours=24),
        )  # fmt: skip
        return Queued(place, kind, to, row.id)

    return make


def late_partner(place: Place) -> Queued:
    case, student = place.case("lead"), StudentFactory(school=place.school)
    person = CaseParticipantFactory(case_id=case.id, student_id=student.id)
    pathway = PathwayFactory(
        kind=Kind.FAMILY_SUPPORT.value, state=PathwayState.ACTIVE, participant_id=person.id, case_id=case.id,
        school_id=place.school.id,
    )  # fmt: skip
    row = make_referral(pathway, student, PartnerFactory())
    row.answer_by = FRIDAY
    return Queued(place, "referral.overdue", "lead", row.id, pathway.id, more={"case": case.id})


def told_of_housing(it: Queued) -> None:
    """What the lead is told of is not a dean's to know."""
    row = db.session.get_one(Pathway, it.pathway)
    row.kind = Kind.HOUSING_BASIC_NEEDS.value
    for grant in db.session.scalars(select(RoleGrant).where(RoleGrant.user_id == it.place.ids["lead"])).all():
        grant.role = Role.DEAN
    db.session.commit()


def digest(place: Place) -> Queued:
    return Queued(place, "digest", "owner", place.due(TODAY, kind="pre_meetings", single_mail=False).id)


def weekly(place: Place) -> Queued:
    return Queued(place, "weekly", "admin", place.due(FRIDAY, kind="pre_meetings", single_mail=False).id)


def _by(it: Queued) -> Actor:
    """Somebody of the school whom none of it concerns."""
    person = actor_of(it.place.ids["other"], SINCE)
    assert person is not None
    return person


def done(it: Queued) -> Any:
    shown = Evidence("Yes", "phone", TODAY, "A parent", "en", False, 1)
    outcome = {"guardian_contact": "reached", "safety_plan": "not_wanted", "check_in_person_harmed": "well"}
    kind = db.session.get_one(FollowUp, it.row).kind
    chosen = {"pre_meetings": "all_held", "mentoring_missed": "reached", "circle": "held"} | outcome
    return work.close(Invocation(_by(it), SINCE), it.row, chosen.get(kind, "reached"), shown)


def cancelled(it: Queued) -> Any:
    return acts.cancel(Invocation(_by(it), SINCE), it.row, reason="Not needed")


def moved(it: Queued) -> Any:
    return acts.move(Invocation(_by(it), SINCE), it.row, due_on=date(2026, 12, 2), reason="asked")


def moved_far(it: Queued) -> Any:
    return acts.move(Invocation(_by(it), SINCE), it.row, due_on=date(2026, 12, 16), reason="asked")


def reassigned(to: str) -> Way:
    return lambda it: acts.reassign(Invocation(_by(it), SINCE), it.row, owner=str(it.place.ids[to]))


def paused(it: Queued) -> Any:
    return acts.snooze(Invocation(_by(it), SINCE), it.row, until=date(2026, 12, 2), reason="waiting")


def disable(who: str) -> Way:
    return lambda it: set_enabled(SYSTEM, it.place.ids[who or it.to], False, None, SINCE)


def role_ended(who: str = "") -> Way:
    def end(it: Queued) -> None:
        user_id = it.place.ids[who or it.to]
        for grant in db.session.scalars(select(RoleGrant).where(RoleGrant.user_id == user_id)).all():
            end_role(SYSTEM, user_id, grant.id, SINCE)

    return end


def left_and_given_on(it: Queued) -> None:
    """The role ended, and the sweep found it before the mail went."""
    role_ended()(it)
    sweep(SINCE)


def called_off(it: Queued) -> Any:
    return end_cover(Invocation(SYSTEM, SINCE), it.cover)


def handed_over(to: str = "other") -> Way:
    def hand(it: Queued) -> Any:
        case_id = it.more.get("case") or it.case_id
        return hand_over(Invocation(SYSTEM, SINCE), case_id, to=it.place.ids[to], note="Please")

    return hand


def pathway_ended(it: Queued) -> Any:
    return end_early(Invocation(SYSTEM, SINCE), it.pathway, next(iter(EndReason)), "Over")


def pathway_declined(it: Queued) -> Any:
    return decline(Invocation(SYSTEM, SINCE), it.pathway)


def carried_out(it: Queued) -> Any:
    told = {"told_whom": "The portal", "channel": "portal", "done_at": SINCE, "what_was_done": "Told"}
    return SCHOOL_ACTS["discharge"](Invocation(SYSTEM, SINCE), it.row, **told)


def found_not_to_apply(it: Queued) -> Any:
    """By two people."""
    first, second = (actor_of(it.place.ids[who], SINCE) for who in ("dean", "admin"))
    assert first is not None and second is not None
    SCHOOL_ACTS["not_applicable"](Invocation(first, SINCE), it.row, reason="No")
    return take_second_review(Invocation(second, SINCE), it.row, agrees=True)


def answered(it: Queued) -> Any:
    return service.record_answer(Invocation(SYSTEM, SINCE), it.row, answer="accepted")


def cannot(it: Queued) -> Any:
    return service.record_answer(Invocation(SYSTEM, SINCE), it.row, answer="declined", reason="no_place")


def taken_back(it: Queued) -> Any:
    return referrals.withdraw(Invocation(SYSTEM, SINCE), it.row, reason="not_needed")


def consent_taken_back(it: Queued) -> Any:
    return consent.revoke(Invocation(SYSTEM, SINCE), it.row)


def stopped(mail_list: MailList) -> Way:
    return lambda it: stop(it.place.ids[it.to], mail_list, SINCE)


OVER: dict[str, Way] = {
    "done": done, "cancelled": cancelled, "moved": moved,
}  # fmt: skip
GONE: dict[str, Way] = {"role ended": role_ended(), "account disabled": disable("")}
ITEMS = {"contact": CONTACT, "check-in": CHECK_IN, "same day": SAME_DAY}


def cases() -> Iterator[tuple[str, Make, Way]]:
    """Yield a name, what queues the mail, and what makes it not due any more."""
    for name, item in ITEMS.items():
        on = FRIDAY if item is SAME_DAY else TODAY
        for way, act in (OVER | GONE | {"given to another": reassigned("other"), "left": left_and_given_on}).items():
            yield f"{name} to its owner: {way}", due("owner", on, **item), act
        for way, act in (OVER | GONE | {"given to another": reassigned("other"), "cover off": called_off}).items():
            yield f"{name} to who stands in: {way}", covered("owner", on, **item), act
        for way, act in (OVER | GONE | {"given to them": reassigned("lead"), "case given on": handed_over()}).items():
            yield f"{name} late, to the lead: {way}", due("lead", FRIDAY, **item), act
        for way, act in (OVER | GONE | {"given to them": reassigned("admin")}).items():
            yield f"{name} late, to the administrator: {way}", due("admin", WEDNESDAY, **item), act
        for way, act in (OVER | GONE | {"cover off": called_off, "lead changed": handed_over()}).items():
            yield f"{name} late, to who stands in for the lead: {way}", covered("lead", FRIDAY, **item), act
    own = OVER | GONE | {"given to another": reassigned("other"), "paused": paused, "stopped": stopped(MailList.SINGLE)}
    for way, act in own.items():
        yield f"anything, singly by choice: {way}", due("owner", TODAY, **PLAIN), act
    lead = {"owner": "owner", "lead": "owner"}
    yield "contact, its case given on", due("owner", TODAY, **CONTACT, **lead), handed_over()
    for kind in (Kind.PEACE_CIRCLE, Kind.ONE_TO_ONE, Kind.FAMILY_SUPPORT, Kind.CONVERSATION):
        for way, act in {"pathway ended": pathway_ended, "pathway declined": pathway_declined}.items():
            yield f"{kind.value}: {way}", on_pathway(kind, **CONTACT), act
    for way, act in (GONE | {"given to another": reassigned("other"), "done": done}).items():
        yield f"what a leaver had: {way}", given, act
    for mail, to in (("duty.clock_ends", "dean"), ("duty.clock_over", "lead"), ("duty.clock_over", "admin")):
        for way, act in (GONE | {"done": carried_out, "not to apply": found_not_to_apply}).items():
            yield f"{mail} to {to}: {way}", clock(mail, to), act
    partner = {
        "accepted": answered, "cannot": cannot, "taken back": taken_back, "consent taken back": consent_taken_back,
        "pathway ended": pathway_ended, "case given on": handed_over(), "of housing, to a dean": told_of_housing,
    }  # fmt: skip
    for way, act in (GONE | partner).items():
        yield f"late partner: {way}", late_partner, act
    for way, act in (GONE | {"done": done, "moved away": moved_far, "stopped": stopped(MailList.DIGEST)}).items():
        yield f"digest: {way}", digest, act
    for way, act in (GONE | {"done": done, "stopped": stopped(MailList.WEEKLY)}).items():
        yield f"weekly count: {way}", weekly, act


ALL = list(cases())


def message_of(it: Queued) -> OutboxMessage:
    """The one mail that waits."""
    return db.session.scalars(
        select(OutboxMessage).where(
            OutboxMessage.kind == it.kind,
            OutboxMessage.recipient_id == it.place.ids[it.to],
            OutboxMessage.school_id == it.place.school.id,
            OutboxMessage.state == OutboxState.WAITING,
        )
    ).one()


def sample(every: int) -> list[tuple[str, Any, Any]]:
    """Every way for a contact of its owner's, and every so many of the others."""
    return ALL[:7] + ALL[7::every]


def sent_all_the_same(at: At, mailing: MailServer, every: int, revoke: bool = True) -> list[str]:
    """Queue every so many of the cases' mails, make each needless, deliver; return whose mail went out."""
    wanted = sample(every)
    at("2026-11-30 05:00")
    made = [(name, make(make_place()), way) for name, make, way in wanted]
    schools = {id(it): it.place.school.id for _name, it, _way in made}
    db.session.commit()
    sweep(NIGHT)
    at("2026-11-30 07:00")
    sweep(MORNING)
    db.session.expire_all()
    ids = {name: message_of(it).message_id for name, it, _way in made}
    at("2026-11-30 07:30")
    assert len(schools) == len(ids) == len(wanted)
    for _name, it, way in made if revoke else []:
        way(it)
    now = at("2026-11-30 10:00")
    assert now == SENDS > SINCE
    deliver(now)
    arrived = {str(mail.message["Message-ID"]).strip("<>").rpartition("@")[0] for mail in mailing.mails}
    assert arrived, "other mail went out"
    states = dict(
        db.session.execute(
            select(OutboxMessage.message_id, OutboxMessage.state).where(OutboxMessage.message_id.in_(ids.values()))
        ).all()
    )
    return [name for name, number in ids.items() if number in arrived or states[number] is OutboxState.SENT]


def test_nothing_is_sent(session: Any, at: At, mailing: MailServer) -> None:
    """Takes ten seconds, in the full cross forty: each case is a school with people of its own."""
    assert len(ALL) >= 100
    assert sent_all_the_same(at, mailing, examples(9, 1)) == []


def test_without_a_change_each_of_them_is_sent(session: Any, at: At, mailing: MailServer) -> None:
    assert len(sent_all_the_same(at, mailing, 6, revoke=False)) == len(sample(6))


def test_a_sender_that_does_not_look_again_is_seen(
    session: Any, at: At, mailing: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, kind in registry.kinds().items():
        always = replace(kind, still_due=lambda message, actor: True, says=_something(name))
        monkeypatch.setitem(registry._kinds, name, always)
    planted = sent_all_the_same(at, mailing, 6)
    assert len(planted) > len(sample(6)) / 2
    assert not any("account disabled" in name for name in planted), "that is another check"


def _something(name: str) -> Any:
    return lambda message, actor: Mail(name, [name], "http://localhost", name)
