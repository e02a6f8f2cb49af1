"""Steps that the use cases of a referral share: locks, transitions, its follow-ups, and word to the partner."""

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.accounts.grants import partner_people
from wss_cases.cases.progress import open_only
from wss_cases.followups.making import cancel_row
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common.actions import load_live
from wss_cases.pathways.common.follow_ups import open_follow_ups
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE
from wss_cases.pathways.referrals.referral.models import Referral
from wss_cases.pathways.referrals.referral.rules import may_become
from wss_cases.pathways.referrals.referral.states import FOLLOW_UPS, ReferralState
from wss_cases.routing.engine.pages import Pathway as Family

DAYS_TO_ANSWER, DAYS_TO_FIRST_SERVICE = 5, 10
"""School days for a partner that is not in the directory, as in referrals of the first release."""


def load_with_pathway(uow: UnitOfWork, referral_id: int, version: int | None) -> tuple[Pathway, Referral]:
    """Lock a live pathway, then its referral, for the school's own acts. Raises NotFound, Refused or Stale."""
    pathway_id = existing(uow.session.scalar(select(Referral.pathway_id).where(Referral.id == referral_id)))
    pathway = load_live(uow, pathway_id, None, Family.WRAPAROUND)
    return pathway, uow.load(Referral, referral_id, Permission.CASE_WORK, version)


def load_by(uow: UnitOfWork, referral_id: int, by: Permission, version: int | None) -> Referral:
    """Lock a referral for an act that the partner does itself or the school writes down for it.

    Raises NotFound, Stale, or Refused where the school's case or pathway is closed.
    """
    row = uow.load(Referral, referral_id, by, version)
    if by is Permission.CASE_WORK:
        open_only(row.pathway.case)
        if row.pathway.state not in LIVE:
            raise Refused("", _("This pathway has ended."))
    return row


def check_step(row: Referral, state: ReferralState) -> None:
    """Raise Refused unless the table allows the change; the caller then changes the state with what belongs to it."""
    if not may_become(row.state, state):
        raise Refused("", _("This referral cannot be moved there from its current status."))


def drop_follow_ups(uow: UnitOfWork, row: Referral) -> None:
    """Cancel what still waits for this referral."""
    for follow_up in open_follow_ups(uow, row.pathway_id, *FOLLOW_UPS):
        cancel_row(uow, follow_up, _("The referral has ended."))


def tell_partner(uow: UnitOfWork, row: Referral, kind: str) -> None:
    """Queue one mail to each of the partner's people: what happened and a link, nothing of the student."""
    if row.partner_id is None:
        return
    for user_id, _name in partner_people(row.partner_id, uow.now):
        uow.notify(user_id, kind, row, f"{kind}:{row.id}:{user_id}")
