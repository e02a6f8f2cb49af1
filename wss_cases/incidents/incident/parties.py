"""The adults who are a party to a report: whoever decides about it is none of them."""

from sqlalchemy import func, or_, select

from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.roster.directory.models import StaffMember

NO_PARTY = (PersonRole.WITNESS, PersonRole.SUPPORT)


def parties_of(*incident_ids: int) -> frozenset[int]:
    """Return the accounts of the adults who are a party to one of these reports; whoever only saw it is none."""
    same = or_(
        StaffMember.user_id == UserAccount.id,
        (StaffMember.email != "") & (func.lower(StaffMember.email) == UserAccount.email),
    )
    statement = (
        select(UserAccount.id)
        .join(StaffMember, same)
        .join(IncidentPerson, IncidentPerson.staff_id == StaffMember.id)
        .where(IncidentPerson.incident_id.in_(incident_ids), IncidentPerson.role.not_in(NO_PARTY))
    )
    return frozenset(db.session.scalars(statement))


def refuse_party(user_id: int | None, *incident_ids: int) -> None:
    """Raise Refused for somebody who is a party to one of these reports: they take no second look at it."""
    if user_id in parties_of(*incident_ids):
        raise Refused("", _("You are involved in what happened, so someone else does the second review."))
