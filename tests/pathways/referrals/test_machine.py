"""Every walk through a referral's life stays inside its table, and the partner sees it exactly while it may."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partialmethod
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from tests.factories.base import fresh
from tests.pathways.referrals.making import FIELDS, Scene, finish, make_scene, sent, serve, signed
from tests.support.depth import examples
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Invocation
from wss_cases.casework import pathway_page
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.journal.models import Disclosure
from wss_cases.pathways.common import pages as life
from wss_cases.pathways.common.models import EndReason, PathwayState
from wss_cases.pathways.referrals import case_page as pages
from wss_cases.pathways.referrals import consent as consents
from wss_cases.pathways.referrals import partner_pages as by_partner
from wss_cases.pathways.referrals import service as by_school
from wss_cases.pathways.referrals.referral.models import (
    AWAITS_ANSWER,
    FOLLOW_UPS,
    OPEN,
    PARTNER_SEES,
    SERVED,
    TRANSITIONS,
    Referral,
    ReferralState,
    ServiceDate,
)

SCHOOL, PARTNER = by_school, by_partner
"""The acts of either side."""
DEEDS = (
    *("draft", "consent", "renew", "send", "accept", "waitlist", "decline", "serve", "finish"),
    *("withdraw", "complete", "common_door"),
)
R = ReferralState
NEXT = {
    R.DRAFTED: ("consent",),
    R.CONSENTED: ("send",),
    R.SENT: ("accept", "waitlist", "accept", "decline"),
    R.WAITLISTED: ("accept", "decline"),
    R.ACCEPTED: ("serve",),
    R.FIRST_SEEN: ("finish", "serve"),
    R.ACTIVE: ("finish", "serve"),
    R.DECLINED: ("draft", "complete"),
    R.DONE: ("complete", "draft"),
    R.REVOKED: ("draft",),
    R.WITHDRAWN: ("draft",),
}
STAGES = ("again", "served", "declined", "waitlisted", "done", "accepted", "sent", "nothing")
START = datetime.fromisoformat("2026-11-24T10:00")


class Life(RuleBasedStateMachine):
    """Acts of a school, a family and a partner on one pathway, in any order, while days pass."""

    def __init__(self, at: Any, client_as: Any, stage: str) -> None:
        super().__init__()
        self.at, self.client_as, self.stage = at, client_as, stage
        self.seen: dict[int, ReferralState] = {}
        self.revoked: set[int] = set()
        self.until: dict[int, date] = {}

    @initialize()
    def begin(self) -> None:
        """Begin where the stage says: in a state of the table, or with a second referral after one declined."""
        stage = self.stage
        self.wall = START
        self.now = self.at("2026-11-24 10:00")
        self.scene: Scene = make_scene()
        if stage != "nothing":
            referral_id = self.sent()
            answer = {"waitlisted": by_partner.waitlist, "accepted": by_partner.accept}
            if stage in ("declined", "again"):
                by_partner.decline(self.by(PARTNER), referral_id, reason="no_place")
            elif stage != "sent":
                answer.get(stage, by_partner.accept)(self.by(PARTNER), referral_id)
            if stage in ("served", "done"):
                serve(self.scene, referral_id)
            if stage == "done":
                finish(self.scene, referral_id)
            if stage == "again":
                self.sent()
            self.seen = {row.id: row.state for row in self.rows()}
        db.session.remove()
        self.client: PageClient = self.client_as(self.scene.user)

    def sent(self) -> int:
        """Send one that the family lets go for four days."""
        until = self.today + timedelta(days=4)
        referral_id = sent(self.scene, until=until)
        self.until[referral_id] = until
        return referral_id

    @property
    def today(self) -> date:
        return local_date(self.now, DEFAULT_ZONE)

    def rows(self) -> list[Referral]:
        db.session.expunge_all()
        rows = select(Referral).where(Referral.pathway_id == self.scene.pathway.id).order_by(Referral.id)
        return list(db.session.scalars(rows))

    def newest(self) -> int:
        rows = self.rows()
        return rows[-1].id if rows else 0

    def act(self, deed: Any) -> bool:
        """Do something that may be refused, and say whether it was done."""
        try:
            deed()
        except (Refused, NotFound):
            return False
        return True

    def by(self, who: Any) -> Invocation:
        return Invocation(self.scene.school if who is SCHOOL else self.scene.partner_actor, self.now)

    @rule(pick=st.integers(0, 3))
    def go_on(self, pick: int) -> None:
        """Do what comes next from where the newest referral stands."""
        ways = NEXT[self.rows()[-1].state] if self.rows() else ("draft",)
        self.attempt(ways[pick % len(ways)], PARTNER if pick else SCHOOL, 0)

    @rule(deed=st.sampled_from(DEEDS), who=st.sampled_from([SCHOOL, PARTNER]), flavour=st.integers(0, 2))
    def attempt(self, deed: str, who: Any, flavour: int) -> None:
        """Try anything at all, by anybody, well or badly filled in."""
        getattr(self, f"_{deed}")(who, flavour)

    @precondition(lambda self: self.until)
    @rule(pick=st.sampled_from([1, 0]))
    def take_consent_back(self, pick: int) -> None:
        """Of any referral, whatever became of it: it works from every state, once."""
        referral_id = sorted(self.until, reverse=True)[pick % len(self.until)]
        done = self.act(lambda: consents.revoke(Invocation(self.scene.school, self.now), referral_id))
        assert done == (referral_id not in self.revoked)
        self.revoked.add(referral_id)

    def teardown(self) -> None:
        """Wherever the walk has led, the family can take back what it signed, and the partner has nothing then."""
        for referral_id in sorted(set(self.until) - self.revoked):
            consents.revoke(Invocation(self.scene.school, self.now), referral_id)
            assert self.client.get(f"/partner/referrals/{referral_id}").status_code == 404

    @rule(days=st.sampled_from([1, 2, 5]))
    def wait(self, days: int) -> None:
        self.wall += timedelta(days=days)
        self.now = self.at(self.wall.isoformat(" "))
        # what this session has read must not be rolled back over the new sign-in
        db.session.remove()
        self.client = self.client_as(self.scene.user)

    def _draft(self, who: Any, flavour: int) -> None:
        student_id = self.scene.world.students[0].id
        self.act(
            lambda: pages.draft(
                Invocation(self.scene.school, self.now),
                self.scene.pathway.id,
                partner=self.scene.partner.id,
                student=student_id,
                need=("Help.", "More help.", " ")[flavour],
            )
        )

    def _consent(self, who: Any, flavour: int) -> None:
        referral_id, until = self.newest(), self.today + timedelta(days=(3, 0, 900)[flavour])
        given, fields = signed(self.today, until), (FIELDS, ["name"], ["grade"])[flavour]
        if self.act(
            lambda: consents.record_consent(
                Invocation(self.scene.school, self.now), referral_id, **given, fields=fields, purpose="To help."
            )
        ):
            self.until[referral_id] = until

    def _renew(self, who: Any, flavour: int) -> None:
        referral_id, until = self.newest(), self.today + timedelta(days=(30, 0, -1)[flavour])
        given = signed(self.today, until)
        if self.act(lambda: consents.renew(Invocation(self.scene.school, self.now), referral_id, **given)):
            self.until[referral_id] = until

    def _send(self, who: Any, flavour: int) -> None:
        self.act(lambda: consents.send(Invocation(self.scene.school, self.now), self.newest()))

    def _answer(self, answer: str, who: Any, flavour: int) -> None:
        reason = {"reason": ("no_place", "language", "nonsense")[flavour]} if answer == "declined" else {}
        if who is SCHOOL:
            self.act(lambda: by_school.record_answer(self.by(who), self.newest(), answer=answer, **reason))
            return
        act = {
            "accepted": by_partner.accept, "waitlisted": by_partner.waitlist, "declined": by_partner.decline
        }[answer]  # fmt: skip
        self.act(lambda: act(self.by(who), self.newest(), **reason))

    _accept = partialmethod(_answer, "accepted")
    _waitlist = partialmethod(_answer, "waitlisted")
    _decline = partialmethod(_answer, "declined")

    def _serve(self, who: Any, flavour: int) -> None:
        on = self.today - timedelta(days=(0, 1, -1)[flavour])
        self.act(lambda: who.log_service(self.by(who), self.newest(), on=on))

    def _finish(self, who: Any, flavour: int) -> None:
        received = ("all", "partly", "")[flavour]
        self.act(lambda: who.finish(self.by(who), self.newest(), on=self.today, received=received))

    def _withdraw(self, who: Any, flavour: int) -> None:
        reason = ("no_answer", "moved", "")[flavour]
        self.act(lambda: pages.withdraw(Invocation(self.scene.school, self.now), self.newest(), reason=reason))

    def _complete(self, who: Any, flavour: int) -> None:
        self.act(lambda: pages.complete(Invocation(self.scene.school, self.now), self.scene.pathway.id))

    def _common_door(self, who: Any, flavour: int) -> None:
        school, pathway_id = self.scene.school, self.scene.pathway.id
        if flavour == 2:
            self.act(lambda: pathway_page.end_early(Invocation(school, self.now), pathway_id, EndReason.NO_CONTACT, ""))
            return
        outcome = "service_received"
        assert not self.act(lambda: life.complete(Invocation(school, self.now), pathway_id, outcome=outcome))

    @invariant()
    def the_table_is_kept(self) -> None:
        rows = self.rows()
        for row in rows:
            before = self.seen.get(row.id, ReferralState.DRAFTED)
            assert row.state is before or row.state in TRANSITIONS[before], (before, row.state)
            self.seen[row.id] = row.state
        assert sum(row.state in OPEN for row in rows) <= 1

    @invariant()
    def the_partner_sees_it_exactly_while_it_may(self) -> None:
        pathway = fresh(self.scene.pathway)
        cut = pathway.state in (PathwayState.ENDED_EARLY, PathwayState.DECLINED)
        for row in self.rows():
            may = (
                row.state in PARTNER_SEES
                and row.id not in self.revoked
                and self.today <= self.until[row.id]
                and not cut
            )
            answer = self.client.get(f"/partner/referrals/{row.id}")
            assert answer.status_code == (200 if may else 404), (row.state, row.id in self.revoked)

    @invariant()
    def nothing_went_that_was_not_agreed_to(self) -> None:
        for row in self.rows():
            disclosed = list(
                db.session.scalars(
                    select(Disclosure).where(Disclosure.object_id == row.id, Disclosure.object_type == "referral")
                )
            )
            assert len(disclosed) == (row.sent_on is not None)
            if disclosed:
                assert row.consent is not None and row.sent_fields is not None
                assert set(disclosed[0].fields) == set(row.sent_fields) <= set(row.consent.fields)

    @invariant()
    def no_end_without_what_was_received(self) -> None:
        pathway = fresh(self.scene.pathway)
        rows = self.rows()
        served = [row for row in rows if row.state in SERVED]
        for row in served:
            days = select(ServiceDate).where(ServiceDate.referral_id == row.id)
            assert row.first_service_on is not None and list(db.session.scalars(days))
        assert all(row.received for row in rows if row.state is ReferralState.DONE)
        if pathway.state is PathwayState.COMPLETED:
            received = any(row.received for row in rows)
            assert received or pathway.outcome == "service_not_available"
            assert not any(row.state in OPEN for row in rows)

    @invariant()
    def no_follow_up_outlives_its_referral(self) -> None:
        waiting = select(FollowUp.kind).where(
            FollowUp.pathway_id == self.scene.pathway.id,
            FollowUp.state == FollowUpState.OPEN,
            FollowUp.kind.in_(FOLLOW_UPS),
        )
        kinds = list(db.session.scalars(waiting))
        assert len(kinds) == len(set(kinds))
        states = {row.state for row in self.rows()}
        if not states & OPEN:
            assert not kinds
        assert ("referral_answer" in kinds) == bool(states & AWAITS_ANSWER)
        assert ("referral_first_service" in kinds) == (ReferralState.ACCEPTED in states)


@pytest.mark.parametrize("stage", STAGES)
def test_every_walk_through_a_referrals_life(session: Any, at: Any, client_as: Any, stage: str) -> None:
    run_state_machine_as_test(
        lambda: Life(at, client_as, stage),
        settings=settings(max_examples=examples(1, 3), stateful_step_count=12, deadline=None),
    )
