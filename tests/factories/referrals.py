"""Partners and referrals; make a wrap-around pathway and a student with the other rooms' factories first."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import factory

from tests.factories.accounts import RoleGrantFactory, UserFactory
from tests.factories.base import Factory
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db
from wss_cases.pathways.referrals.referral.models import (
    PARTNER_SEES,
    SERVED,
    Partner,
    Referral,
    ReferralConsent,
    ReferralState,
    Service,
)

RECORDED = datetime(2026, 11, 19, 16, tzinfo=UTC)
SIGNED, SENT, UNTIL = date(2026, 11, 19), date(2026, 11, 20), date(2027, 3, 19)
ANSWERED = SERVED | {ReferralState.ACCEPTED, ReferralState.DECLINED}
ENDED = frozenset({ReferralState.DECLINED, ReferralState.DONE, ReferralState.REVOKED, ReferralState.WITHDRAWN})


class PartnerFactory(Factory):
    """A partner that gives family support in English and Spanish, its agreement in force."""

    class Meta:
        model = Partner

    name = factory.Sequence(lambda n: f"Quiet Harbor Services {n}")
    services = [Service.FAMILY_SUPPORT.value]
    languages = ["en", "es"]
    capacity = 10
    agreement_from = date(2026, 8, 1)
    agreement_until = date(2027, 7, 31)


def make_partner_user(partner: Partner, **account: Any) -> UserAccount:
    user: UserAccount = UserFactory(**account)
    RoleGrantFactory(user_id=user.id, role=Role.PARTNER, partner_id=partner.id)
    return user


def make_referral(
    pathway: Any,
    student: Any,
    partner: Partner,
    state: ReferralState = ReferralState.SENT,
    until: date = UNTIL,
    fields: tuple[str, ...] = ("name", "service"),
) -> Referral:
    """Return a referral in any state, with its consent from the first state that needs one."""
    known = {"name": student.shown_name, "service": Service.FAMILY_SUPPORT.value, "grade": student.grade}
    was_sent = state in PARTNER_SEES | {ReferralState.DECLINED}
    row = Referral(
        pathway_id=pathway.id,
        case_id=pathway.case_id,
        school_id=pathway.school_id,
        partner_id=partner.id,
        partner_name=partner.name,
        student_id=student.id,
        service=Service.FAMILY_SUPPORT.value,
        need="Somebody to talk to at home.",
        state=state,
        sent_on=SENT if was_sent else None,
        sent_fields={code: known[code] for code in fields} if was_sent else None,
        answer_by=date(2026, 12, 1) if was_sent else None,
        answered_on=SENT if state in ANSWERED else None,
        answer_note="no_place" if state is ReferralState.DECLINED else "",
        first_service_by=date(2026, 12, 4) if state in ANSWERED else None,
        first_service_on=SENT if state in SERVED else None,
        received="all" if state is ReferralState.DONE else "",
        ended_on=SENT if state in ENDED else None,
    )
    db.session.add(row)
    db.session.flush()
    if state is not ReferralState.DRAFTED:
        db.session.add(
            ReferralConsent(
                referral_id=row.id,
                case_id=row.case_id,
                school_id=row.school_id,
                signed_by="A parent",
                relation="parent",
                manner="paper",
                fields=list(fields),
                purpose="So that the partner can help.",
                signed_on=SIGNED,
                until_on=until,
                recorded_at=RECORDED,
            )
        )
    db.session.commit()
    return row
