"""Naming who answers for privacy, writing down agreements with receivers, ending them."""

from dataclasses import dataclass
from datetime import date

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.two_persons.queries import refuse_one_person
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.extension_points import react
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.outcomes.exports.analyst_files.agreements.models import AnalystAgreement, PrivacyLead
from wss_cases.outcomes.exports.analyst_files.agreements.queries import district_people, lock_agreements, privacy_lead
from wss_cases.outcomes.exports.analyst_files.agreements.rules import LONGEST, receiver_key
from wss_cases.outcomes.exports.analyst_files.agreements.states import NAMED


@dataclass(frozen=True)
class Agreed:
    """What a written agreement says."""

    receiver: str
    purpose: str
    reference: str
    signed_by: str
    starts_on: date
    ends_on: date


@use_case
def name_lead(uow: UnitOfWork, user_id: int) -> int:
    """Name somebody else of the district as responsible for privacy; what waits to be released goes to them.

    Raises Refused for somebody who does not administer the whole district, or who is in force already; Overreach for
    the person who does the naming, under any account.
    """
    require(uow.actor, Permission.ANALYST_FILES, uow.actor)
    lock_agreements()
    if user_id not in dict(district_people(uow.now)):
        raise Refused("user_id", _("Choose someone who administers the district."))
    lead = privacy_lead(uow.now)
    if lead is not None and lead[0] == user_id:
        raise Refused("user_id", _("This person is responsible already."))
    assert uow.actor.user_id is not None
    if user_id == uow.actor.user_id:
        raise Refused("user_id", _("Someone else must name you."))
    refuse_one_person("user_id", user_id, [uow.actor.user_id], uow.now)
    row = PrivacyLead(user_id=user_id, named_by_id=uow.actor.user_id, named_at=uow.now)
    uow.record(row, NAMED)
    react(uow, NAMED, row)
    return row.id


@use_case
def record_agreement(uow: UnitOfWork, agreed: Agreed) -> int:
    """Write down an agreement that was signed. Raises Refused for days that cannot be, or a receiver without a name."""
    require(uow.actor, Permission.ANALYST_FILES, uow.actor)
    assert uow.actor.user_id is not None
    if agreed.ends_on < agreed.starts_on:
        raise Refused("ends_on", _("The last day must not come before the first day."))
    if agreed.ends_on < today_at(None, uow.now):
        raise Refused("ends_on", _("This agreement is over. Choose today or a later day."))
    if agreed.ends_on - agreed.starts_on > LONGEST:
        raise Refused("ends_on", _("An agreement lasts at most five years."))
    key = receiver_key(agreed.receiver)
    if not key:
        raise Refused("receiver", _("Enter the receiver’s name."))
    row = AnalystAgreement(
        receiver=agreed.receiver.strip(), receiver_key=key, purpose=agreed.purpose.strip(),
        reference=agreed.reference.strip(), signed_by=agreed.signed_by.strip(), starts_on=agreed.starts_on,
        ends_on=agreed.ends_on, recorded_by_id=uow.actor.user_id, recorded_at=uow.now,
    )  # fmt: skip
    uow.record(row, "analyst_agreement.recorded")
    return row.id


@use_case
def end_agreement(uow: UnitOfWork, agreement_id: int) -> int:
    """End an agreement at once: no file leaves under it any more. Raises NotFound for one that has ended."""
    row = uow.load(AnalystAgreement, agreement_id, Permission.ANALYST_FILES, uow.version)
    if row.ended_at is not None:
        raise NotFound
    row.ended_at = uow.now
    uow.record(row, "analyst_agreement.ended")
    return row.id
