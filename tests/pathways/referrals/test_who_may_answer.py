"""Who may answer a referral, by every state, consent, pathway and partner: policy, filter and mail say the same."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from tests.cases.making import NOW, TODAY
from tests.factories.accounts import RoleGrantFactory, acting
from tests.factories.referrals import PartnerFactory, make_partner_user, make_referral
from tests.factories.roster import StudentFactory
from tests.pathways.referrals.making import Scene, make_scene
from wss_cases.access.actor import Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.foundation.db import db
from wss_cases.journal.models import OutboxMessage
from wss_cases.mail.delivery.messages import compose
from wss_cases.pathways.common.models import Pathway, PathwayState
from wss_cases.pathways.referrals.referral.models import Referral, ReferralState
from wss_cases.pathways.referrals.referral.queries import visible_to


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
        case_id=scene.world.case.id,
        school_id=scene.world.school.id,
        pathway="wraparound",
        kind="family_support",
        for_whom="both",
        state=place,
        proposed_at=NOW,
        accepted_on=TODAY,
        started_on=TODAY,
        outcome="service_received" if place is PathwayState.COMPLETED else "",
        end_reason="no_contact" if place is PathwayState.ENDED_EARLY else "",
        ended_at=None if place is PathwayState.ACTIVE else NOW,
    )
    db.session.add(pathway)
    db.session.flush()
    student = StudentFactory(school=scene.world.school)
    return make_referral(pathway, student, partner, state, until=max(until, date(2026, 11, 19)))
