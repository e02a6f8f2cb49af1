"""When an emergency was: between the earliest time of its incident and now. Another time is asked about, and kept."""

from datetime import date, datetime, time

from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import at_wall, local_date, zone_of
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import WhenPrecision
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.safeguards.duties.duty.rules import refuse_future
from wss_cases.safeguards.police.review.models import PoliceReview
from wss_cases.safeguards.police.review.rules import earliest_of, is_questioned
from wss_cases.safeguards.police.review.states import NotificationGround

AT_A_TIME = (WhenPrecision.EXACT, WhenPrecision.PERIOD)


def earliest(incident: Incident) -> datetime:
    """Return the earliest time of an incident; a day before its report where only "earlier" is known."""
    if incident.when_precision is WhenPrecision.DAY:
        return at_wall(datetime.combine(incident.local_date, time()), zone_of(incident.school_id))
    is_known = incident.when_precision in AT_A_TIME
    return earliest_of(incident.occurred_at, incident.submitted_at, is_known=is_known)


def question(incident: Incident, at: datetime, now: datetime, why: str) -> None:
    """Raise Refused beside the reason of a time that is not to be expected, as long as nobody has given one."""
    if is_questioned(at, earliest(incident), now) and not why.strip():
        words = _(
            "This time is before the incident or in the future. If it is right, explain why; the explanation is saved."
        )
        raise Refused("time_reason", words)


def check_time(uow: UnitOfWork, review: PoliceReview, field: str, at: datetime, why: str) -> None:
    """Ask about an odd time of an emergency; raise Refused for a time to come of any other notification."""
    if review.door is NotificationGround.EMERGENCY:
        question(uow.session.get_one(Incident, review.incident_id), at, uow.now, why)
    else:
        refuse_future(field, at, uow.now)


def counted_on(review: PoliceReview, at: datetime, now: datetime) -> date:
    """Return the day on which a notification counts: its own, or that of its request where its time is an odd one."""
    from_on = min(earliest(db.session.get_one(Incident, review.incident_id)), review.requested_at)
    odd = is_questioned(at, from_on, now)
    return local_date(review.requested_at if odd else at, zone_of(review.school_id))
