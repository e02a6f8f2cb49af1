"""What the page of a part says of where it happened."""

from sqlalchemy import select

from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import Incident
from wss_cases.roster.directory.queries import schools_by_id


def where_words(incident: Incident) -> str:
    """Return at which other school it happened and what stands there, '' for what happened at the report's own."""
    if incident.happened_at_id is None:
        return ""
    school = schools_by_id([incident.happened_at_id])[incident.happened_at_id]
    reference = db.session.scalar(select(Incident.reference).where(Incident.id == incident.part_of_id))
    return _(
        "It happened at %(school)s. That school counts it and notifies police and offices. Here you make decisions "
        "about students of this school and call their families.",
        school=dotted(school.name, reference or "", school.phone),
    )
