"""Reading referrals: the school's side through the pathway, the partner's side through `visible_to`."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, false, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.prepared import PreparedFor
from wss_cases.access.visibility import in_view
from wss_cases.cases.case.models import Case
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.journal.models import Disclosure
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.queries import known_to
from wss_cases.pathways.referrals.referral.models import Partner, Referral, ReferralConsent
from wss_cases.pathways.referrals.referral.rules import CUT_SHORT
from wss_cases.pathways.referrals.referral.states import OPEN, PARTNER_SEES, ReferralState


def open_to_partner(day: date) -> ColumnElement[bool]:
    """Referrals that the partner they went to has on a day; the same as `rules.is_open`."""
    consent = exists().where(
        ReferralConsent.referral_id == Referral.id,
        ReferralConsent.replaced_at.is_(None),
        ReferralConsent.revoked_at.is_(None),
        ReferralConsent.signed_on <= day,
        ReferralConsent.until_on >= day,
    )
    partner = exists().where(Partner.id == Referral.partner_id, Partner.is_active)
    cut = exists().where(Pathway.id == Referral.pathway_id, Pathway.state.in_(CUT_SHORT))
    return and_(Referral.state.in_(PARTNER_SEES), consent, partner, ~cut)


def _sent_to(actor: Actor) -> ColumnElement[bool]:
    partner_ids = sorted(actor.partner_ids())
    return Referral.partner_id.in_(partner_ids) if partner_ids else false()


def visible_to(statement: Select[Any], actor: Actor, day: date) -> Select[Any]:
    """Keep the referrals that the actor's own organisation has on a day."""
    return statement.where(_sent_to(actor), open_to_partner(day))


def partners_referrals(actor: Actor, day: date) -> list[Referral]:
    """Return what the actor's organisation has on a day, what is to be answered soonest first."""
    statement = select(Referral).options(selectinload(Referral.services), *_LOADED)
    visible = visible_to(statement, actor, day).order_by(Referral.answer_by, Referral.id)
    return list(db.session.scalars(visible.limit(500)))


def over_for_partner(actor: Actor, day: date) -> list[date]:
    """Return on which days referrals were sent to the actor's organisation that it no longer has, newest first."""
    newest = _over(actor, day).order_by(Referral.sent_on.desc(), Referral.id.desc())
    return [sent_on for sent_on in db.session.scalars(newest.limit(20)) if sent_on is not None]


def ended_for_partner(actor: Actor, referral_id: int, day: date) -> date | None:
    """Return on which day a referral that the actor's organisation no longer has was sent to it; None for any other."""
    sent_on: date | None = db.session.scalar(_over(actor, day).where(Referral.id == referral_id))
    return sent_on


def _over(actor: Actor, day: date) -> Any:
    over = or_(Referral.state.not_in({*PARTNER_SEES}), ~open_to_partner(day))
    statement = select(Referral.sent_on).where(_sent_to(actor), Referral.sent_on.is_not(None), over)
    return statement.where(Referral.state != ReferralState.DECLINED)


_LOADED = (joinedload(Referral.consent), joinedload(Referral.partner), joinedload(Referral.pathway))


def get_for_partner(actor: Actor, referral_id: int, day: date) -> Referral:
    """Return a referral that the actor's organisation has on a day. Raises NotFound."""
    statement = select(Referral).options(selectinload(Referral.services), *_LOADED)
    referral: Referral = existing(
        db.session.scalar(visible_to(statement.where(Referral.id == referral_id), actor, day))
    )
    return referral


def get_referral(actor: Actor, pathway_id: int, referral_id: int) -> Referral:
    """Return one referral of a pathway for the school's case team. Raises NotFound."""
    statement = (
        select(Referral)
        .options(selectinload(Referral.services), *_LOADED)
        .where(Referral.id == referral_id, Referral.pathway_id == pathway_id, in_view(Referral, actor, *CASE_TEAM))
    )
    return existing(db.session.scalar(statement))


def load_referral(referral_id: int) -> Referral | None:
    """Return a referral by id for the policy engine; None when there is none."""
    return db.session.get(Referral, referral_id)


def referrals_of(pathway_id: int) -> list[Referral]:
    """Return the referrals of a pathway, newest first; the caller has checked the pathway."""
    statement = (
        select(Referral)
        .options(selectinload(Referral.services), *_LOADED)
        .where(Referral.pathway_id == pathway_id)
        .order_by(Referral.id.desc())
    )
    return list(db.session.scalars(statement))


def open_referral(pathway_id: int) -> Referral | None:
    """Return the one referral of a pathway from which something can still come; None when there is none."""
    return db.session.scalar(select(Referral).where(Referral.pathway_id == pathway_id, Referral.state.in_(OPEN)))


def declined_for(actor: Actor, limit: int = 50) -> Sequence[Any]:
    """Return (case_id, pathway_id, reference, partner) of the pathways that the actor owns whose last referral was
    declined: another partner is to be found."""
    rows: Sequence[Any] = _declined.rows(actor, limit=limit).all()
    return rows


@PreparedFor
def _declined(actor: Actor) -> Any:
    later = aliased(Referral)
    newer = exists().where(later.pathway_id == Referral.pathway_id, later.id > Referral.id)
    statement = (
        select(Pathway.case_id, Referral.pathway_id, Case.reference, Partner.name.label("partner"))
        .select_from(Referral)
        .join(Pathway, Pathway.id == Referral.pathway_id)
        .join(Case, Case.id == Pathway.case_id)
        .join(Partner, Partner.id == Referral.partner_id)
        .where(
            in_view(Pathway, actor, *CASE_TEAM, live=True),
            known_to(actor),
            Pathway.owner_id == actor.user_id,
            Referral.state == ReferralState.DECLINED,
            ~newer,
        )
    )
    return statement.order_by(Referral.answered_on, Referral.id).limit(bindparam("limit"))


def disclosures_of(referral_ids: Sequence[int]) -> list[Disclosure]:
    """Return what was disclosed with these referrals, newest first; the caller has checked the pathway."""
    statement = (
        select(Disclosure)
        .where(Disclosure.object_type == "referral", Disclosure.object_id.in_(referral_ids))
        .order_by(Disclosure.id.desc())
    )
    return list(db.session.scalars(statement))
