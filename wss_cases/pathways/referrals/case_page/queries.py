"""The next step of each live wrap-around pathway, read for many at once."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Bundle

from wss_cases.foundation.database.prepared import Narrow, Prepared
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.common.rules import LIVE, Pathway, PathwayState, Step, ids, waiting
from wss_cases.pathways.referrals.referral.models import Referral, ReferralConsent
from wss_cases.pathways.referrals.referral.rules import (
    NO_SERVICE,
    OPEN,
    ReferralState,
    consent_in_force,
    outcome_of,
    waits_until,
)


class Asked(NamedTuple):
    """The columns of a referral that decide the next step, with its current consent."""

    id: int
    pathway_id: int
    state: ReferralState
    received: str
    answer_by: date | None
    first_service_by: date | None
    consent: Any


def next_steps(rows: Sequence[Pathway], today: date, now: datetime) -> dict[int, Step]:
    """The next step of each live pathway by id, in one query."""
    live = [row for row in rows if row.state in LIVE]
    if not live:
        return {}
    by_pathway: dict[int, list[Asked]] = defaultdict(list)
    for *read, consent in _referrals.rows(row.id for row in live):
        referral = Asked._make([*read, consent if consent.id is not None else None])
        by_pathway[referral.pathway_id].append(referral)
    return {row.id: step_of(row, by_pathway[row.id], today) for row in live}


@Prepared
def _referrals(among_ids: Narrow) -> Any:
    """The referrals of these pathways with their current consent, newest first."""
    one, agreed = Referral, ReferralConsent
    consent: Any = Bundle("consent", agreed.id, agreed.signed_on, agreed.until_on, agreed.revoked_at)
    columns = (one.id, one.pathway_id, one.state, one.received, one.answer_by, one.first_service_by, consent)
    statement = select(*columns).select_from(one).outerjoin(one.consent)
    return statement.where(among_ids(one.pathway_id)).order_by(one.id.desc())


def step_of(row: Pathway, referrals: Sequence[Asked], today: date) -> Step:
    """The next step of a live pathway, decided from its referrals, newest first. Pure."""
    referral = next((each for each in referrals if each.state in OPEN), None)
    if referral is not None:
        return _open_step(row, referral, today)
    if row.state is PathwayState.PROPOSED and row.offered_on is None and not referrals:
        return Step("offer", _l("Record the offer"), "pathway_acts.offer", ids(row), on=row.start_by)
    outcome = outcome_of(referrals)
    if outcome is not None and outcome != NO_SERVICE and row.state is PathwayState.ACTIVE:
        return Step("complete", _l("Complete it with its outcome"), "referrals.complete", ids(row))
    words = _l("Choose the next partner") if referrals else _l("Draft the referral")
    return Step("draft_referral", words, "referrals.details", ids(row), on=row.start_by)


def _open_step(row: Pathway, referral: Asked, today: date) -> Step:
    values: dict[str, Any] = {**ids(row), "referral_id": referral.id}
    consent = referral.consent
    if referral.state is ReferralState.DRAFTED:
        words = _l("Ask for the written consent")
        return Step("referral_consent", words, "referral_consent.consent", values, on=row.start_by)
    if consent is not None and not consent_in_force(consent, today):
        words = _l("The consent has expired: ask the family again")
        return Step("renew_consent", words, "referral_consent.renew", values, on=consent.until_on)
    if referral.state is ReferralState.CONSENTED:
        return Step("send_referral", _l("Send the referral"), "referral_consent.send", values)
    due = waits_until(referral)
    if due is None or due > today:
        return waiting(row, due or row.next_step_on)
    if referral.state is ReferralState.ACCEPTED:
        words = _l("Ask the partner about the first service")
        return Step("first_service", words, "referral_service.service", values, on=due)
    return Step("partner_answer", _l("Ask the partner for its answer"), "referral_service.answer", values, on=due)
